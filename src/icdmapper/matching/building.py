"""Putting a reference set on its shelf: all that is made from its codes and names alone.

What comes out is plain arrays and texts by name, which `cache` keeps as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from icdmapper.matching import index
from icdmapper.matching.cache import Parts
from icdmapper.matching.entries import parts_of
from icdmapper.matching.features import Figures, Grams, Measured, Spaces, slot_text
from icdmapper.matching.index import GramSpace, Ints, Runs
from icdmapper.matching.kinship import Kinship
from icdmapper.matching.lexicon import Lexicon, Texts
from icdmapper.matching.library import Books
from icdmapper.matching.places import PlaceBook, Places, entry_facts
from icdmapper.matching.ranking import Ranking, gram_weights
from icdmapper.matching.sparse import SparseRows
from icdmapper.matching.wording import Wordings
from icdmapper.model import icd, names
from icdmapper.model.codes import ReferenceCode

LEVELS = ("category", "subcategory")
_PAIR_SHARE = 0.3
_SHORTEST_NOTE = 3
_FORMS = ("plain", "core", "standard", "strict")
_LEXICON = ("texts", "order", "hashes")
_CUTS = {
    "core": index.characters,
    "standard": index.characters,
    "pairs": index.character_pairs,
}


def build(references: Sequence[ReferenceCode], books: Books) -> Parts:
    """Everything a shelf needs, made from the entries."""
    order = sorted(
        range(len(references)),
        key=lambda at: (references[at].canonical, references[at].code, references[at].id),
    )
    entries = [references[at] for at in order]
    texts, laid = _laid_out(entries)
    wordings = books.aliases.read_all(texts)
    spaces = Spaces.learn(wordings)
    grams, unknown = spaces.encode(wordings)
    figures = Figures.of(wordings, grams, unknown)
    states, lines = books.slots.numbers([slot_text(wording) for wording in wordings])
    shapes = [icd.parse(one.code) for one in entries]
    place_book, places = PlaceBook.learn(shapes)
    owner, text = laid["owner"], laid["text"]
    rows = Places(*(part[owner] for part in vars(places).values()))
    facts = entry_facts(shapes, [one.name for one in entries], places)
    gram_rows = grams.standard_and_pairs()
    found = search_rows(gram_rows, grams.standard.width, figures).pick(text)
    gram_rows = gram_rows.ones()
    parts = {
        "order": np.asarray(order, dtype=np.int32),
        **parts_of(entries),
        **laid,
        **_named(entries, laid["first_row"], owner),
        **{f"text_{form}": Texts.of(getattr(wordings, form)) for form in _FORMS},
        "slot_states": states.astype(np.min_scalar_type(len(lines))),
        "slot_lines": Texts.of(lines),
        **_kept_lexicon("place", place_book.lexicon),
        **{f"place_{level}": part for level, part in vars(rows).items()},
        "facts": facts[owner],
        "gram_rows": gram_rows.numbered(),
        "targets": found.beside(place_book.columns(rows, 1.0)).turned(),
        **{f"figures_{one.name}": getattr(figures, one.name) for one in fields(figures)},
    }
    for name in _CUTS:
        space: GramSpace = getattr(spaces, name)
        parts[f"{name}_known"] = space.keys
        parts[f"{name}_weights"] = space.weights
        parts[f"{name}_grams"] = getattr(grams, name)
    parts |= _looked_up_by(entries, laid, parts["row_of_name"], wordings.standard)
    for situation, ranking in books.rankings.items():
        weighed = weigh(ranking, spaces, gram_rows)
        parts |= {f"{situation}_{name}": part for name, part in weighed.items()}
    for level in LEVELS:
        kinship = Kinship.learn(gram_rows.pick(text), getattr(rows, level))
        parts[f"{level}_place"] = kinship.place
        parts[f"{level}_belonging"], parts[f"{level}_own"] = kinship.belonging, kinship.own
    return parts


def measured_of(parts: Parts, books: Books) -> tuple[Spaces, Measured]:
    """The measured reference names, and the spaces they are measured in."""
    wordings = Wordings(*(parts[f"text_{form}"] for form in _FORMS))
    spaces = {
        name: GramSpace(parts[f"{name}_known"], parts[f"{name}_weights"], cut)
        for name, cut in _CUTS.items()
    }
    grams = Grams(*(parts[f"{name}_grams"] for name in _CUTS))
    slots = books.slots.states(parts["slot_states"], parts["slot_lines"])
    figures = Figures(**{one.name: parts[f"figures_{one.name}"] for one in fields(Figures)})
    return Spaces(**spaces), Measured(wordings, grams, slots, figures)


def weigh(ranking: Ranking, spaces: Spaces, gram_rows: SparseRows) -> Parts:
    """What the grams of a set weigh in one ranking, and those of each reference name together."""
    grams = [*spaces.standard.grams, *spaces.pairs.grams]
    matched, mine, theirs = gram_weights(grams, ranking.grams)
    return {
        "gain": matched - mine - theirs,
        "local": mine,
        "reference": gram_rows.weigh(theirs),
    }


def places_of(parts: Parts) -> tuple[PlaceBook, Places]:
    """The places of the shelf's rows, and the book that numbers them."""
    places = {one.name: parts[f"place_{one.name}"] for one in fields(Places)}
    return PlaceBook(lexicon_of(parts, "place")), Places(**places)


def kinship_of(parts: Parts) -> dict[str, Kinship]:
    """The kin words, by level."""
    return {
        level: Kinship(parts[f"{level}_place"], parts[f"{level}_belonging"], parts[f"{level}_own"])
        for level in LEVELS
    }


def lexicon_of(parts: Parts, name: str) -> Lexicon:
    """The lexicon kept under a name."""
    return Lexicon(*(parts[f"{name}_{part}"] for part in _LEXICON))


def _kept_lexicon(name: str, lexicon: Lexicon) -> Parts:
    return {f"{name}_{part}": getattr(lexicon, part) for part in _LEXICON}


def search_rows(grams: SparseRows, characters: int, figures: Figures | Measured) -> SparseRows:
    """The rows that neighbours are searched with: each name's grams, scaled to its weight.

    `grams` holds so many `characters` first, and the pairs behind them.
    """
    counts = grams.counts
    single = np.repeat(np.sqrt(np.float32(1) / figures.standard_mass), counts)
    paired = np.repeat(np.sqrt(np.float32(_PAIR_SHARE) / figures.pair_mass), counts)
    scaled = grams.values * np.where(grams.columns < characters, single, paired)
    return grams.with_values(scaled)


def _laid_out(entries: Sequence[ReferenceCode]) -> tuple[list[str], Parts]:
    """One row per entry and name of it; equal names are measured once."""
    texts: dict[str, int] = {}
    owner: list[int] = []
    text: list[int] = []
    variant: list[bool] = []
    for number, reference in enumerate(entries):
        for at, name in enumerate(_names_of(reference.name)):
            owner.append(number)
            text.append(texts.setdefault(name, len(texts)))
            variant.append(at > 0)
    owners = np.asarray(owner, dtype=np.int32)
    return list(texts), {
        "owner": owners,
        "text": np.asarray(text, dtype=np.int32),
        "variant": np.asarray(variant, dtype=np.float32),
        "first_row": Runs(owners).starts.astype(np.int32),
    }


def _named(entries: Sequence[ReferenceCode], first_row: Ints, owner: Ints) -> Parts:
    """Equal names get equal numbers: as the source writes them, and normalised."""
    written: dict[str, int] = {}
    name: Ints = np.asarray(
        [written.setdefault(one.name.strip(), len(written)) for one in entries], dtype=np.int32
    )
    # The most detailed entry of each name stands for it.
    detail = np.asarray([-len(one.canonical) for one in entries], dtype=np.int32)
    order = np.lexsort((np.arange(len(detail)), detail, name))
    first = order[Runs(name[order]).starts]
    plain: dict[str, int] = {}
    whole = [plain.setdefault(names.normalise(one.name), len(plain)) for one in entries]
    return {
        "name": name,
        "row_of_name": first_row[first],
        "plain": np.asarray(whole, dtype=np.int32)[owner],
        **_kept_lexicon("plain", Lexicon.of(list(plain))),
    }


def _looked_up_by(
    entries: Sequence[ReferenceCode], laid: Parts, rows: Ints, standards: Sequence[str]
) -> Parts:
    """The entry under a code, whatever the other half of its pair, and under a standard wording."""
    codes: dict[str, int] = {}
    for number, one in enumerate(entries):
        codes.setdefault(one.canonical.partition("+")[0].rstrip("*"), number)
    # The detailed entries come first.
    meanings: dict[str, int] = {}
    for row in rows.tolist():
        meanings.setdefault(standards[laid["text"][row]], laid["owner"][row])
    return {
        **_kept_lexicon("code", Lexicon.of(list(codes))),
        "code_entry": np.asarray(list(codes.values()), dtype=np.int32),
        **_kept_lexicon("meaning", Lexicon.of(list(meanings))),
        "meaning_entry": np.asarray(list(meanings.values()), dtype=np.int32),
    }


def _names_of(name: str) -> tuple[str, ...]:
    """A reference name and the other names its brackets hold."""
    plain = names.normalise(name)
    notes = (note for note in names.bracketed(plain) if len(note) >= _SHORTEST_NOTE)
    return tuple(dict.fromkeys((plain, names.without_notes(plain), *notes)))
