"""Loading of SciPy in a matching process what is needed, without what developers of NumPy need."""

from __future__ import annotations

import importlib.util
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


@contextmanager
def only_compiled_steps() -> Iterator[None]:
    """SciPy's compiled steps for sparse rows lie in a package that loads all of its Python at once.

    That takes 7 MB and a tenth of a second in each process, and asking needs none of it. While the
    block runs an empty package stands in for it, in which only the compiled part is found;
    afterwards whoever asks for the package gets the real one.
    """
    name = "scipy.sparse"
    found = None if name in sys.modules else importlib.util.find_spec(name)
    if found is None or found.submodule_search_locations is None:
        yield
        return
    parent, empty = sys.modules["scipy"], ModuleType(name)
    empty.__path__ = list(found.submodule_search_locations)
    sys.modules[name] = empty
    try:
        yield
    finally:
        del sys.modules[name]
        vars(parent).pop("sparse", None)
