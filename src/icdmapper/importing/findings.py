"""Collect problems so that a long list does not drown the one who must read them; pure."""

from __future__ import annotations

from collections import defaultdict

from icdmapper.importing.tables import RawTable
from icdmapper.model.problems import Place, Problem, ProblemCode, Severity

SHOWN_EACH = 200
"""How many problems of one code are listed one by one; the rest is one line with a count."""
SHOWN_ROWS = 20

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Findings:
    """The problems of one table: single ones, and kinds of which only the number matters."""

    def __init__(self, table: RawTable) -> None:
        self._table = table
        self._single: defaultdict[tuple[ProblemCode, Severity], list[Problem]] = defaultdict(list)
        self._counted: dict[tuple[ProblemCode, str], _Counted] = {}

    def add(
        self,
        code: ProblemCode,
        severity: Severity,
        index: int,
        column: int | None = None,
        /,
        **detail: str,
    ) -> None:
        """One problem at a row and column of the table, shown on its own."""
        value = "" if column is None else self._table.rows[index][column]
        place = self._table.place(index, column)
        self._single[code, severity].append(Problem(code, severity, place, value, detail))

    def count(
        self,
        code: ProblemCode,
        severity: Severity,
        index: int,
        column: int | None = None,
        /,
        **detail: str,
    ) -> None:
        """One more row of a kind shown as one line; rows with the same `detail` count together."""
        key = (code, repr(sorted(detail.items())))
        if key not in self._counted:
            value = "" if column is None else self._table.rows[index][column]
            self._counted[key] = _Counted(code, severity, self._table.place(index, column), value)
            self._counted[key].detail = detail
        self._counted[key].add(self._table.row_number(index))

    def problems(self) -> tuple[Problem, ...]:
        """Everything found: errors first, then warnings and notes, each in the file's order."""
        found = list(self._table.problems)
        for singles in self._single.values():
            found.extend(singles[:SHOWN_EACH])
            if more := singles[SHOWN_EACH:]:
                found.append(_summary(more))
        found.extend(counted.problem() for counted in self._counted.values())
        return tuple(sorted(found, key=lambda one: (_WEIGHT[one.severity], one.place.row or 0)))


class _Counted:
    """Rows of one kind under one line."""

    def __init__(self, code: ProblemCode, severity: Severity, place: Place, value: str) -> None:
        self._code = code
        self._severity = severity
        self._place = place
        self._value = value
        self._rows: list[int] = []
        self._count = 0
        self.detail: dict[str, str] = {}

    def add(self, row: int) -> None:
        """Count a row and remember it while there are few."""
        self._count += 1
        if len(self._rows) < SHOWN_ROWS:
            self._rows.append(row)

    def problem(self) -> Problem:
        """The line."""
        detail = self.detail | {
            "count": str(self._count),
            "rows": ", ".join(map(str, self._rows)) + (" …" if self._count > SHOWN_ROWS else ""),
        }
        return Problem(self._code, self._severity, self._place, self._value, detail)


def _summary(more: list[Problem]) -> Problem:
    """One line for the problems beyond those listed one by one."""
    first = more[0]
    rows = [str(problem.place.row) for problem in more[:SHOWN_ROWS]]
    detail = first.detail | {
        "count": str(len(more)),
        "rows": ", ".join(rows) + (" …" if len(more) > SHOWN_ROWS else ""),
    }
    return Problem(first.code, first.severity, first.place, first.value, detail)
