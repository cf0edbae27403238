"""Read and write proposals: one row per local code, made again at will."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from icdmapper.model.mapping import ANSWERED
from icdmapper.model.proposals import Proposal
from icdmapper.storage.tables import code_set, local_code, mapping, proposal, reference_code
from icdmapper.storage.values import proposal_from_text, proposal_to_row

_AT_ONCE = 500
_EARLIER = delete(proposal).where(proposal.c.local_id.in_(bindparam("answered", expanding=True)))


class ProposalHead(NamedTuple):
    """What the worklist shows of a proposal without reading all of it."""

    local_id: int
    best_code: str
    best_name: str
    best_score: float
    safe: bool
    contradiction: bool


class Proposals:
    """Proposals inside one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_many(self, proposals: Sequence[Proposal]) -> None:
        """Store proposals in place of the earlier ones of the same local codes."""
        self.save_rows([proposal_to_row(one) for one in proposals])

    def save_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """The same for proposals made ready by `values.proposal_to_row`."""
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            self._connection.execute(_EARLIER, {"answered": [row["local_id"] for row in part]})
            self._connection.execute(insert(proposal), part)

    def get(self, local_id: int) -> Proposal | None:
        """The stored proposal of a local code."""
        query = select(proposal.c.safe, proposal.c.content).where(proposal.c.local_id == local_id)
        row = self._connection.execute(query).first()
        return proposal_from_text(local_id, row.safe, row.content) if row else None

    def get_many(
        self, local_ids: Sequence[int], *, best_only: bool = False
    ) -> tuple[Proposal, ...]:
        """The stored proposals of several local codes; those without one are left out.

        With `best_only` each holds its first candidate alone.
        """
        found: list[Proposal] = []
        for start in range(0, len(local_ids), _AT_ONCE):
            part = local_ids[start : start + _AT_ONCE]
            rows = self._connection.execute(
                select(proposal.c.local_id, proposal.c.safe, proposal.c.content).where(
                    proposal.c.local_id.in_(part)
                )
            )
            found.extend(
                proposal_from_text(local_id, safe, content, best_only=best_only)
                for local_id, safe, content in rows
            )
        return tuple(found)

    def open_near(self, beginnings: Iterable[str]) -> tuple[tuple[int, str, str], ...]:
        """Unanswered local codes whose own code, or that of their best candidate, begins so.

        For each its id, its canonical code and that of the candidate.
        """
        wanted = sorted(beginnings)
        answered = select(mapping.c.local_id).where(
            mapping.c.state.in_([state.value for state in ANSWERED])
        )
        # All of them are two characters long: see `matching.proposer`.
        width = max(map(len, wanted), default=0)
        mine, theirs = local_code.c.canonical, func.coalesce(reference_code.c.canonical, "")
        query = (
            select(local_code.c.id, mine, theirs)
            .join(proposal, proposal.c.local_id == local_code.c.id)
            .join(code_set, code_set.c.id == local_code.c.code_set_id)
            .outerjoin(reference_code, reference_code.c.id == proposal.c.best_reference_id)
            .where(
                code_set.c.in_use,
                local_code.c.id.not_in(answered),
                or_(
                    func.substr(mine, 1, width).in_(wanted),
                    func.substr(theirs, 1, width).in_(wanted),
                ),
            )
            .order_by(local_code.c.id)
        )
        return tuple((id_, own, best) for id_, own, best in self._connection.execute(query))

    def heads(self) -> dict[int, ProposalHead]:
        """The heads of all stored proposals, by local code."""
        rows = self._connection.execute(
            select(
                proposal.c.local_id,
                proposal.c.best_code,
                proposal.c.best_name,
                proposal.c.best_score,
                proposal.c.safe,
                proposal.c.contradiction,
            )
        )
        # Many local codes have the same best entry: its code and name are held once.
        once: dict[str, str] = {}
        return {
            local_id: ProposalHead(
                local_id, once.setdefault(code, code), once.setdefault(name, name), *rest
            )
            for local_id, code, name, *rest in rows.all()
        }

    def count(self) -> int:
        """How many local codes have a stored proposal."""
        return int(
            self._connection.execute(select(func.count()).select_from(proposal)).scalar_one()
        )

    def remove_all(self) -> None:
        """Forget every proposal: a code set was replaced and they speak of the old one."""
        self._connection.execute(delete(proposal))
