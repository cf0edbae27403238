"""Memory of this process and its children together, looked at while work goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

_EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Held:
    """Megabytes of this process and its children together.

    `shared_once_mb` counts a page that several of them map once, divided among them: what the
    machine pays (Linux: PSS; elsewhere what each has for itself, USS). `each_mb` counts such a page
    once for each (RSS), as a task manager does when one adds its lines up.
    """

    shared_once_mb: float = 0.0
    each_mb: float = 0.0


def memory() -> Held:
    """What is held now."""
    whole = psutil.Process()
    shared = each = 0
    for process in (whole, *whole.children(recursive=True)):
        try:
            held = process.memory_full_info()
        except psutil.Error:
            continue
        shared += getattr(held, "pss", held.uss)
        each += held.rss
    return Held(shared / 1e6, each / 1e6)


class MemoryWatch:
    """Remembers the most memory that was held while its block ran."""

    def __init__(self) -> None:
        self.peak = Held()
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
            now = memory()
            self.peak = Held(
                max(self.peak.shared_once_mb, now.shared_once_mb),
                max(self.peak.each_mb, now.each_mb),
            )
