"""Every row is judged, nothing is lost without a word, and the list stays readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.findings import SHOWN_EACH
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.rules import CheckedCodes, check_rows
from icdmapper.importing.tables import RawTable
from icdmapper.model.codes import CodeKind, Side
from icdmapper.model.problems import Problem, ProblemCode, Severity
from icdmapper.texts.problems import problem_sentence

TITLES = {
    "编码": ColumnRole.CODE,
    "名称": ColumnRole.NAME,
    "类别": ColumnRole.CATEGORY,
    "例数": ColumnRole.FREQUENCY,
    "附加编码": ColumnRole.ATTACHED_CODE,
    "科室": ColumnRole.DEPARTMENT,
    "操作类别": ColumnRole.OPERATION_KIND,
    "性别": ColumnRole.SEX,
    "备注": ColumnRole.NOTE,
}


def table(rows: Sequence[Sequence[str]], *titles: str, **changes: Any) -> RawTable:
    header = titles or ("编码", "名称")
    values: dict[str, Any] = {
        "file": "本院编码.xlsx",
        "sheet": "诊断",
        "sheets": ("诊断",),
        "encoding": "",
        "header": header,
        "rows": [tuple(row) for row in rows],
        "first_row": 2,
        "has_header": True,
        "sha256": "",
        "size_bytes": 1,
    }
    return RawTable(**(values | changes))


def check(raw: RawTable, side: Side = Side.LOCAL, **options: Any) -> CheckedCodes:
    return check_rows(raw, [TITLES[title] for title in raw.header], side=side, **options)


def found(checked: CheckedCodes, code: ProblemCode) -> list[Problem]:
    return [problem for problem in checked.problems if problem.code is code]


def only(checked: CheckedCodes, code: ProblemCode) -> Problem:
    (problem,) = found(checked, code)
    return problem


def test_source_string_is_kept_and_canonical_form_stands_beside_it() -> None:
    checked = check(table([("　A52  01 ", "晚期心血管梅毒"), ("A01.003+", "伤寒性脑膜炎")]))
    assert [(one.code, one.canonical) for one in checked.codes] == [
        ("A52  01", "A52.x01"),
        ("A01.003+", "A01.003+"),
    ]
    note = only(checked, ProblemCode.CODE_RESPELLED)
    assert (note.severity, note.detail["count"]) == (Severity.NOTE, "1")
    assert note.detail["canonical"] == "A52.x01"


def test_every_role_reaches_the_code() -> None:
    titles = ("编码", "名称", "附加编码", "例数", "科室", "操作类别", "性别", "备注")
    row = (" 86.3 06", "切除术 ", "M80100/3", "1,204", "外科", "手术", "女", "旧称")
    (code,) = check(table([row], *titles)).codes
    assert (code.code, code.name, code.kind, code.row) == (
        "86.3 06", "切除术", CodeKind.PROCEDURE, 2,
    )  # fmt: skip
    assert (code.attached_code, code.frequency, code.department) == ("M80100/3", 1204, "外科")
    assert (code.operation_kind, code.sex, code.note) == ("手术", "女", "旧称")


def test_kinds_are_told_by_shape() -> None:
    rows = [
        ("M80.000", "骨质疏松"),
        ("M80000/3", "恶性肿瘤"),
        ("V01.1", "行人"),
        ("34.0901", "引流"),
    ]
    checked = check(table(rows))
    assert [one.kind for one in checked.codes] == [
        CodeKind.DIAGNOSIS,
        CodeKind.MORPHOLOGY,
        CodeKind.EXTERNAL_CAUSE,
        CodeKind.PROCEDURE,
    ]
    assert checked.counts == dict.fromkeys(CodeKind, 1)


def test_blank_code_or_name_keeps_the_row_out() -> None:
    checked = check(table([("A00", "霍乱"), ("", "伤寒"), ("A02", " "), ("", "")]))
    assert [one.code for one in checked.codes] == ["A00"]
    assert (checked.total, checked.skipped) == (3, 2)
    blank_code, blank_name = (
        only(checked, code) for code in (ProblemCode.BLANK_CODE, ProblemCode.BLANK_NAME)
    )
    assert (blank_code.severity, blank_code.place.row, blank_code.place.column) == (
        Severity.ERROR, 3, "编码",
    )  # fmt: skip
    assert (blank_name.place.row, blank_name.place.column) == (4, "名称")
    assert blank_name.place.file == "本院编码.xlsx"
    assert blank_name.place.sheet == "诊断"
    assert only(checked, ProblemCode.BLANK_ROW).severity is Severity.NOTE


def test_titles_repeated_on_a_later_page_are_passed_over() -> None:
    checked = check(table([("A00", "霍乱"), ("编码", "名称"), ("A01", "伤寒")]))
    assert [one.row for one in checked.codes] == [2, 4]
    assert only(checked, ProblemCode.REPEATED_HEADER).place.row == 3


def test_damaged_characters() -> None:
    rows = [("A00", "霍\0乱"), ("A01", "伤\ufffd寒"), ("A02", "沙门\x7f菌"), ("A03", "志贺\n菌病")]
    checked = check(table(rows))
    assert [one.name for one in checked.codes] == ["伤\ufffd寒", "沙门\x7f菌", "志贺\n菌病"]
    severities = [one.severity for one in found(checked, ProblemCode.CONTROL_CHARACTER)]
    assert severities == [Severity.ERROR, Severity.WARNING, Severity.WARNING]
    assert only(checked, ProblemCode.REPLACEMENT_CHARACTER).place.row == 3


def test_local_list_keeps_repeats_and_reports_them() -> None:
    rows = [("Z43.151", "输注泵"), ("Z43.151", "胃造口"), ("Z43.151", "输注泵")]
    checked = check(table(rows))
    assert [one.row for one in checked.codes] == [2, 3, 4]
    code, row = only(checked, ProblemCode.DUPLICATE_CODE), only(checked, ProblemCode.DUPLICATE_ROW)
    assert (code.severity, code.place.row, code.detail["first_row"]) == (Severity.WARNING, 3, "2")
    assert (row.severity, row.place.row, row.detail["first_row"]) == (Severity.WARNING, 4, "2")


def test_two_spellings_of_one_code_are_a_repeat() -> None:
    checked = check(table([("A38xx01", "猩红热"), ("A38.X01", "猩红热病")]))
    assert only(checked, ProblemCode.DUPLICATE_CODE).detail["first_code"] == "A38xx01"


def test_reference_set_keeps_the_first_of_a_code() -> None:
    rows = [("A00", "霍乱"), ("A00", "霍 乱"), ("A00", "伤寒")]
    checked = check(table(rows), Side.REFERENCE)
    assert [one.row for one in checked.codes] == [2]
    assert only(checked, ProblemCode.DUPLICATE_ROW).severity is Severity.NOTE
    assert only(checked, ProblemCode.DUPLICATE_CODE).severity is Severity.ERROR
    assert checked.skipped == 2


def test_shared_names_are_one_line_each_and_families_one_line_together() -> None:
    rows = [
        ("Q52.1", "阴道双重"), ("Q52.101", "阴道双重"), ("A90.x", "登革热"), ("A90xx01", "登革热"),
        ("A06.6+", "脑脓肿"), ("A06.601+G07*", "脑脓肿"),
        ("N33.0*", "结核性膀胱炎"), ("A18.101+N33.0*", "结核性膀胱炎"),
        ("D09.9", "原位癌"), ("M80100/2", "原位癌"),
        ("A49.8", "感染"), ("B96.5", "感染"), ("C00", "感染"),
    ]  # fmt: skip
    checked = check(table(rows))
    families = only(checked, ProblemCode.NAME_SHARED_BY_FAMILY)
    assert (families.severity, families.detail["count"]) == (Severity.NOTE, "4")
    shared = only(checked, ProblemCode.DUPLICATE_NAME)
    assert (shared.detail["count"], shared.detail["rows"]) == ("3", "12, 13, 14")
    assert shared.detail["codes"] == "A49.8, B96.5, C00"


def test_stray_row_takes_the_kind_of_its_neighbours() -> None:
    rows = [("M99.901", "损害"), ("N", "N"), ("N00", "肾炎"), ("34.09", "引流"), ("胸", "胸部")]
    checked = check(table(rows), Side.REFERENCE)
    assert [one.kind for one in checked.codes] == [CodeKind.DIAGNOSIS] * 3 + [
        CodeKind.PROCEDURE
    ] * 2
    strays = found(checked, ProblemCode.MALFORMED_CODE)
    assert [(one.value, one.detail["kind"]) for one in strays] == [
        ("N", "diagnosis"),
        ("胸", "procedure"),
    ]


def test_first_rows_take_the_kind_of_what_follows() -> None:
    checked = check(table([("第一章", "手术"), ("34.09", "引流")]))
    assert checked.codes[0].kind is CodeKind.PROCEDURE


def test_category_letters_give_a_kind_to_what_has_no_shape() -> None:
    rows = [("A00", "霍乱", "D"), ("80001", "肿瘤", "M"), ("", "", ""), ("01.1", "穿刺", "S")]
    checked = check(table(rows, "编码", "名称", "类别"))
    assert [one.kind for one in checked.codes] == [
        CodeKind.DIAGNOSIS,
        CodeKind.MORPHOLOGY,
        CodeKind.PROCEDURE,
    ]
    assert only(checked, ProblemCode.MALFORMED_CODE).value == "80001"


def test_shape_stands_against_a_category_that_disagrees() -> None:
    rows = [("M80.000", "骨质疏松", "M"), ("V01.1", "行人", "D"), ("V02", "行人", "D")]
    checked = check(table(rows, "编码", "名称", "类别"))
    assert [one.kind for one in checked.codes] == [
        CodeKind.DIAGNOSIS, CodeKind.EXTERNAL_CAUSE, CodeKind.EXTERNAL_CAUSE,
    ]  # fmt: skip
    lines = found(checked, ProblemCode.KIND_DISAGREES)
    assert [(one.detail["stated"], one.detail["count"]) for one in lines] == [
        ("morphology", "1"),
        ("diagnosis", "2"),
    ]


def test_chinese_medicine_is_left_out_and_said() -> None:
    rows = [("A00", "霍乱", "D"), ("A01.01", "感冒病", "B"), ("B02", "气虚证", "Z")]
    checked = check(table(rows, "编码", "名称", "类别"))
    assert [one.code for one in checked.codes] == ["A00"]
    line = only(checked, ProblemCode.WRONG_SYSTEM)
    assert (line.severity, line.detail["count"], line.detail["rows"]) == (
        Severity.ERROR, "2", "3, 4",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("西医诊断", CodeKind.DIAGNOSIS),
        ("损伤中毒外部原因", CodeKind.EXTERNAL_CAUSE),
        ("肿瘤形态学", CodeKind.MORPHOLOGY),
        ("手术操作", CodeKind.PROCEDURE),
    ],
)
def test_category_words_are_understood(word: str, kind: CodeKind) -> None:
    (code,) = check(table([("本院-1", "某", word)], "编码", "名称", "类别")).codes
    assert code.kind is kind


def test_categories_that_say_nothing_are_passed_over() -> None:
    (code,) = check(table([("A00", "霍乱", "传染病")], "编码", "名称", "类别")).codes
    assert code.kind is CodeKind.DIAGNOSIS


def test_two_codes_in_one_cell() -> None:
    checked = check(table([("C50.9；C77.3", "乳腺癌伴淋巴结转移"), ("34.09、34.04", "引流")]))
    assert [one.kind for one in checked.codes] == [CodeKind.DIAGNOSIS, CodeKind.PROCEDURE]
    assert [one.detail["codes"] for one in found(checked, ProblemCode.GLUED_CODES)] == [
        "C50.9, C77.3",
        "34.09, 34.04",
    ]
    assert not found(checked, ProblemCode.MALFORMED_CODE)


def test_only_wanted_kinds_are_taken() -> None:
    rows = [("A00", "霍乱"), ("M80000/3", "恶性肿瘤"), ("M80001/3", "恶性瘤")]
    checked = check(table(rows), kinds=frozenset({CodeKind.DIAGNOSIS, CodeKind.EXTERNAL_CAUSE}))
    assert [one.code for one in checked.codes] == ["A00"]
    line = only(checked, ProblemCode.WRONG_SYSTEM)
    assert (line.severity, line.detail["count"]) == (Severity.NOTE, "2")
    assert (checked.total, checked.skipped) == (3, 2)


def test_person_may_say_what_a_list_without_shapes_is() -> None:
    raw = table([("1001", "阑尾切除术"), ("1002", "引流术")])
    with pytest.raises(RefusedSourceError) as caught:
        check(raw)
    assert caught.value.kind is UnreadableKind.NO_CODE_COLUMN
    checked = check(raw, kinds=frozenset({CodeKind.PROCEDURE}))
    assert checked.counts == {CodeKind.PROCEDURE: 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("1,204", 1204), ("１２", 12), ("12.0", 12), ("0", 0), ("", None),
        ("12.5", None), ("-3", None), ("约10", None), ("9999999999", None), ("二十", None),
    ],
)  # fmt: skip
def test_frequency(text: str, value: int | None) -> None:
    checked = check(table([("A00", "霍乱", text)], "编码", "名称", "例数"))
    assert checked.codes[0].frequency == value
    assert len(found(checked, ProblemCode.BAD_FREQUENCY)) == (value is None and text != "")


def test_codes_kept_as_numbers_are_a_warning() -> None:
    raw = table([("34.09", "引流")], number_columns=frozenset({0}))
    assert only(check(raw), ProblemCode.NUMBER_CODES).severity is Severity.WARNING
    assert not found(check(table([("34.09", "引流")])), ProblemCode.NUMBER_CODES)


def test_missing_columns_are_refused() -> None:
    raw = table([("A00", "霍乱")])
    with pytest.raises(RefusedSourceError, match="Choose the column with the codes"):
        check_rows(raw, [ColumnRole.NOTE, ColumnRole.NAME], side=Side.LOCAL)
    with pytest.raises(RefusedSourceError, match="Choose the column with the names"):
        check_rows(raw, [ColumnRole.CODE, ColumnRole.IGNORE], side=Side.LOCAL)


def test_many_problems_of_a_kind_end_in_one_line() -> None:
    rows = [("A00", "霍乱")] + [("", f"病{number}") for number in range(SHOWN_EACH + 50)]
    lines = found(check(table(rows)), ProblemCode.BLANK_CODE)
    assert len(lines) == SHOWN_EACH + 1
    assert lines[-1].detail["count"] == "50"
    assert lines[-1].detail["rows"].startswith("203, 204")
    assert lines[-1].detail["rows"].endswith("…")


def test_errors_come_first_then_rows_in_order() -> None:
    rows = [("A90.x", "登革热"), ("N", "N"), ("A01", ""), ("", "伤寒"), ("A90", "登革热")]
    severities = [one.severity for one in check(table(rows)).problems]
    assert severities == sorted(severities, key=list(Severity).index)
    errors = [one.place.row for one in check(table(rows)).problems if one.severity.value == "error"]
    assert errors == [4, 5]


def test_findings_of_the_reading_are_part_of_the_list() -> None:
    odd = Problem(ProblemCode.ODD_COLUMN_COUNT, Severity.WARNING, table([]).place())
    assert odd in check(table([("A00", "霍乱")], problems=(odd,))).problems


def test_progress_ends_at_the_total() -> None:
    seen: list[tuple[int, int]] = []
    check(table([("A00", "霍乱")] * 5000), progress=lambda *step: seen.append(step))
    assert seen[0] == (0, 5000)
    assert seen[-1] == (5000, 5000)
    assert len(seen) == 4


def test_every_row_is_stored_or_skipped() -> None:
    rows = [("A00", "霍乱"), ("A00", "霍乱"), ("", "x"), ("", ""), ("编码", "名称"), ("?", "y")]
    for side in Side:
        checked = check(table(rows), side)
        assert checked.total == len(checked.codes) + checked.skipped == 5


def test_every_problem_has_a_sentence() -> None:
    rows = [("A00", "霍乱", "D", "x"), ("A00", "霍乱", "S", ""), ("?", "y", "", ""),
            ("", "z", "", ""), ("A1", "", "", ""), ("A9", "q\0", "", "")]  # fmt: skip
    checked = check(table(rows, "编码", "名称", "类别", "例数"))
    sentences = Counter(problem_sentence(one) for one in checked.problems)
    assert len(sentences) >= 7
    assert not any("?" in sentence.replace("“?”", "") for sentence in sentences)
