"""An edition knows which one it replaced, and a kept wording which entry it is of.

With both a new edition can be taken back: what went on bears its earlier wording again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing can be said of editions taken before: those stay.
    op.add_column("code_set", sa.Column("replaced_id", sa.Integer))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for table in ("reference_code", "local_code"):
        op.add_column(table, sa.Column("wording_of", big))
