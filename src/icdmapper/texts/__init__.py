"""Texts for people: English in the code, Simplified Chinese from the catalogue; Qt-free."""

from __future__ import annotations

import gettext
import io
import os
import struct
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from icdmapper import paths

LANGUAGES = ("zh_CN", "en")

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def choose_language(language: str | None = None) -> str:
    """Switch every later text to `language`; the default is Simplified Chinese.

    `ICDMAPPER_LANGUAGE` overrides the default. Returns the language in force.
    """
    global _catalogue, _language  # noqa: PLW0603 - the one place where the language is held
    chosen = language or os.environ.get("ICDMAPPER_LANGUAGE") or LANGUAGES[0]
    if chosen not in LANGUAGES:
        chosen = "en"
    _catalogue = gettext.NullTranslations() if chosen == "en" else _load(chosen)
    _language = chosen
    return chosen


def language() -> str:
    """The language in force."""
    return _language


def _(message: str) -> str:
    """The text for people of an English message."""
    return _catalogue.gettext(message)


def N_(message: str) -> str:  # noqa: N802 - the customary name of the marker
    """Mark a message for translation without translating it yet."""
    return message


@cache
def _load(language: str) -> gettext.NullTranslations:
    source = paths.shipped("resources", "i18n", f"{language}.po").read_bytes()
    # Translating the catalogue takes longer than many a command: it is done once and kept.
    kept = paths.cache_folder() / "texts" / f"{language}-{sha256(source).hexdigest()[:16]}.mo"
    try:
        with kept.open("rb") as stream:
            return gettext.GNUTranslations(stream)
    except (OSError, ValueError, struct.error):
        compiled = _compile(source.decode("utf-8"))
    with suppress(OSError):
        _keep(kept, compiled)
    return gettext.GNUTranslations(io.BytesIO(compiled))


def _compile(catalogue: str) -> bytes:
    import polib  # noqa: PLC0415 - needed when the catalogue has changed only

    compiled: bytes = polib.pofile(catalogue).to_binary()
    return compiled


def _keep(file: Path, compiled: bytes) -> None:
    """In one step, as several processes may start at once; what it replaces goes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    older = [one for one in file.parent.glob("*.mo") if one != file]
    begun = file.with_suffix(f".{os.getpid()}")
    begun.write_bytes(compiled)
    begun.replace(file)
    for one in older:
        one.unlink(missing_ok=True)
