"""A packet that was handed out can be taken back while none of its questions has moved.

It is marked, as a plan is (0019); on PostgreSQL whoever handed it out marks it. A remark is marked
by the rules that stand for all that is said (0014, 0015).
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_PACKET = """
CREATE OR REPLACE FUNCTION packet_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM require_right(who, 'record_settlement');
  PERFORM require_signed(who, NEW.made_by);
  IF TG_OP = 'UPDATE' THEN
    PERFORM require_flag_alone(to_jsonb(OLD), to_jsonb(NEW));
  ELSIF NEW.withdrawn THEN
    RAISE EXCEPTION 'a packet begins handed out' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "packet", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false())
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TRIGGER kept_right ON packet")
    op.execute("DROP TRIGGER packet_right ON packet")
    op.execute(_PACKET)
    op.execute(
        "CREATE TRIGGER packet_right BEFORE INSERT OR UPDATE ON packet "
        "FOR EACH ROW EXECUTE FUNCTION packet_right()"
    )
    op.execute(
        "CREATE TRIGGER kept_right BEFORE DELETE ON packet "
        "FOR EACH ROW EXECUTE FUNCTION kept_right()"
    )
