"""Invented people: who they are, how old, where they say they live. None of it can be true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icdmapper.upload.invented.lists import FEMALE, MALE, CodeLists, Flags, Numbers, Stage, Texts

Days = npt.NDArray[np.datetime64]
Columns = dict[str, Texts]

_NOWHERE = "999999"
"""The first six digits of an identity number: no such place, so no such person."""
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.array(list("10X98765432"), dtype=object)
_YEAR = 365.2425


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """What the rest of a record must agree with: sex, birth and age at admission."""

    sex: Numbers
    born: Days
    years: Numbers
    days: Numbers
    """Days of life at admission."""
    newborn: Flags
    """Not older than 28 days at admission."""
    child: Flags
    """Under fifteen."""


def people(rng: np.random.Generator, lists: CodeLists, main: Numbers, admitted: Days) -> People:
    """Sex and age that the main diagnosis allows."""
    asked = lists.sex[main]
    sex = np.where(asked > 0, asked, rng.choice((MALE, FEMALE), size=len(main)))
    days = _days_of_life(rng, lists, main)
    born = admitted - days.astype("timedelta64[D]")
    years = _completed_years(born, admitted)
    return People(sex, born, years, days, days <= 28, years < 15)


def columns(rng: np.random.Generator, who: People, numbers: Numbers) -> Columns:
    """The fields that say who the patient is; `numbers` make the names, never the ages."""
    count = len(numbers)
    adult = who.years >= 23
    married = adult & (rng.random(count) < 0.85)
    widowed = married & (who.years > 65) & (rng.random(count) < 0.3)
    marital = np.where(widowed, "3", np.where(married, "2", "1")).astype(object)
    relation = np.where(who.years >= 50, "2", "5")
    relation = np.where(married & ~widowed, "1", relation).astype(object)
    phone = labelled("000-", rng.integers(0, 10**7, count), 7)
    address = labelled("示例省示例市测试路", rng.integers(1, 999, count), 3, "号")
    work = np.where(who.years >= 18, "测试单位（示例）", "-").astype(object)
    return {
        "P4": labelled("测试患者", numbers, 4),
        "P5": texts(who.sex),
        "P6": day_texts(who.born),
        "P7": texts(who.years),
        "P66": np.where(who.years == 0, texts(who.days), "").astype(object),
        "P8": marital,
        "P9": _occupations(rng, who),
        "P101": same("示例省", count),
        "P102": same("示例市", count),
        "P103": same("测试县", count),
        "A22": same("示例省示例市测试县", count),
        "A23C": texts(rng.integers(1, 32, count)),
        "P11": np.where(rng.random(count) < 0.92, "1", texts(rng.integers(2, 57, count))).astype(
            object
        ),
        "P12": same("中国", count),
        "P13": np.where(who.newborn, "-", identity_numbers(rng, who)).astype(object),
        "A20N": np.where(who.newborn, "9", "1").astype(object),
        "P801": address,
        "P802": phone,
        "P803": same("000000", count),
        "P14": work,
        "P15": np.where(who.years >= 18, phone, "-").astype(object),
        "P16": np.where(who.years >= 18, "000000", "-").astype(object),
        "P17": address,
        "P171": same("000000", count),
        "P18": labelled("测试联系人", numbers % 10_000, 4),
        "P19": relation,
        "P20": address,
        "P21": phone,
        "P800": labelled("TEST", numbers, 10),
        "P1": np.array(["7", "9", "6", "5", "8"], dtype=object)[
            rng.choice(5, size=count, p=(0.3, 0.4, 0.1, 0.1, 0.1))
        ],
    }


def identity_numbers(rng: np.random.Generator, who: People) -> Texts:
    """Eighteen characters of nowhere with the right birth date, sex digit and check character.

    The check character is that of GB 11643 (ISO 7064, MOD 11-2).
    """
    turn = rng.integers(0, 500, len(who.sex)) * 2 + (who.sex == MALE)
    bodies = [
        f"{_NOWHERE}{born.replace('-', '')}{number:03d}"
        for born, number in zip(day_texts(who.born), turn.tolist(), strict=True)
    ]
    if not bodies:
        return np.empty(0, dtype=object)
    digits = np.array(bodies, dtype="U17").view("U1").reshape(-1, 17).astype(np.int64)
    checks = _CHECKS[(digits * _WEIGHTS).sum(axis=1) % 11]
    whole: Texts = np.array(bodies, dtype=object) + checks
    return whole


def labelled(label: str, numbers: Numbers, width: int, after: str = "") -> Texts:
    """A label with a number of at least `width` digits."""
    return _texts([f"{label}{number:0{width}d}{after}" for number in numbers.tolist()])


def texts(numbers: Numbers) -> Texts:
    """Whole numbers as text."""
    return _texts([str(number) for number in numbers.tolist()])


def same(text: str, count: int) -> Texts:
    """One text for every record."""
    return np.full(count, text, dtype=object)


def day_texts(days: Days) -> Texts:
    """yyyy-MM-dd."""
    return np.datetime_as_string(days, unit="D").astype(object)


def moment_texts(moments: Days) -> Texts:
    """yyyy-MM-dd HH:mm:ss."""
    return _texts([text.replace("T", " ") for text in np.datetime_as_string(moments, unit="s")])


def _texts(values: list[str]) -> Texts:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _days_of_life(rng: np.random.Generator, lists: CodeLists, main: Numbers) -> Numbers:
    count = len(main)
    stage = lists.stage[main]
    years = np.clip(rng.normal(56, 18, count), 15.1, 98)
    years = np.where(stage == Stage.ADULT, np.clip(rng.normal(62, 14, count), 30, 96), years)
    years = np.where(stage == Stage.MOTHER, rng.uniform(20, 43, count), years)
    child = (stage == Stage.GENERAL) & lists.childish[main] & (rng.random(count) < 0.25)
    years = np.where(child, rng.uniform(0.1, 15, count), years)
    days = (years * _YEAR).astype(np.int64)
    return np.where(stage == Stage.NEWBORN, rng.integers(0, 29, count), days)


def _completed_years(born: Days, at: Days) -> Numbers:
    years = at.astype("datetime64[Y]").astype(np.int64) - born.astype("datetime64[Y]").astype(
        np.int64
    )
    return years - (_month_and_day(at) < _month_and_day(born))


def _month_and_day(days: Days) -> Numbers:
    months = days.astype("datetime64[M]")
    day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    both: Numbers = months.astype(np.int64) % 12 * 32 + day
    return both


def _occupations(rng: np.random.Generator, who: People) -> Texts:
    working = np.array(["13", "17", "24", "27", "51", "54", "70"], dtype=object)
    found = working[rng.integers(0, len(working), len(who.sex))]
    found = np.where((who.years >= 6) & (who.years < 22), "31", found)
    found = np.where(who.years >= 60, "80", found)
    return np.where(who.years < 6, "90", found).astype(object)
