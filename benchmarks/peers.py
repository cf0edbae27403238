"""The usual first choice for matching names, timed on the same lists."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rapidfuzz import fuzz, process

from benchmarks.lists import at_scale
from icdmapper.importing.columns import ColumnRole, guess_roles
from icdmapper.importing.readers import read_table
from icdmapper.importing.sources import Source

_SAMPLE = 40


def milliseconds_per_query() -> float:
    """rapidfuzz `process.extract` with WRatio, best 10, over every distinct reference name."""
    with tempfile.TemporaryDirectory() as temporary:
        lists = at_scale(Path(temporary), 1)
        vocabulary = sorted({name for file in lists.references for name in _names(file)})
        queries = _names(lists.local)
    sample = queries[:: len(queries) // _SAMPLE][:_SAMPLE]
    started = time.perf_counter()
    for query in sample:
        process.extract(query, vocabulary, scorer=fuzz.WRatio, limit=10)
    return (time.perf_counter() - started) / len(sample) * 1000


def _names(file: Path) -> list[str]:
    table = read_table(Source(path=file))
    column = guess_roles(table.header, table.rows[:500]).index(ColumnRole.NAME)
    return [row[column] for row in table.rows]
