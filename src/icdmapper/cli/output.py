"""What a command prints: lines for people, or one JSON document."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any


class Output:
    """Collects a command's answer; progress and errors go to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._shown = -1

    def line(self, text: str = "") -> None:
        """A line for people; silent under --json."""
        if not self.as_json:
            print(text)

    def answer(self, content: Any) -> None:
        """The answer as one JSON document; silent without --json."""
        if self.as_json:
            print(json.dumps(content, ensure_ascii=False, indent=2))

    def answer_line(self, content: Any) -> None:
        """The answer as one line of JSON, for a scheduler's log; silent without --json."""
        if self.as_json:
            print(json.dumps(content, ensure_ascii=False))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Aligned columns; Chinese characters count as two."""
        if not rows:
            return
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [
                cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
            ]
            self.line("  ".join(cells).rstrip())

    def progress(self, done: int, total: int) -> None:
        """A percentage on standard error, when it is a terminal."""
        percent = 100 * done // total if total else 100
        if percent != self._shown and sys.stderr.isatty():
            self._shown = percent
            end = "\n" if percent == 100 else ""
            print(f"\r{percent:3d} %", end=end, file=sys.stderr, flush=True)

    def fail(self, sentence: str, *, code: int) -> None:
        """One sentence on standard error, and the JSON document if one was asked for."""
        if self.as_json:
            print(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False))
        print(sentence, file=sys.stderr)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
