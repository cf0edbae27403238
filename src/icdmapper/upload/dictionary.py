"""The reference entries that releases map to: what validation knows of the dictionaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from icdmapper.model.codes import CodeSystem
from icdmapper.upload.packages import VerifiedRelease


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Codes of each reference set with the names and attributes they may have.

    Of several releases a code may have two names, for editions change; both are right.
    """

    names: dict[CodeSystem, dict[str, frozenset[str]]]
    operation_kinds: dict[str, frozenset[str]]

    @classmethod
    def of(cls, releases: Iterable[VerifiedRelease]) -> Dictionary:
        """The entries that these releases translate to."""
        names: dict[CodeSystem, dict[str, set[str]]] = {one: defaultdict(set) for one in CodeSystem}
        kinds: dict[str, set[str]] = defaultdict(set)
        for release in releases:
            for mapping in release.mappings:
                for target in mapping.targets:
                    system = CodeSystem(target.system) if target.system else mapping.kind.system
                    names[system][target.code].add(target.name)
                    if target.operation_kind:
                        kinds[target.code].add(target.operation_kind)
        return cls(
            {
                system: {code: frozenset(found) for code, found in entries.items()}
                for system, entries in names.items()
            },
            {code: frozenset(found) for code, found in kinds.items()},
        )
