"""Sparse rows: every step gives what SciPy gives, to the last bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from icdmapper.matching.sparse import Room, SparseRows, at_most

WIDTH = 40
RANDOM = np.random.default_rng(7)


def some(rows: int, width: int = WIDTH) -> sp.csr_matrix:
    """A matrix with a few values in most rows, some of them less than 0, and some empty rows."""
    values = RANDOM.normal(size=(rows, width)).astype(np.float32)
    values[RANDOM.random((rows, width)) < 0.8] = 0
    values[RANDOM.random(rows) < 0.2] = 0
    return sp.csr_matrix(values)


def same(found: SparseRows, wanted: sp.spmatrix) -> None:
    """Both hold the same values at the same places."""
    kept, expected = found.matrix, wanted.tocsr()
    assert kept.shape == expected.shape
    assert kept.dtype == expected.dtype
    assert kept.nnz == expected.nnz
    assert (kept.toarray() == expected.toarray()).all()


LEFT, RIGHT = some(25), some(25)
PICKED = np.array([3, 3, 24, 0, 7], dtype=np.int64)
FACTORS = np.arange(1, 26, dtype=np.float32)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda one, _: one, lambda one, _: one),
        (lambda one, _: one.pick(PICKED), lambda one, _: one[PICKED]),
        (lambda one, _: one.pick(PICKED[:0]), lambda one, _: one[PICKED[:0]]),
        (lambda one, _: one.part(4, 11), lambda one, _: one[4:11]),
        (lambda one, _: one.turned(), lambda one, _: one.T),
        (lambda one, other: one.beside(other), lambda one, other: sp.hstack([one, other])),
        (lambda one, other: one.shared(other), lambda one, other: one.multiply(other)),
        (lambda one, other: one.without(other), lambda one, other: one - other),
        (
            lambda one, other: one.times(SparseRows.of(other.matrix.T)),
            lambda one, other: one @ other.T,
        ),
        (
            lambda one, _: one.scaled(FACTORS),
            lambda one, _: sp.diags(FACTORS, dtype=np.float32) @ one,
        ),
    ],
)
def test_a_step_gives_the_rows_that_scipy_gives(
    ours: Callable[[SparseRows, SparseRows], SparseRows],
    theirs: Callable[[sp.csr_matrix, sp.csr_matrix], sp.spmatrix],
) -> None:
    same(ours(SparseRows.of(LEFT), SparseRows.of(RIGHT)), theirs(LEFT, RIGHT))


@pytest.mark.parametrize("shape", [(WIDTH,), (WIDTH, 3)])
def test_rows_are_weighed_and_summed_as_scipy_does(shape: tuple[int, ...]) -> None:
    weights = RANDOM.normal(size=shape).astype(np.float32)
    rows = SparseRows.of(LEFT)
    assert (rows.weigh(weights) == LEFT @ weights).all()
    assert (rows.sums() == np.asarray(LEFT.sum(axis=1)).ravel()).all()


def test_places_keep_their_order_when_they_are_numbered() -> None:
    rows = SparseRows.of(LEFT)
    picked = rows.numbered().pick(PICKED)
    assert (rows.values[picked.values - 1] == rows.pick(PICKED).values).all()
    assert rows.ones().sums().tolist() == rows.counts.tolist()


def test_a_product_fits_in_the_room_that_was_reckoned_and_is_the_same_there() -> None:
    left, right = SparseRows.of(LEFT), SparseRows.of(sp.csr_matrix(RIGHT.T))
    most = at_most(left, right)
    assert (left.times(right).counts <= most).all()
    room = Room.of(int(most.sum()), np.dtype(np.float32))
    left.times(right, room)
    same(left.times(right, room), LEFT @ RIGHT.T)


def test_nothing_at_all_is_no_trouble() -> None:
    nothing = SparseRows.of(sp.csr_matrix((3, WIDTH), dtype=np.float32))
    assert nothing.sums().tolist() == [0, 0, 0]
    same(nothing.shared(nothing), nothing.matrix)
    same(nothing.times(SparseRows.of(RIGHT.T)), sp.csr_matrix((3, 25), dtype=np.float32))


def test_values_are_placed_in_whatever_order_they_come() -> None:
    coordinates = LEFT.tocoo()
    order = RANDOM.permutation(LEFT.nnz)
    rows, columns, values = (
        part[order] for part in (coordinates.row, coordinates.col, coordinates.data)
    )
    same(SparseRows.placed(rows, columns, values, LEFT.shape), LEFT)
