"""What a re-import of a code set changed, and what it re-opened."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
