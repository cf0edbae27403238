"""Memory of this process and its children together, looked at while work goes on."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

_EVERY_SECONDS = 0.25


def memory_mb() -> float:
    """What this process and its children hold now; pages that several map count once."""
    whole = psutil.Process()
    total = 0
    for process in (whole, *whole.children(recursive=True)):
        try:
            held = process.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(held, "pss", held.uss)
    return total / 1e6


class MemoryWatch:
    """Remembers the most memory that was held while its block ran."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self.peak_mb = max(self.peak_mb, memory_mb())
