"""The log shows when somebody touched it, on both databases and past the program's own guards."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from helpers.builders import Clock, fill
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act, EventFilter
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService, Break
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.chain import genesis, linked, select_rows
from icdmapper.storage.unit_of_work import Storage

CODER = Person("编码员甲")
TAMPERINGS = 1_000


def work_on(storage: Storage, gestures: int = 24) -> None:
    """Decide, undo, redo and reopen, until the log has something to tell."""
    references, local_codes = fill(storage)
    resolution = ResolutionService(storage, Clock())
    entry, local = references["脑梗死"], local_codes["脑梗塞"]
    for number in range(gestures):
        version = resolution.work_row(local.id).mapping.version
        target = (Target(entry.id, entry.code, entry.name),)
        note = f"第{number}次，'引号'与\U00020000"
        resolution.decide(Choice(local.id, version, Relation.EQUIVALENT, target, note), by=CODER)
        if number % 3 == 0:
            resolution.undo(by=CODER)
            resolution.redo(by=CODER)


def test_an_untouched_log_is_sound(storage: Storage) -> None:
    work_on(storage)
    audit = AuditService(storage)
    report = audit.verify([audit.head().anchor])
    assert report.sound
    assert report.events == report.head.count == audit.count(EventFilter()) > 24


def test_anchors_taken_earlier_still_hold(storage: Storage) -> None:
    work_on(storage, 3)
    audit = AuditService(storage)
    early = audit.head().anchor
    ResolutionService(storage, Clock()).undo(by=CODER)
    assert audit.head().anchor != early
    assert audit.verify([early, audit.head().anchor]).sound
    with pytest.raises(RefusedError, match="anchor"):
        audit.verify(["12"])


def test_the_log_can_be_filtered_and_exported(storage: Storage, tmp_path: Path) -> None:
    work_on(storage, 6)
    audit = AuditService(storage)
    undone = audit.found(EventFilter(act=Act.UNDONE))
    assert {one.act for one in undone} == {Act.UNDONE}
    assert audit.found(EventFilter(by="别人")) == ()
    file = tmp_path / "审计.csv"
    assert audit.export(file, EventFilter()) == audit.count(EventFilter())
    assert "第0次" not in file.read_text("utf-8-sig").splitlines()[0]
    assert "I63.902" in file.read_text("utf-8-sig")
    with pytest.raises(RefusedError):
        audit.export(file, EventFilter())


def test_the_database_itself_refuses_to_change_the_log(storage: Storage, location: str) -> None:
    work_on(storage, 1)
    address = location if "://" in location else f"sqlite:///{location}"
    engine = sqlalchemy.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    try:
        for statement in ("UPDATE event SET detail = 'x'", "DELETE FROM event"):
            with engine.connect() as connection, pytest.raises(sqlalchemy.exc.DBAPIError):
                connection.execute(sqlalchemy.text(statement))
    finally:
        engine.dispose()
    assert AuditService(storage).verify().sound


Raw = sqlite3.Connection


def _edit(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    field = chance.choice(
        ["act", "by", "batch", "undoes", "detail", "at", "before", "after", "hash"]
    )
    number = chance.choice(ids)
    raw.execute(f'UPDATE event SET "{field}" = "{field}" || ? WHERE id = ?', ("x", number))


def _delete(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    raw.execute("DELETE FROM event WHERE id = ?", (chance.choice(ids[:-1]),))


def _reorder(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    one, other = chance.sample(ids, 2)
    for old, new in ((one, -1), (other, one), (-1, other)):
        raw.execute("UPDATE event SET id = ? WHERE id = ?", (new, old))


def _insert(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    at = chance.choice(ids)
    raw.execute("UPDATE event SET id = -id - 1 WHERE id >= ?", (at,))
    raw.execute(
        'INSERT INTO event (id, act, "by", at, batch, local_id, "before", "after", undoes, detail,'
        ' hash) SELECT ?, act, ?, at, batch, local_id, "before", "after", undoes, detail, hash'
        " FROM event WHERE id = ?",
        (at, "冒名者", -at - 1),
    )
    raw.execute("UPDATE event SET id = -id WHERE id < 0")


def _cut(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    raw.execute("DELETE FROM event WHERE id > ?", (ids[-1] - chance.randint(1, 5),))


def _cut_and_mend(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    """Cut the tail and move the head back: only an anchor kept elsewhere can tell."""
    _cut(raw, chance, ids)
    raw.execute(
        "UPDATE chain_head SET count = (SELECT count(*) FROM event),"
        " last_id = (SELECT max(id) FROM event),"
        " hash = (SELECT hash FROM event ORDER BY id DESC LIMIT 1)"
    )


def _rewrite(raw: Raw, chance: random.Random, ids: list[int]) -> None:
    """Change an event and compute the whole chain anew: again only the anchor can tell."""
    raw.execute('UPDATE event SET "by" = ? WHERE id = ?', ("冒名者", chance.choice(ids)))
    (project,) = raw.execute("SELECT project FROM chain_head").fetchone()
    link = genesis(project)
    for row in raw.execute(select_rows(postgresql=False)).fetchall():
        link = linked(link, row[:-1])
        raw.execute("UPDATE event SET hash = ? WHERE id = ?", (link, row[0]))
    raw.execute("UPDATE chain_head SET hash = ?", (link,))


@pytest.mark.parametrize(
    "tamper", [_edit, _delete, _reorder, _insert, _cut, _cut_and_mend, _rewrite]
)
def test_every_tampering_is_found(
    tmp_path: Path, tamper: Callable[[Raw, random.Random, list[int]], None]
) -> None:
    file = tmp_path / "项目.icdm"
    with closing(Storage.open(file)) as storage:
        work_on(storage)
        audit = AuditService(storage)
        anchor = audit.head().anchor
        raw, untouched = sqlite3.connect(file), sqlite3.connect(":memory:")
        for trigger in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger[0]}")
        raw.commit()
        raw.execute("PRAGMA synchronous = OFF")
        raw.backup(untouched)
        ids = [row[0] for row in raw.execute("SELECT id FROM event ORDER BY id")]
        for seed in range(TAMPERINGS // 7 + 1):
            tamper(raw, random.Random(seed), ids)
            raw.commit()
            report = audit.verify([anchor])
            assert not report.sound, f"seed {seed}"
            assert all(one.sentence() for one in report.findings)
            untouched.backup(raw)
        assert audit.verify([anchor]).sound
        raw.close()
        untouched.close()


def test_the_place_is_named(tmp_path: Path) -> None:
    file = tmp_path / "项目.icdm"
    with closing(Storage.open(file)) as storage:
        work_on(storage)
        raw = sqlite3.connect(file)
        for trigger in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger[0]}")
        raw.execute('UPDATE event SET "by" = ? WHERE id = 7', ("冒名者",))
        raw.execute("DELETE FROM event WHERE id = 11")
        raw.commit()
        raw.close()
        report = AuditService(storage).verify()
    assert [(one.kind, one.event_id) for one in report.findings[:2]] == [
        (Break.CHANGED, 7),
        (Break.MISSING, 12),
    ]
