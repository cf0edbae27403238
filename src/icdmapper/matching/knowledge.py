"""What the program knows about words: aliases, slots and the weights of the ranking.

All of it is data under `resources/`; a hospital's own alias file goes on top.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum, StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path

from icdmapper.matching.ranking import UNTRAINED, Ranking, read_ranking
from icdmapper.model.names import normalise

_Files = list[tuple[str, str]]
_ALIAS_FAMILIES = {"diagnosis": ("morphology", "diagnosis")}
"""Later ones win where both know a wording."""


class Direction(Enum):
    """Whether an alias may be read both ways."""

    SAME = "same"
    """Both wordings mean the same."""
    IMPLIES = "implies"
    """What is written is a kind of the standard wording; not the reverse."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A wording and the standard one that means the same or more."""

    written: str
    standard: str
    direction: Direction
    group: str
    note: str = ""
    family: str = ""
    """Which names it is for: `diagnosis`, `morphology`, `procedure`; empty means all."""


@dataclass(frozen=True, slots=True)
class SlotValue:
    """One value of a slot and the words that express it."""

    id: str
    label: str
    words: tuple[str, ...]
    not_in: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    """What it is a kind or part of; more than one where it belongs to both (髋关节: 关节, 髋)."""


class Denials(StrEnum):
    """Which words before a slot's words deny them."""

    NONE = "none"
    NOT = "not"
    """非 alone."""
    ALL = "all"
    """不, 无, 未 and 不伴 as well, and 类 and 副: what is like something is not it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An aspect of a name, such as side; values of an exclusive slot shut each other out."""

    id: str
    label: str
    exclusive: bool
    values: tuple[SlotValue, ...]
    family: str = ""
    """Which names it is for: `diagnosis` (morphology included), `procedure`; empty means both."""
    denials: Denials = Denials.NOT


@dataclass(frozen=True)
class Knowledge:
    """Everything the matcher knows before it has seen a code. `version` changes with any of it."""

    aliases: tuple[Alias, ...]
    slots: tuple[Slot, ...]
    version: str
    rankings: Mapping[tuple[str, str], Ranking] = field(default_factory=dict)

    def aliases_of(self, family: str) -> tuple[Alias, ...]:
        """The aliases meant for one family of names; VSD is another word for a surgeon.

        Diagnoses and morphology are read together, and the diagnosis wording is the one that holds.
        """
        wanted = _ALIAS_FAMILIES.get(family, (family,))
        found = {
            alias.written: alias
            for wanted_family in wanted
            for alias in self.aliases
            if alias.family == wanted_family
        }
        return tuple((found | {a.written: a for a in self.aliases if not a.family}).values())

    def slots_of(self, family: str) -> tuple[Slot, ...]:
        """The slots meant for one family of names."""
        return tuple(slot for slot in self.slots if slot.family in ("", family))

    def ranking_of(self, family: str, situation: str) -> Ranking:
        """The weights for one family of names in one situation, or none."""
        return self.rankings.get((family, situation), UNTRAINED)


def load_knowledge(folder: Traversable | Path, extra_aliases: Path | None = None) -> Knowledge:
    """Read the shipped knowledge below `folder`, with the hospital's own aliases over it."""
    alias_texts, slot_texts, rankings = _sources(folder, extra_aliases)
    aliases = {
        (alias.family, alias.written): alias
        for family, text in alias_texts
        for alias in read_aliases(text, "" if family == "common" else family)
    }
    slots = tuple(
        slot
        for family, text in slot_texts
        for slot in read_slots(text, "" if family == "common" else family)
    )
    found = [read_ranking(json.loads(text)) for _, text in rankings]
    return Knowledge(
        tuple(aliases.values()),
        slots,
        knowledge_version(folder, extra_aliases),
        {(one.family, one.situation): one for one in found},
    )


def knowledge_version(folder: Traversable | Path, extra_aliases: Path | None = None) -> str:
    """The version that `load_knowledge` gives, without reading what the files say."""
    digest = hashlib.sha256()
    for kind in _sources(folder, extra_aliases):
        for name, text in kind:
            digest.update(f"{name}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()


def _sources(folder: Traversable | Path, extra_aliases: Path | None) -> tuple[_Files, ...]:
    """The texts of the aliases, the slots and the weights, each with the name of its file."""
    aliases = list(_texts(folder, "aliases", ".tsv"))
    if extra_aliases is not None:
        aliases.append(("", extra_aliases.read_text("utf-8-sig")))
    slots = list(_texts(folder, "slots", ".toml"))
    return aliases, slots, list(_texts(folder, "matching", ".json"))


def read_aliases(text: str, family: str = "") -> Iterator[Alias]:
    """The aliases of one TSV text for one family; comments and the header are skipped."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("\t")]
        if line.startswith("#") or len(cells) < 2 or cells[0] in {"", "written"}:
            continue
        written, standard, direction, group, note = (*cells, "", "", "")[:5]
        yield Alias(
            normalise(written),
            normalise(standard),
            Direction(direction or Direction.SAME.value),
            group,
            note,
            family,
        )


def read_slots(text: str, family: str = "") -> Iterator[Slot]:
    """The slots of one TOML text, meant for one family of names."""
    for table in tomllib.loads(text).get("slot", ()):
        values = tuple(
            SlotValue(
                id=value["id"],
                label=value.get("label", value["id"]),
                words=_words(value.get("words", ())),
                not_in=_words(value.get("not_in", ())),
                contradicts=_listed(value.get("contradicts", ())),
                parents=_listed(value.get("parent", ())),
            )
            for value in table.get("value", ())
        )
        yield Slot(
            table["id"],
            table["label"],
            bool(table.get("exclusive", False)),
            values,
            family,
            Denials(table.get("denials", Denials.NOT.value)),
        )


def slots_to_text(slots: Sequence[Slot]) -> str:
    """Slots as they are kept beside the index, quicker to read than their source."""
    return json.dumps([asdict(slot) for slot in slots], ensure_ascii=False)


def slots_from_text(text: str) -> tuple[Slot, ...]:
    """The reverse of `slots_to_text`."""
    return tuple(
        Slot(
            slot["id"],
            slot["label"],
            slot["exclusive"],
            tuple(
                SlotValue(
                    value["id"],
                    value["label"],
                    tuple(value["words"]),
                    tuple(value["not_in"]),
                    tuple(value["contradicts"]),
                    tuple(value["parents"]),
                )
                for value in slot["values"]
            ),
            slot["family"],
            Denials(slot["denials"]),
        )
        for slot in json.loads(text)
    )


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalise(word) for word in words))


def _listed(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value)


def _texts(folder: Traversable | Path, part: str, ending: str) -> Iterator[tuple[str, str]]:
    inside = folder.joinpath(part)
    if not inside.is_dir():
        return
    for file in sorted(inside.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(ending):
            yield file.name.removesuffix(ending), file.read_text("utf-8")
