"""What counts as the same Chinese name: width, punctuation, blanks, notes in brackets."""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = str.maketrans(
    {
        "，": ",",
        "；": ";",
        "：": ":",
        "（": "(",
        "）": ")",
        "【": "[",
        "】": "]",
        "、": ",",
        "－": "-",
    }
)
_BLANKS = re.compile(r"\s+")
_NOS = re.compile(r"[\s,]*\bNOS\b", re.IGNORECASE)


def normalise(name: str) -> str:
    """The form in which two spellings of one name are equal.

    Full width becomes half width, Chinese punctuation its Latin twin, blanks and `NOS` go,
    Latin letters become lower case. Meaning-bearing characters are never touched.
    """
    text = unicodedata.normalize("NFKC", name).translate(_PUNCTUATION)
    return _BLANKS.sub("", _NOS.sub("", text)).lower()
