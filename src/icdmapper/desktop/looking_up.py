"""What a search for an entry finds: what holds the words, else names like them. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icdmapper.model.codes import CodeKind, CodeSystem, ReferenceCode, Side
from icdmapper.texts import _

if TYPE_CHECKING:
    from icdmapper.bootstrap import Services

_FIRST, _LAST = "\u4e00", "\u9fff"
"""Chinese characters in Unicode (CJK Unified Ideographs)."""
_A_NAME = 2
"""So many characters are a name, not the beginning of one."""
_KINDS = {
    CodeSystem.RC020: CodeKind.DIAGNOSIS,
    CodeSystem.RC021: CodeKind.MORPHOLOGY,
    CodeSystem.RC022: CodeKind.PROCEDURE,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Entries, and whether none holds what was typed and these only have names like it."""

    text: str
    entries: tuple[ReferenceCode, ...]
    near: bool = False

    @property
    def hint(self) -> str:
        """What is said of them; "" where they speak for themselves."""
        if self.near:
            return _("No entry holds “{text}”; these have names like it.").format(text=self.text)
        if not self.entries and self.text:
            return _("No entry holds “{text}”.").format(text=self.text)
        return ""


def look_up(services: Services, text: str, *, system: CodeSystem, limit: int) -> Found:
    """Entries by code, name or pinyin initials, else by likeness, as for a local code of that name.

    Coders type what doctors write (脑梗塞), which no entry need hold. Runs off the GUI thread.
    """
    text = text.strip()
    held = services.catalog.search(text, side=Side.REFERENCE, system=system, limit=limit)
    entries = tuple(one for one in held if isinstance(one, ReferenceCode))
    if entries or sum(_FIRST <= one <= _LAST for one in text) < _A_NAME:
        return Found(text, entries)
    proposed = services.matching.ask(text, kind=_KINDS[system], limit=limit).candidates
    near = tuple(services.catalog.reference(one.reference_id) for one in proposed)
    return Found(text, near, near=bool(near))
