"""On PostgreSQL nothing about a mapping is kept that the log does not tell of.

When a transaction ends, each mapping it changed must stand in an event of that same transaction
just as it is stored, its targets must be those of the mapping, and a check, a message or a waiver
must belong to an event too. That holds for a merge as well, so its own rule (0010) goes.

A save says itself that its row has moved on, so it needs no answer before the commit.
"""

from alembic import op

from icdmapper.storage.stale import POSTGRES

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_NOW = "event.xmin = pg_current_xact_id()::xid"
"""An event of this very transaction."""


def _told(name: str, condition: str, words: str) -> str:
    """A trigger function that refuses, at the end of a transaction, unless `condition` holds."""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$\n"
        "DECLARE\n  who person%ROWTYPE := acting_person();\n"
        f"BEGIN\n  IF who.name IS NOT NULL AND NOT ({condition}) THEN\n"
        f"    RAISE EXCEPTION '{words}' USING ERRCODE = '42501';\n"
        "  END IF;\n  RETURN NULL;\nEND $$"
    )


_AGREE = """
CREATE FUNCTION targets_agree(wanted bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path FROM CURRENT AS $$
  SELECT (SELECT jsonb_agg(jsonb_build_array(position, reference_id, role) ORDER BY position)
          FROM mapping_target WHERE local_id = wanted)
    IS NOT DISTINCT FROM
      (SELECT jsonb_agg(jsonb_build_array(number - 1, (target->>'id')::bigint, target->>'role')
                        ORDER BY number)
       FROM mapping, json_array_elements(targets) WITH ORDINALITY AS one(target, number)
       WHERE local_id = wanted)
$$
"""
_MAPPING = f"""EXISTS (
    SELECT 1 FROM mapping JOIN event USING (local_id)
    WHERE local_id = NEW.local_id AND {_NOW}
      AND (event.after->>'version')::int = mapping.version
      AND event.after->>'state' = mapping.state
      AND coalesce(event.after->>'relation', '') = coalesce(mapping.relation, '')
      AND event.after->>'decided_by' = mapping.decided_by
      AND event.after->>'checked_by' = mapping.checked_by
      AND event.after->>'note' = mapping.note
      AND (event.after->'targets')::jsonb = mapping.targets::jsonb
  ) AND targets_agree(NEW.local_id)"""
_SAID = f"""EXISTS (
    SELECT 1 FROM event WHERE {_NOW} AND CASE TG_OP
      WHEN 'UPDATE' THEN event.undoes = NEW.batch
      ELSE event.batch = NEW.batch AND event.local_id = NEW.local_id END
  ) OR EXISTS (
    SELECT 1 FROM merge_row JOIN event USING (local_id)
    WHERE merge_row.txid = txid_current() AND local_id = NEW.local_id AND {_NOW}
  )"""
_WAIVED = f"""EXISTS (
    SELECT 1 FROM event WHERE event.local_id = NEW.local_id AND {_NOW}
      AND event.act IN ('waived', 'refined', 'merged')
  )"""
_TRIGGERS = (
    ("mapping", "INSERT OR UPDATE", "mapping_told"),
    ("mapping_target", "INSERT OR UPDATE OR DELETE", "target_told"),
    ("second_check", "INSERT OR UPDATE", "said_told"),
    ("dispute_message", "INSERT OR UPDATE", "said_told"),
    ("waiver", "INSERT OR UPDATE", "waiver_told"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP TRIGGER merge_told ON merge_ticket")
    op.execute("DROP FUNCTION merge_is_told()")
    for statement in (
        POSTGRES,
        _AGREE,
        _told("mapping_told", _MAPPING, "a mapping is not told in the log as it is stored"),
        _told(
            "target_told",
            "targets_agree(coalesce(NEW.local_id, OLD.local_id))",
            "targets are those of the mapping",
        ),
        _told("said_told", _SAID, "what is said is told in the log"),
        _told("waiver_told", _WAIVED, "a waiver is told in the log"),
    ):
        op.execute(statement)
    for table, events, name in _TRIGGERS:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
