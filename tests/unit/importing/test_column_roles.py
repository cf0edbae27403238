"""What a column is for is told by its title and by what it holds."""

from __future__ import annotations

import pytest

from icdmapper.importing.columns import ColumnRole, guess_roles
from icdmapper.importing.headers import find_header
from icdmapper.importing.roles import role_of_title

CODE, NAME, NOTE, IGNORE = ColumnRole.CODE, ColumnRole.NAME, ColumnRole.NOTE, ColumnRole.IGNORE


@pytest.mark.parametrize(
    ("titles", "role"),
    [
        (("编码", "疾病编码", "诊断代码", "ICD码", "ICD-10编码", "手术操作编码", "主要编码"), CODE),
        (("code", "Code", "source_code", "ICD10", "ICD-10 code"), CODE),
        (("名称", "疾病名称", "诊断名称", "手术操作名称", "ICD名称", "诊断编码名称"), NAME),
        (("name", "source_name", "text", "出院诊断"), NAME),
        (("附加编码", "附码", "attached_code", "星号编码"), ColumnRole.ATTACHED_CODE),
        (("类别", "编码类别", "category_DYMSBZ", "类型"), ColumnRole.CATEGORY),
        (("年例数", "频次", "例数", "使用次数", "frequency"), ColumnRole.FREQUENCY),
        (("科室", "使用科室", "department"), ColumnRole.DEPARTMENT),
        (("操作类别", "手术类别", "手术操作类别", "op_kind"), ColumnRole.OPERATION_KIND),
        (("性别", "性别限制", "适用性别", "sex"), ColumnRole.SEX),
        (("备注", "说明", "note"), NOTE),
        (("拼音码", "五笔码", "序号", "seq", "pinyin", "停用日期", "录入选项", "年龄限制"), IGNORE),
    ],
)
def test_title_names_its_role(titles: tuple[str, ...], role: ColumnRole) -> None:
    assert {title: role_of_title(title) for title in titles} == dict.fromkeys(titles, role)


@pytest.mark.parametrize(
    "cell", ["急性阑尾炎", "A00.001", "诊断性操作后出血", "", "一" * 40, "胃癌"]
)
def test_name_of_a_disease_is_no_title(cell: str) -> None:
    assert role_of_title(cell) is None


def test_titles_decide() -> None:
    header = ("code", "attached_code", "name", "category_DYMSBZ", "note", "seq", "pinyin")
    rows = [("A01.003+", "G01.X01*", "伤寒性脑膜炎", "D", "", "1", "SHXNMY")] * 3
    assert guess_roles(header, rows) == (
        CODE, ColumnRole.ATTACHED_CODE, NAME, ColumnRole.CATEGORY, NOTE, IGNORE, IGNORE,
    )  # fmt: skip


def test_content_decides_where_there_are_no_titles() -> None:
    rows = [
        (str(number), "内科", f"A{number:02}.001", "男" if number % 2 else "女", f"病{number}", "D")
        for number in range(20)
    ]
    rows.append(("21", "外科", "V01.1", "女", "行人损伤", "Y"))
    assert guess_roles(("A", "B", "C", "D", "E", "F"), rows) == (
        IGNORE, IGNORE, CODE, ColumnRole.SEX, NAME, ColumnRole.CATEGORY,
    )  # fmt: skip


def test_titles_that_are_swapped_are_set_right_by_content() -> None:
    rows = [("霍乱", "A00.001"), ("伤寒", "A01.001")]
    assert guess_roles(("编码", "名称"), rows) == (NAME, CODE)


def test_kinds_of_operation_are_no_category() -> None:
    rows = [("34.0901", "胸腔引流术", "治疗性操作"), ("45.1300", "胃镜检查", "诊断性操作")]
    assert guess_roles(("编码", "名称", "类别"), rows)[2] is ColumnRole.OPERATION_KIND
    assert guess_roles(("A", "B", "C"), rows)[2] is ColumnRole.OPERATION_KIND


def test_second_list_in_the_same_table_is_ignored() -> None:
    header = ("source_code", "source_name", "target_code", "target_name")
    rows = [("A01.000x002", "伤寒杆菌败血症", "A01.003", "伤寒杆菌性脓毒症")]
    assert guess_roles(header, rows) == (CODE, NAME, IGNORE, IGNORE)


def test_list_of_names_has_no_code_column() -> None:
    rows = [("左膝退变伴游离体", "12"), ("胃癌", "3")]
    assert guess_roles(("text", "例数"), rows) == (NAME, ColumnRole.FREQUENCY)


def test_empty_columns_keep_the_role_of_their_title() -> None:
    assert guess_roles(("编码", "名称", "备注"), [("A00", "霍乱", "")]) == (CODE, NAME, NOTE)
    assert guess_roles(("编码", "名称"), []) == (CODE, NAME)


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        ([("编码", "名称"), ("A00", "霍乱")], 0),
        ([("XX医院手术编码", ""), ("", ""), ("编码", "名称"), ("34.09", "引流")], 2),
        ([("手术编码", ""), ("编码", "名称"), ("34.09", "引流")], 1),
        ([("A00", "霍乱"), ("编码", "名称")], None),
        ([("text", "gold"), ("左膝退变", "膝骨关节病")], 0),
        ([("左膝退变",), ("胃癌",)], None),
        ([("名称",), ("胃癌",)], 0),
        ([("12", "胃癌"), ("13", "肺癌")], None),
        ([], None),
    ],
)
def test_row_of_titles_is_found(rows: list[tuple[str, ...]], index: int | None) -> None:
    assert find_header(rows) == index
