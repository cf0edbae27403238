"""What a release changes against an earlier one, code by code. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

_SAID = ("state", "relation", "target_role", "target_system", "target_code", "target_name")
Key = tuple[str, str, str]
Said = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One local code whose answer differs: kind, code, name, and both answers as they stand."""

    kind: str
    code: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Codes that are new, gone, or translated otherwise."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]

    @property
    def size(self) -> int:
        """How many codes differ."""
        return len(self.added) + len(self.removed) + len(self.changed)


def compare(before: str, after: str) -> Difference:
    """The difference of two mapping tables, given as the text of their `mapping.csv`."""
    old, new = _answers(before), _answers(after)
    return Difference(
        tuple(_change(key, old, new) for key in new if key not in old),
        tuple(_change(key, old, new) for key in old if key not in new),
        tuple(_change(key, old, new) for key in new if key in old and old[key] != new[key]),
    )


def _answers(text: str) -> dict[Key, Said]:
    found: dict[Key, Said] = {}
    for row in csv.DictReader(io.StringIO(text)):
        key = (row["local_kind"], row["local_code"], row["local_name"])
        found[key] = (*found.get(key, ()), tuple(row[column] for column in _SAID))
    return found


def _change(key: Key, old: MappingType[Key, Said], new: MappingType[Key, Said]) -> Change:
    return Change(*key, _words(old.get(key, ())), _words(new.get(key, ())))


def _words(said: Said) -> str:
    return "; ".join(" ".join(filter(None, one[4:])) or one[0] for one in said)
