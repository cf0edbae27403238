"""On PostgreSQL what stands beside a mapping is kept by roles too: checks, waivers, plans, codes.

Each row is signed by who writes it, and only where the table of rights allows the act. What was
said, checked or waived is never rewritten; a flag takes it back. What a merge brings from a copy
comes in other names, so each code it touches must be told in the log (0010).
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_WHO_MAY = {
    "import": "coder checker coordinator it",
    "take_edition": "coordinator",
    "decide": "coder checker",
    "check": "checker",
    "dispute": "coder checker clinician coordinator",
    "comment": "coder checker clinician coordinator",
    "settle": "clinician",
    "record_settlement": "coordinator",
    "reopen": "coder checker coordinator",
    "reopen_checked": "checker coordinator",
    "reopen_settled": "clinician coordinator",
    "refine": "coder checker coordinator",
    "sign_refinement": "checker coordinator",
    "retire": "coordinator it",
    "waive": "checker clinician coordinator",
    "assign": "coordinator",
    "release": "coordinator",
    "manage_people": "coordinator",
}
"""As `model.people.WHO_MAY`; a test keeps the two equal."""

_MERGES = """
CREATE FUNCTION merges(who person, local_id bigint) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF who.role <> 'coordinator'
     OR NOT EXISTS (SELECT 1 FROM merge_ticket WHERE txid = txid_current()) THEN
    RETURN false;
  END IF;
  INSERT INTO merge_row VALUES (txid_current(), merges.local_id) ON CONFLICT DO NOTHING;
  RETURN true;
END $$
"""
_HOLDS = """
CREATE FUNCTION holds(who person, VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT EXISTS (SELECT 1 FROM role_right WHERE role = who.role AND act = ANY (wanted))
$$
"""
_REQUIRE = """
CREATE FUNCTION require_right(who person, VARIADIC wanted text[]) RETURNS void LANGUAGE plpgsql
STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT holds(who, VARIADIC wanted) THEN
    RAISE EXCEPTION 'role % may not %', who.role, wanted[1] USING ERRCODE = '42501';
  END IF;
END $$
"""
_SIGNED = """
CREATE FUNCTION require_signed(who person, name text) RETURNS void LANGUAGE plpgsql
STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF name <> who.name THEN
    RAISE EXCEPTION 'a row is signed by who writes it' USING ERRCODE = '42501';
  END IF;
END $$
"""
_FLAG = """
CREATE FUNCTION require_flag_alone(was jsonb, becomes jsonb) RETURNS void LANGUAGE plpgsql
STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF was - 'withdrawn' <> becomes - 'withdrawn' THEN
    RAISE EXCEPTION 'what was said is not rewritten' USING ERRCODE = '42501';
  END IF;
END $$
"""
_OWN = """
CREATE FUNCTION require_own_gesture(who person, gesture text) RETURNS void LANGUAGE plpgsql
STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF NOT coalesce((SELECT bool_and("by" = who.name) FROM event WHERE batch = gesture), false) THEN
    RAISE EXCEPTION 'only who said it takes it back' USING ERRCODE = '42501';
  END IF;
END $$
"""


def _function(name: str, body: str) -> str:
    """A trigger function that lets the owner through and then does what `body` says."""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$\n"
        "DECLARE\n  who person%ROWTYPE := acting_person();\n"
        "BEGIN\n  IF who.name IS NULL THEN\n    RETURN coalesce(NEW, OLD);\n  END IF;\n"
        f"{body}\n  RETURN coalesce(NEW, OLD);\nEND $$"
    )


_KEPT = """
  RAISE EXCEPTION 'nothing is removed here or rewritten' USING ERRCODE = '42501';
"""
_CHECK = """
  IF TG_OP = 'UPDATE' THEN
    PERFORM require_flag_alone(to_jsonb(OLD), to_jsonb(NEW));
    PERFORM require_own_gesture(who, NEW.batch);
    RETURN NEW;
  END IF;
  IF merges(who, NEW.local_id) THEN
    RETURN NEW;
  END IF;
  PERFORM require_right(who, 'check');
  PERFORM require_signed(who, NEW.checker);
  IF NEW.withdrawn OR NOT EXISTS (
    SELECT 1 FROM mapping WHERE mapping.local_id = NEW.local_id
      AND state IN ('decided', 'no_counterpart') AND decided_by = NEW.decider
      AND lower(trim(decided_by)) <> lower(trim(who.name))
  ) THEN
    RAISE EXCEPTION 'a check is of a decision that another person made' USING ERRCODE = '42501';
  END IF;
"""
_PLAN = """
  PERFORM require_right(who, 'assign', 'check');
  PERFORM require_signed(who, NEW."by");
"""
_MESSAGE = """
  IF TG_OP = 'UPDATE' THEN
    PERFORM require_flag_alone(to_jsonb(OLD), to_jsonb(NEW));
    PERFORM require_own_gesture(who, NEW.batch);
    RETURN NEW;
  END IF;
  IF merges(who, NEW.local_id) THEN
    RETURN NEW;
  END IF;
  IF NEW.withdrawn OR EXISTS (SELECT 1 FROM event WHERE batch = NEW.batch AND "by" <> who.name) THEN
    RAISE EXCEPTION 'nobody speaks within the act of another' USING ERRCODE = '42501';
  END IF;
  IF NEW.kind = 'decided' THEN
    PERFORM require_right(who, 'dispute');
    IF NOT EXISTS (SELECT 1 FROM mapping WHERE mapping.local_id = NEW.local_id
                   AND decided_by = NEW."by" AND note = NEW.text) THEN
      RAISE EXCEPTION 'a quoted answer is the one that stands' USING ERRCODE = '42501';
    END IF;
  ELSIF NEW.kind = 'settled' AND holds(who, 'record_settlement') THEN
    IF EXISTS (SELECT 1 FROM person WHERE name = NEW."by" AND role <> 'clinician') THEN
      RAISE EXCEPTION 'a settlement is recorded for a clinician' USING ERRCODE = '42501';
    END IF;
  ELSE
    PERFORM require_right(who, CASE NEW.kind WHEN 'settled' THEN 'settle'
      WHEN 'opened' THEN 'dispute' ELSE 'comment' END);
    PERFORM require_signed(who, NEW."by");
  END IF;
"""
_WAIVER = """
  IF TG_OP = 'UPDATE' THEN
    PERFORM require_right(who, 'waive');
    PERFORM require_flag_alone(to_jsonb(OLD), to_jsonb(NEW));
    IF OLD.withdrawn AND NOT NEW.withdrawn THEN
      RAISE EXCEPTION 'a waiver taken back is given anew' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
  END IF;
  IF merges(who, NEW.local_id) THEN
    RETURN NEW;
  END IF;
  -- The child of a refinement inherits what was waived for it before it existed.
  IF holds(who, 'sign_refinement') AND EXISTS (
    SELECT 1 FROM waiver AS held JOIN mapping ON mapping.local_id = held.local_id
    WHERE mapping.state = 'refining' AND to_jsonb(held) - 'id' - 'local_id'
      = to_jsonb(NEW) - 'id' - 'local_id' AND NOT held.withdrawn
      AND NOT EXISTS (SELECT 1 FROM mapping AS child WHERE child.local_id = NEW.local_id
                      AND child.state <> 'retired')
  ) THEN
    RETURN NEW;
  END IF;
  PERFORM require_right(who, 'waive');
  PERFORM require_signed(who, NEW."by");
  -- The role tells whether a clinician let it stand, so nobody writes down another than their own.
  IF NEW.role IS DISTINCT FROM who.role OR NEW.withdrawn THEN
    RAISE EXCEPTION 'a waiver bears the role of who gives it' USING ERRCODE = '42501';
  END IF;
"""
_REFINEMENT = """
  IF TG_OP = 'INSERT' THEN
    PERFORM require_right(who, 'refine');
    PERFORM require_signed(who, NEW.started_by);
    IF NEW.signed_by <> '' OR NEW.residual_allowed_by <> '' THEN
      RAISE EXCEPTION 'a refinement begins as a plan' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.local_id, NEW.started_by, NEW.started_at)
     IS DISTINCT FROM (OLD.id, OLD.local_id, OLD.started_by, OLD.started_at) THEN
    RAISE EXCEPTION 'who began a refinement stays on record' USING ERRCODE = '42501';
  END IF;
  IF (NEW.signed_by, NEW.signed_at) IS DISTINCT FROM (OLD.signed_by, OLD.signed_at) THEN
    IF NEW.signed_by <> '' THEN
      PERFORM require_right(who, 'sign_refinement');
      PERFORM require_signed(who, NEW.signed_by);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM mapping
                   WHERE mapping.local_id = NEW.local_id AND state = 'refining') THEN
      RAISE EXCEPTION 'only a plan is signed' USING ERRCODE = '42501';
    END IF;
  END IF;
  IF NEW.residual_allowed_by NOT IN ('', OLD.residual_allowed_by) THEN
    PERFORM require_right(who, 'settle');
    PERFORM require_signed(who, NEW.residual_allowed_by);
  END IF;
  IF to_jsonb(NEW) - 'revision' - 'residual_allowed_by'
     <> to_jsonb(OLD) - 'revision' - 'residual_allowed_by'
     OR NEW.residual_allowed_by = '' AND OLD.residual_allowed_by <> '' THEN
    PERFORM require_right(who, 'refine', 'sign_refinement');
  ELSE
    PERFORM require_right(who, 'refine', 'sign_refinement', 'settle');
  END IF;
"""
_CHILD = """
  IF EXISTS (SELECT 1 FROM refinement WHERE id = coalesce(NEW.refinement_id, OLD.refinement_id)
             AND signed_by <> '') THEN
    PERFORM require_right(who, 'sign_refinement');
  ELSE
    PERFORM require_right(who, 'refine');
  END IF;
"""
_PACKET = """
  PERFORM require_right(who, 'record_settlement');
  PERFORM require_signed(who, NEW.made_by);
"""
_ASSIGNMENT = """
  PERFORM require_right(who, 'assign');
  IF TG_OP <> 'DELETE' THEN
    PERFORM require_signed(who, NEW."by");
    IF NOT EXISTS (SELECT 1 FROM person WHERE name = NEW.person AND active) THEN
      RAISE EXCEPTION 'rows are given to who works in the project' USING ERRCODE = '42501';
    END IF;
  END IF;
"""
_CODE_SET = """
  PERFORM require_right(who, 'import');
  IF TG_OP = 'INSERT' THEN
    PERFORM require_signed(who, NEW.imported_by);
  ELSIF NEW.imported_by <> OLD.imported_by OR NEW.imported_at <> OLD.imported_at THEN
    RAISE EXCEPTION 'who imported a code set stays on record' USING ERRCODE = '42501';
  END IF;
"""
_IMPORTED = """
  PERFORM require_right(who, 'import');
"""
_ANYBODY = ""
"""The program's own findings: whoever works in the project may have them computed."""

_FUNCTIONS = {
    "kept_right": _KEPT,
    "check_right": _CHECK,
    "plan_right": _PLAN,
    "message_right": _MESSAGE,
    "waiver_right": _WAIVER,
    "refinement_right": _REFINEMENT,
    "child_right": _CHILD,
    "packet_right": _PACKET,
    "assignment_right": _ASSIGNMENT,
    "code_set_right": _CODE_SET,
    "imported_right": _IMPORTED,
    "proposal_right": _ANYBODY,
}
_ROWS = (
    ("second_check", "INSERT OR UPDATE", "check_right"),
    ("sampling_plan", "INSERT", "plan_right"),
    ("dispute_message", "INSERT OR UPDATE", "message_right"),
    ("waiver", "INSERT OR UPDATE", "waiver_right"),
    ("refinement", "INSERT OR UPDATE", "refinement_right"),
    ("refinement_child", "INSERT OR UPDATE OR DELETE", "child_right"),
    ("packet", "INSERT", "packet_right"),
    ("assignment", "INSERT OR UPDATE OR DELETE", "assignment_right"),
    ("code_set", "INSERT OR UPDATE", "code_set_right"),
)
_KEPT_WHOLE = (
    ("second_check", "DELETE"),
    ("sampling_plan", "UPDATE OR DELETE"),
    ("dispute_message", "DELETE"),
    ("waiver", "DELETE"),
    ("refinement", "DELETE"),
    ("packet", "UPDATE OR DELETE"),
    ("code_set", "DELETE"),
    ("reference_code", "DELETE"),
    ("local_code", "DELETE"),
)
_STATEMENTS = (
    ("reference_code", "INSERT OR UPDATE", "imported_right"),
    ("local_code", "INSERT OR UPDATE", "imported_right"),
    ("feed_finding", "INSERT OR UPDATE OR DELETE", "imported_right"),
    ("proposal", "INSERT OR UPDATE OR DELETE", "proposal_right"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE TABLE role_right (act text NOT NULL, role text NOT NULL, PRIMARY KEY (act, role))"
    )
    rows = ", ".join(f"('{act}', '{one}')" for act, who in _WHO_MAY.items() for one in who.split())
    op.execute(f"INSERT INTO role_right VALUES {rows}")
    for statement in (_MERGES, _HOLDS, _REQUIRE, _SIGNED, _FLAG, _OWN):
        op.execute(statement)
    # The helpers are for the triggers, which run as the owner, and for nobody else.
    op.execute("REVOKE EXECUTE ON FUNCTION merges(person, bigint) FROM PUBLIC")
    for name, body in _FUNCTIONS.items():
        op.execute(_function(name, body))
    kept = [(table, events, "kept_right") for table, events in _KEPT_WHOLE]
    for each, triggers in (("ROW", [*_ROWS, *kept]), ("STATEMENT", _STATEMENTS)):
        for table, events, name in triggers:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {events} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {name}()"
            )
