"""Which characters of two names are shared, added or contradictory. Qt-free: nothing is painted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from functools import lru_cache

from icdmapper.model.proposals import Reason, ReasonKind


class Tone(Enum):
    """What a mark says; each has a colour in the theme and a word beside it on the screen."""

    PLAIN = "plain"
    SAME = "same"
    MISSING = "missing"
    WRONG = "wrong"
    ACCENT = "accent"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a name with one tone."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class MarkedNames:
    """Both names of a pair, cut into runs."""

    local: tuple[Run, ...]
    reference: tuple[Run, ...]


def compare(local: str, reference: str, reasons: Sequence[Reason] = ()) -> MarkedNames:
    """Mark what both names share, what one adds and, after the reasons, what contradicts."""
    ours, theirs = [_fold(sign) for sign in local], [_fold(sign) for sign in reference]
    here, there = [Tone.MISSING] * len(ours), [Tone.MISSING] * len(theirs)
    for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            here[block.a + offset] = there[block.b + offset] = Tone.SAME
    _share_moved(ours, theirs, here, there)
    for reason in reasons:
        tone = _TONES.get(reason.kind)
        if tone is not None:
            _paint(ours, here, reason.local, tone)
            _paint(theirs, there, reason.reference, tone)
    return MarkedNames(_runs(local, here), _runs(reference, there))


def found(text: str, words: str, initials: str = "") -> tuple[Run, ...]:
    """Mark where the words of a search stand in a text, or in the initials of its signs.

    Empty when none of them does.
    """
    signs = [_fold(sign) for sign in text]
    tones = [Tone.PLAIN] * len(signs)
    # Punctuation has no initial.
    spoken = [at for at, sign in enumerate(text) if sign.isalnum()]
    letters = list(initials) if len(initials) == len(spoken) else []
    for word in words.split():
        _paint(signs, tones, word, Tone.ACCENT)
        if word.isascii() and letters:
            sounds = [tones[at] for at in spoken]
            _paint(letters, sounds, word, Tone.ACCENT)
            for at, tone in zip(spoken, sounds, strict=True):
                tones[at] = tone
    return _runs(text, tones) if Tone.ACCENT in tones else ()


_TONES = {
    ReasonKind.ALIAS: Tone.SAME,
    ReasonKind.KIND_OF: Tone.MISSING,
    ReasonKind.HAS_KIND: Tone.MISSING,
    ReasonKind.SLOT_SAME: Tone.SAME,
    ReasonKind.MISSING_LOCAL: Tone.MISSING,
    ReasonKind.MISSING_REFERENCE: Tone.MISSING,
    ReasonKind.DIFFERENT: Tone.MISSING,
    ReasonKind.CONTRADICTION: Tone.WRONG,
}


# A slot may hold several words.
_LISTED = re.compile(r"[,、，;；]")


@lru_cache(maxsize=8192)
def _fold(sign: str) -> str:
    return unicodedata.normalize("NFKC", sign).lower()


def _share_moved(
    ours: Sequence[str], theirs: Sequence[str], here: list[Tone], there: list[Tone]
) -> None:
    """Characters both names have, only in another order, are shared too."""
    spare = Counter(sign for sign, tone in zip(theirs, there, strict=True) if tone is Tone.MISSING)
    moved: Counter[str] = Counter()
    for at, sign in enumerate(ours):
        if here[at] is Tone.MISSING and spare[sign] > 0:
            spare[sign] -= 1
            moved[sign] += 1
            here[at] = Tone.SAME
    for at, sign in enumerate(theirs):
        if there[at] is Tone.MISSING and moved[sign] > 0:
            moved[sign] -= 1
            there[at] = Tone.SAME


def _paint(signs: Sequence[str], tones: list[Tone], value: str, tone: Tone) -> None:
    """Tone every place where one of the listed words of `value` stands."""
    for word in _LISTED.split(value):
        wanted = [_fold(sign) for sign in word]
        for start in range(len(signs) - len(wanted) + 1 if wanted else 0):
            if list(signs[start : start + len(wanted)]) == wanted:
                tones[start : start + len(wanted)] = [tone] * len(wanted)


def _runs(name: str, tones: Sequence[Tone]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for sign, found in zip(name, tones, strict=True):
        # Punctuation carries no meaning of its own and takes no colour.
        tone = found if sign.isalnum() or found is Tone.WRONG else Tone.PLAIN
        if runs and runs[-1].tone is tone:
            runs[-1] = Run(runs[-1].text + sign, tone)
        else:
            runs.append(Run(sign, tone))
    return tuple(runs)
