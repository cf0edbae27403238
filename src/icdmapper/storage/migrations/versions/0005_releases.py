"""Published releases, never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("expires", sa.Date, nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION release_is_frozen() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a release is never changed'; END $$"
        )
        op.execute(
            "CREATE TRIGGER release_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON release "
            "FOR EACH STATEMENT EXECUTE FUNCTION release_is_frozen()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER release_no_{verb.lower()} BEFORE {verb} ON release "
            "BEGIN SELECT RAISE(ABORT, 'a release is never changed'); END"
        )
