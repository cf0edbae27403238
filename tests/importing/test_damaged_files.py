"""Damaged files of every kind end as a table or as a refusal: no crash, no hang, no traceback."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from helpers.damage import KINDS, Damaged, damaged
from helpers.forked_reader import outcomes, rows_hash
from icdmapper.importing.child import read_in_child
from icdmapper.importing.refusals import RefusedSourceError
from icdmapper.importing.sources import Source

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks are used for speed")

# Memory that cannot be had aborts the process; the parent makes a refusal of it.
_ABORTED = -6


def _written(folder: Path, kind: str, seeds: range) -> list[tuple[Path, Damaged]]:
    files = []
    for seed in seeds:
        one = damaged(kind, seed)
        path = folder / f"damaged-{seed}.{kind}"
        path.write_bytes(one.content)
        files.append((path, one))
    return files


def _check(files: list[tuple[Path, Damaged]]) -> Counter[str]:
    ends: Counter[str] = Counter()
    for (path, one), outcome in zip(files, outcomes(path for path, _ in files), strict=True):
        end = outcome["end"]
        story = f"{path.name} ({', '.join(one.done)}): {outcome}"
        assert end in {"read", "refused"} or outcome.get("code") == _ABORTED, story
        if end == "refused":
            assert path.name in outcome["sentence"], story
            end = outcome["kind"]
        elif end == "read":
            same = outcome["rows"] == rows_hash(one.rows)
            end = "read, as it was" if same else "read, changed"
        ends[end] += 1
    return ends


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    _check(_written(tmp_path, kind, range(25)))


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_damaged_files_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    ends = _check(_written(tmp_path, kind, range(1000)))
    sys.stdout.write(f"\n{kind}: {dict(ends.most_common())}\n")
    assert ends.total() == 1000


@pytest.mark.parametrize("kind", KINDS)
def test_the_products_own_child_ends_the_same(kind: str, tmp_path: Path) -> None:
    for path, _ in _written(tmp_path, kind, range(100, 104)):
        sentence, rows = "", []
        try:
            table = read_in_child(Source(path=path), seconds=10)
            rows = [row for row in table.rows if len(row) == len(table.header)]
        except RefusedSourceError as refusal:
            sentence = str(refusal)
        assert rows or path.name in sentence


def test_the_generator_repeats_itself() -> None:
    assert all(damaged(kind, 7) == damaged(kind, 7) for kind in KINDS)
    assert damaged("csv", 1).content != damaged("csv", 2).content
