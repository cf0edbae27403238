"""Second checks and the threads of disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from icdmapper.model.checks import DisputeMessage, MessageKind, SamplingPlan, SecondCheck
from icdmapper.storage.tables import dispute_message, sampling_plan, second_check
from icdmapper.storage.values import moment, opinion_from_json, opinion_to_json, stored_moment


class Checks:
    """Second checks and dispute messages inside one unit of work; nothing is ever removed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, checks: Sequence[SecondCheck]) -> None:
        """Store checks with both answers."""
        rows = [
            {
                "local_id": one.local_id,
                "at": stored_moment(one.at),
                "checker": one.checker,
                "decider": one.decider,
                "agreed": one.agreed,
                "blind": one.blind,
                "decided": opinion_to_json(one.decided),
                "chosen": opinion_to_json(one.chosen),
                "batch": one.batch,
                "withdrawn": one.withdrawn,
            }
            for one in checks
        ]
        if rows:
            self._connection.execute(insert(second_check), rows)

    def all(self, *, withdrawn: bool = False) -> tuple[SecondCheck, ...]:
        """Every check, oldest first; without those taken back unless asked for."""
        query = select(second_check).order_by(second_check.c.id)
        if not withdrawn:
            query = query.where(second_check.c.withdrawn.is_(False))
        return tuple(_check(row) for row in self._connection.execute(query))

    def add_plan(self, plan: SamplingPlan) -> SamplingPlan:
        """Keep a sampling plan; the newest one is in force. It is returned with its id."""
        new_id = self._connection.execute(
            insert(sampling_plan)
            .values(
                at=stored_moment(plan.at),
                by=plan.by,
                seed=plan.seed,
                rest=plan.rest,
                risky=list(plan.risky),
                sample=list(plan.sample),
            )
            .returning(sampling_plan.c.id)
        ).scalar_one()
        return replace(plan, id=new_id)

    def withdraw_plan(self, plan_id: int, *, withdrawn: bool) -> None:
        """Mark a sampling plan as taken back, or as in force again."""
        self._connection.execute(
            update(sampling_plan).where(sampling_plan.c.id == plan_id).values(withdrawn=withdrawn)
        )

    def plan(self) -> SamplingPlan | None:
        """The sampling plan in force."""
        query = (
            select(sampling_plan)
            .where(sampling_plan.c.withdrawn.is_(False))
            .order_by(sampling_plan.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        if row is None:
            return None
        at = moment(row.at)
        assert at is not None
        return SamplingPlan(
            row.id, at, row.by, row.seed, row.rest, tuple(row.risky), tuple(row.sample)
        )

    def say(self, messages: Sequence[DisputeMessage]) -> None:
        """Append messages to the threads of their local codes, in order."""
        rows = [
            {
                "local_id": one.local_id,
                "at": stored_moment(one.at),
                "by": one.by,
                "kind": one.kind.value,
                "text": one.text,
                "choice": opinion_to_json(one.opinion) if one.opinion else None,
                "batch": one.batch,
                "withdrawn": one.withdrawn,
            }
            for one in messages
        ]
        if rows:
            self._connection.execute(insert(dispute_message), rows)

    def thread(self, local_id: int) -> tuple[DisputeMessage, ...]:
        """The messages about a local code, oldest first, those taken back included."""
        return self.threads((local_id,)).get(local_id, ())

    def threads(self, local_ids: Sequence[int]) -> dict[int, tuple[DisputeMessage, ...]]:
        """The threads of several local codes that have one."""
        found: dict[int, list[DisputeMessage]] = {}
        for start in range(0, len(local_ids), 500):
            query = (
                select(dispute_message)
                .where(dispute_message.c.local_id.in_(local_ids[start : start + 500]))
                .order_by(dispute_message.c.id)
            )
            for row in self._connection.execute(query):
                found.setdefault(row.local_id, []).append(_message(row))
        return {local_id: tuple(messages) for local_id, messages in found.items()}

    def withdraw(self, batch: str, *, withdrawn: bool) -> None:
        """Mark what a gesture said as taken back, or as said again."""
        for table in (second_check, dispute_message):
            self._connection.execute(
                update(table).where(table.c.batch == batch).values(withdrawn=withdrawn)
            )


def _check(row: Row[*tuple[Any, ...]]) -> SecondCheck:
    at = moment(row.at)
    assert at is not None
    return SecondCheck(
        local_id=row.local_id,
        at=at,
        checker=row.checker,
        decider=row.decider,
        blind=row.blind,
        agreed=row.agreed,
        decided=opinion_from_json(row.decided),
        chosen=opinion_from_json(row.chosen),
        batch=row.batch,
        withdrawn=row.withdrawn,
    )


def _message(row: Row[*tuple[Any, ...]]) -> DisputeMessage:
    at = moment(row.at)
    assert at is not None
    return DisputeMessage(
        local_id=row.local_id,
        at=at,
        by=row.by,
        kind=MessageKind(row.kind),
        text=row.text,
        opinion=opinion_from_json(row.choice) if row.choice else None,
        batch=row.batch,
        withdrawn=row.withdrawn,
        id=row.id,
    )
