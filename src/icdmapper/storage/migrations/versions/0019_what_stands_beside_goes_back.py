"""What stands beside the mappings can be taken back: a sampling plan, a permission, a waiver.

A plan that was drawn is marked, as a check is. On PostgreSQL whoever drew it marks it, a clinician
may take back what they allowed themselves, and a waiver taken back or given anew by undo and redo
is told by their acts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_PLAN = """
CREATE OR REPLACE FUNCTION plan_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM require_right(who, 'assign', 'check');
  PERFORM require_signed(who, NEW."by");
  IF TG_OP = 'UPDATE' THEN
    PERFORM require_flag_alone(to_jsonb(OLD), to_jsonb(NEW));
  ELSIF NEW.withdrawn THEN
    RAISE EXCEPTION 'a plan begins in force' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$
"""
_NOT_REFUSED = "NEW.residual_allowed_by = '' AND OLD.residual_allowed_by <> ''"
_OR_OWN = "NEW.residual_allowed_by = '' AND OLD.residual_allowed_by NOT IN ('', who.name)"
_TOLD = "'waived', 'refined', 'merged'"
_OR_REPLAYED = "'waived', 'refined', 'merged', 'undone', 'redone'"


def upgrade() -> None:
    op.add_column(
        "sampling_plan",
        sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TRIGGER kept_right ON sampling_plan")
    op.execute("DROP TRIGGER plan_right ON sampling_plan")
    op.execute(_PLAN)
    op.execute(
        "CREATE TRIGGER plan_right BEFORE INSERT OR UPDATE ON sampling_plan "
        "FOR EACH ROW EXECUTE FUNCTION plan_right()"
    )
    op.execute(
        "CREATE TRIGGER kept_right BEFORE DELETE ON sampling_plan "
        "FOR EACH ROW EXECUTE FUNCTION kept_right()"
    )
    _rewrite("refinement_right", _NOT_REFUSED, _OR_OWN)
    _rewrite("waiver_told", _TOLD, _OR_REPLAYED)


def _rewrite(name: str, was: str, becomes: str) -> None:
    """Change one place in a function that stands, and leave the rest of it as it is."""
    text = (
        op.get_bind()
        .execute(sa.text("SELECT pg_get_functiondef(CAST(:name AS regproc))"), {"name": name})
        .scalar_one()
    )
    assert text.count(was) == 1, name
    op.execute(text.replace(was, becomes))
