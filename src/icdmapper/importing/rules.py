"""What makes a row of a list bad, and what is only worth knowing; pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from icdmapper.importing.columns import ColumnRole
from icdmapper.importing.findings import Findings
from icdmapper.importing.kinds import Category, categories_of, glued_codes, settle_kinds
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.repeats import Placed, report_shared_names, without_repeats
from icdmapper.importing.tables import RawTable
from icdmapper.model import icd
from icdmapper.model.codes import CodeKind, NewCode, Side
from icdmapper.model.problems import Problem, ProblemCode, Severity

Progress = Callable[[int, int], None]

_REPORT_EVERY = 2000
# What neither a workbook nor a database can hold; the invisible rest is kept and shown.
_DAMAGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile(r"[\t\r\n\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_LARGEST = 2_147_483_647


@dataclass(frozen=True, slots=True)
class CheckedCodes:
    """A table checked as a whole: what would be stored, and everything to know before.

    `total` counts the rows that hold anything, `skipped` those of them that are left out.
    """

    codes: tuple[NewCode, ...]
    problems: tuple[Problem, ...]
    counts: dict[CodeKind, int]
    skipped: int
    total: int


def check_rows(
    table: RawTable,
    roles: Sequence[ColumnRole],
    *,
    side: Side,
    kinds: frozenset[CodeKind] | None = None,
    progress: Progress | None = None,
) -> CheckedCodes:
    """Check every row of a table under the given column roles.

    `kinds` are the kinds wanted; rows of another kind are counted and left out.

    Raises:
        RefusedSourceError: there is no column of codes or of names, or it holds none.
    """
    columns = _Columns(table, roles)
    findings = Findings(table)
    rows, total = _usable_rows(table, columns, findings, progress)
    rows = _with_kinds(rows, columns, findings, kinds)
    if kinds is not None:
        rows = _of_kinds(rows, columns, findings, kinds)
    placed = [(row.index, _new_code(row, columns, findings)) for row in rows]
    placed = without_repeats(placed, side=side, column=columns.code, findings=findings)
    _report_spelling(placed, columns, findings)
    report_shared_names(placed, column=columns.name, findings=findings)
    codes = tuple(code for _, code in placed)
    counts = Counter(code.kind for code in codes)
    if progress:
        progress(len(table.rows), len(table.rows))
    return CheckedCodes(
        codes=codes,
        problems=findings.problems(),
        counts={kind: counts[kind] for kind in CodeKind if counts[kind]},
        skipped=total - len(codes),
        total=total,
    )


class _Columns:
    """Where in a row each role stands."""

    def __init__(self, table: RawTable, roles: Sequence[ColumnRole]) -> None:
        self.table = table
        self._at: dict[ColumnRole, int] = {}
        for column, role in enumerate(roles[: len(table.header)]):
            self._at.setdefault(role, column)
        place = table.place()
        if ColumnRole.CODE not in self._at:
            raise RefusedSourceError(UnreadableKind.NO_CODE_COLUMN, place)
        if ColumnRole.NAME not in self._at:
            raise RefusedSourceError(UnreadableKind.NO_NAME_COLUMN, place)
        self.code = self._at[ColumnRole.CODE]
        self.name = self._at[ColumnRole.NAME]

    def at(self, role: ColumnRole) -> int | None:
        """The column of a role, None when no column has it."""
        return self._at.get(role)

    def cell(self, row: Sequence[str], role: ColumnRole) -> str:
        """The trimmed cell of a role, "" when no column has it."""
        column = self._at.get(role)
        return "" if column is None else row[column].strip()


@dataclass(slots=True)
class _Row:
    """A row with a code and a name."""

    index: int
    cells: tuple[str, ...]
    code: str
    name: str
    kind: CodeKind | None = None


def _usable_rows(
    table: RawTable, columns: _Columns, findings: Findings, progress: Progress | None
) -> tuple[list[_Row], int]:
    """The rows that have a code and a name, and how many rows hold anything."""
    usable: list[_Row] = []
    blank = 0
    header = table.header if table.has_header else None
    for index, cells in enumerate(table.rows):
        if progress and index % _REPORT_EVERY == 0:
            progress(index, len(table.rows))
        code, name = cells[columns.code].strip(), cells[columns.name].strip()
        if not code and not name and not any(cell.strip() for cell in cells):
            blank += 1
            findings.count(ProblemCode.BLANK_ROW, Severity.NOTE, index)
        elif cells == header:
            findings.count(ProblemCode.REPEATED_HEADER, Severity.NOTE, index)
        elif not code:
            findings.add(ProblemCode.BLANK_CODE, Severity.ERROR, index, columns.code, name=name)
        elif not name:
            findings.add(ProblemCode.BLANK_NAME, Severity.ERROR, index, columns.name, code=code)
        elif not _is_damaged(cells, index, columns, findings):
            usable.append(_Row(index, cells, code, name))
    return usable, len(table.rows) - blank


def _is_damaged(cells: Sequence[str], index: int, columns: _Columns, findings: Findings) -> bool:
    """Whether a code or name holds what no text holds; lesser oddities are only reported."""
    for column in (columns.code, columns.name):
        cell = cells[column]
        if cell.isascii() and cell.isprintable():
            continue
        if _DAMAGE.search(cell):
            findings.add(ProblemCode.CONTROL_CHARACTER, Severity.ERROR, index, column)
            return True
        if "\ufffd" in cell:
            findings.add(ProblemCode.REPLACEMENT_CHARACTER, Severity.WARNING, index, column)
        elif _INVISIBLE.search(cell.strip()):
            findings.add(ProblemCode.CONTROL_CHARACTER, Severity.WARNING, index, column)
    return False


def _with_kinds(
    rows: list[_Row],
    columns: _Columns,
    findings: Findings,
    kinds: frozenset[CodeKind] | None,
) -> list[_Row]:
    """Settle the kind of every row; those of Chinese medicine are left out."""
    categories: list[Category | None] = [None] * len(rows)
    at = columns.at(ColumnRole.CATEGORY)
    if at is not None:
        categories = categories_of([row.cells[at] for row in rows])
    kept, claimed = [], []
    for row, category in zip(rows, categories, strict=True):
        if category is Category.CHINESE_MEDICINE:
            findings.count(ProblemCode.WRONG_SYSTEM, Severity.ERROR, row.index, at, kind="中医")
            continue
        kept.append(row)
        claimed.append(_claimed_kind(row, category, columns, findings))
    only = next(iter(kinds)) if kinds is not None and len(kinds) == 1 else None
    if kept and only is None and not any(claimed):
        place = columns.table.place(column=columns.code)
        raise RefusedSourceError(UnreadableKind.NO_CODE_COLUMN, place)
    for row, said, kind in zip(kept, claimed, settle_kinds(claimed, only), strict=True):
        row.kind = kind
        if said is None and kind is not None:
            _report_malformed(row, kind, columns, findings)
    return kept


def _claimed_kind(
    row: _Row, category: Category | None, columns: _Columns, findings: Findings
) -> CodeKind | None:
    """The kind a row's own code and category tell. The shape decides where there is one."""
    shape = icd.parse(row.code)
    said = category.value if category else None
    if shape is None:
        if said is not None:
            _report_malformed(row, said, columns, findings)
        elif parts := glued_codes(row.code):
            first = icd.parse(parts[0])
            findings.add(
                ProblemCode.GLUED_CODES, Severity.WARNING, row.index, columns.code,
                codes=", ".join(parts),
            )  # fmt: skip
            return first.kind if first else None
        return said
    if said is not None and said is not shape.kind:
        # M80.000 under morphology stays a bone disease: a category cannot bend a shape.
        findings.count(
            ProblemCode.KIND_DISAGREES,
            Severity.WARNING,
            row.index,
            columns.at(ColumnRole.CATEGORY),
            stated=said.value,
            kind=shape.kind.value,
        )
    return shape.kind


def _report_malformed(row: _Row, kind: CodeKind, columns: _Columns, findings: Findings) -> None:
    findings.add(
        ProblemCode.MALFORMED_CODE, Severity.WARNING, row.index, columns.code,
        kind=kind.value, name=row.name,
    )  # fmt: skip


def _of_kinds(
    rows: list[_Row], columns: _Columns, findings: Findings, kinds: frozenset[CodeKind]
) -> list[_Row]:
    wanted = []
    for row in rows:
        if row.kind in kinds:
            wanted.append(row)
        elif row.kind is not None:
            findings.count(
                ProblemCode.WRONG_SYSTEM, Severity.NOTE, row.index, columns.code,
                kind=row.kind.value,
            )  # fmt: skip
    return wanted


def _new_code(row: _Row, columns: _Columns, findings: Findings) -> NewCode:
    assert row.kind is not None
    return NewCode(
        code=row.code,
        canonical=icd.canonical(row.code),
        name=row.name,
        kind=row.kind,
        row=columns.table.row_number(row.index),
        attached_code=columns.cell(row.cells, ColumnRole.ATTACHED_CODE),
        frequency=_frequency(row, columns, findings),
        department=columns.cell(row.cells, ColumnRole.DEPARTMENT),
        operation_kind=columns.cell(row.cells, ColumnRole.OPERATION_KIND),
        sex=columns.cell(row.cells, ColumnRole.SEX),
        note=columns.cell(row.cells, ColumnRole.NOTE),
    )


def _frequency(row: _Row, columns: _Columns, findings: Findings) -> int | None:
    text = columns.cell(row.cells, ColumnRole.FREQUENCY)
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    whole, _, fraction = plain.partition(".")
    if whole.isdecimal() and not fraction.strip("0") and int(whole[:12]) <= _LARGEST:
        return int(whole)
    findings.add(
        ProblemCode.BAD_FREQUENCY, Severity.WARNING, row.index, columns.at(ColumnRole.FREQUENCY)
    )
    return None


def _report_spelling(placed: Sequence[Placed], columns: _Columns, findings: Findings) -> None:
    """Say how many codes are compared in another spelling than the source's, and show one."""
    respelled = [
        (index, code)
        for index, code in placed
        if code.code != code.canonical and icd.parse(code.code) is not None
    ]
    if respelled:
        canonical = respelled[0][1].canonical
        for index, _ in respelled:
            findings.count(
                ProblemCode.CODE_RESPELLED, Severity.NOTE, index, columns.code,
                canonical=canonical,
            )  # fmt: skip
    if columns.code in columns.table.number_columns:
        findings.count(ProblemCode.NUMBER_CODES, Severity.WARNING, 0, columns.code)
