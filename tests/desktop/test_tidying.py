"""Garbage in cycles is looked for between two acts, and is found all the same."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from icdmapper.desktop.tidying import Tidying


class Knot:
    """Something that only a look for cycles can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def tidying(qapp: QApplication) -> Iterator[Tidying]:
    gc.collect()
    made = Tidying(qapp)
    yield made
    made.stop()
    made.deleteLater()
    assert gc.isenabled()


def test_the_interpreter_no_longer_looks_by_itself_but_new_garbage_goes(tidying: Tidying) -> None:
    assert not gc.isenabled()
    gone = weakref.ref(Knot())
    kept = [[] for _number in range(10_000)]
    assert gone() is not None
    tidying.tidy()
    assert gone() is None
    assert len(kept) == 10_000


def test_rows_that_were_read_are_set_aside_without_a_look(tidying: Tidying) -> None:
    before = gc.get_freeze_count()
    rows = [[] for _number in range(100_000)]
    tidying.tidy()
    assert gc.get_freeze_count() - before >= len(rows)
    assert gc.get_count()[0] < 2_000


def test_at_the_end_everything_is_handed_back(tidying: Tidying) -> None:
    gone = weakref.ref(Knot())
    gc.freeze()
    tidying.stop()
    gc.collect()
    assert gone() is None


def test_sources_are_not_read_because_qt_is_there() -> None:
    asked = (
        "import icdmapper.desktop, linecache; linecache.clearcache();"
        "import json.decoder, PySide6.QtWidgets, wave; print(len(linecache.cache))"
    )
    answer = subprocess.run([sys.executable, "-c", asked], check=True, stdout=subprocess.PIPE)
    assert answer.stdout.strip() == b"0"
