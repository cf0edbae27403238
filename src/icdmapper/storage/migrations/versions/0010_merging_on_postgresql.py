"""On PostgreSQL: merging a copy, and an undo that brings back what was and nothing else.

A coordinator who merges a copy says so first, with the anchor of the copy's log, and that stays on
record. Rows changed in that transaction may take any step, but each of them must be told in the log
just as it is stored, or the commit is refused.

A step that a role may only take back must restore what the log says was before an act of that same
person. Otherwise whoever may dispute a checked row could write a check of their own into it.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FORWARD = {
    ("checked", "disputed"): "checker clinician coder coordinator",
    ("checked", "open"): "checker coordinator",
    ("checked", "refining"): "checker coder coordinator",
    ("checked", "retired"): "coordinator it",
    ("decided", "checked"): "checker",
    ("decided", "decided"): "checker coder",
    ("decided", "disputed"): "checker clinician coder coordinator",
    ("decided", "no_counterpart"): "checker coder",
    ("decided", "open"): "checker coder coordinator",
    ("decided", "refining"): "checker coder coordinator",
    ("decided", "retired"): "coordinator it",
    ("disputed", "decided"): "checker coder",
    ("disputed", "no_counterpart"): "checker coder",
    ("disputed", "open"): "checker coordinator",
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
    ("open", "decided"): "checker coder",
    ("open", "disputed"): "checker clinician coder coordinator",
    ("open", "no_counterpart"): "checker coder",
    ("open", "refining"): "checker coder coordinator",
    ("open", "retired"): "coordinator it",
    ("refining", "open"): "checker coder coordinator",
    ("refining", "retired"): "checker coordinator it",
    ("retired", "open"): "clinician coordinator",
    ("settled", "disputed"): "clinician coordinator",
    ("settled", "open"): "clinician coordinator",
    ("settled", "refining"): "checker coder coordinator",
    ("settled", "retired"): "coordinator it",
}
"""The steps of the state machine with the roles that may take them; the others are ways back."""

_TABLES = (
    "CREATE TABLE merge_ticket (txid bigint PRIMARY KEY DEFAULT txid_current(), person text "
    "NOT NULL, anchor text NOT NULL, since bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE merge_row (txid bigint NOT NULL REFERENCES merge_ticket, local_id bigint "
    "NOT NULL, PRIMARY KEY (txid, local_id))",
)
_BEGIN = """
CREATE FUNCTION begin_merge(anchor text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
BEGIN
  IF who.name IS NOT NULL AND who.role <> 'coordinator' THEN
    RAISE EXCEPTION 'only a coordinator merges a copy' USING ERRCODE = '42501';
  END IF;
  INSERT INTO merge_ticket (person, anchor, since)
    SELECT coalesce(who.name, ''), begin_merge.anchor, last_id FROM chain_head
    ON CONFLICT DO NOTHING;
END $$
"""
_WAS = """
CREATE FUNCTION mapping_was(wanted mapping, who text) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT EXISTS (
    SELECT 1 FROM event
    WHERE event.local_id = wanted.local_id AND event."by" = who
      AND event.before->>'state' = wanted.state
      AND coalesce(event.before->>'relation', '') = coalesce(wanted.relation, '')
      AND event.before->>'decided_by' = wanted.decided_by
      AND event.before->>'checked_by' = wanted.checked_by
      AND event.before->>'note' = wanted.note
      AND (event.before->'targets')::jsonb = wanted.targets::jsonb)
$$
"""
_MAPPING = """
CREATE OR REPLACE FUNCTION mapping_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE := acting_person();
  before text := 'open';
  forward boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    before := OLD.state;
  END IF;
  IF who.name IS NULL THEN
    RETURN NEW;
  END IF;
  IF who.role = 'coordinator'
     AND EXISTS (SELECT 1 FROM merge_ticket WHERE txid = txid_current()) THEN
    INSERT INTO merge_row VALUES (txid_current(), NEW.local_id) ON CONFLICT DO NOTHING;
    RETURN NEW;
  END IF;
  SELECT state_step.forward INTO forward FROM state_step
    WHERE was = before AND becomes = NEW.state AND role = who.role;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'role % may not make % of %', who.role, NEW.state, before
      USING ERRCODE = '42501';
  END IF;
  IF NEW.state = 'checked' AND before IN ('decided', 'no_counterpart')
     AND NEW.checked_by <> who.name THEN
    RAISE EXCEPTION 'a check is signed by who makes it' USING ERRCODE = '42501';
  END IF;
  IF forward OR mapping_was(NEW, who.name) OR (NEW.state = 'decided'
     AND who.role IN ('checker', 'coordinator')
     AND EXISTS (SELECT 1 FROM refinement_child WHERE local_id = NEW.local_id)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a % may only take back an act of their own to make % of %',
    who.role, NEW.state, before USING ERRCODE = '42501';
END $$
"""
_TOLD = """
CREATE FUNCTION merge_is_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM merge_row JOIN mapping USING (local_id)
    WHERE merge_row.txid = NEW.txid AND NOT EXISTS (
      SELECT 1 FROM event
      WHERE event.local_id = mapping.local_id AND event.id > NEW.since
        AND event.act IN ('merged', 'undone', 'redone')
        AND (event.after->>'version')::int = mapping.version
        AND event.after->>'state' = mapping.state
        AND coalesce(event.after->>'relation', '') = coalesce(mapping.relation, '')
        AND event.after->>'decided_by' = mapping.decided_by
        AND event.after->>'checked_by' = mapping.checked_by
        AND event.after->>'note' = mapping.note
        AND (event.after->'targets')::jsonb = mapping.targets::jsonb)
  ) THEN
    RAISE EXCEPTION 'a merged row is not told in the log' USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$
"""
_TRIGGER = (
    "CREATE CONSTRAINT TRIGGER merge_told AFTER INSERT ON merge_ticket "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION merge_is_told()"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE state_step ADD COLUMN forward boolean NOT NULL DEFAULT false")
    rows = ", ".join(
        f"('{was}', '{becomes}', '{role}')"
        for (was, becomes), roles in _FORWARD.items()
        for role in roles.split()
    )
    op.execute(
        f"UPDATE state_step SET forward = true WHERE (was, becomes, role) IN (VALUES {rows})"
    )
    # What is said in a dispute changes nothing of the mapping.
    op.execute("DELETE FROM state_step WHERE was = 'disputed' AND becomes = 'disputed'")
    for statement in (*_TABLES, _BEGIN, _WAS, _MAPPING, _TOLD, _TRIGGER):
        op.execute(statement)
