"""The workbook a clinician fills: what may be filled is open, everything else is protected."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from icdmapper.model.checks import Opinion
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.packets import FilledRow, Packet, PacketRow
from icdmapper.texts import _
from icdmapper.texts.words import relation_word, role_word

_SHEET, _MARK = "裁定", "packet"
_FIRST_ROW = 4
_FIXED = ("序号", "院内编码", "院内名称", "年出院", "问题与讨论")
_ANSWERS = ("选择", "都不合适时请写明", "理由", "医师", "日期")
_WIDTHS = {"序号": 6, "院内编码": 14, "院内名称": 30, "年出院": 9, "问题与讨论": 40, "选择": 8}
_LARGEST = 20 << 20
_MOST_ROWS = 5_000
_GUIDE = (
    "这张表里的编码，编码员之间有不同意见，请您裁定。",
    "一行一个编码。各选项写明对应的标准编码、名称和关系；括号内是持此意见的人。",
    "请在“选择”一栏用下拉框选一个字母；都不合适选 X，并写明您认为应对应什么。",
    "“理由”和“医师”必填，没有理由或姓名的行不会收进系统。",
    "只能填写浅黄色的格子；其余内容由系统保护，改动过的行不会收进系统。",
    "没有把握的行请留空，留空的行会保留为未决，不影响其他行。",
    "填好后把本文件交回病案科协调员；纸质版填写同样有效，由协调员登记。",
)


def option_text(opinion: Opinion, held_by: Sequence[str]) -> str:
    """An option as a clinician reads it: relation, entries with their roles, who holds it."""
    several = len(opinion.targets) > 1
    entries = [
        f"{one.code} {one.name}" + (f"〔{role_word(one.role.value)}〕" if several else "")
        for one in opinion.targets
    ]
    relation = relation_word(opinion.relation.value) if opinion.relation else ""
    holders = f"（{'、'.join(held_by)}）" if held_by else ""
    return "：".join(part for part in (relation, "；".join(entries)) if part) + holders


def write(packet: Packet, file: Path) -> None:
    """Write the workbook; an existing file is replaced."""
    # Slow to import; most who work in a project never make a packet.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook()
    sheet = book.active
    sheet.title = _SHEET
    letters = _letters(packet)
    _fill(sheet, packet, letters)
    guide = book.create_sheet("说明")
    guide.column_dimensions["A"].width = 90
    for line in _GUIDE:
        guide.append([line])
    guide.protection.sheet = True
    mark = book.create_sheet(_MARK)
    mark.append(["icdmapper", packet.id])
    mark.sheet_state = "veryHidden"
    mark.protection.sheet = True
    book.save(file)


def read(file: Path) -> tuple[str, tuple[FilledRow, ...]]:
    """The packet's id and its rows as they came back.

    Raises:
        UnreadableSourceError: too large, damaged, or no packet of this program.
    """
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    damaged = (zipfile.BadZipFile, InvalidFileException)
    try:
        if file.stat().st_size > _LARGEST:
            raise UnreadableSourceError(
                _("{file} is too large for a packet.").format(file=file.name)
            )
        book = load_workbook(file, data_only=True)
        packet_id = str(book[_MARK]["B1"].value or "")
        sheet = book[_SHEET]
        last = min(sheet.max_row, _MOST_ROWS + _FIRST_ROW)
        cells = list(sheet.iter_rows(max_row=last, values_only=True))
    except (OSError, LookupError, ValueError, TypeError, *damaged) as error:
        raise UnreadableSourceError(
            _("{file} is no packet of this program, or it is damaged.").format(file=file.name)
        ) from error
    titles = [str(cell or "") for cell in cells[_FIRST_ROW - 2]] if len(cells) >= _FIRST_ROW else []
    if not {*_FIXED, *_ANSWERS} <= set(titles):
        raise UnreadableSourceError(
            _("{file} has lost columns; ask for a new packet.").format(file=file.name)
        )
    rows = []
    for line, row in enumerate(cells[_FIRST_ROW - 1 :], start=_FIRST_ROW):
        values = dict(zip(titles, map(_text, row), strict=False))
        if any(values.values()):
            rows.append(_filled(line, values))
    return packet_id, tuple(rows)


def _filled(line: int, values: dict[str, str]) -> FilledRow:
    options = tuple(
        values[title] for title in values if title.startswith("选项 ") and values[title]
    )
    return FilledRow(
        line,
        values["序号"],
        values["院内编码"],
        values["院内名称"],
        options,
        values["选择"],
        values["都不合适时请写明"],
        values["理由"],
        values["医师"],
    )


def _letters(packet: Packet) -> tuple[str, ...]:
    most = max(len(row.options) for row in packet.rows)
    return tuple("ABCDEFGH"[:most])


def _fill(sheet: Any, packet: Packet, letters: tuple[str, ...]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    titles = (*_FIXED, *(f"选项 {letter}" for letter in letters), *_ANSWERS)
    sheet["A1"] = f"编码争议裁定表　{packet.department}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = (
        f"{packet.made_at.astimezone():%Y-%m-%d} {packet.made_by} 共 {len(packet.rows)} 条"
    )
    for number, title in enumerate(titles, start=1):
        cell = sheet.cell(_FIRST_ROW - 1, number, title)
        cell.font = Font(bold=True)
        width = _WIDTHS.get(title, 34 if title.startswith("选项") else 18)
        sheet.column_dimensions[get_column_letter(number)].width = width
    open_cell, yellow = Protection(locked=False), PatternFill("solid", fgColor="FFF9E0")
    wrap = Alignment(wrap_text=True, vertical="top")
    for at, row in enumerate(packet.rows, start=_FIRST_ROW):
        for number, value in enumerate(_cells(row, len(letters)), start=1):
            cell = sheet.cell(at, number, value)
            # Text stays text: a name that starts with a sign of calculation is not computed.
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
            cell.alignment = wrap
        for number in range(len(titles) - len(_ANSWERS) + 1, len(titles) + 1):
            cell = sheet.cell(at, number)
            cell.protection, cell.fill, cell.alignment = open_cell, yellow, wrap
    _add_choices(sheet, packet, titles)
    sheet.freeze_panes = sheet.cell(_FIRST_ROW, 4)
    sheet.protection.sheet = True
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _add_choices(sheet: Any, packet: Packet, titles: tuple[str, ...]) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    column = get_column_letter(titles.index("选择") + 1)
    for at, row in enumerate(packet.rows, start=_FIRST_ROW):
        letters = ",".join([*(option.letter for option in row.options), "X"])
        choice = DataValidation(
            type="list", formula1=f'"{letters}"', allow_blank=True, showErrorMessage=True,
            errorTitle="选择", error=f"请选择 {letters} 之一",
        )  # fmt: skip
        choice.add(f"{column}{at}")
        sheet.add_data_validation(choice)


def _cells(row: PacketRow, options: int) -> list[str | int | None]:
    shown: list[str | int | None] = [option.text for option in row.options]
    shown += [None] * (options - len(shown))
    return [str(row.number), row.code, row.name, row.frequency, row.question, *shown]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
