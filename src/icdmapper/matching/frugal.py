"""Loading SciPy in a matching process without what only developers of NumPy need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np

_UNUSED = ("testing", "f2py")
"""NumPy's kit for tests, and its compiler for Fortran."""


@contextmanager
def without_developers_tools() -> Iterator[None]:
    """SciPy copies all of NumPy's namespace when it is loaded, and by that loads these two as well.

    They take 8 MB and a third of the time of the import, in each process. While the block runs
    empty modules stand in for them; afterwards whoever asks for them gets the real ones.
    """
    spared = [name for name in _UNUSED if f"numpy.{name}" not in sys.modules]
    for name in spared:
        empty = ModuleType(f"numpy.{name}")
        sys.modules[f"numpy.{name}"] = empty
        setattr(np, name, empty)
    try:
        yield
    finally:
        for name in spared:
            del sys.modules[f"numpy.{name}"]
            delattr(np, name)
