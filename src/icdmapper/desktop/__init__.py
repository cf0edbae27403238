"""Everything Qt."""

import builtins

import PySide6.QtCore  # noqa: F401 - its import is what has to be put right

# PySide puts itself before every import, to read the source of each module for its switchable
# names. This program does not use those, and would read and keep 400 sources at each start.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
