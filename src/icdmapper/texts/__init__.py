"""Texts for people: English in the code, Simplified Chinese from the catalogue; Qt-free."""

from __future__ import annotations

import gettext
import io
import os

import polib

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


def _load(language: str) -> gettext.NullTranslations:
    source = paths.shipped("resources", "i18n", f"{language}.po")
    catalogue = polib.pofile(source.read_text(encoding="utf-8"))
    return gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))
