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


def state_word(state: str) -> str:
    """The word on screen for a mapping's state."""
    return _(_STATES.get(state, state)) if state else ""


def relation_word(relation: str) -> str:
    """The word on screen for a relation, read from local to reference."""
    return _(_RELATIONS.get(relation, relation)) if relation else ""


def role_word(role: str) -> str:
    """The word on screen for a target's role."""
    return _(_ROLES.get(role, role)) if role else ""


def kind_word(kind: str) -> str:
    """The word on screen for a kind of code."""
    return _(_KINDS.get(kind, kind)) if kind else ""


_STATES = {
    "open": N_("open"),
    "decided": N_("decided"),
    "checked": N_("checked"),
    "disputed": N_("disputed"),
    "settled": N_("settled"),
    "refining": N_("refining"),
    "no_counterpart": N_("no counterpart"),
    "retired": N_("retired"),
}
_RELATIONS = {
    "equivalent": N_("equivalent"),
    "local_finer": N_("local is finer"),
    "local_coarser": N_("local is coarser"),
    "overlap": N_("overlap"),
    "no_counterpart": N_("no counterpart"),
}
_ROLES = {
    "main": N_("main"),
    "morphology": N_("morphology"),
    "manifestation": N_("manifestation"),
    "external_cause": N_("external cause"),
    "additional": N_("additional"),
}
_KINDS = {
    "diagnosis": N_("diagnosis"),
    "external_cause": N_("external cause"),
    "morphology": N_("morphology"),
    "procedure": N_("procedure"),
}
