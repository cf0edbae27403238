"""A month of invented discharges, to rehearse the upload with: visibly artificial, yet in order.

Names read 测试患者0001, identity numbers belong to a place that does not exist, and yet every
record keeps the rules of completeness, dates, fees and identity, so that what validation says of
it comes from the codes. The codes and names are drawn from the hospital's own list by their use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from icdmapper.upload.invented import diagnoses, fees, operations, patients, stays
from icdmapper.upload.invented.lists import CodeLists, ListedCode
from icdmapper.upload.layouts import canonical_fields

BLOCK_RECORDS = 5_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to invent. The same values always give the same records.

    `start` is the number of the first record, so that two months share no record. `dashes` writes
    a dash where there was no operation, as the CSV layout wants it (rule HQ-002); the DBF layout
    wants nothing there.
    """

    first_day: date
    days: int
    records: int
    seed: int
    hospital_id: str = "TEST0000000"
    hospital_name: str = "测试医院（示例）"
    start: int = 1
    dashes: bool = False


def month(codes: Iterable[ListedCode], wanted: Wanted) -> pd.DataFrame:
    """All the records in one canonical frame, in no order of date.

    Raises:
        RefusedError: the list has nothing that can be a main diagnosis.
    """
    made = list(blocks(codes, wanted))
    return pd.concat(made, ignore_index=True) if made else _frame({}, 0)


def blocks(codes: Iterable[ListedCode], wanted: Wanted) -> Iterator[pd.DataFrame]:
    """The same records in canonical frames of up to `BLOCK_RECORDS`: for any number of them.

    Raises:
        RefusedError: the list has nothing that can be a main diagnosis.
    """
    lists = CodeLists(codes)
    for at in range(0, wanted.records, BLOCK_RECORDS):
        count = min(BLOCK_RECORDS, wanted.records - at)
        rng = np.random.default_rng([wanted.seed, wanted.start, at])
        yield _block(rng, lists, wanted, np.arange(count) + wanted.start + at)


def _block(
    rng: np.random.Generator, lists: CodeLists, wanted: Wanted, numbers: np.ndarray
) -> pd.DataFrame:
    count = len(numbers)
    main = lists.diagnoses.draw(rng, lists.main, (count,))
    stay = stays.stays(rng, count, wanted.first_day, wanted.days)
    who = patients.people(rng, lists, main, stay.admitted.astype("datetime64[D]"))
    how_many, drawn = operations.counts(rng, lists, main, who)
    made = {
        "P900": patients.same(wanted.hospital_id, count),
        "P6891": patients.same(wanted.hospital_name, count),
        "P3": patients.labelled("T", numbers, 9),
        "P2": patients.texts(np.minimum(rng.geometric(0.75, count), 20)),
    }
    made.update(patients.columns(rng, who, numbers))
    made.update(stays.columns(rng, lists, main, stay, who))
    made.update(diagnoses.columns(rng, lists, main, who, stay.dead))
    made.update(operations.columns(rng, lists, drawn, stay.admitted, stay.discharged))
    if wanted.dashes:
        made.update(operations.dashed(made, drawn))
    made.update(fees.columns(rng, fees.Treated(stay.days, how_many, stay.transfused)))
    return _frame(made, count)


def _frame(made: patients.Columns, count: int) -> pd.DataFrame:
    """Every canonical field, in the order of the layouts; what was not invented is empty."""
    cells = np.full((count, len(canonical_fields())), "", dtype=object)
    for at, field in enumerate(canonical_fields()):
        if field in made:
            cells[:, at] = made[field]
    return pd.DataFrame(cells, columns=list(canonical_fields()), dtype=object)
