"""Check, sign off, store: all or nothing, and never over somebody's decisions."""

import sqlite3
from pathlib import Path

import pytest

from helpers.builders import Clock
from helpers.files import write_lists
from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.reading import Limits, SourceReader
from icdmapper.importing.service import ImportingService
from icdmapper.importing.sources import Source
from icdmapper.model.codes import CodeKind, CodeSystem, Side
from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Mapping, State
from icdmapper.model.people import Person
from icdmapper.model.problems import ProblemCode, Severity
from icdmapper.resolution.overtaking import Overtaking
from icdmapper.storage.unit_of_work import Storage

BY = Person("信息科")


@pytest.fixture
def importing(storage: Storage) -> ImportingService:
    reader = SourceReader(Limits(seconds=30, memory_mb=512))
    return ImportingService(storage, reader, Clock(), Overtaking())


def test_one_file_becomes_one_code_set_per_system(
    importing: ImportingService, storage: Storage, tmp_path: Path
) -> None:
    reference, _procedures, _local = write_lists(tmp_path, encoding="gb18030")
    preview = importing.preview(Source(path=reference), side=Side.REFERENCE)
    assert preview.table.encoding.lower() == "gb18030"
    with storage.reading() as work:
        assert work.code_sets.all() == ()
    summary = importing.store(preview, name="北京临床版", edition="v601", by=BY)
    assert [(one.system, one.size, one.edition) for one in summary.code_sets] == [
        (CodeSystem.RC020, 10, "v601"),
        (CodeSystem.RC021, 2, "v601"),
    ]
    assert importing.history() == summary.code_sets[::-1]
    with storage.reading() as work:
        assert [event.act for event in work.events.newest(5)] == [Act.IMPORTED] * 2


def test_a_set_that_nobody_gives_an_edition_has_the_day_it_was_taken_in(
    importing: ImportingService, tmp_path: Path
) -> None:
    preview = importing.preview(Source(path=write_lists(tmp_path)[2]), side=Side.LOCAL)
    (stored,) = importing.store(preview, name="院内", edition=" ", by=BY).code_sets
    assert stored.edition == f"{stored.imported_at.astimezone().date()}"


def test_a_row_without_a_code_is_named_and_left_out(
    importing: ImportingService, tmp_path: Path
) -> None:
    local = write_lists(tmp_path)[2]
    preview = importing.preview(Source(path=local), side=Side.LOCAL)
    assert (preview.suggested_name, preview.suggested_edition) == ("local_2026", "2026")
    errors = [one for one in preview.checked.problems if one.severity is Severity.ERROR]
    assert [(one.code, one.place.file, one.place.row, one.place.column) for one in errors] == [
        (ProblemCode.BLANK_CODE, "local_2026.csv", 8, "院内编码")
    ]
    summary = importing.store(preview, name="院内", edition="2026", by=BY)
    assert summary.counts == {CodeKind.DIAGNOSIS: 4, CodeKind.PROCEDURE: 2}
    assert summary.skipped == 1


def test_roles_can_be_corrected_without_reading_again(
    importing: ImportingService, tmp_path: Path
) -> None:
    preview = importing.preview(Source(path=write_lists(tmp_path)[2]), side=Side.LOCAL)
    assert preview.roles == (ColumnRole.CODE, ColumnRole.NAME, ColumnRole.FREQUENCY)
    again = importing.recheck(preview, (ColumnRole.CODE, ColumnRole.NAME, ColumnRole.IGNORE))
    assert {code.frequency for code in again.checked.codes} == {None}
    assert again.table is preview.table


def test_a_query_on_a_his_is_imported_like_a_file(
    importing: ImportingService, tmp_path: Path
) -> None:
    database = sqlite3.connect(tmp_path / "his.db")
    database.execute("CREATE TABLE icd (code TEXT, name TEXT, uses INTEGER)")
    database.executemany(
        "INSERT INTO icd VALUES (?, ?, ?)", [("I63.951", "脑梗塞", 3812), ("A00.951", "霍乱", 3)]
    )
    database.commit()
    database.close()
    source = Source(
        url=f"sqlite:///{tmp_path / 'his.db'}", query="SELECT code, name, uses FROM icd"
    )
    roles = (ColumnRole.CODE, ColumnRole.NAME, ColumnRole.FREQUENCY)
    preview = importing.preview(source, side=Side.LOCAL, roles=roles)
    summary = importing.store(preview, name="HIS", edition="", by=BY)
    assert summary.counts == {CodeKind.DIAGNOSIS: 2}


def test_the_same_lists_again_change_no_decision(
    importing: ImportingService, storage: Storage, tmp_path: Path
) -> None:
    reference, _procedures, local = write_lists(tmp_path)
    previews = [
        importing.preview(Source(path=reference), side=Side.REFERENCE),
        importing.preview(Source(path=local), side=Side.LOCAL),
    ]
    for preview in previews:
        assert not importing.compare(preview).replaces
        importing.store(preview, name="甲", edition="1", by=BY)
    with storage.writing() as work:
        first = work.code_sets.local_codes()[0]
        work.mappings.save(Mapping(first.id, State.NO_COUNTERPART, version=1))
        work.commit()
    for preview in previews:
        assert importing.compare(preview).replaces
        importing.store(preview, name="乙", edition="2", by=BY)
    with storage.reading() as work:
        assert work.mappings.get(first.id).state is State.NO_COUNTERPART
        assert work.code_sets.local_codes()[0].id == first.id
        assert {one.name for one in work.code_sets.in_use()} == {"乙"}


def test_a_failed_store_leaves_nothing_half_stored(
    importing: ImportingService, storage: Storage, tmp_path: Path
) -> None:
    preview = importing.preview(Source(path=write_lists(tmp_path)[0]), side=Side.REFERENCE)

    def stop(_done: int, _total: int) -> None:
        raise RefusedError("stopped")

    with pytest.raises(RefusedError, match="stopped"):
        importing.store(preview, name="甲", edition="1", by=BY, progress=stop)
    with storage.reading() as work:
        assert work.code_sets.all() == ()
        assert work.code_sets.reference_codes() == ()


def test_a_file_without_usable_rows_is_refused(importing: ImportingService, tmp_path: Path) -> None:
    file = tmp_path / "空.csv"
    file.write_text("编码,名称\n", encoding="utf-8")
    with pytest.raises((UnreadableSourceError, RefusedError)):
        importing.store(
            importing.preview(Source(path=file), side=Side.LOCAL), name="空", edition="", by=BY
        )


def test_a_list_without_a_code_column_is_shown_so_that_the_column_can_be_chosen(
    importing: ImportingService, tmp_path: Path
) -> None:
    file = tmp_path / "自编.csv"
    file.write_text("内码,叫法\n1001x,肺炎\n1002x,胃炎\n", encoding="utf-8")
    preview = importing.preview(Source(path=file, has_header=True), side=Side.LOCAL)
    assert [one.code for one in preview.checked.problems] == [ProblemCode.NO_CODE_COLUMN]
    assert preview.table.rows[0] == ("1001x", "肺炎")
    with pytest.raises(RefusedError, match="no usable row"):
        importing.store(preview, name="自编", edition="", by=BY)
    told = importing.preview(
        Source(path=file, has_header=True, kind=CodeKind.DIAGNOSIS),
        side=Side.LOCAL,
        roles=(ColumnRole.CODE, ColumnRole.NAME),
    )
    assert [(code.code, code.kind) for code in told.checked.codes] == [
        ("1001x", CodeKind.DIAGNOSIS),
        ("1002x", CodeKind.DIAGNOSIS),
    ]
