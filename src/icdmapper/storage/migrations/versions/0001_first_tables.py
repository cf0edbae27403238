"""First tables: code sets, codes, mappings, proposals and the append-only event log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _owner(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, _ROW_ID, sa.ForeignKey(target), primary_key=True, autoincrement=False)


def upgrade() -> None:
    _create_code_tables()
    _create_mapping_tables()
    _create_event_log()


def _create_code_tables() -> None:
    op.create_table(
        "code_set",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("system", sa.String(8)),
        _text("name"),
        _text("edition"),
        _text("source"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("imported_at", _MOMENT, nullable=False),
        _text("imported_by"),
        sa.Column("in_use", sa.Boolean, nullable=False),
        sa.CheckConstraint("side in ('reference', 'local')", name="side_known"),
    )
    shared = ("code", "canonical", "name")
    op.create_table(
        "reference_code",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column(
            "code_set_id", sa.Integer, sa.ForeignKey("code_set.id"), nullable=False, index=True
        ),
        *map(_text, shared),
        sa.Column("kind", sa.String(16), nullable=False),
        _text("initials"),
        _text("operation_kind"),
        sa.Column("row", sa.Integer, nullable=False),
    )
    op.create_table(
        "local_code",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column(
            "code_set_id", sa.Integer, sa.ForeignKey("code_set.id"), nullable=False, index=True
        ),
        *map(_text, shared),
        sa.Column("kind", sa.String(16), nullable=False),
        _text("initials"),
        _text("attached_code"),
        sa.Column("frequency", sa.Integer),
        _text("department"),
        sa.Column("row", sa.Integer, nullable=False),
    )


def _create_mapping_tables() -> None:
    op.create_table(
        "mapping",
        _owner("local_id", "local_code.id"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("relation", sa.String(16)),
        sa.Column("targets", sa.JSON, nullable=False),
        _text("note"),
        _text("decided_by"),
        sa.Column("decided_at", _MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("version >= 1", name="version_counts"),
    )
    op.create_table(
        "mapping_target",
        _owner("local_id", "mapping.local_id"),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "reference_id",
            _ROW_ID,
            sa.ForeignKey("reference_code.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("role", sa.String(16), nullable=False),
    )
    op.create_table(
        "proposal",
        _owner("local_id", "local_code.id"),
        sa.Column("best_reference_id", _ROW_ID),
        _text("best_code"),
        _text("best_name"),
        sa.Column("best_score", sa.Float, nullable=False),
        sa.Column("safe", sa.Boolean, nullable=False),
        sa.Column("contradiction", sa.Boolean, nullable=False),
        _text("content"),
    )
    heads = ["local_id", "best_code", "best_name", "best_score", "safe", "contradiction"]
    op.create_index("ix_proposal_heads", "proposal", heads)


def _create_event_log() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("act", sa.String(16), nullable=False),
        _text("by"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
        sa.Column("local_id", _ROW_ID),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("undoes", sa.String(32), nullable=False),
        _text("detail"),
    )
    op.create_index("ix_event_local_id", "event", ["local_id"])
    op.create_index("ix_event_batch", "event", ["batch"])
    op.create_index("ix_event_by_id", "event", ["by", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
            "FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
            "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
        )


def downgrade() -> None:
    for table in (
        "event",
        "proposal",
        "mapping_target",
        "mapping",
        "local_code",
        "reference_code",
        "code_set",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION event_is_append_only()")
