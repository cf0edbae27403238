"""The mapping table out: exact for machines, safe for people, all or nothing."""

import csv
import hashlib
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.builders import Clock, code_set, fill, new_code
from icdmapper.export import writers
from icdmapper.export.service import ExportService
from icdmapper.export.table import COLUMNS, MappingTable
from icdmapper.model.codes import CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.mapping import Choice, Relation, Target, TargetRole
from icdmapper.model.people import Person
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

IT = Person("信息科")
Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]


@pytest.fixture
def export(storage: Storage) -> ExportService:
    return ExportService(storage, Clock(), "示例医院")


@pytest.fixture
def decided(resolution: ResolutionService, sets: Sets) -> Sets:
    """One code with two targets, one without a counterpart, the rest open."""
    references, local_codes = sets
    lung, cancer = references["肺上叶恶性肿瘤"], references["癌"]
    targets = (
        Target(lung.id, lung.code, lung.name),
        Target(cancer.id, cancer.code, cancer.name, TargetRole.MORPHOLOGY),
    )
    note = '=SUM(1)，"引号"\n换行'
    resolution.decide(
        Choice(local_codes["左肺上叶癌"].id, 0, Relation.LOCAL_FINER, targets, note), by=IT
    )
    resolution.decide(Choice(local_codes["胸膜肿瘤"].id, 0, Relation.NO_COUNTERPART, ()), by=IT)
    return sets


def test_the_csv_holds_every_code_and_every_target_exactly(
    export: ExportService, decided: Sets, tmp_path: Path
) -> None:
    report = export.export(tmp_path / "out", by=IT)
    with (report.folder / "mapping.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 7
    lung = [row for row in rows if row["local_code"] == "C34.151"]
    assert [(row["target_code"], row["target_role"], row["target_system"]) for row in lung] == [
        ("C34.101", "main", "RC020"),
        ("M80100/3", "morphology", "RC021"),
    ]
    assert lung[0]["note"] == '=SUM(1)，"引号"\n换行'
    assert {row["local_code"]: row["state"] for row in rows}["D38.201"] == "no_counterpart"
    assert {row["local_code"]: row["decided_by"] for row in rows}["I63.951"] == ""


def test_the_manifest_counts_and_hashes_what_is_there(
    export: ExportService, decided: Sets, tmp_path: Path
) -> None:
    report = export.export(tmp_path, by=IT)
    manifest = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))
    for name, facts in manifest["files"].items():
        content = (report.folder / name).read_bytes()
        assert facts == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert set(manifest["files"]) == {"mapping.csv", "mapping.xlsx"}
    assert manifest["counts"] == {
        "codes": 6, "targets": 2, "state:open": 4, "state:decided": 1, "state:no_counterpart": 1,
        "relation:local_finer": 1, "relation:no_counterpart": 1,
    }  # fmt: skip
    assert [(one["system"], one["codes"]) for one in manifest["code_sets"]] == [
        ("RC020", 8), ("RC021", 1), ("RC022", 2), (None, 6),
    ]  # fmt: skip
    assert (manifest["hospital"], manifest["exported_by"]) == ("示例医院", "信息科")
    assert manifest["notices"] == []


def test_a_demonstration_set_is_named_in_the_manifest(
    export: ExportService, storage: Storage, tmp_path: Path
) -> None:
    fill(storage)
    with storage.writing() as work:
        work.code_sets.add(
            code_set(Side.REFERENCE, CodeSystem.RC021, edition="demo-2026"),
            [new_code("M80100/3", "癌")],
            initials=["a"],
        )
        work.commit()
    report = export.export(tmp_path, by=IT)
    manifest = json.loads((report.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["notices"] == ["demonstration-not-official"]


def test_the_workbook_runs_nothing_and_loses_nothing(
    export: ExportService, decided: Sets, tmp_path: Path
) -> None:
    report = export.export(tmp_path, by=IT)
    sheet = openpyxl.load_workbook(report.folder / "mapping.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert '=SUM(1)，"引号"\n换行' in [cell.value for cell in cells]
    assert sheet.freeze_panes == "C2"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["=", "+", "-", "@", "\t", "\r", ""]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=20),
)
def test_any_cell_is_text_in_the_workbook_and_comes_back_whole(
    tmp_path: Path, start: str, rest: str
) -> None:
    value = start + rest
    table = MappingTable(COLUMNS, ((value,) * len(COLUMNS),), {})
    file = tmp_path / "a.xlsx"
    writers.write_xlsx(table, file, titles=COLUMNS, words=lambda _column, cell: cell)
    cell = openpyxl.load_workbook(file).active["B2"]
    assert cell.data_type != "f"
    # A workbook keeps line ends as \n and knows no empty text.
    assert (cell.value or "").replace("\r", "\n") == value.replace("\r", "\n")


def test_nothing_appears_when_writing_fails(
    export: ExportService, decided: Sets, tmp_path: Path
) -> None:
    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise RefusedError("stopped")

    with pytest.raises(RefusedError):
        export.export(tmp_path, by=IT, progress=stop)
    assert list(tmp_path.glob("*mapping*")) == []


def test_two_exports_in_the_same_second_stand_side_by_side(
    storage: Storage, decided: Sets, tmp_path: Path
) -> None:
    still = Clock()()
    export = ExportService(storage, lambda: still, "")
    folders = {export.export(tmp_path, by=IT).folder for _ in range(2)}
    assert len(folders) == 2


def test_what_cannot_be_exported_is_said(
    export: ExportService, storage: Storage, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match="no local list"):
        export.export(tmp_path, by=IT)
    fill(storage)
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(IcdMapperError, match="cannot be written"):
        export.export(blocked, by=IT)


def test_readiness_counts_codes_and_discharges(export: ExportService, decided: Sets) -> None:
    ready = export.readiness()
    assert (ready.total, ready.decided, ready.no_counterpart, ready.open) == (6, 2, 1, 4)
    assert (ready.frequency_total, ready.frequency_decided) == (5846, 2017)
