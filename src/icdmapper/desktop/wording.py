"""The sentences the screens say about candidates, states and people's acts. Qt-free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from icdmapper.model.events import Event
from icdmapper.model.mapping import Mapping, Relation, State
from icdmapper.model.marks import Tone
from icdmapper.model.problems import Severity
from icdmapper.model.proposals import Candidate, Reason, ReasonKind
from icdmapper.texts import N_, _
from icdmapper.texts.acts import act_word
from icdmapper.texts.slots import slot_word
from icdmapper.texts.words import relation_word, state_word

STATE_TONES = {
    State.OPEN: Tone.PLAIN,
    State.DECIDED: Tone.ACCENT,
    State.CHECKED: Tone.SAME,
    State.DISPUTED: Tone.WRONG,
    State.SETTLED: Tone.SAME,
    State.REFINING: Tone.MISSING,
    State.NO_COUNTERPART: Tone.MISSING,
    State.RETIRED: Tone.PLAIN,
}

RELATION_TONES = {
    Relation.EQUIVALENT: Tone.SAME,
    Relation.LOCAL_FINER: Tone.ACCENT,
    Relation.LOCAL_COARSER: Tone.MISSING,
    Relation.OVERLAP: Tone.MISSING,
    Relation.NO_COUNTERPART: Tone.MISSING,
}

SEVERITY_TONES = {
    Severity.ERROR: Tone.WRONG,
    Severity.WARNING: Tone.MISSING,
    Severity.NOTE: Tone.PLAIN,
}

_SCORES = (
    (0.95, N_("almost certain")),
    (0.8, N_("likely")),
    (0.5, N_("possible")),
    (0.0, N_("doubtful")),
)

_RELATIONS = {
    Relation.EQUIVALENT: N_("Both names say the same."),
    Relation.LOCAL_FINER: N_("The local code says more; it is assigned to the coarser entry."),
    Relation.LOCAL_COARSER: N_("The local code says less; it should be refined."),
    Relation.OVERLAP: N_("The names agree in part only."),
    Relation.NO_COUNTERPART: N_("The reference set has no entry for this code."),
}

# Likeness is said by the score, what is missing by the relation, contradictions by their badge.
_REASONS = {
    ReasonKind.SAME_NAME: N_("same name"),
    ReasonKind.ALIAS: N_("{local} is {reference}"),
    ReasonKind.KIND_OF: N_("“{local}” falls under “{reference}”"),
    ReasonKind.HAS_KIND: N_("“{reference}” falls under “{local}”"),
    ReasonKind.SIMILAR_NAME: "",
    ReasonKind.SLOT_SAME: N_("{slot} agrees: {local}"),
    ReasonKind.MISSING_LOCAL: "",
    ReasonKind.MISSING_REFERENCE: "",
    ReasonKind.DIFFERENT: N_("{slot} differs: {local} / {reference}"),
    ReasonKind.CONTRADICTION: "",
    ReasonKind.CODE_AGREES: N_("the code points to the same place"),
    ReasonKind.CODE_DISAGREES: N_("the code points elsewhere"),
    ReasonKind.MEMORY: N_("decided so before: {local}"),
    ReasonKind.PART: N_("for the part “{local}” of the name"),
}


def score_words(candidate: Candidate) -> str:
    """How sure the proposal is, in words, with its figure."""
    if candidate.contradictions:
        return _("contradiction")
    if not candidate.reasons and not candidate.score:
        return _("found by hand")
    word = next(word for limit, word in _SCORES if candidate.score >= limit)
    return _("{word} · {score} of 100").format(word=_(word), score=round(candidate.score * 100))


def relation_sentence(relation: Relation, reasons: Sequence[Reason] = ()) -> str:
    """What accepting with this relation would say, with what is lost or added."""
    lost = _values(reason.local for reason in reasons if _lost(reason))
    added = _values(reason.reference for reason in reasons if _added(reason))
    if relation is Relation.LOCAL_FINER and lost:
        said = N_("The local code says more; assigned here it loses: {lost}.")
    elif relation is Relation.LOCAL_COARSER and added:
        said = N_("The local code says less; the reference also says: {added}.")
    elif relation is Relation.OVERLAP and lost and added:
        said = N_("Each says something the other does not: {lost} / {added}.")
    else:
        said = _RELATIONS[relation]
    return _(said).format(lost=lost, added=added)


def reason_sentences(candidate: Candidate) -> str:
    """The reasons of a candidate beside what its relation, contradictions and score say."""
    said = _("; ").join(filter(None, map(_reason_sentence, candidate.reasons)))
    return said[:1].upper() + said[1:]


def companion_words(candidate: Candidate) -> str:
    """Why an entry is offered beside the main one; its name alone where no part asks for it."""
    if not candidate.part:
        return candidate.name
    said = (
        candidate.name,
        reason_sentences(candidate),
        score_words(candidate),
        relation_sentence(candidate.relation, candidate.reasons),
    )
    return "\n".join(filter(None, said))


def contradiction_words(candidate: Candidate) -> str:
    """Every contradiction with both values; "" when there is none."""
    spelled = [
        _("{slot}: local {local}, reference {reference}").format(
            slot=slot_word(reason.slot),
            local=_listed(reason.local),
            reference=_listed(reason.reference),
        )
        for reason in candidate.reasons
        if reason.kind is ReasonKind.CONTRADICTION
    ]
    return _("; ").join(spelled or map(slot_word, candidate.contradictions))


def decided_sentence(mapping: Mapping) -> str:
    """The current answer of a row, who gave it and when."""
    targets = _(", ").join(f"{target.code} {target.name}" for target in mapping.targets)
    relation = relation_word(mapping.relation.value) if mapping.relation else ""
    who = " ".join(filter(None, (mapping.decided_by, moment(mapping.decided_at))))
    return " · ".join(filter(None, (relation, targets, mapping.note, who)))


def event_sentence(event: Event) -> str:
    """What was done to a row, and on a line of its own when and by whom: the pane is narrow."""
    after = event.after
    what = act_word(event.act.value)
    answer = ""
    if after is not None and after.state is not State.OPEN:
        relation = relation_word(after.relation.value) if after.relation else ""
        codes = _(", ").join(target.code for target in after.targets)
        answer = " ".join(filter(None, (relation, codes)))
    elif after is not None:
        answer = state_word(after.state.value)
    else:
        # A waiver changes nothing of the row: which rule, and why.
        answer = event_text(event)
    said, signed = (what, answer), (moment(event.at), event.by)
    return "\n".join(" · ".join(filter(None, parts)) for parts in (said, signed))


def event_text(event: Event) -> str:
    """What was said with an act; a waived rule by its title, where the log has it."""
    title = event.way.get("title")
    _rule, _colon, reason = event.text.partition(": ")
    return _("{title}: {reason}").format(title=title, reason=reason) if title else event.text


def moment(at: datetime | None) -> str:
    """A time as people write it, in the clock of this computer."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else ""


def number(value: int) -> str:
    """A count with its thousands apart."""
    return f"{value:,}"


def volume(frequency: int | None) -> str:
    """Discharges a year; nothing where nobody knows them, for that is not none."""
    return "" if frequency is None else f"{frequency:,}"


def share(part: int, whole: int) -> str:
    """A share in per cent with one decimal, never rounded up to all of it."""
    if not whole:
        return "—"
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def _reason_sentence(reason: Reason) -> str:
    said = _REASONS[reason.kind]
    if not said or (reason.kind is ReasonKind.SLOT_SAME and not reason.slot):
        return ""
    return _(said).format(
        slot=slot_word(reason.slot),
        local=_listed(reason.local),
        reference=_listed(reason.reference),
    )


def _lost(reason: Reason) -> bool:
    return reason.kind is ReasonKind.MISSING_REFERENCE and bool(reason.local)


def _added(reason: Reason) -> bool:
    return reason.kind is ReasonKind.MISSING_LOCAL and bool(reason.reference)


def _values(values: Iterable[str]) -> str:
    return _(", ").join(dict.fromkeys(map(_listed, values)))


def _listed(value: str) -> str:
    """A value of a slot; several words in it are set apart as the language does."""
    return value.replace(",", _(", ")) or "—"
