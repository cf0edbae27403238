"""Invented stays: dates that follow each other, wards, outcome of the stay, signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from icdmapper.upload.invented.lists import CodeLists, Flags, Numbers, Texts
from icdmapper.upload.invented.operations import staff
from icdmapper.upload.invented.patients import (
    Columns,
    Days,
    People,
    labelled,
    moment_texts,
    same,
    texts,
)

_LONGEST_DAYS = 90
_WEEKDAYS = np.array([1.15, 1.1, 1.05, 1.05, 1.15, 0.8, 0.7])
"""How many leave on each day of the week, Monday first; invented."""


@dataclass(frozen=True, slots=True, eq=False)
class Stay:
    """When they came and went, and how."""

    admitted: Days
    discharged: Days
    days: Numbers
    """Calendar days between the two, at least 1 (rule HQ-058)."""
    dead: Flags
    transfused: Flags


def stays(rng: np.random.Generator, count: int, first: date, days: int) -> Stay:
    """Discharges spread over `days` days from `first`, each with its admission before it."""
    start = np.datetime64(first, "D")
    weights = _WEEKDAYS[(np.arange(days) + first.weekday()) % 7]
    on = start + rng.choice(days, size=count, p=weights / weights.sum()).astype("timedelta64[D]")
    length = np.minimum(np.round(rng.lognormal(1.75, 0.75, count)), _LONGEST_DAYS).astype(np.int64)
    left = _at(on, rng.integers(15 * 60, 19 * 60, count))
    came = _at(on - length.astype("timedelta64[D]"), rng.integers(0, 24 * 60, count))
    came = np.where(length == 0, _at(on, rng.integers(6 * 60, 12 * 60, count)), came)
    return Stay(
        came,
        left,
        np.maximum(length, 1),
        rng.random(count) < 0.007,
        rng.random(count) < 0.06,
    )


def columns(
    rng: np.random.Generator, lists: CodeLists, main: Numbers, stay: Stay, who: People
) -> Columns:
    """The fields of the stay other than diagnoses, operations and fees."""
    count = len(main)
    department = lists.department[main]
    ward = labelled("W", rng.integers(1, 60, count), 2)
    confirmed = stay.admitted + (
        (stay.discharged - stay.admitted).astype(np.int64) * rng.uniform(0, 0.5, count)
    ).astype("timedelta64[s]")
    checked = stay.discharged + rng.integers(1, 6, count).astype("timedelta64[D]")
    made = {
        "P22": moment_texts(stay.admitted),
        "P23": department,
        "P231": ward,
        "P25": moment_texts(stay.discharged),
        "P26": department,
        "P261": ward,
        "P27": texts(stay.days),
        "P29": _one_of(rng, count, {"3": 0.7, "2": 0.25, "1": 0.05}),
        "P31": moment_texts(confirmed),
        "P804": _one_of(rng, count, {"2": 0.65, "1": 0.3, "3": 0.04, "9": 0.01}),
        "P47": moment_texts(checked),
        "P561": same("0", count),
        "P562": texts(stay.days // 3),
        "P563": texts(stay.days - stay.days // 3),
        "P564": same("0", count),
        "P689": same("0", count),
    }
    for part in (
        _signatures(rng, count),
        _intensive(rng, stay),
        _ending(rng, stay),
        _blood(rng, stay),
        _allergy(rng, lists.allergy[main]),
        _newborns(rng, who, lists.delivery[main]),
    ):
        made.update(part)
    return made


def _at(days: Days, minutes: Numbers) -> Days:
    moments: Days = days.astype("datetime64[s]") + (minutes * 60).astype("timedelta64[s]")
    return moments


def _one_of(rng: np.random.Generator, count: int, chances: dict[str, float]) -> Texts:
    values = np.array(list(chances), dtype=object)
    return values[rng.choice(len(values), size=count, p=list(chances.values()))]


def _signatures(rng: np.random.Generator, count: int) -> Columns:
    roles = {
        "P431": "主任", "P432": "副主任", "P433": "主治", "P434": "住院医", "P819": "护士",
        "P438": "编码员", "P45": "质控医", "P46": "质控护",
    }  # fmt: skip
    made = {field: staff(rng, role, count) for field, role in roles.items()}
    for field in ("B22C", "B23C", "B24C", "B25C", "B26C"):
        made[field] = labelled("TEST", rng.integers(1, 400, count), 6)
    made["P44"] = _one_of(rng, count, {"1": 0.95, "2": 0.05})
    for field in ("P411", "P412"):
        made[field] = _one_of(rng, count, {"1": 0.96, "9": 0.04})
    made["P58"] = made["P59"] = same("2", count)
    return made


def _intensive(rng: np.random.Generator, stay: Stay) -> Columns:
    there = (stay.days >= 3) & (rng.random(len(stay.days)) < 0.05)
    into = stay.admitted + np.timedelta64(2, "h")
    out = into + np.timedelta64(1, "D")
    ventilated = texts(rng.integers(4, 24, len(there)))
    return {
        "P6911": np.where(there, "07", "").astype(object),
        "P6912": np.where(there, moment_texts(into), "").astype(object),
        "P6913": np.where(there, moment_texts(out), "").astype(object),
        "P72": np.where(there, ventilated, "0").astype(object),
    }


def _ending(rng: np.random.Generator, stay: Stay) -> Columns:
    count = len(stay.days)
    way = _one_of(rng, count, {"1": 0.93, "2": 0.015, "3": 0.01, "4": 0.04, "9": 0.005})
    way = np.where(stay.dead, "5", way)
    again = (rng.random(count) < 0.05) & ~stay.dead
    rescues = np.where(stay.dead, 1, rng.choice(3, size=count, p=(0.95, 0.04, 0.01)))
    return {
        "P741": way.astype(object),
        "P742": np.where(way == "2", "测试医院（示例）", "").astype(object),
        "P743": np.where(way == "3", "测试社区卫生服务中心", "").astype(object),
        "P57": np.where(stay.dead, "2", "").astype(object),
        "P830": np.where(again, "2", "1").astype(object),
        "P831": np.where(again, "复查（测试）", "").astype(object),
        "P421": texts(rescues),
        "P422": texts(rescues - stay.dead),
        "B38": np.where((stay.days == 1) & (rng.random(count) < 0.3), "1", "0").astype(object),
        "C28": same("0", count), "P731": same("0", count), "P732": same("0", count),
        "C31": same("0", count), "P733": same("0", count), "P734": same("0", count),
    }  # fmt: skip


def _blood(rng: np.random.Generator, stay: Stay) -> Columns:
    count = len(stay.days)
    units = np.where(stay.transfused, rng.integers(1, 7, count), 0)
    made = {
        "P62": _one_of(rng, count, {"1": 0.28, "2": 0.26, "3": 0.34, "4": 0.1, "6": 0.02}),
        "P63": _one_of(rng, count, {"2": 0.995, "1": 0.005}),
        "P64": np.where(stay.transfused, "2", "0").astype(object),
        "P651": texts(units),
    }
    for field in ("P652", "P653", "P654", "P655", "P656"):
        made[field] = same("0", count)
    for field in ("P38", "P39", "P40"):
        made[field] = _one_of(rng, count, {"1": 0.93, "0": 0.05, "2": 0.02})
    return made


def _allergy(rng: np.random.Generator, main: Flags) -> Columns:
    allergic = main | (rng.random(len(main)) < 0.07)
    drugs = _one_of(rng, len(main), {"青霉素": 0.6, "头孢菌素": 0.3, "磺胺": 0.1})
    return {
        "C24C": np.where(allergic, "2", "1").astype(object),
        "P372": np.where(allergic, drugs, "").astype(object),
    }


def _newborns(rng: np.random.Generator, who: People, delivery: Flags) -> Columns:
    grams = np.clip(rng.normal(325, 45, len(delivery)), 90, 500).astype(np.int64) * 10
    gained = np.minimum(grams + who.days * 10, 9990)
    return {
        "P681": np.where(delivery | who.newborn, texts(grams), "").astype(object),
        "P67": np.where(who.newborn, texts(gained), "").astype(object),
    }
