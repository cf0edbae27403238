"""Sparse rows as three plain arrays, for names one at a time as well as for whole blocks.

SciPy looks over every matrix it makes, and makes one for every step. For the few grams of a single
name that takes many times as long as the work itself. Its own compiled steps are called here
without that, so the figures are SciPy's to the last bit; `tests/unit/matching/test_sparse.py`
holds each against what SciPy says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from icdmapper.matching import frugal

with frugal.only_compiled_steps():
    from scipy.sparse import _sparsetools as steps

if TYPE_CHECKING:
    import scipy.sparse as sp

Ints = NDArray[np.int32]
Values = NDArray[Any]
Places = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows of which each holds values in a few of `width` columns."""

    values: Values
    columns: Ints
    starts: Ints
    """Where each row begins in the others; the last number is where the last one ends."""
    width: int

    @classmethod
    def of(cls, matrix: sp.spmatrix) -> SparseRows:
        """The rows of a SciPy matrix."""
        rows = matrix.tocsr()
        indices, starts = (
            part.astype(np.int32, copy=False) for part in (rows.indices, rows.indptr)
        )
        return cls(rows.data, indices, starts, rows.shape[1])

    @classmethod
    def placed(
        cls, rows: Places, columns: Places, values: Values, shape: tuple[int, int]
    ) -> SparseRows:
        """The rows of values whose row and column are known, in whatever order."""
        order = np.lexsort((columns, rows))
        starts = _room_for(np.bincount(rows, minlength=shape[0]))
        return cls(values[order], columns[order].astype(np.int32), starts, shape[1])

    @property
    def matrix(self) -> sp.csr_matrix:
        """The same for SciPy."""
        import scipy.sparse as sp  # noqa: PLC0415 - see `frugal`

        return sp.csr_matrix((self.values, self.columns, self.starts), (len(self), self.width))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self), self.width

    @property
    def counts(self) -> Ints:
        """How many values each row holds."""
        return self.starts[1:] - self.starts[:-1]

    def with_values(self, values: Values) -> SparseRows:
        """The same places with other values."""
        return SparseRows(values, self.columns, self.starts, self.width)

    def ones(self) -> SparseRows:
        """The same places, every value 1."""
        return self.with_values(np.ones(len(self.values), dtype=np.float32))

    def numbered(self) -> SparseRows:
        """The same places, each holding its number, from 1."""
        return self.with_values(np.arange(1, len(self.values) + 1, dtype=np.int32))

    def scaled(self, factors: Values) -> SparseRows:
        """Each row multiplied by its factor."""
        return self.with_values(self.values * np.repeat(factors, self.counts))

    def pick(self, rows: Places) -> SparseRows:
        """The rows at these places."""
        rows = rows.astype(np.int32, copy=False)
        starts = _room_for(self.starts[rows + 1] - self.starts[rows])
        columns = np.empty(starts[-1], dtype=np.int32)
        values = np.empty(starts[-1], dtype=self.values.dtype)
        steps.csr_row_index(
            len(rows), rows, self.starts, self.columns, self.values, columns, values
        )
        return SparseRows(values, columns, starts, self.width)

    def part(self, start: int, end: int) -> SparseRows:
        """The rows from one place up to another."""
        starts = self.starts[start : end + 1]
        inside = slice(starts[0], starts[-1])
        return SparseRows(self.values[inside], self.columns[inside], starts - starts[0], self.width)

    def turned(self) -> SparseRows:
        """The columns as rows."""
        starts = np.empty(self.width + 1, dtype=np.int32)
        columns, values = np.empty_like(self.columns), np.empty_like(self.values)
        steps.csr_tocsc(
            len(self), self.width, self.starts, self.columns, self.values, starts, columns, values
        )
        return SparseRows(values, columns, starts, len(self))

    def beside(self, right: SparseRows) -> SparseRows:
        """Each row with the columns of another's behind its own."""
        values = np.empty(len(self.values) + len(right.values), dtype=self.values.dtype)
        columns = np.empty(len(values), dtype=np.int32)
        mine = np.arange(len(self.values)) + right.starts[:-1].repeat(self.counts)
        theirs = np.arange(len(right.values)) + self.starts[1:].repeat(right.counts)
        values[mine], values[theirs] = self.values, right.values
        columns[mine], columns[theirs] = self.columns, right.columns + np.int32(self.width)
        starts = self.starts + right.starts
        return SparseRows(values, columns, starts, self.width + right.width)

    def shared(self, other: SparseRows) -> SparseRows:
        """Row by row the products where both hold a value."""
        return self._joined(other, steps.csr_elmul_csr, min(len(self.values), len(other.values)))

    def without(self, other: SparseRows) -> SparseRows:
        """Row by row the differences that are not 0."""
        return self._joined(other, steps.csr_minus_csr, len(self.values) + len(other.values))

    def times(self, right: SparseRows, room: Room | None = None) -> SparseRows:
        """The matrix product; within a row the columns come in no order.

        In a `room`, which must be wide enough for `at_most`, it lasts until that is used again.
        """
        if room is None:
            room = Room.of(at_most(self, right).sum(), np.result_type(self.values, right.values))
        columns, values = room
        starts = np.empty(len(self) + 1, dtype=np.int32)
        steps.csr_matmat(
            len(self), right.width, self.starts, self.columns, self.values,
            right.starts, right.columns, right.values, starts, columns, values,
        )  # fmt: skip
        held = starts[-1]
        return SparseRows(values[:held], columns[:held], starts, right.width)

    def weigh(self, weights: Values) -> Values:
        """The sum of each row by a weight per column.

        Of several weights per column, one in each column of `weights`, come as many columns.
        """
        kind = np.result_type(self.values, weights)
        weighed = np.zeros((len(self), *weights.shape[1:]), dtype=kind)
        if weights.ndim == 1:
            steps.csr_matvec(
                len(self), self.width, self.starts, self.columns, self.values, weights, weighed
            )
        else:
            steps.csr_matvecs(
                len(self), self.width, weights.shape[1],
                self.starts, self.columns, self.values, weights.ravel(), weighed.ravel(),
            )  # fmt: skip
        return weighed

    def sums(self) -> Values:
        """The sum of each row."""
        summed = np.zeros(len(self), dtype=self.values.dtype)
        filled = self.counts.nonzero()[0]
        if len(filled):
            summed[filled] = np.add.reduceat(self.values, self.starts[filled])
        return summed

    def _joined(self, other: SparseRows, step: Any, most: int) -> SparseRows:
        starts = np.empty(len(self) + 1, dtype=np.int32)
        columns = np.empty(most, dtype=np.int32)
        values = np.empty(most, dtype=np.result_type(self.values, other.values))
        step(
            len(self), self.width, self.starts, self.columns, self.values,
            other.starts, other.columns, other.values, starts, columns, values,
        )  # fmt: skip
        return SparseRows(values[: starts[-1]], columns[: starts[-1]], starts, self.width)


def at_most(left: SparseRows, right: SparseRows) -> Places:
    """How many values each row of a matrix product can hold, with what adds up counted."""
    added = np.zeros(len(left.columns) + 1, dtype=np.int64)
    right.counts[left.columns].cumsum(out=added[1:])
    return added[left.starts[1:]] - added[left.starts[:-1]]


class Room(NamedTuple):
    """Where a product is put: memory that is used again need not be had from the system again."""

    columns: Ints
    values: Values

    @classmethod
    def of(cls, size: int, kind: np.dtype[Any]) -> Room:
        """Room for so many values of this kind."""
        return cls(np.empty(size, dtype=np.int32), np.empty(size, dtype=kind))


def _room_for(counts: Places) -> Ints:
    starts = np.zeros(len(counts) + 1, dtype=np.int32)
    counts.cumsum(out=starts[1:])
    return starts
