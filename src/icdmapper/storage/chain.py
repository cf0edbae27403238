"""The hash chain of the event log: what is hashed, by the program and by PostgreSQL alike.

The hash of an event covers the hash before it and every field of its own, each with its length, so
that no text can pretend to be two. JSON is hashed as the text that is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

FIELDS = ("id", "act", "by", "at", "batch", "local_id", "before", "after", "undoes", "detail")
"""What a hash covers, in this order; moments as `2026-03-02 08:30:01.000000` in UTC."""

Row = tuple[int, str, str, str, str, "int | None", "str | None", "str | None", str, str]


def genesis(project: str) -> str:
    """The hash before the first event of a project."""
    return sha256(f"icdmapper:{project}".encode()).hexdigest()


def linked(before: str, row: Iterable[object]) -> str:
    """The hash of the event with these fields after an event with the hash `before`."""
    parts = [before]
    for value in row:
        text = "" if value is None else str(value)
        parts.append(f"{len(text)}:{text}")
    # A lone surrogate cannot be stored by the program; in a forged file it must not stop the check.
    return sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


POSTGRES_ROW = """
CREATE FUNCTION event_chain_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  field text;
  content text := current_setting('icdmapper.chain_hash');
BEGIN
  NEW.id := current_setting('icdmapper.chain_id')::bigint + 1;
  FOREACH field IN ARRAY ARRAY[
    NEW.id::text, NEW.act, NEW."by",
    to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    NEW.batch, coalesce(NEW.local_id::text, ''),
    coalesce(NEW.before::text, ''), coalesce(NEW.after::text, ''), NEW.undoes, NEW.detail]
  LOOP
    content := content || char_length(field) || ':' || field;
  END LOOP;
  NEW.hash := encode(sha256(convert_to(content, 'UTF8')), 'hex');
  PERFORM set_config('icdmapper.chain_id', NEW.id::text, true);
  PERFORM set_config('icdmapper.chain_hash', NEW.hash, true);
  PERFORM set_config('icdmapper.chain_added',
    (current_setting('icdmapper.chain_added')::bigint + 1)::text, true);
  RETURN NEW;
END $$
"""
POSTGRES_BEGIN = """
CREATE FUNCTION event_chain_begin() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
  head chain_head%ROWTYPE;
BEGIN
  SELECT * INTO STRICT head FROM chain_head WHERE id = 1 FOR UPDATE;
  PERFORM set_config('icdmapper.chain_id', head.last_id::text, true);
  PERFORM set_config('icdmapper.chain_hash', head.hash, true);
  PERFORM set_config('icdmapper.chain_added', '0', true);
  RETURN NULL;
END $$
"""
POSTGRES_END = """
CREATE FUNCTION event_chain_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE chain_head SET
    count = count + current_setting('icdmapper.chain_added')::bigint,
    last_id = current_setting('icdmapper.chain_id')::bigint,
    hash = current_setting('icdmapper.chain_hash')
  WHERE id = 1;
  RETURN NULL;
END $$
"""
POSTGRES_TRIGGERS = (
    "CREATE TRIGGER event_chain_1 BEFORE INSERT ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION event_chain_begin()",
    "CREATE TRIGGER event_chain_2 BEFORE INSERT ON event "
    "FOR EACH ROW EXECUTE FUNCTION event_chain_row()",
    "CREATE TRIGGER event_chain_3 AFTER INSERT ON event "
    "FOR EACH STATEMENT EXECUTE FUNCTION event_chain_end()",
)
"""PostgreSQL links the events itself: nobody who may insert can choose a hash, and the lock on
the head lasts from the insert, the last step of a save, to the commit."""


def select_rows(postgresql: bool, where: str = "") -> str:
    """The fields of every event as they are hashed, then its hash, in the order of the chain."""
    if postgresql:
        at = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        before, after = "before::text", "after::text"
    else:
        at, before, after = "at", "before", "after"
    return (
        f'SELECT id, act, "by", {at}, batch, local_id, {before}, {after}, undoes, detail, hash '
        f"FROM event {where} ORDER BY id"
    )
