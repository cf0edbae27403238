"""The columns of the tables of the refinement page."""

from __future__ import annotations

from icdmapper.desktop import wording
from icdmapper.desktop.models.rows import Column
from icdmapper.export.his_changes import ChangeKind, HisChange, change_word
from icdmapper.model.marks import Tone
from icdmapper.resolution.drafting import RefineRow, RefineStage
from icdmapper.resolution.refinement_session import ChildRow, Offer
from icdmapper.texts import N_, _
from icdmapper.texts.words import relation_word

CODE_COLUMN, NAME_COLUMN, ENTRY_COLUMN = 1, 2, 4
OLD_CODE_COLUMN = 1
STATE_COLUMN = 3
_STAGES = {
    RefineStage.COARSE: (N_("to refine"), Tone.MISSING),
    RefineStage.PLANNED: (N_("planned"), Tone.ACCENT),
    RefineStage.SIGNED: (N_("signed"), Tone.SAME),
}
_CHANGE_TONES = {
    ChangeKind.SPLIT: Tone.ACCENT,
    ChangeKind.ADD: Tone.SAME,
    ChangeKind.RENAME: Tone.MISSING,
    ChangeKind.STOP: Tone.WRONG,
}


def stage_tone(stage: RefineStage) -> Tone:
    """The colour of the word."""
    return _STAGES[stage][1]


def stage_word(stage: RefineStage) -> str:
    """How far a refinement is, in a word."""
    return _(_STAGES[stage][0])


def code_columns() -> tuple[Column[RefineRow], ...]:
    """The columns of the list of codes to refine."""
    return (
        Column(N_("Local code"), lambda one: one.local.code, width=84, code=True, muted=True),
        Column(N_("Name"), lambda one: one.local.name),
        Column(
            N_("A year"),
            lambda one: _count(one.local.frequency),
            width=54,
            right=True,
            optional=True,
        ),
        Column(
            N_("State"),
            lambda one: stage_word(one.stage),
            width=72,
            tone=lambda one: _STAGES[one.stage][1],
        ),
    )


def offer_columns() -> tuple[Column[Offer], ...]:
    """The columns of what is offered."""
    return (
        Column(N_("Code"), lambda one: one.reference.code, width=108, code=True),
        Column(N_("Name"), lambda one: one.reference.name),
    )


def child_columns() -> tuple[Column[ChildRow], ...]:
    """The columns of the children."""
    return (
        Column(N_("Mark"), _mark_word, width=72, tone=_mark_tone, optional=True),
        Column(N_("New code"), lambda one: one.child.code, width=100, code=True),
        Column(N_("New name"), lambda one: one.child.name),
        Column(
            N_("Relation"),
            lambda one: relation_word(one.child.relation.value),
            width=88,
            tone=lambda one: wording.RELATION_TONES[one.child.relation],
        ),
        Column(N_("Reference entry"), _target_text, width=150, muted=True),
    )


def change_columns() -> tuple[Column[HisChange], ...]:
    """The columns of the change list."""
    return (
        Column(
            N_("Change"),
            lambda one: change_word(one.kind),
            width=96,
            tone=lambda one: _CHANGE_TONES[one.kind],
        ),
        Column(N_("Old code"), lambda one: one.old_code, width=96, code=True, muted=True),
        Column(N_("New code"), lambda one: one.new_code, width=100, code=True),
        Column(N_("New name"), lambda one: one.new_name or one.old_name),
        Column(N_("Default"), lambda one: _("yes") if one.default else "", width=64),
    )


def _target_text(one: ChildRow) -> str:
    return "；".join(f"{target.code} {target.name}" for target in one.child.targets)


def _mark_word(one: ChildRow) -> str:
    words = [_("default")] if one.child.residual else []
    return " ".join([*words, *([_("mend")] if one.problem else [])])


def _mark_tone(one: ChildRow) -> Tone:
    return Tone.WRONG if one.problem else Tone.ACCENT


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
