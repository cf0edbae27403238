"""One short transaction: say commit, or nothing happened."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, ProjectError, SourceUnavailableError
from icdmapper.model.events import NewEvent
from icdmapper.model.mapping import Mapping
from icdmapper.model.people import Person, Right
from icdmapper.storage import one_act, stale
from icdmapper.storage.checks import Checks
from icdmapper.storage.code_sets import CodeSets
from icdmapper.storage.earlier_editions import EarlierEditions
from icdmapper.storage.editions import Editions
from icdmapper.storage.engine import ALONE, WRITES, open_engine
from icdmapper.storage.events import Events
from icdmapper.storage.feed import Feed
from icdmapper.storage.gestures import Gestures
from icdmapper.storage.mappings import Mappings
from icdmapper.storage.packets import Assignments, Packets
from icdmapper.storage.people import People, check_right, role_found
from icdmapper.storage.proposals import Proposals
from icdmapper.storage.refinements import Refinements
from icdmapper.storage.releases import Releases
from icdmapper.storage.schema import upgrade
from icdmapper.storage.transfer import WholeProject
from icdmapper.storage.waivers import Waivers
from icdmapper.texts import _

_SERIALIZATION_FAILURES = frozenset({"40001", "40P01"})


class UnitOfWork:
    """What a service reads and writes inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.code_sets = CodeSets(connection)
        self.editions = Editions(connection)
        self.earlier = EarlierEditions(connection)
        self.mappings = Mappings(connection)
        self.proposals = Proposals(connection)
        self.events = Events(connection)
        self.gestures = Gestures(connection)
        self.people = People(connection)
        self.checks = Checks(connection)
        self.packets = Packets(connection)
        self.assignments = Assignments(connection)
        self.waivers = Waivers(connection)
        self.refinements = Refinements(connection)
        self.releases = Releases(connection)
        self.feed = Feed(connection)
        self.whole = WholeProject(connection)
        self.committed = False

    def commit(self) -> None:
        """Keep everything done in this unit of work."""
        with _in_one_message(self._connection):
            self.events.flush()
            self._connection.commit()
        self.committed = True


class OneAct(UnitOfWork):
    """One act of one person on one row: it is asked, read further, and kept as the last step.

    On a server every reading is a statement of its own and `keep` is one statement too; anything
    else that would write here is refused there, since nobody would say commit for it.
    """

    def asked(
        self, by: Person, right: Right, local_id: int, reference_ids: Sequence[int]
    ) -> tuple[LocalCode, Mapping, dict[int, ReferenceCode]]:
        """A local code, its mapping, and those of these entries that are in use, by their id.

        Raises:
            RefusedError: `by` is nobody of the project or does not hold the right.
            NotFoundError: there is no such local code.
        """
        if self._connection.dialect.name != "postgresql":
            self.people.require(by, right)
            return self.mappings.with_names(local_id, reference_ids)
        found, local, mapping, entries = one_act.ask(
            self._connection, by.name, local_id, reference_ids
        )
        check_right(role_found(by, found), right)
        return local, mapping, entries

    def keep(self, changed: Mapping, told: NewEvent) -> None:
        """Save a mapping and append its event, both or neither; what is here stays.

        Raises:
            ConflictError: the stored version has moved on; nothing was kept.
        """
        if self._connection.dialect.name != "postgresql":
            self.mappings.save(changed)
            self.events.add([told])
            self.commit()
            return
        one_act.keep(self._connection, changed, told)
        self.committed = True


class Storage:
    """A project's database: units of work for reading and for writing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = threading.Lock()

    @classmethod
    def open(cls, location: str | Path) -> Storage:
        """Open a project file or database and bring its schema up to date.

        Raises:
            ProjectError: the project is damaged, newer than the program, or on a network drive.
            SourceUnavailableError: the database server cannot be reached.
        """
        engine = open_engine(location)
        try:
            upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """A consistent view of the project; nothing can be kept."""
        with _understood(), self._engine.connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """A transaction that holds the write lock from its first step; undone unless committed."""
        with _understood(), self._writer, self._engine.connect() as plain:
            yield UnitOfWork(plain.execution_options(**{WRITES: True}))

    @contextmanager
    def acting(self) -> Iterator[OneAct]:
        """A unit of work for one act on one row; nothing is kept unless its `keep` is called."""
        if self._engine.dialect.name != "postgresql":
            with _understood(), self._writer, self._engine.connect() as plain:
                yield OneAct(plain.execution_options(**{WRITES: True}))
            return
        with _understood(), self._engine.connect() as plain:
            yield OneAct(plain.execution_options(**ALONE))

    def close(self) -> None:
        """Release every connection."""
        self._engine.dispose()


@contextmanager
def _in_one_message(connection: Connection) -> Iterator[None]:
    """Send the last acts and the commit to a server together.

    The log's head is locked from the first of them to the commit. With a journey in between, every
    other save of the work group would wait for this computer's turn on the processor.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    with one_act.told_by_driver(connection) as driver:
        try:
            with driver.pipeline():
                yield
        except DBAPIError as error:
            # The commit was sent but not carried out; nobody else ends the transaction now.
            if not error.connection_invalidated:
                driver.rollback()
            raise


@contextmanager
def _understood() -> Iterator[None]:
    """Turn a driver's error into ours by its SQLSTATE; its text may hold values and is dropped."""
    try:
        with stale.told():
            yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state in _SERIALIZATION_FAILURES:
            raise ConflictError(_("Somebody changed the same rows; try again.")) from None
        if error.connection_invalidated or state.startswith(("08", "57P")):
            raise SourceUnavailableError(
                _("The connection to the database was lost; nothing of this step was saved.")
            ) from None
        if isinstance(error, OperationalError):
            raise ProjectError(_operational_sentence(str(error.orig))) from None
        raise


def _operational_sentence(text: str) -> str:
    if "locked" in text or "busy" in text:
        return _("Another program is writing to the project; try again in a moment.")
    if "full" in text:
        return _("The disk is full; nothing of this step was saved. Free some space and try again.")
    if "readonly" in text or "read-only" in text:
        return _("The project file may not be written to; nothing was saved.")
    return _("The project's database refused the step; nothing of it was saved.")
