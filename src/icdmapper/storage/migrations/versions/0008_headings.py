"""Which rows of a reference set only stand above others."""

import sqlalchemy as sa
from alembic import op

from icdmapper.model.icd import is_heading, subdivisions

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reference_code") as table:
        table.add_column(
            sa.Column("heading", sa.Boolean, nullable=False, server_default=sa.false())
        )
    connection = op.get_bind()
    stored = sa.table(
        "reference_code",
        sa.column("id"), sa.column("code_set_id"), sa.column("code"), sa.column("heading"),
    )  # fmt: skip
    sets: dict[int, list[tuple[int, str]]] = {}
    for row in connection.execute(sa.select(stored.c.id, stored.c.code_set_id, stored.c.code)):
        sets.setdefault(row.code_set_id, []).append((row.id, row.code))
    for rows in sets.values():
        above = subdivisions(code for _id, code in rows)
        headings = [id_ for id_, code in rows if is_heading(code, above)]
        for start in range(0, len(headings), 500):
            connection.execute(
                sa.update(stored)
                .where(stored.c.id.in_(headings[start : start + 500]))
                .values(heading=True)
            )
