"""The heap of this process: small, where the C library of Linux would rather be fast."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of `mallopt` (glibc, malloc.h)."""
_AT_LEAST = 512 * 1024
"""Bytes: what is larger comes from the system, and goes back to it as soon as it is free. With half
of it matching takes longer, with twice as much its processes take more."""


def keep_small() -> None:
    """Give memory back that is free; to be called before the first thread starts.

    Left to itself the library keeps up to 64 MB of freed blocks, and a heap for every thread, in
    case they are needed again. Elsewhere than on Linux nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _AT_LEAST)
        mallopt(_MMAP_THRESHOLD, _AT_LEAST)
        mallopt(_ARENA_MAX, 1)
