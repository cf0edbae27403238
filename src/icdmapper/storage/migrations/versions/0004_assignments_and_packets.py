"""Assignments of rows to people and the packets that clinicians fill."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "packet",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
    )
    op.create_table(
        "assignment",
        sa.Column("local_id", _ROW_ID, sa.ForeignKey("local_code.id"), primary_key=True),
        sa.Column("person", sa.Text, nullable=False, index=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
