"""The public code lists import completely and quickly; skipped where they are not at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from icdmapper.importing.child import read_in_child
from icdmapper.importing.columns import guess_roles
from icdmapper.importing.rules import CheckedCodes, check_rows
from icdmapper.importing.sources import Source
from icdmapper.importing.tables import RawTable
from icdmapper.model.codes import CodeKind, CodeSystem, Side
from icdmapper.model.problems import ProblemCode, Severity

D, Y, M, S = CodeKind.DIAGNOSIS, CodeKind.EXTERNAL_CAUSE, CodeKind.MORPHOLOGY, CodeKind.PROCEDURE


def imported(path: Path, side: Side) -> tuple[RawTable, CheckedCodes]:
    if not path.is_file():
        pytest.skip(f"{path.name} is not here")
    table = read_in_child(Source(path=path))
    checked = check_rows(table, guess_roles(table.header, table.rows[:500]), side=side)
    assert checked.total == len(checked.codes) + checked.skipped
    return table, checked


def numbers(checked: CheckedCodes, severity: Severity) -> dict[str, int]:
    """How many rows each line of the problem list stands for."""
    rows: dict[str, int] = {}
    for problem in checked.problems:
        if problem.severity is severity:
            count = problem.detail.get("count", "1")
            rows[problem.code.value] = rows.get(problem.code.value, 0) + int(count)
    return rows


def test_beijing_workbook_splits_into_two_sets(evaluation_data: Path) -> None:
    table, checked = imported(
        evaluation_data / "reference" / "ICD-10北京临床版v601.xlsx", Side.REFERENCE
    )
    assert (table.has_header, table.header, table.first_row) == (False, ("A", "B"), 1)
    by_system = dict.fromkeys(CodeSystem, 0)
    for code in checked.codes:
        by_system[code.kind.system] += 1
    assert by_system[CodeSystem.RC020] == 38_172
    assert by_system[CodeSystem.RC021] == 2_302
    assert checked.skipped == 0
    assert numbers(checked, Severity.WARNING) == {ProblemCode.MALFORMED_CODE.value: 1}
    (stray,) = (one for one in checked.problems if one.code is ProblemCode.MALFORMED_CODE)
    assert (stray.place.row, stray.value) == (19_743, "N")
    assert len(checked.problems) < 100


def test_procedure_table(evaluation_data: Path) -> None:
    _, checked = imported(
        evaluation_data / "reference" / "ICD-9-CM-3手术操作编码.csv", Side.REFERENCE
    )
    assert checked.counts == {S: 13_686}
    assert checked.problems == ()


def test_procedure_table_with_kinds(evaluation_data: Path) -> None:
    _, checked = imported(
        evaluation_data / "reference" / "ICD-9-CM-3手术操作编码_国临_含操作类别.csv", Side.REFERENCE
    )
    assert checked.counts == {S: 12_855}
    kinds = {code.operation_kind for code in checked.codes}
    assert {"手术", "治疗性操作", "诊断性操作", "介入治疗"} <= kinds


def test_province_list_is_stored_whole(evaluation_data: Path) -> None:
    _, checked = imported(evaluation_data / "local" / "zlhis_sichuan_all.csv", Side.LOCAL)
    assert checked.counts == {D: 20_072, Y: 1_782, M: 903, S: 4_398}
    assert (len(checked.codes), checked.skipped) == (27_155, 0)
    assert numbers(checked, Severity.WARNING) == {
        ProblemCode.DUPLICATE_CODE.value: 90,
        ProblemCode.CONTROL_CHARACTER.value: 1,
    }
    assert sum(bool(code.attached_code) for code in checked.codes) == 822


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "kind", "encoding", "delimiter"),
    [
        ("zlhis_sichuan_diagnosis_gb18030.csv", D, "gb18030", ","),
        ("zlhis_sichuan_procedure.xlsx", S, "", ""),
        ("zlhis_sichuan_morphology.tsv", M, "utf-8", "\t"),
    ],
)
def test_parts_hold_the_same_codes_as_the_whole(
    name: str, kind: CodeKind, encoding: str, delimiter: str, evaluation_data: Path
) -> None:
    table, part = imported(evaluation_data / "local" / name, Side.LOCAL)
    _, whole = imported(evaluation_data / "local" / "zlhis_sichuan_all.csv", Side.LOCAL)
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    expected = [(one.code, one.name) for one in whole.codes if one.kind is kind]
    assert [(one.code, one.name) for one in part.codes] == expected
