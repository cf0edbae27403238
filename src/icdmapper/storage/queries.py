"""Read a code list straight from a HIS database, read-only, by a query the hospital writes."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from icdmapper.model.errors import SourceUnavailableError, UnreadableSourceError
from icdmapper.texts import _


def read_query(
    url: str, query: str, *, limit: int = 2_000_000
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The column titles and rows of a SELECT, every cell as text, NULL as "".

    The transaction is rolled back whatever the query does. The password in `url` never reaches
    an error or a log.

    Raises:
        UnreadableSourceError: the URL or the query is not understood, or returns too many rows.
        SourceUnavailableError: the database cannot be reached.
    """
    if not query.lstrip().lower().startswith(("select", "with")):
        raise UnreadableSourceError(_("Only a SELECT may be run on the HIS."))
    engine = _engine(url)
    place = engine.url.render_as_string(hide_password=True)
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        engine.dispose()
        raise SourceUnavailableError(
            _("The HIS at {place} cannot be reached ({kind}).").format(
                place=place, kind=type(error).__name__
            )
        ) from None
    try:
        return _fetched(connection, query, limit)
    except SQLAlchemyError as error:
        # The server's own text may repeat values; only the kind of the fault is told.
        raise UnreadableSourceError(
            _("The HIS at {place} refused the query ({kind}).").format(
                place=place, kind=type(getattr(error, "orig", error)).__name__
            )
        ) from None
    finally:
        connection.rollback()
        connection.close()
        engine.dispose()


def _engine(url: str) -> Engine:
    try:
        return create_engine(make_url(url), hide_parameters=True)
    except (SQLAlchemyError, ImportError) as error:
        raise UnreadableSourceError(
            _(
                "The database address is not understood, or its driver is not installed ({kind})."
            ).format(kind=type(error).__name__)
        ) from None


def _fetched(
    connection: Connection, query: str, limit: int
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    result = connection.execution_options(stream_results=True).execute(text(query))
    titles = result.keys()
    header = tuple(map(str, titles))
    rows = [
        tuple("" if cell is None else str(cell) for cell in row) for row in result.fetchmany(limit)
    ]
    if result.fetchone() is not None:
        raise UnreadableSourceError(
            _("The query returns more than {limit} rows.").format(limit=limit)
        )
    return header, rows
