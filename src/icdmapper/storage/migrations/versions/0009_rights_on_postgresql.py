"""PostgreSQL enforces roles itself, because whoever holds an account can do without the desktop.

Nothing is enforced while no person has an account of the server. A file has no accounts.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Which role may take a mapping from one state to another: every step of the state machine with the
# roles it is for, and the way back, because an undo is the same person's act.
_STEPS = {
    ("checked", "decided"): "checker",
    ("checked", "disputed"): "checker clinician coder coordinator",
    ("checked", "no_counterpart"): "checker",
    ("checked", "open"): "checker coordinator",
    ("checked", "refining"): "checker coder coordinator",
    ("checked", "retired"): "coordinator it",
    ("decided", "checked"): "checker",
    ("decided", "decided"): "checker coder",
    ("decided", "disputed"): "checker clinician coder coordinator",
    ("decided", "no_counterpart"): "checker coder",
    ("decided", "open"): "checker coder coordinator",
    ("decided", "refining"): "checker coder coordinator",
    ("decided", "retired"): "checker coordinator it",
    ("disputed", "checked"): "checker clinician coder coordinator",
    ("disputed", "decided"): "checker clinician coder coordinator",
    ("disputed", "disputed"): "checker clinician coder coordinator",
    ("disputed", "no_counterpart"): "checker clinician coder coordinator",
    ("disputed", "open"): "checker clinician coder coordinator",
    ("disputed", "refining"): "checker coder coordinator",
    ("disputed", "retired"): "coordinator it",
    ("disputed", "settled"): "clinician coordinator",
    ("no_counterpart", "checked"): "checker",
    ("no_counterpart", "decided"): "checker coder",
    ("no_counterpart", "disputed"): "checker clinician coder coordinator",
    ("no_counterpart", "no_counterpart"): "checker coder",
    ("no_counterpart", "open"): "checker coder coordinator",
    ("no_counterpart", "refining"): "checker coder coordinator",
    ("no_counterpart", "retired"): "coordinator it",
    ("open", "checked"): "checker coordinator",
    ("open", "decided"): "checker coder coordinator",
    ("open", "disputed"): "checker clinician coder coordinator",
    ("open", "no_counterpart"): "checker coder coordinator",
    ("open", "refining"): "checker coder coordinator",
    ("open", "retired"): "clinician coordinator it",
    ("open", "settled"): "clinician coordinator",
    ("refining", "checked"): "checker coder coordinator",
    ("refining", "decided"): "checker coder coordinator",
    ("refining", "disputed"): "checker coder coordinator",
    ("refining", "no_counterpart"): "checker coder coordinator",
    ("refining", "open"): "checker coder coordinator",
    ("refining", "retired"): "checker coordinator it",
    ("refining", "settled"): "checker coder coordinator",
    ("retired", "checked"): "coordinator it",
    ("retired", "decided"): "checker coordinator it",
    ("retired", "disputed"): "coordinator it",
    ("retired", "no_counterpart"): "coordinator it",
    ("retired", "open"): "clinician coordinator it",
    ("retired", "refining"): "checker coordinator it",
    ("retired", "settled"): "coordinator it",
    ("settled", "disputed"): "clinician coordinator",
    ("settled", "open"): "clinician coordinator",
    ("settled", "refining"): "checker coder coordinator",
    ("settled", "retired"): "coordinator it",
}

_WHO = """
CREATE FUNCTION acting_person() RETURNS person LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
BEGIN
  -- The owner of the tables sets the project up, and could switch every rule off anyway.
  IF NOT EXISTS (SELECT 1 FROM person WHERE account <> '') OR session_user =
     (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'event'::regclass) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO who FROM person WHERE account = session_user AND active;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the account is no person of this project' USING ERRCODE = '42501';
  END IF;
  RETURN who;
END $$
"""
_MAPPING = """
CREATE FUNCTION mapping_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
  before text := 'open';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    before := OLD.state;
  END IF;
  IF who.name IS NULL OR (before = NEW.state AND NEW.state <> 'decided') THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM state_step
                 WHERE was = before AND becomes = NEW.state AND role = who.role) THEN
    RAISE EXCEPTION 'role % may not make % of %', who.role, NEW.state, before
      USING ERRCODE = '42501';
  END IF;
  IF NEW.state = 'checked' AND before <> 'checked' AND NEW.checked_by <> who.name
     AND before = 'decided' THEN
    RAISE EXCEPTION 'a check is signed by who makes it' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$
"""
_EVENT = """
CREATE FUNCTION event_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NOT NULL AND NEW."by" <> who.name THEN
    RAISE EXCEPTION 'an act is signed by who does it' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$
"""
_PERSON = """
CREATE FUNCTION person_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NOT NULL AND who.role <> 'coordinator' THEN
    RAISE EXCEPTION 'only a coordinator changes people' USING ERRCODE = '42501';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""
_RELEASE = """
CREATE FUNCTION release_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NOT NULL AND who.role <> 'coordinator' THEN
    RAISE EXCEPTION 'only a coordinator publishes' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$
"""
_TRIGGERS = (
    "CREATE TRIGGER mapping_right BEFORE INSERT OR UPDATE ON mapping "
    "FOR EACH ROW EXECUTE FUNCTION mapping_right()",
    # Before the chain's own triggers, which go by name.
    "CREATE TRIGGER event_actor BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_right()",
    "CREATE TRIGGER person_right BEFORE INSERT OR UPDATE OR DELETE ON person "
    "FOR EACH ROW EXECUTE FUNCTION person_right()",
    "CREATE TRIGGER release_right BEFORE INSERT ON release "
    "FOR EACH ROW EXECUTE FUNCTION release_right()",
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE TABLE state_step (was text NOT NULL, becomes text NOT NULL, role text NOT NULL, "
        "PRIMARY KEY (was, becomes, role))"
    )
    rows = ", ".join(
        f"('{was}', '{becomes}', '{role}')"
        for (was, becomes), roles in _STEPS.items()
        for role in roles.split()
    )
    op.execute(f"INSERT INTO state_step VALUES {rows}")
    for statement in (_WHO, _MAPPING, _EVENT, _PERSON, _RELEASE, *_TRIGGERS):
        op.execute(statement)
