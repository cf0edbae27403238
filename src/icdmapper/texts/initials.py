"""Pinyin initials of a name, so that a coder can type `xjgs` for 心肌梗死."""

from __future__ import annotations

import os
from functools import cache

# Characters whose first dictionary reading is not the one medicine uses.
_MEDICAL_READINGS = {"椎": "z", "龈": "y", "粘": "n", "黏": "n", "疟": "n", "重": "z", "咽": "y"}


def initials(name: str) -> str:
    """One letter per Chinese character, other letters and digits as they are, the rest dropped."""
    return "".join(map(_initial, name))


@cache
def _initial(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    if letter := _MEDICAL_READINGS.get(character):
        return letter
    # Its dictionaries are read at import, which only who asks for a reading should pay. That of
    # phrases helps with no single character, and reading it stops every thread for a tenth of a
    # second, the window's too.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    found = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return found[0][:1] if found else ""
