"""Files made to harm are refused, or read where harmless, within time and memory (F3)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers.hostile import HOSTILE, Hostile
from helpers.tabular import write
from icdmapper.importing.child import read_in_child
from icdmapper.importing.refusals import RefusedSourceError, UnreadableKind
from icdmapper.importing.sources import Source

_SECONDS = 10
_GROWTH_MB = 50
_LARGE = frozenset(
    {
        "bomb-that-lies.xlsx",
        "four-million-rows.xlsx",
        "many-bombs.xlsx",
        "quote-without-end.csv",
        "two-million-rows.csv",
    }
)


def test_there_are_forty_of_them() -> None:
    assert len(HOSTILE) >= 40
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.name in _LARGE else [])
        for one in HOSTILE
    ],
)
def test_hostile_file_does_no_harm(hostile: Hostile, tmp_path: Path) -> None:
    path = write(tmp_path, hostile.name, hostile.build())
    me = psutil.Process()
    before = me.memory_info().rss
    started = time.monotonic()
    if hostile.refused:
        with pytest.raises(RefusedSourceError) as caught:
            read_in_child(Source(path=path), seconds=_SECONDS)
        assert caught.value.kind in hostile.refused, str(caught.value)
        assert hostile.name in str(caught.value)
        assert (me.memory_info().rss - before) >> 20 <= _GROWTH_MB
    else:
        assert read_in_child(Source(path=path), seconds=_SECONDS).rows
    assert time.monotonic() - started < _SECONDS


def test_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedSourceError) as caught:
        read_in_child(Source(path=tmp_path))
    assert caught.value.kind is UnreadableKind.NOT_FOUND


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    with pytest.raises(RefusedSourceError) as caught:
        read_in_child(Source(path=path))
    assert caught.value.kind is UnreadableKind.NOT_FOUND
