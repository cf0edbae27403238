"""On PostgreSQL one statement keeps an act on one row: mapping, targets and event together.

The function has the rights of whoever calls it, and the triggers of the tables see it as they see
any other statement. It refuses a row that has moved on, and then nothing of it is kept.

What every act goes through asks less of the server: who acts is one look at the people, a step
forward asks nothing of the log, an event is compared with its mapping as a whole. A single event
moves the head of the chain in the statement that links it; many in one statement move it once.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_KEEP = """
CREATE FUNCTION keep_act(
  code bigint, new_state text, new_relation text, new_targets json, new_note text,
  new_decider text, decided timestamptz, new_version integer, new_checker text, checked timestamptz,
  new_act text, actor text, moment text, new_batch text, was json, becomes json, takes_back text,
  told text
) RETURNS void LANGUAGE plpgsql SET icdmapper.one_event TO 'on' AS $$
BEGIN
  IF new_version = 1 THEN
    INSERT INTO mapping (local_id, state, relation, targets, note, decided_by, decided_at, version,
                         checked_by, checked_at)
      VALUES (code, new_state, new_relation, new_targets, new_note, new_decider, decided,
              new_version, new_checker, checked)
      ON CONFLICT DO NOTHING;
  ELSE
    UPDATE mapping SET state = new_state, relation = new_relation, targets = new_targets,
        note = new_note, decided_by = new_decider, decided_at = decided, version = new_version,
        checked_by = new_checker, checked_at = checked
      WHERE local_id = code AND version = new_version - 1;
  END IF;
  IF NOT FOUND THEN
    PERFORM refuse_stale(code);
  END IF;
  IF new_version > 1 THEN
    DELETE FROM mapping_target
      WHERE local_id = code AND position >= json_array_length(new_targets);
  END IF;
  INSERT INTO mapping_target (local_id, position, reference_id, role)
    SELECT code, one.number - 1, (one.target->>'id')::bigint, one.target->>'role'
    FROM json_array_elements(new_targets) WITH ORDINALITY AS one(target, number)
    ON CONFLICT (local_id, position)
      DO UPDATE SET reference_id = excluded.reference_id, role = excluded.role
      WHERE (mapping_target.reference_id, mapping_target.role)
        IS DISTINCT FROM (excluded.reference_id, excluded.role);
  -- Last, because from here to the commit nobody else can append to the log.
  INSERT INTO event (act, "by", at, batch, local_id, "before", "after", undoes, detail, hash)
    VALUES (new_act, actor, (moment || '+00')::timestamptz, new_batch, code, was, becomes,
            takes_back, told, '');
END $$
"""

_WHO = """
CREATE OR REPLACE FUNCTION acting_person() RETURNS person LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
BEGIN
  -- The owner, whose rights this function has, sets the project up, and could switch every rule
  -- off anyway.
  IF session_user = current_user THEN
    RETURN NULL;
  END IF;
  SELECT * INTO who FROM person WHERE account = session_user AND active;
  IF NOT FOUND AND EXISTS (SELECT 1 FROM person WHERE account <> '') THEN
    RAISE EXCEPTION 'the account is no person of this project' USING ERRCODE = '42501';
  END IF;
  RETURN who;
END $$
"""
# What everybody's every act asks is written out: `acting_person` is left to refuse strangers.
_ACTING = """IF session_user <> current_user THEN
    SELECT * INTO who FROM person WHERE account = session_user AND active;
    IF NOT FOUND THEN
      who := acting_person();
    END IF;
  END IF;"""
_RIGHT = f"""
CREATE OR REPLACE FUNCTION mapping_right() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
  before text := 'open';
  forward boolean;
BEGIN
  {_ACTING}
  IF who.name IS NULL THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    before := OLD.state;
  END IF;
  IF who.role = 'coordinator' THEN
    IF EXISTS (SELECT 1 FROM merge_ticket WHERE txid = txid_current()) THEN
      INSERT INTO merge_row VALUES (txid_current(), NEW.local_id) ON CONFLICT DO NOTHING;
      RETURN NEW;
    END IF;
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
  IF forward THEN
    RETURN NEW;
  END IF;
  IF mapping_was(NEW, who.name) OR (NEW.state = 'decided'
     AND who.role IN ('checker', 'coordinator')
     AND EXISTS (SELECT 1 FROM refinement_child WHERE local_id = NEW.local_id)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a % may only take back an act of their own to make % of %',
    who.role, NEW.state, before USING ERRCODE = '42501';
END $$
"""
# A function in SQL would be planned anew with every call.
_AGREE = (
    "DROP FUNCTION targets_agree(bigint)",
    """
CREATE FUNCTION targets_agree(wanted bigint) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT AS $$
DECLARE
  told json;
  kept bigint;
  same bigint;
BEGIN
  SELECT targets INTO told FROM mapping WHERE local_id = wanted;
  SELECT count(*), count(*) FILTER (WHERE position >= 0
      AND (told->position->>'id')::bigint = reference_id AND told->position->>'role' = role)
    INTO kept, same FROM mapping_target WHERE local_id = wanted;
  RETURN kept = same AND kept = coalesce(json_array_length(told), 0);
END $$
""",
)
_TOLD = f"""
CREATE OR REPLACE FUNCTION mapping_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
BEGIN
  {_ACTING}
  IF who.name IS NULL THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT 1 FROM mapping JOIN event USING (local_id)
    WHERE local_id = NEW.local_id AND event.xmin = pg_current_xact_id()::xid
      AND event.after::jsonb - ARRAY['decided_at', 'checked_at'] = jsonb_build_object(
        'local_id', mapping.local_id, 'version', version, 'state', state, 'relation', relation,
        'decided_by', decided_by, 'checked_by', checked_by, 'note', note, 'targets', targets)
  ) THEN
    IF targets_agree(NEW.local_id) THEN
      RETURN NULL;
    END IF;
  END IF;
  RAISE EXCEPTION 'a mapping is not told in the log as it is stored' USING ERRCODE = '42501';
END $$
"""
_TARGET_TOLD = f"""
CREATE OR REPLACE FUNCTION target_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
BEGIN
  {_ACTING}
  IF who.name IS NOT NULL AND NOT targets_agree(coalesce(NEW.local_id, OLD.local_id)) THEN
    RAISE EXCEPTION 'targets are those of the mapping' USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$
"""
_FIELDS = (
    "NEW.act",
    'NEW."by"',
    "to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "NEW.batch",
    "coalesce(NEW.local_id::text, '')",
    "coalesce(NEW.before::text, '')",
    "coalesce(NEW.after::text, '')",
    "NEW.undoes",
    "NEW.detail",
)
_CONTENT = " || ".join(f"char_length({one}) || ':' || {one}" for one in _FIELDS)
_ROW = f"""
CREATE OR REPLACE FUNCTION event_chain_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  who person%ROWTYPE;
  content text := {_CONTENT};
BEGIN
  {_ACTING}
  IF who.name IS NOT NULL AND NEW."by" <> who.name THEN
    RAISE EXCEPTION 'an act is signed by who does it' USING ERRCODE = '42501';
  END IF;
  IF current_setting('icdmapper.one_event', true) = 'on' THEN
    UPDATE chain_head SET count = count + 1, last_id = last_id + 1,
      hash = encode(sha256(convert_to(hash || char_length((last_id + 1)::text) || ':' ||
        (last_id + 1)::text || content, 'UTF8')), 'hex')
      WHERE id = 1 RETURNING last_id, hash INTO STRICT NEW.id, NEW.hash;
    RETURN NEW;
  END IF;
  NEW.id := current_setting('icdmapper.chain_id')::bigint + 1;
  NEW.hash := encode(sha256(convert_to(current_setting('icdmapper.chain_hash') ||
    char_length(NEW.id::text) || ':' || NEW.id::text || content, 'UTF8')), 'hex');
  PERFORM set_config('icdmapper.chain_id', NEW.id::text, true),
    set_config('icdmapper.chain_hash', NEW.hash, true),
    set_config('icdmapper.chain_added',
      (current_setting('icdmapper.chain_added')::bigint + 1)::text, true);
  RETURN NEW;
END $$
"""
_MANY = "WHEN (current_setting('icdmapper.one_event', true) IS DISTINCT FROM 'on')"
_TRIGGERS = (
    # The function of each row asks itself who acts.
    "DROP TRIGGER event_actor ON event",
    "DROP FUNCTION event_right()",
    "DROP TRIGGER event_chain_1 ON event",
    "DROP TRIGGER event_chain_3 ON event",
    "CREATE TRIGGER event_chain_1 BEFORE INSERT ON event "
    f"FOR EACH STATEMENT {_MANY} EXECUTE FUNCTION event_chain_begin()",
    "CREATE TRIGGER event_chain_3 AFTER INSERT ON event "
    f"FOR EACH STATEMENT {_MANY} EXECUTE FUNCTION event_chain_end()",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in (
            _WHO,
            _RIGHT,
            *_AGREE,
            _TOLD,
            _TARGET_TOLD,
            _ROW,
            *_TRIGGERS,
            _KEEP,
        ):
            op.execute(statement)
