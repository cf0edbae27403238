"""The sentences of the second check, the disputes and the log. Qt-free."""

from __future__ import annotations

from icdmapper.desktop import wording
from icdmapper.model.checks import DisputeMessage, Opinion
from icdmapper.model.mapping import Choice, Relation
from icdmapper.resolution.check_session import BLIND_REASONS
from icdmapper.resolution.checking import CheckRow
from icdmapper.resolution.judging import Judged
from icdmapper.resolution.risk import RiskReason
from icdmapper.resolution.sampling import Agreement, Estimate
from icdmapper.texts import N_, _
from icdmapper.texts.words import relation_word

_REASONS = {
    RiskReason.FINDING: N_("rule broken"),
    RiskReason.CONTRADICTION: N_("contradiction"),
    RiskReason.NOT_FIRST: N_("not the first candidate"),
    RiskReason.LOW_SCORE: N_("weak candidate"),
    RiskReason.NOT_EQUIVALENT: N_("not equivalent"),
    RiskReason.NO_COUNTERPART: N_("no counterpart"),
    RiskReason.FREQUENT: N_("frequent"),
}

RELATION_MESSAGES = {
    Relation.EQUIVALENT: N_("equivalent"),
    Relation.LOCAL_FINER: N_("local is finer"),
    Relation.LOCAL_COARSER: N_("local is coarser"),
    Relation.OVERLAP: N_("overlap"),
    Relation.NO_COUNTERPART: N_("no counterpart"),
}
"""What the keys of the relations are called."""


def reason_word(reason: RiskReason) -> str:
    """Why a row is worth checking, in a word."""
    return _(_REASONS[reason])


def reasons_of(one: CheckRow, *, blind: bool) -> tuple[str, ...]:
    """The words of a row's risk; to a blind checker only those that tell nothing of the answer."""
    shown = [each for each in one.risk.reasons if not blind or each in BLIND_REASONS]
    words = [reason_word(each) for each in shown]
    if one.in_sample:
        words.append(_("sample"))
    return tuple(words)


def answer(opinion: Opinion) -> str:
    """An answer in one line: relation, then codes and names."""
    relation = relation_word(opinion.relation.value) if opinion.relation else ""
    targets = _(", ").join(f"{one.code} {one.name}" for one in opinion.targets)
    return " · ".join(filter(None, (relation, targets))) or _("no answer yet")


def rate(value: float) -> str:
    """A share between 0 and 1 in per cent with one decimal."""
    return f"{value * 100:.1f} %"


def agreement(found: Agreement) -> str:
    """How often two people agreed."""
    if not found.pairs:
        return "—"
    return _("{share} of {pairs}").format(
        share=rate(found.share), pairs=wording.number(found.pairs)
    )


def share(found: Agreement) -> str:
    """The share of agreement alone."""
    return rate(found.share) if found.pairs else "—"


def kappa(found: Agreement) -> str:
    """Cohen's kappa with two decimals; a dash where it says nothing."""
    return "—" if found.kappa is None else f"{found.kappa:.2f}"


def estimate(found: Estimate) -> str:
    """The error rate of the sample with its interval."""
    if not found.checked:
        return "—"
    return _("{rate} ({low} to {high})").format(
        rate=rate(found.rate), low=rate(found.low), high=rate(found.high)
    )


def answer_of(choice: Choice) -> str:
    """What a choice would record, in one line."""
    return answer(Opinion.of(choice))


def message(one: DisputeMessage) -> str:
    """What somebody said, in one line."""
    said = one.text or (answer(one.opinion) if one.opinion else "")
    return " · ".join(filter(None, (one.by, wording.moment(one.at), said)))


def finding(one: Judged) -> str:
    """A rule that a decision touches, with the waiver that lets it stand, if any."""
    said = _("{title}: {sentence}").format(title=one.finding.title, sentence=one.finding.sentence)
    if one.waiver is None:
        return said
    waived = _("waived by {name}: {reason}").format(name=one.waiver.by, reason=one.waiver.reason)
    return f"{said} · {waived}"
