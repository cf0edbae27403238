"""Read a code list straight from a HIS database, read-only, by a query the hospital writes."""

from __future__ import annotations

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

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
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, SQLAlchemyError, ImportError) as error:
        raise UnreadableSourceError(
            _(
                "The database address is not understood, or its driver is not installed ({kind})."
            ).format(kind=type(error).__name__)
        ) from None
    place = parsed.render_as_string(hide_password=True)
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
        result = connection.execution_options(stream_results=True).execute(text(query))
        header = tuple(
            str(key)
            for key in list(result.keys())
        )
        rows = [
            tuple("" if cell is None else str(cell) for cell in row)
            for row in result.fetchmany(limit)
        ]
        if result.fetchone() is not None:
            raise UnreadableSourceError(
                _("The query returns more than {limit} rows.").format(limit=limit)
            )
    except SQLAlchemyError as error:
        raise UnreadableSourceError(
            _("The HIS at {place} refused the query ({kind}).").format(
                place=place, kind=type(getattr(error, "orig", error)).__name__
            )
        ) from None
    finally:
        connection.rollback()
        connection.close()
        engine.dispose()
    return header, rows
