"""Invented discharges for tests, from the list of the demonstration hospital."""

import csv
import io
from datetime import date
from functools import cache

import pandas as pd

from icdmapper.model.codes import CodeKind
from icdmapper.paths import shipped
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.synthetic import Wanted, month

_KINDS = {
    "D": CodeKind.DIAGNOSIS,
    "Y": CodeKind.EXTERNAL_CAUSE,
    "M": CodeKind.MORPHOLOGY,
    "S": CodeKind.PROCEDURE,
}


@cache
def demonstration_list() -> tuple[ListedCode, ...]:
    text = shipped("resources", "samples", "local_codes_demo.csv").read_text(encoding="utf-8-sig")
    return tuple(
        ListedCode(row["院内编码"], row["名称"], _KINDS[row["类别"]], float(row["年例数"] or 0))
        for row in csv.DictReader(io.StringIO(text))
    )


def discharges(
    records: int = 200, *, seed: int = 7, first_day: date = date(2026, 3, 1), days: int = 31
) -> pd.DataFrame:
    return month(demonstration_list(), Wanted(first_day, days, records, seed))
