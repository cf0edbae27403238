"""Disputes: opened, discussed, settled by a clinician; every option is kept in the thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icdmapper.model.checks import DisputeMessage, MessageKind, Opinion
from icdmapper.model.codes import LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Mapping, State
from icdmapper.model.people import Person, Right, Role
from icdmapper.resolution import transitions
from icdmapper.resolution.judgement import Judge
from icdmapper.resolution.judging import refuse_choice
from icdmapper.resolution.recording import LogEntry, mapped, named, new_batch, record
from icdmapper.resolution.rules import check_targets, check_version
from icdmapper.resolution.states import check_step
from icdmapper.storage.unit_of_work import Storage, UnitOfWork
from icdmapper.texts import _


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that stands to choice in a dispute, and who holds it."""

    opinion: Opinion
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A disputed code as a clinician's card shows it: options, and the thread, oldest first."""

    local: LocalCode
    mapping: Mapping
    options: tuple[Option, ...]
    thread: tuple[DisputeMessage, ...]


class DisputeService:
    """From a contested answer to a settled one."""

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        judge: Callable[[], Judge] | None = None,
    ) -> None:
        """`judge` gives the rules of judgement; without it only the rules of form apply."""
        self._storage = storage
        self._now = now
        self._judge = judge

    def open_disputes(self) -> tuple[Dispute, ...]:
        """Every disputed code of the lists in use, the most frequent first."""
        with self._storage.reading() as work:
            disputed = {
                mapping.local_id: mapping
                for mapping in work.mappings.in_use()
                if mapping.state is State.DISPUTED
            }
            threads = work.checks.threads(list(disputed))
            found = [
                _dispute(local, disputed[local.id], threads.get(local.id, ()))
                for local in work.code_sets.local_codes()
                if local.id in disputed
            ]
        found.sort(key=lambda one: -(one.local.frequency or 0))
        return tuple(found)

    def count_open(self) -> int:
        """How many codes of the lists in use are disputed."""
        with self._storage.reading() as work:
            counts = work.mappings.count_in_use()
        return sum(count for (state, _), count in counts.items() if state is State.DISPUTED)

    def dispute(self, local_id: int) -> Dispute:
        """One code with its options and its whole thread, whatever its state.

        Raises:
            NotFoundError: there is no such local code.
        """
        with self._storage.reading() as work:
            local, mapping = work.code_sets.local(local_id), work.mappings.get(local_id)
            return _dispute(local, mapping, work.checks.thread(local_id))

    def open(
        self,
        local_id: int,
        *,
        seen_version: int,
        reason: str,
        by: Person,
        instead: Choice | None = None,
    ) -> Mapping:
        """Contest an answer, or ask about an open code; `instead` is what the opener would say.

        Raises:
            ConflictError: the mapping changed since the screen was filled.
            RefusedError: no reason, not a state or a role for it, or `instead` cannot stand.
        """
        if not reason.strip():
            raise RefusedError(_("Say why; a clinician has to understand the question."))
        with self._storage.writing() as work:
            if instead is not None:
                local, references = named(work, instead)
                check_targets(instead, local, references)
            opinion = Opinion.of(instead) if instead else None
            contested = open_dispute(
                work,
                work.mappings.get(local_id),
                seen_version=seen_version,
                said=Said(by, self._now(), reason.strip(), opinion),
            )
            work.commit()
        return contested

    def say(
        self, local_id: int, text: str, *, by: Person, opinion: Choice | None = None
    ) -> tuple[DisputeMessage, ...]:
        """Write into the thread of a code, an opinion only if disputed; returns the thread.

        Raises:
            ConflictError: an opinion was formed on an older version of the mapping.
            RefusedError: retired, an opinion without a dispute, or there is nothing said.
        """
        with self._storage.writing() as work:
            self.say_within(work, local_id, text, by=by, opinion=opinion)
            work.commit()
            return work.checks.thread(local_id)

    def say_within(
        self,
        work: UnitOfWork,
        local_id: int,
        text: str,
        *,
        by: Person,
        opinion: Choice | None = None,
    ) -> None:
        """As `say`, inside a unit of work that the caller commits."""
        if not text.strip() and opinion is None:
            raise RefusedError(_("Write something first."))
        role, mapping = work.people.role_of(by), work.mappings.get(local_id)
        check_step(mapping.state, Act.COMMENTED, mapping.state, role)
        if opinion is not None:
            check_step(mapping.state, Act.SETTLED, State.SETTLED)
            check_version(mapping, opinion.seen_version)
            local, references = named(work, opinion)
            check_targets(opinion, local, references)
        at, batch = self._now(), new_batch()
        held = Opinion.of(opinion) if opinion else None
        kind = MessageKind.OPINION if held else MessageKind.COMMENT
        work.checks.say([DisputeMessage(local_id, at, by.name, kind, text.strip(), held, batch)])
        entry = LogEntry(Act.COMMENTED, by.name, at, batch, detail=detail(text, held))
        record(work, entry, [(mapping, mapping)])

    def settle(self, choice: Choice, *, by: Person, on_behalf_of: str = "") -> Mapping:
        """Record the answer a clinician gives, with the reason in the note.

        What was settled on paper or in a packet is entered by the coordinator, `on_behalf_of` the
        clinician; the log keeps both names.

        Raises:
            ConflictError: the mapping changed since the screen, or the packet, was filled.
            RefusedError: not disputed, no reason, not a clinician's act, or a rule forbids it.
        """
        (settled,) = self.settle_many((choice,), by=by, on_behalf_of=on_behalf_of)
        return settled

    def settle_many(
        self, choices: Sequence[Choice], *, by: Person, on_behalf_of: str = ""
    ) -> tuple[Mapping, ...]:
        """Record several settlements as one gesture, all or none; errors as `settle`."""
        with self._storage.writing() as work:
            settled = self.settle_within(work, choices, by=by, on_behalf_of=on_behalf_of)
            work.commit()
        return settled

    def settle_within(
        self, work: UnitOfWork, choices: Sequence[Choice], *, by: Person, on_behalf_of: str = ""
    ) -> tuple[Mapping, ...]:
        """As `settle_many`, inside a unit of work that the caller commits."""
        at, batch = self._now(), new_batch()
        clinician = _settler(work, by, on_behalf_of)
        changes = []
        for choice in choices:
            mapping, names = mapped(work, choice)
            local, references = names
            settled = transitions.settled(
                mapping, choice, local=local, references=references, by=clinician, at=at
            )
            if self._judge is not None:
                refuse_choice(work, self._judge(), choice, names, clinician_settles=True)
            changes.append((mapping, settled))
        work.checks.say(
            [
                DisputeMessage(
                    after.local_id, at, clinician, MessageKind.SETTLED, after.note,
                    Opinion.of(after), batch,
                )
                for _before, after in changes
            ]
        )  # fmt: skip
        noted = detail("", None, on_behalf_of=on_behalf_of) if on_behalf_of else ""
        record(work, LogEntry(Act.SETTLED, by.name, at, batch, detail=noted), changes)
        return tuple(after for _before, after in changes)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says against an answer: who, when, why, and what they would say instead."""

    by: Person
    at: datetime
    reason: str
    opinion: Opinion | None
    batch: str = ""
    blind: bool = False


def open_dispute(work: UnitOfWork, mapping: Mapping, *, seen_version: int, said: Said) -> Mapping:
    """Contest a mapping inside a unit of work; both answers become options of the thread.

    Raises:
        ConflictError: the mapping is no longer the version seen.
        RefusedError: not a state for it, or `said.by` may not.
    """
    contested = transitions.disputed(mapping, seen_version=seen_version)
    check_step(mapping.state, Act.DISPUTED, contested.state, work.people.role_of(said.by))
    batch = said.batch or new_batch()
    messages = []
    if mapping.relation is not None:
        messages.append(
            DisputeMessage(
                mapping.local_id,
                mapping.decided_at or said.at,
                mapping.decided_by,
                MessageKind.DECIDED,
                mapping.note,
                Opinion.of(mapping),
                batch,
            )
        )
    messages.append(
        DisputeMessage(
            mapping.local_id,
            said.at,
            said.by.name,
            MessageKind.OPENED,
            said.reason,
            said.opinion,
            batch,
        )
    )
    work.checks.say(messages)
    told = detail(said.reason, said.opinion, blind=said.blind)
    entry = LogEntry(Act.DISPUTED, said.by.name, said.at, batch, detail=told)
    record(work, entry, [(mapping, contested)])
    return contested


def detail(text: str, opinion: Opinion | None, **more: Any) -> str:
    """What was said, as the log keeps it: JSON with `text` and the codes of an opinion."""
    told: dict[str, Any] = {"text": text.strip(), **{key: one for key, one in more.items() if one}}
    if opinion is not None:
        told["relation"] = opinion.relation.value if opinion.relation else None
        told["targets"] = [
            {"code": one.code, "name": one.name, "role": one.role.value} for one in opinion.targets
        ]
    return json.dumps(told, ensure_ascii=False)


def options(thread: Sequence[DisputeMessage]) -> tuple[Option, ...]:
    """The answers to choose from, the contested one first, each with those who hold it.

    Only what was said since the dispute was last opened counts, and nothing that was taken back.
    """
    said = [one for one in thread if not one.withdrawn]
    starts = [number for number, one in enumerate(said) if one.kind is MessageKind.OPENED]
    if not starts:
        return ()
    first = starts[-1]
    if first and said[first - 1].batch == said[first].batch:
        first -= 1
    found: list[Option] = []
    for message in said[first:]:
        if message.opinion is None or message.kind is MessageKind.SETTLED:
            continue
        for number, option in enumerate(found):
            if option.opinion.same_as(message.opinion):
                if message.by not in option.by:
                    found[number] = Option(option.opinion, (*option.by, message.by))
                break
        else:
            found.append(Option(message.opinion, (message.by,)))
    return tuple(found)


def _settler(work: UnitOfWork, by: Person, on_behalf_of: str) -> str:
    """Whose answer it is; refuses who may neither settle nor record a settlement."""
    if on_behalf_of:
        work.people.require(by, Right.RECORD_SETTLEMENT)
        named_one = work.people.secret(on_behalf_of)
        if named_one is not None and named_one.member.role is not Role.CLINICIAN:
            raise RefusedError(_("{name} is not a clinician.").format(name=on_behalf_of))
        return on_behalf_of
    work.people.require(by, Right.SETTLE)
    return by.name


def _dispute(local: LocalCode, mapping: Mapping, thread: tuple[DisputeMessage, ...]) -> Dispute:
    kept = tuple(one for one in thread if not one.withdrawn)
    return Dispute(local, mapping, options(kept), kept)
