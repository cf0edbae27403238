"""Refinements of coarse local codes and waivers of judgement rules."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    op.create_table(
        "waiver",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("local_id", _ROW_ID, sa.ForeignKey("local_code.id"), nullable=False, index=True),
        _text("rule_id"),
        _text("reason"),
        _text("by"),
        sa.Column("role", sa.String(16)),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _text("answer"),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.CheckConstraint("reason <> ''", name="has_reason"),
    )
    op.create_table(
        "refinement",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("local_id", _ROW_ID, sa.ForeignKey("local_code.id"), nullable=False, index=True),
        sa.Column("revision", sa.Integer, nullable=False),
        _text("started_by"),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("effective", sa.Date),
        _text("signed_by"),
        sa.Column("signed_at", _MOMENT),
        _text("residual_allowed_by"),
    )
    _create_children()


def _create_children() -> None:
    op.create_table(
        "refinement_child",
        sa.Column(
            "refinement_id",
            sa.Integer,
            sa.ForeignKey("refinement.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        _text("code"),
        _text("name"),
        sa.Column("relation", sa.String(16), nullable=False),
        sa.Column("targets", sa.JSON, nullable=False),
        _text("note"),
        sa.Column("residual", sa.Boolean, nullable=False),
        sa.Column("local_id", _ROW_ID, sa.ForeignKey("local_code.id")),
        _text("renamed_from"),
    )
