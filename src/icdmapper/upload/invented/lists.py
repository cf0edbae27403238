"""A hospital's list of codes sorted into what an invented record may use where.

The limits of sex and age are those of rules HQ-041 and HQ-064 to HQ-067, the behaviour digits
those of HQ-034, the main diagnoses left out those of HQ-026 (resources/hqms/rules.csv).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import RefusedError
from icdmapper.texts import _

ANY, MALE, FEMALE = 0, 1, 2
Texts = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MALE = (
    "B26.0 C60-C63 D07.4-D07.6 D17.6 D29 D40 E29 E89.5 F52.4 I86.1 L29.1 N40-N51 Q53-Q55 R86 "
    "S31.2-S31.3 Z12.5"
)
_FEMALE = (
    "A34 B37.3 C51-C58 C79.6 D06 D07.0-D07.3 D25-D28 D39 E28 E89.4 F52.5 F53 I86.3 L29.2 "
    "M80.0-M80.1 M81.0-M81.1 M83.0 N70-N98 N99.2-N99.3 O00-O99 P54.6 Q50-Q52 R87 S31.4 "
    "S37.4-S37.6 T19.2-T19.3 T83.3 Z01.4 Z12.4 Z30.1 Z30.3 Z30.5 Z31.1-Z31.2 Z32-Z37 Z39 Z87.5 "
    "Z97.5"
)
_MALE_OPERATIONS = "60-64 87.9 98.24 99.94"
_FEMALE_OPERATIONS = "65-75 87.8 88.46 88.78 89.26 92.17 96.14-96.18 97.7 98.16-98.17"
_NEVER_MAIN = "B95-B97 T31 Z37-Z38 Z85-Z92 V00-Y99"
_NEVER_OTHER = "O80-O84 Z37-Z38 V00-Y99"
_ADULT = "A50-A64 B20-B24 C00-C80 D10-D48 E10-E14 E78 F00-F69 I10-I79 J40-J44 M05-M99 N40-N64"
_CHILD = "A00-A09 B00-B09 B34 H00-H95 J00-J22 J45 K35-K40 L00-L99 Q00-Q99 R00-R69"
_DELIVERY, _LABOUR, _OUTCOME = "O80-O84", "72-75", "Z37"
_BEHAVIOURS = (("C77-C79", 6), ("C00-C97", 3), ("D00-D09", 2), ("D10-D36", 0), ("D37-D48", 1))
# Departments of RC023 by chapter, first that fits; invented, only so that the month has them all.
_DEPARTMENTS = (
    ("A00-B99", "16"), ("C00-D48", "19"), ("D50-D89", "0305"), ("E00-E90", "0307"),
    ("F00-F99", "15"), ("I60-I69", "0303"), ("G00-G99", "0303"), ("H00-H59", "10"),
    ("H60-H95", "11"), ("I00-I99", "0304"), ("J00-J99", "0301"), ("K35-K46", "0401"),
    ("K80-K83", "0401"), ("K00-K93", "0302"), ("L00-L99", "13"), ("M00-M99", "0403"),
    ("N40-N51", "0404"), ("N60-N64", "0401"), ("N70-N98", "0501"), ("N00-N39", "0306"),
    ("O00-O99", "0502"), ("P00-P96", "0701"), ("Q00-Q99", "0712"), ("S06", "0402"),
    ("T20-T32", "0407"), ("S00-T98", "0403"),
)  # fmt: skip
_OTHER_DEPARTMENT = "0311"


class Stage(IntEnum):
    """Whom a diagnosis belongs to."""

    GENERAL = 0
    NEWBORN = 1
    MOTHER = 2
    ADULT = 3


class ListedCode(NamedTuple):
    """One row of a hospital's list; `weight` is its number of uses in any period."""

    code: str
    name: str
    kind: CodeKind
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Codes to draw from, with their chances; the arrays run side by side."""

    codes: Texts
    names: Texts
    chances: npt.NDArray[np.float64]
    keys: tuple[str, ...]
    """The code's shape: `C34.1`, `38.45`, or "" for a code of no known shape."""

    def flags(self, ranges: str) -> Flags:
        """Which codes lie in the ranges, written as in rules.csv."""
        return np.array([_inside(key, ranges) for key in self.keys], dtype=bool)

    def draw(self, rng: np.random.Generator, among: Flags, size: tuple[int, ...]) -> Numbers:
        """Positions drawn by chance among the flagged codes; -1 throughout when there is none."""
        chances = np.where(among, self.chances, 0.0)
        if chances.sum() == 0:
            return np.full(size, -1, dtype=np.int64)
        return rng.choice(len(chances), size=size, p=chances / chances.sum())


class CodeLists:
    """A list of codes with what each may be used for."""

    def __init__(self, listed: Iterable[ListedCode]) -> None:
        by_kind: dict[CodeKind, list[ListedCode]] = {kind: [] for kind in CodeKind}
        for one in listed:
            by_kind[one.kind].append(one)
        self.diagnoses = diagnoses = _pool(by_kind[CodeKind.DIAGNOSIS])
        self.causes = _pool(by_kind[CodeKind.EXTERNAL_CAUSE])
        self.morphology = _pool(by_kind[CodeKind.MORPHOLOGY])
        self.operations = _pool(by_kind[CodeKind.PROCEDURE])
        self.sex = _sexes(diagnoses, _MALE, _FEMALE)
        self.operation_sex = _sexes(self.operations, _MALE_OPERATIONS, _FEMALE_OPERATIONS)
        self.labour = self.operations.flags(_LABOUR)
        self.stage = _stages(diagnoses)
        self.childish = diagnoses.flags(_CHILD)
        self.injury = diagnoses.flags("S00-T98")
        self.outcome = diagnoses.flags(_OUTCOME)
        self.delivery = diagnoses.flags(_DELIVERY)
        self.spontaneous = diagnoses.flags("O80")
        self.allergy = diagnoses.flags("T88.6-T88.7")
        self.other = ~diagnoses.flags(_NEVER_OTHER)
        self.behaviour = _behaviours_asked(diagnoses)
        self.morphology_behaviour = np.array(
            [_behaviour(code) for code in self.morphology.codes], dtype=np.int64
        )
        self.department = np.array([_department(key) for key in diagnoses.keys], dtype=object)
        self.main = self._main()
        if not (self.main & (diagnoses.chances > 0)).any():
            raise RefusedError(
                _("The list has no diagnosis that can be a main diagnosis, so no records are made.")
            )

    def _main(self) -> Flags:
        allowed: Flags = ~self.diagnoses.flags(_NEVER_MAIN)
        found = set(self.morphology_behaviour[self.morphology.chances > 0].tolist())
        allowed &= np.array([asked < 0 or asked in found for asked in self.behaviour.tolist()])
        if not (self.causes.chances > 0).any():
            allowed &= ~self.injury
        if not (self.diagnoses.chances[self.outcome] > 0).any():
            allowed &= ~self.delivery
        allowed &= np.array(["*" not in code for code in self.diagnoses.codes], dtype=bool)
        return allowed


def _pool(listed: Sequence[ListedCode]) -> Pool:
    best: dict[str, ListedCode] = {}
    for one in listed:
        plain = unicodedata.normalize("NFKC", one.code).replace(" ", "").upper()
        if plain and one.name and (plain not in best or one.weight > best[plain].weight):
            best[plain] = one
    rows = list(best.items())
    return Pool(
        _objects([one.code for _plain, one in rows]),
        _objects([one.name for _plain, one in rows]),
        np.array([max(float(one.weight), 0.0) for _plain, one in rows], dtype=np.float64),
        tuple(_key(plain) for plain, _one in rows),
    )


def _objects(texts: Sequence[str]) -> Texts:
    made: Texts = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made


def _key(plain: str) -> str:
    shape = re.match(r"([A-Z]?\d\d)(?:\.([0-9]{1,2}))?", plain)
    if shape is None or "/" in plain:
        return ""
    return shape[1] + (f".{shape[2]}" if shape[2] else "")


def _inside(key: str, ranges: str) -> bool:
    for one in ranges.split():
        first, _dash, last = one.partition("-")
        last = last or first
        if key and first <= key[: len(first)] and key[: len(last)] <= last:
            return True
    return False


def _sexes(pool: Pool, male: str, female: str) -> Numbers:
    return np.where(pool.flags(male), MALE, np.where(pool.flags(female), FEMALE, ANY))


def _stages(pool: Pool) -> Numbers:
    stages = np.where(pool.flags(_ADULT), Stage.ADULT, Stage.GENERAL)
    stages = np.where(pool.flags("P00-P96"), Stage.NEWBORN, stages)
    return np.where(pool.flags("O00-O99"), Stage.MOTHER, stages)


def _behaviours_asked(pool: Pool) -> Numbers:
    asked = np.full(len(pool.keys), -1, dtype=np.int64)
    for ranges, behaviour in reversed(_BEHAVIOURS):
        asked[pool.flags(ranges)] = behaviour
    return asked


def _behaviour(code: str) -> int:
    digit = re.search(r"/\s*(\d)", unicodedata.normalize("NFKC", code))
    return int(digit[1]) if digit else -1


def _department(key: str) -> str:
    return next((code for ranges, code in _DEPARTMENTS if _inside(key, ranges)), _OTHER_DEPARTMENT)
