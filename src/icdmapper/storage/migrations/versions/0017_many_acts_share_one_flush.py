"""On PostgreSQL the acts of several people share one flush of the server's disk.

Every act locks the head of the chain until it is committed, and a commit waits for the disk: the
whole group would save one act for each turn of it. So the act is committed first, which lets the
next one have the head, and its answer waits for a second, empty commit behind it. The server's log
is one line of time: when the second has reached the disk so has the act, and whatever waits at that
moment is flushed together. Nobody is told of a save that a power failure could still take away.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_KEEP = """
CREATE PROCEDURE keep_act(
  code bigint, new_state text, new_relation text, new_targets json, new_note text,
  new_decider text, decided timestamptz, new_version integer, new_checker text, checked timestamptz,
  new_act text, actor text, moment text, new_batch text, was json, becomes json, takes_back text,
  told text
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('icdmapper.one_event', 'on', true),
    set_config('synchronous_commit', 'off', true);
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
  COMMIT;
  -- A transaction that only read would not wait; this one leaves a word in the server's own log.
  PERFORM pg_logical_emit_message(true, 'icdmapper', '');
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "DROP FUNCTION keep_act(bigint, text, text, json, text, text, timestamptz, integer, "
            "text, timestamptz, text, text, text, text, json, json, text, text)"
        )
        op.execute(_KEEP)
