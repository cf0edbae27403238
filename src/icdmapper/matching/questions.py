"""What is said between the door of the room and whoever matches: plain values only.

The door may stand in another process, which asks without ever loading what matching needs.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from icdmapper.model.codes import CodeKind, CodeSystem

Entry = tuple[int, str, str, str, str, bool]
"""An entry as it is stored: id, code, canonical form, name, kind, heading."""
Lesson = tuple[str, int, bool]
"""Local name, reference entry, accepted or refused: see `storage.mappings.Mappings.lessons`."""


class Query(NamedTuple):
    """One local code to match. `kind` None means unknown: every set is searched.

    A tuple, because thousands of them go to another process and come out of it.
    """

    local_id: int
    code: str
    name: str
    kind: CodeKind | None
    attached_code: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """One earlier decision: this local name was, or was refused to be, this entry."""

    local_name: str
    reference_id: int
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Stock:
    """A reference set without its entries: what they hold, as a digest, and their ids in order."""

    system: CodeSystem
    digest: str
    ids: array[int]


def take_stock(entries: Iterable[Entry]) -> tuple[Stock, ...]:
    """One stock for each reference system among the entries."""
    digests: dict[str, hashlib._Hash] = {}
    ids: dict[str, array[int]] = {}
    systems = {kind.value: kind.system.value for kind in CodeKind}
    for id_, code, canonical, name, kind, heading in entries:
        system = systems[kind]
        if system not in ids:
            digests[system], ids[system] = hashlib.sha256(), array("q")
        ids[system].append(id_)
        line = f"{code}\t{canonical}\t{name}\t{kind}\t{heading:d}\n"
        digests[system].update(line.encode())
    return tuple(
        Stock(CodeSystem(system), digest.hexdigest(), ids[system])
        for system, digest in sorted(digests.items())
    )
