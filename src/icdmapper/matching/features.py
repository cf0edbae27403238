"""The named figures a pair of a local and a reference name is judged by, for whole blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from icdmapper.matching import index
from icdmapper.matching.index import Flags, Floats, GramSpace, Ints, Runs, grouped
from icdmapper.matching.lexicon import picked
from icdmapper.matching.places import Places
from icdmapper.matching.slots import Outcome, Outcomes, SlotStates
from icdmapper.matching.sparse import SparseRows
from icdmapper.matching.wording import Wording, Wordings


@dataclass(frozen=True)
class Spaces:
    """The gram spaces names are measured in."""

    core: GramSpace
    standard: GramSpace
    pairs: GramSpace

    @classmethod
    def learn(cls, wordings: Wordings) -> Spaces:
        """Weights from the names of a reference set."""
        cores, standards = wordings.core, wordings.standard
        return cls(
            GramSpace.learn(cores, index.characters),
            GramSpace.learn(standards, index.characters),
            GramSpace.learn(standards, index.character_pairs),
        )

    def encode(self, wordings: Wordings) -> tuple[Grams, list[Floats]]:
        """The grams of names in all three spaces, and in each what the unknown ones weigh."""
        cores, standards = wordings.core, wordings.standard
        encoded = (
            self.core.encode(cores), self.standard.encode(standards), self.pairs.encode(standards)
        )  # fmt: skip
        return Grams(*(grams for grams, _ in encoded)), [unknown for _, unknown in encoded]


@dataclass(frozen=True)
class Grams:
    """The encoded names, one row each, in the spaces of `Spaces`."""

    core: SparseRows
    standard: SparseRows
    pairs: SparseRows

    def standard_and_pairs(self) -> SparseRows:
        """The characters and behind them the pairs of each standard wording."""
        return self.standard.beside(self.pairs)


@dataclass(frozen=True)
class Figures:
    """Plain figures of many names, one line each; `Measured` says what they are for."""

    core_mass: Floats
    standard_mass: Floats
    pair_mass: Floats
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    rewritten: Flags
    lengths: Floats

    @classmethod
    def of(cls, wordings: Wordings, grams: Grams, unknown: Sequence[Floats]) -> Figures:
        """`unknown` is what the unknown grams of these names weigh in each space."""
        cores, standards = wordings.core, wordings.standard
        core, standard, pairs = unknown
        return cls(
            index.row_mass(grams.core, core),
            index.row_mass(grams.standard, standard),
            index.row_mass(grams.pairs, pairs),
            _numbers([text[:2] for text in standards]),
            _numbers([text[-2:] for text in standards]),
            np.asarray(
                [mine != theirs for mine, theirs in zip(cores, standards, strict=True)],
                dtype=np.bool_,
            ),
            np.asarray([len(text) for text in standards], dtype=np.float32),
        )


class Measured:
    """A list of names in all the forms the features need; made once per distinct name."""

    def __init__(
        self, wordings: Wordings, grams: Grams, slots: SlotStates, figures: Figures
    ) -> None:
        self.wordings = wordings
        self.cores = wordings.core
        self.standards = wordings.standard
        self.slots = slots
        self.grams = grams
        self.core_mass = figures.core_mass
        self.standard_mass = figures.standard_mass
        self.pair_mass = figures.pair_mass
        self.starts, self.ends = figures.starts, figures.ends
        self.rewritten, self.lengths = figures.rewritten, figures.lengths

    @cached_property
    def together(self) -> SparseRows:
        """The characters and behind them the pairs of each standard wording."""
        return self.grams.standard_and_pairs()

    @cached_property
    def held(self) -> SparseRows:
        """A 1 for each of those."""
        return self.together.ones()


def slot_text(wording: Wording) -> str:
    """What slots are read from: the name as written and in standard wording."""
    if wording.plain == wording.standard:
        return wording.plain
    return f"{wording.plain}|{wording.standard}"


def masses(spaces: Spaces) -> Floats:
    """What each column of `Measured.held` weighs, squared: as a character, and as a pair."""
    standard, pairs = spaces.standard.weights**2, spaces.pairs.weights**2
    both = np.zeros((len(standard) + len(pairs), 2), dtype=np.float32)
    both[: len(standard), 0], both[len(standard) :, 1] = standard, pairs
    return both


_EQUAL = 0.99999
_ROUNDING = 0.01
TEXT_FEATURES = (
    "core_cosine", "core_local_covered", "core_reference_covered",
    "cosine", "local_covered", "reference_covered",
    "pair_cosine", "pair_local_covered", "pair_reference_covered",
    "core_ratio", "ratio", "order_local", "order_reference",
    "same_core", "same_standard", "same_end", "same_start",
    "local_length", "reference_length", "local_inside", "reference_inside",
)  # fmt: skip
RIVAL_FEATURES = (
    "cosine_gap", "ratio_gap", "local_covered_gap", "reference_covered_gap", "found_gap",
    "found", "place_in_list",
    "subcategory_rival_cosine", "subcategory_rival_ratio", "subcategory_crowd",
    "category_rival_cosine", "category_rival_ratio", "category_crowd",
)  # fmt: skip


def text_columns(
    local: Measured, reference: Measured, rows: Ints, targets: Ints, shared: Sequence[Floats]
) -> dict[str, Floats]:
    """How alike the two names of each pair are, by name of the figure.

    `shared` is what the characters and the pairs weigh that both hold; see `masses`.
    """
    columns: list[Floats] = []
    cores: Floats = local.grams.core.pick(rows).shared(reference.grams.core.pick(targets)).sums()
    for shared_mass, left_mass, right_mass in (
        (cores, local.core_mass, reference.core_mass),
        (shared[0], local.standard_mass, reference.standard_mass),
        (shared[1], local.pair_mass, reference.pair_mass),
    ):
        mine, theirs = left_mass[rows], right_mass[targets]
        columns += [shared_mass / np.sqrt(mine * theirs), shared_mass / mine, shared_mass / theirs]
    columns += _order_columns(local, reference, rows, targets)
    return dict(zip(TEXT_FEATURES, columns, strict=True))


def _order_columns(local: Measured, reference: Measured, rows: Ints, targets: Ints) -> list[Floats]:
    mine = picked(local.standards, rows)
    theirs = picked(reference.standards, targets)
    ratio = process.cpdist(mine, theirs, scorer=fuzz.ratio, dtype=np.float32) / np.float32(100)
    core_ratio = ratio.copy()
    # Where aliases changed neither name, the cores are what was just compared.
    changed = np.flatnonzero(local.rewritten[rows] | reference.rewritten[targets])
    if len(changed):
        my_cores = picked(local.cores, rows[changed])
        their_cores = picked(reference.cores, targets[changed])
        core_ratio[changed] = (
            process.cpdist(my_cores, their_cores, scorer=fuzz.ratio, dtype=np.float32) / 100
        )
    my_length, their_length = local.lengths[rows], reference.lengths[targets]
    in_order = ratio * (my_length + their_length) / 2
    # Only a name whose every character stands in the other, in order, can be a part of it.
    inside, around = in_order >= my_length - _ROUNDING, in_order >= their_length - _ROUNDING
    for flags, parts, wholes in ((inside, mine, theirs), (around, theirs, mine)):
        for at in np.flatnonzero(flags).tolist():
            flags[at] = parts[at] in wholes[at]
    columns = [
        core_ratio,
        ratio,
        in_order / np.maximum(my_length, 1),
        in_order / np.maximum(their_length, 1),
        core_ratio > _EQUAL,
        ratio > _EQUAL,
        local.ends[rows] == reference.ends[targets],
        local.starts[rows] == reference.starts[targets],
        np.log1p(my_length),
        np.log1p(their_length),
        inside,
        around,
    ]
    return [np.asarray(column, dtype=np.float32) for column in columns]


def _numbers(texts: Sequence[str]) -> NDArray[np.int64]:
    """Texts of at most two characters as numbers that are equal when the texts are."""
    return np.asarray(
        [sum(ord(one) << 21 * at for at, one in enumerate(text)) for text in texts], dtype=np.int64
    )


def rival_columns(
    columns: dict[str, Floats], runs: Runs, places: Places, targets: Ints, found: Floats
) -> dict[str, Floats]:
    """How each candidate stands to the other candidates of the same name; `runs` are those of
    one name.
    """
    group = runs.group

    def gap(values: Floats) -> Floats:
        return values - runs.best(values)

    rivals = [gap(columns[name]) for name in ("cosine", "ratio")]
    rivals += [gap(columns[name]) for name in ("local_covered", "reference_covered")]
    rivals += [gap(found), found, (np.arange(len(group)) - runs.starts[group]).astype(np.float32)]
    for place in (places.subcategory, places.category):
        keys = group << 32 | place[targets].astype(np.int64) & 0xFFFFFFFF
        family = grouped(keys)[1]
        crowd = np.bincount(family)
        for name in ("cosine", "ratio"):
            best = np.zeros(len(crowd), dtype=np.float32)
            np.maximum.at(best, family, columns[name])
            rivals.append(best[family] - columns[name])
        rivals.append(crowd[family].astype(np.float32))
    return dict(zip(RIVAL_FEATURES, rivals, strict=True))


_STANDING = {
    Outcome.CONTRADICTS: -4,
    Outcome.DIFFERENT: -3,
    Outcome.REFERENCE_FINER: -2,
    Outcome.MISSING_LOCAL: -1,
    Outcome.ABSENT: 0,
    Outcome.MISSING_REFERENCE: 1,
    Outcome.LOCAL_FINER: 2,
    Outcome.SAME: 3,
}
"""The outcomes from bad to good: what the entry adds counts against it, what it leaves out less."""
_COUNTED = [f"slots_{outcome.name.lower()}" for outcome in Outcome]
_STANDINGS = np.asarray([_STANDING[outcome] for outcome in Outcome], dtype=np.float32)


def slot_columns(outcomes: Outcomes, slots: Sequence[str]) -> dict[str, Floats]:
    """Per outcome the number of slots that have it, and for each slot by itself how it stands."""
    kinds = len(Outcome)
    found = outcomes + np.arange(len(outcomes))[:, None] * kinds
    counted = np.bincount(found.ravel(), minlength=kinds * len(outcomes)).reshape(-1, kinds)
    counts = dict(zip(_COUNTED, np.ascontiguousarray(counted.T, dtype=np.float32), strict=True))
    del counts[_COUNTED[Outcome.ABSENT]]
    standings = _STANDINGS[np.ascontiguousarray(outcomes.T)]
    return counts | dict(zip((f"slot_{slot}" for slot in slots), standings, strict=True))
