"""Codes from the feed enter the worklist once, with their counts, and leave when solved."""

from pathlib import Path

import pytest

from helpers.builders import Clock
from icdmapper.importing.feed import COLUMNS, FeedService
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import NotFoundError, UnreadableSourceError
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.service import ResolutionService
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import WorkFilter
from icdmapper.storage.unit_of_work import Storage
from icdmapper.upload.holes import FEED_COLUMNS

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
IT = Person("信息科")
LINES = (
    "diagnosis,Q99.999,罕见病,unmapped,3,2026-03-01,2026-03-05",
    "diagnosis,Q99.999,罕见疾病,unmapped,1,2026-03-02,2026-03-02",
    "diagnosis,D38.201,胸膜肿瘤,undecided,7,2026-03-01,2026-03-09",
    "procedure,99.9901,新操作,unmapped,2,2026-03-03,2026-03-03",
    "diagnosis,,只有名称,no_code,1,2026-03-03,2026-03-03",
)


@pytest.fixture
def feed(storage: Storage, sets: Sets) -> FeedService:
    return FeedService(storage, Clock())


def written(folder: Path, *lines: str) -> Path:
    file = folder / "未翻译.csv"
    file.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8-sig")
    return file


def test_both_sides_speak_of_the_same_columns() -> None:
    assert COLUMNS == FEED_COLUMNS


def test_unknown_codes_enter_the_worklist_once(
    feed: FeedService, resolution: ResolutionService, storage: Storage, tmp_path: Path
) -> None:
    before = len(resolution.worklist())
    summary = feed.take(written(tmp_path, *LINES), by=IT)
    assert (summary.added, summary.known, summary.without_code) == (2, 1, 1)
    rows = resolution.worklist()
    assert len(rows) == before + 2
    new = next(row for row in rows if row.local.code == "Q99.999")
    assert (new.local.name, new.local.frequency) == ("罕见病", 3)
    held = ReviewSession(rows)
    held.set_filter(WorkFilter(only_held=True))
    assert {row.local.name for row in held.visible} == {"罕见病", "胸膜肿瘤", "新操作"}
    again = feed.take(written(tmp_path, *LINES), by=IT)
    assert again.added == 0
    assert len(resolution.worklist()) == before + 2
    assert AuditService(storage).verify().sound


def test_what_no_longer_holds_records_is_gone(feed: FeedService, tmp_path: Path) -> None:
    feed.take(written(tmp_path, *LINES), by=IT)
    feed.take(written(tmp_path, LINES[0]), by=IT)
    assert [one.code for one in feed.findings()] == ["Q99.999"]


@pytest.mark.parametrize(
    "line", ["diagnosis,A,B,unmapped,x,2026-01-01,2026-01-01", "dream,A,B,unmapped,1,,", "a,b"]
)
def test_a_line_that_makes_no_sense_is_named(feed: FeedService, tmp_path: Path, line: str) -> None:
    with pytest.raises(UnreadableSourceError, match="line 3"):
        feed.take(written(tmp_path, LINES[0], line), by=IT)
    assert feed.findings() == ()


def test_other_files_are_refused(feed: FeedService, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnreadableSourceError):
        feed.take(tmp_path / "x.csv", by=IT)
    with pytest.raises(NotFoundError):
        feed.take(tmp_path / "nowhere.csv", by=IT)
