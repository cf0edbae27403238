"""The heap of this process: small where the C library of Linux would rather be fast, and seldom
looked over by the interpreter.
"""

from __future__ import annotations

import ctypes
import gc
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of `mallopt` (glibc, malloc.h)."""
KIB = 1024
_YOUNG, _YOUNG_LOOKS, _OLD_LOOKS = 20_000, 20, 100
"""New objects before the young ones are looked over, and how many looks before the older ones are.
"""


def keep_small(larger: int) -> None:
    """Give memory back that is free; to be called before the first thread starts.

    What is `larger` than so many bytes comes from the system, and goes back to it as soon as it is
    free. Left to itself the library keeps up to 64 MB of freed blocks, and a heap for every thread,
    in case they are needed again. Elsewhere than on Linux nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, larger)
        mallopt(_MMAP_THRESHOLD, larger)
        mallopt(_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Look for cycles of objects far less often than the interpreter does on its own.

    What is made by the ten thousand and lets go of itself, as proposals do, is looked over in vain.
    """
    gc.set_threshold(_YOUNG, _YOUNG_LOOKS, _OLD_LOOKS)
