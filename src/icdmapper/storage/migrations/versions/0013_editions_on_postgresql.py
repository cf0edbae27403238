"""On PostgreSQL a new edition, taken by the coordinator, may change an answer within its state.

The targets of an answer that stands move to the entries of the new edition.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = (
    "open", "decided", "checked", "disputed", "settled", "refining", "no_counterpart", "retired",
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        rows = ", ".join(f"('{state}', '{state}', 'coordinator', true)" for state in _STATES)
        op.execute(f"INSERT INTO state_step (was, becomes, role, forward) VALUES {rows}")
