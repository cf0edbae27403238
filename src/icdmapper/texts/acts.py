"""The acts of the log in words, and why undo does not take some of them back."""

from __future__ import annotations

from icdmapper.texts import N_, _


def act_word(act: str) -> str:
    """The word on screen for an act of the log."""
    return _(_ACTS.get(act, act)) if act else ""


def stays_sentence(act: str) -> str:
    """Why an act of the log stays when undo is pressed after it."""
    return _(_STAYS.get(act, _STAYS[""]))


_ACTS = {
    "decided": N_("decided"),
    "checked": N_("checked"),
    "disputed": N_("opened the dispute"),
    "commented": N_("remark"),
    "settled": N_("settled"),
    "refine_started": N_("refinement started"),
    "refine_dropped": N_("refinement dropped"),
    "refined": N_("refined"),
    "retired": N_("retired"),
    "person_changed": N_("person changed"),
    "assigned": N_("assigned"),
    "packet_made": N_("packet made"),
    "merged": N_("merged"),
    "reopened": N_("reopened"),
    "undone": N_("undone"),
    "redone": N_("redone"),
    "imported": N_("imported"),
    "exported": N_("exported"),
    "waived": N_("rule waived"),
    "released": N_("released"),
    "edition_changed": N_("new edition"),
    "edition_recalled": N_("edition taken back"),
    "plan_drawn": N_("sampling plan drawn"),
    "child_renamed": N_("child renamed"),
    "default_allowed": N_("default allowed"),
}
_STAYS = {
    "": N_("What you did last cannot be taken back."),
    "imported": N_(
        "An import is not undone with this key alone; a list is taken back as a whole, on the "
        "import page."
    ),
    "edition_recalled": N_("An edition that was taken back comes again by importing it again."),
    "exported": N_("Files that were written out may be in use already; they stay."),
    "released": N_("A release that is signed stays as it is; a mistake in it needs a new release."),
    "packet_made": N_(
        "A packet handed out by an earlier version of the program stays; hand out a new one."
    ),
    "waived": N_("A waiver that was withdrawn stays so; let the rule stand anew if it should."),
    "assigned": N_(
        "Rows given out by an earlier version of the program stay; give them anew under People."
    ),
    "person_changed": N_(
        "A new PIN goes back only in the window that set it, while it is open, because no PIN is "
        "kept anywhere; set another on the page of people."
    ),
}
