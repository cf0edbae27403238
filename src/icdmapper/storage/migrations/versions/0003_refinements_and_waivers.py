"""Refinements of coarse local codes and waivers of judgement rules."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
