"""Every English message of the source, found in its syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

SOURCE = Path(__file__).parents[2] / "src" / "icdmapper"
MARKERS = frozenset({"_", "N_"})


@dataclass(frozen=True)
class Found:
    """A message and where it stands."""

    message: str
    place: str


def messages(source: Path = SOURCE) -> list[Found]:
    """Every message in `_("…")` and `N_("…")`."""
    found: list[Found] = []
    for file in sorted(source.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        place = str(file.relative_to(source))
        for node in ast.walk(tree):
            if _marks_a_message(node):
                found += [
                    Found(part.value, f"{place}:{part.lineno}")
                    for part in ast.walk(node.args[0])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
    return found


def interpolated(source: Path = SOURCE) -> list[str]:
    """Places where `_()` gets an f-string: such a text can never be found in a catalogue."""
    places: list[str] = []
    for file in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if _marks_a_message(node) and isinstance(node.args[0], ast.JoinedStr):
                places.append(f"{file.relative_to(source)}:{node.lineno}")
    return places


def _marks_a_message(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in MARKERS
        and bool(node.args)
    )
