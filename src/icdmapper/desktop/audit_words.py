"""What the log says, in sentences. Qt-free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from icdmapper.desktop import check_words, wording
from icdmapper.model.checks import Opinion
from icdmapper.model.codes import LocalCode
from icdmapper.model.editions import ChangeKind
from icdmapper.model.events import Act, Event
from icdmapper.model.mapping import Mapping, Relation
from icdmapper.texts import N_, _
from icdmapper.texts.acts import act_word, stays_sentence
from icdmapper.texts.words import change_word, person_role_word, relation_word, state_word, why_word

_SIDES = {"local": N_("Local"), "reference": N_("Reference")}
_CHANGES = frozenset(one.value for one in ChangeKind)
_SILENT_ON_THE_STATE = frozenset(
    {Act.UNDONE, Act.REDONE, Act.REOPENED, Act.EDITION_CHANGED, Act.EDITION_RECALLED}
)
"""Acts whose name does not tell where the row stands now."""
_PEOPLE_ACTS = {"+": N_("added"), "=": N_("changed"), "*": N_("new PIN"), "~": N_("PIN as before")}


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An act with the local code it was about, None for acts on the whole project."""

    event: Event
    local: LocalCode | None
    undone: bool = False
    """Whether it was taken back, and not done again since."""


def summary(event: Event) -> str:
    """What came of an act, in one line."""
    if event.act is Act.PERSON_CHANGED:
        return _person(event.text)
    if event.after is None:
        return event.text if event.way else _imported(event)
    silent = event.act in _SILENT_ON_THE_STATE
    steps = _("now {state}").format(state=state_word(event.after.state.value)) if silent else ""
    relation = relation_word(event.after.relation.value) if event.after.relation else ""
    codes = _(", ").join(one.code for one in event.after.targets)
    answer = " ".join(filter(None, (relation, codes)))
    told = event.way
    why = why_word(told.get("why", "")) if event.act is Act.EDITION_CHANGED else ""
    return " · ".join(filter(None, (steps, answer, why, told.get("text", ""))))


def state_lines(mapping: Mapping | None) -> str:
    """A mapping as it stood, on a few lines."""
    if mapping is None:
        return "—"
    lines = [
        _("{state}, version {version}").format(
            state=state_word(mapping.state.value), version=mapping.version
        )
    ]
    if mapping.relation is not None:
        lines.append(check_words.answer(Opinion.of(mapping)))
    if mapping.decided_by:
        lines.append(f"{mapping.decided_by} {wording.moment(mapping.decided_at)}")
    if mapping.checked_by:
        checked = _("checked by {name} {time}")
        lines.append(
            checked.format(name=mapping.checked_by, time=wording.moment(mapping.checked_at))
        )
    if mapping.note:
        lines.append(mapping.note)
    return "\n".join(lines)


def detail_lines(event: Event) -> str:
    """What was said with an act, and by which way it was done."""
    if event.act is Act.PERSON_CHANGED:
        return _person(event.text)
    told = event.way
    if not told:
        return _imported(event)
    if event.act is Act.EDITION_CHANGED:
        return "\n".join(edition_lines(event))
    lines = [wording.event_text(event)]
    if told.get("relation"):
        relation = relation_word(Relation(told["relation"]).value)
        codes = [f"{one['code']} {one['name']}" for one in told.get("targets", ())]
        lines.append(" · ".join([relation, *codes]))
    if told.get("blind"):
        lines.append(_("blind"))
    if told.get("on_behalf_of"):
        lines.append(_("in the name of {name}").format(name=told["on_behalf_of"]))
    return "\n".join(filter(None, lines))


def edition_lines(event: Event) -> tuple[str, ...]:
    """Why a new edition touched a code: both names, and what can take the place of what is gone."""
    told = event.way
    was, now = told.get("was", ()), told.get("now", ())
    named = " → ".join(" ".join(one) for one in (was, now) if one)
    lines = [why_word(told.get("why", "")), named]
    if event.before is not None and event.before.targets and event.before != event.after:
        answer = check_words.answer(Opinion.of(event.before))
        lines.append(_("answer until then: {answer}").format(answer=answer))
    if successors := told.get("successors"):
        codes = _(", ").join(f"{code} {name}" for code, name in successors)
        lines.append(_("can take its place: {codes}").format(codes=codes))
    return tuple(filter(None, lines))


def way_back(row: AuditRow) -> str:
    """Whether an act can be taken back, in a word or two."""
    if row.undone:
        return _("taken back")
    if row.event.goes_back:
        return _("can be")
    return _("as a whole") if _is_of_list(row.event) else ""


def way_back_lines(row: AuditRow) -> str:
    """How an act is taken back and by whom, or why it stays."""
    act, name = row.event.act, row.event.by
    if row.undone:
        return _("It was taken back.")
    if row.event.goes_back:
        return _("By {name} with Ctrl+Z, what they did last first.").format(name=name)
    if _is_of_list(row.event):
        return _("By {name} with the whole edition, on the import page (Ctrl+T).").format(name=name)
    if act in (Act.UNDONE, Act.REDONE):
        return _("Ctrl+Y and Ctrl+Z go on and back.")
    return stays_sentence(act.value)


def _is_of_list(event: Event) -> bool:
    """Whether it was the import of a list, or what that did to an answer."""
    return event.act is Act.EDITION_CHANGED or event.edition is not None


def title(row: AuditRow) -> str:
    """The act in focus: its number, what, who, when."""
    event = row.event
    return _("No. {id} · {act} · {name} · {time}").format(
        id=event.id,
        act=act_word(event.act.value),
        name=event.by,
        time=f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}",
    )


def day(text: str) -> date | None:
    """A day as people type it: 2026-11-03, 2026/11/3, 20261103; None when it is none."""
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            continue
    return None


def midnight(when: date, *, after: bool = False) -> datetime:
    """The beginning of a day on this computer's clock; with `after`, its end."""
    return datetime.combine(when + timedelta(days=1) if after else when, time()).astimezone()


def _imported(event: Event) -> str:
    """The side and the changes of an edition in words; other acts as they tell of themselves."""
    side, _space, rest = event.detail.partition(" ")
    if event.act not in (Act.IMPORTED, Act.EDITION_RECALLED) or side not in _SIDES:
        return event.detail
    words = [_(_SIDES[side])]
    for word in rest.split(" "):
        kind, equals, count = word.partition("=")
        words.append(f"{change_word(kind)} {count}" if equals and kind in _CHANGES else word)
    return " ".join(words)


def _person(told: str) -> str:
    sign, _space, rest = told.partition(" ")
    if sign not in _PEOPLE_ACTS:
        return told
    words = [person_role_word(word) if word.islower() else word for word in rest.split(" ")]
    return " ".join([_(_PEOPLE_ACTS[sign]), *words])
