"""Read and write proposals: one row per local code, made again at will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from icdmapper.model.proposals import Proposal
from icdmapper.storage.tables import proposal
from icdmapper.storage.values import proposal_from_text, proposal_to_text


@dataclass(frozen=True, slots=True)
class ProposalHead:
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
        ids = [one.local_id for one in proposals]
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            self._connection.execute(delete(proposal).where(proposal.c.local_id.in_(part)))
        if proposals:
            self._connection.execute(insert(proposal), [_row(one) for one in proposals])

    def get(self, local_id: int) -> Proposal | None:
        """The stored proposal of a local code."""
        query = select(proposal.c.safe, proposal.c.content).where(proposal.c.local_id == local_id)
        row = self._connection.execute(query).first()
        return proposal_from_text(local_id, row.safe, row.content) if row else None

    def get_many(self, local_ids: Sequence[int]) -> tuple[Proposal, ...]:
        """The stored proposals of several local codes; those without one are left out."""
        found: list[Proposal] = []
        for start in range(0, len(local_ids), 500):
            part = local_ids[start : start + 500]
            rows = self._connection.execute(
                select(proposal.c.local_id, proposal.c.safe, proposal.c.content).where(
                    proposal.c.local_id.in_(part)
                )
            )
            found.extend(proposal_from_text(row.local_id, row.safe, row.content) for row in rows)
        return tuple(found)

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
        return {row[0]: ProposalHead(*row) for row in rows}

    def count(self) -> int:
        """How many local codes have a stored proposal."""
        return int(
            self._connection.execute(select(func.count()).select_from(proposal)).scalar_one()
        )

    def remove_all(self) -> None:
        """Forget every proposal: a code set was replaced and they speak of the old one."""
        self._connection.execute(delete(proposal))


def _row(one: Proposal) -> dict[str, object]:
    best = one.candidates[0] if one.candidates else None
    return {
        "local_id": one.local_id,
        "best_reference_id": best.reference_id if best else None,
        "best_code": best.code if best else "",
        "best_name": best.name if best else "",
        "best_score": best.score if best else 0.0,
        "safe": one.safe,
        "contradiction": bool(best and best.contradictions),
        "content": proposal_to_text(one),
    }
