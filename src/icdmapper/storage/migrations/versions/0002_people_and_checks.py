"""People, second checks, disputes and the hash chain of the event log."""

import uuid

import sqlalchemy as sa
from alembic import op

from icdmapper.storage import chain

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    # One statement, because SQLite can add a column with its rule but no rule alone.
    op.execute(
        "ALTER TABLE mapping ADD COLUMN checked_by TEXT NOT NULL DEFAULT '' CONSTRAINT "
        "ck_mapping_checker_is_another CHECK (checked_by = '' OR checked_by <> decided_by)"
    )
    op.add_column("mapping", sa.Column("checked_at", _MOMENT))
    _create_people()
    _create_checks()
    _chain_events()


def _create_people() -> None:
    op.create_table(
        "person",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        _text("account"),
        _text("pin_hash"),
        sa.Column("failed_tries", sa.Integer, nullable=False),
        sa.Column("locked_until", _MOMENT),
    )


def _create_checks() -> None:
    def owner() -> sa.Column[int]:
        reference = sa.ForeignKey("local_code.id")
        return sa.Column("local_id", _ROW_ID, reference, nullable=False, index=True)

    def batch() -> sa.Column[str]:
        return sa.Column("batch", sa.String(32), nullable=False, index=True)

    op.create_table(
        "second_check",
        sa.Column("id", _ROW_ID, primary_key=True),
        owner(),
        sa.Column("at", _MOMENT, nullable=False),
        _text("checker"),
        _text("decider"),
        sa.Column("agreed", sa.Boolean, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("decided", sa.JSON, nullable=False),
        sa.Column("chosen", sa.JSON, nullable=False),
        batch(),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.CheckConstraint("checker <> decider", name="checker_is_another"),
    )
    op.create_table(
        "sampling_plan",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        _text("by"),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("rest", sa.Integer, nullable=False),
        sa.Column("risky", sa.JSON, nullable=False),
        sa.Column("sample", sa.JSON, nullable=False),
    )
    op.create_table(
        "dispute_message",
        sa.Column("id", _ROW_ID, primary_key=True),
        owner(),
        sa.Column("at", _MOMENT, nullable=False),
        _text("by"),
        sa.Column("kind", sa.String(16), nullable=False),
        _text("text"),
        sa.Column("choice", sa.JSON),
        batch(),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )


def _chain_events() -> None:
    """Give the log its hashes, those of events recorded before included."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("event", sa.Column("hash", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("project", sa.String(32), nullable=False),
        sa.Column("count", _ROW_ID, nullable=False),
        sa.Column("last_id", _ROW_ID, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    _fill_chain(postgresql)
    if postgresql:
        for statement in (
            chain.POSTGRES_BEGIN,
            chain.POSTGRES_ROW,
            chain.POSTGRES_END,
            *chain.POSTGRES_TRIGGERS,
        ):
            op.execute(statement)


def _fill_chain(postgresql: bool) -> None:
    bind = op.get_bind()
    refusing = "DROP TRIGGER event_no_update"
    if postgresql:
        refusing = "ALTER TABLE event DISABLE TRIGGER event_append_only"
    op.execute(refusing)
    project = uuid.uuid4().hex
    before, last, count = chain.genesis(project), 0, 0
    update = sa.text("UPDATE event SET hash = :hash WHERE id = :id")
    for row in bind.exec_driver_sql(chain.select_rows(postgresql)).all():
        before, last, count = chain.linked(before, row[:-1]), row[0], count + 1
        bind.execute(update, {"hash": before, "id": last})
    bind.execute(
        sa.text("INSERT INTO chain_head VALUES (1, :project, :count, :last_id, :hash)"),
        {"project": project, "count": count, "last_id": last, "hash": before},
    )
    if postgresql:
        op.execute("ALTER TABLE event ENABLE TRIGGER event_append_only")
        return
    op.execute(
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
        "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
    )
