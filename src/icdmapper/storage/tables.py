"""The tables. Values are built from selected columns; no row object leaves this package."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows only for INTEGER keys; PostgreSQL gets the wide type.
_ROW_ID = BigInteger().with_variant(Integer, "sqlite")
_MOMENT = DateTime(timezone=True)

code_set = Table(
    "code_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("side", String(16), nullable=False),
    Column("system", String(8)),
    Column("name", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("imported_at", _MOMENT, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("in_use", Boolean, nullable=False),
    Column("replaced_id", Integer),
    CheckConstraint("side in ('reference', 'local')", name="side_known"),
)

reference_code = Table(
    "reference_code",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("code_set_id", ForeignKey("code_set.id"), nullable=False, index=True),
    Column("code", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("initials", Text, nullable=False),
    Column("operation_kind", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("heading", Boolean, nullable=False, server_default=false()),
    Column("wording_of", _ROW_ID),
)

local_code = Table(
    "local_code",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("code_set_id", ForeignKey("code_set.id"), nullable=False, index=True),
    Column("code", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("initials", Text, nullable=False),
    Column("attached_code", Text, nullable=False),
    Column("frequency", Integer),
    Column("department", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("wording_of", _ROW_ID),
)

mapping = Table(
    "mapping",
    metadata,
    Column("local_id", ForeignKey("local_code.id"), primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("relation", String(16)),
    Column("targets", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", _MOMENT),
    Column("version", Integer, nullable=False),
    Column("checked_by", Text, nullable=False),
    Column("checked_at", _MOMENT),
    CheckConstraint("version >= 1", name="version_counts"),
    CheckConstraint("checked_by = '' OR checked_by <> decided_by", name="checker_is_another"),
)

mapping_target = Table(
    "mapping_target",
    metadata,
    Column("local_id", ForeignKey("mapping.local_id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("reference_id", ForeignKey("reference_code.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
)

proposal = Table(
    "proposal",
    metadata,
    Column("local_id", ForeignKey("local_code.id"), primary_key=True, autoincrement=False),
    Column("best_reference_id", _ROW_ID),
    Column("best_code", Text, nullable=False),
    Column("best_name", Text, nullable=False),
    Column("best_score", Float, nullable=False),
    Column("safe", Boolean, nullable=False),
    Column("contradiction", Boolean, nullable=False),
    Column("content", Text, nullable=False),
    # Holds all that the worklist shows, so that reading it never walks past the stored reasons.
    Index(
        "ix_proposal_heads",
        "local_id",
        "best_code",
        "best_name",
        "best_score",
        "safe",
        "contradiction",
    ),
)

event = Table(
    "event",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("act", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("batch", String(32), nullable=False),
    Column("local_id", _ROW_ID),
    Column("before", JSON),
    Column("after", JSON),
    Column("undoes", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_event_local_id", "local_id"),
    Index("ix_event_batch", "batch"),
    Index("ix_event_by_id", "by", "id"),
)

# One row: where the chain of the event log ends. `project` is the same in every copy of it.
chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("project", String(32), nullable=False),
    Column("count", _ROW_ID, nullable=False),
    Column("last_id", _ROW_ID, nullable=False),
    Column("hash", String(64), nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("account", Text, nullable=False),
    Column("pin_hash", Text, nullable=False),
    Column("failed_tries", Integer, nullable=False),
    Column("locked_until", _MOMENT),
)

second_check = Table(
    "second_check",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("local_id", ForeignKey("local_code.id"), nullable=False, index=True),
    Column("at", _MOMENT, nullable=False),
    Column("checker", Text, nullable=False),
    Column("decider", Text, nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("decided", JSON, nullable=False),
    Column("chosen", JSON, nullable=False),
    Column("batch", String(32), nullable=False, index=True),
    Column("withdrawn", Boolean, nullable=False),
    CheckConstraint("checker <> decider", name="checker_is_another"),
)

sampling_plan = Table(
    "sampling_plan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", _MOMENT, nullable=False),
    Column("by", Text, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("rest", Integer, nullable=False),
    Column("risky", JSON, nullable=False),
    Column("sample", JSON, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
)

dispute_message = Table(
    "dispute_message",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("local_id", ForeignKey("local_code.id"), nullable=False, index=True),
    Column("at", _MOMENT, nullable=False),
    Column("by", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("choice", JSON),
    Column("batch", String(32), nullable=False, index=True),
    Column("withdrawn", Boolean, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("expires", Date, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("note", Text, nullable=False),
    # The bytes of its mapping.csv, so that the next release can be compared with it.
    Column("content", Text, nullable=False),
)

packet = Table(
    "packet",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("department", Text, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("made_by", Text, nullable=False),
    # The questions as they were handed out; what comes back is held against them.
    Column("rows", JSON, nullable=False),
    Column("deadline", Date),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
)

assignment = Table(
    "assignment",
    metadata,
    Column("local_id", ForeignKey("local_code.id"), primary_key=True),
    Column("person", Text, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("at", _MOMENT, nullable=False),
)

waiver = Table(
    "waiver",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("local_id", ForeignKey("local_code.id"), nullable=False, index=True),
    Column("rule_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16)),
    Column("at", _MOMENT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    CheckConstraint("reason <> ''", name="has_reason"),
)

refinement = Table(
    "refinement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("local_id", ForeignKey("local_code.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", _MOMENT, nullable=False),
    Column("effective", Date),
    Column("signed_by", Text, nullable=False),
    Column("signed_at", _MOMENT),
    Column("residual_allowed_by", Text, nullable=False),
)

refinement_child = Table(
    "refinement_child",
    metadata,
    Column("refinement_id", ForeignKey("refinement.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("relation", String(16), nullable=False),
    Column("targets", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("residual", Boolean, nullable=False),
    Column("local_id", ForeignKey("local_code.id")),
    Column("renamed_from", Text, nullable=False),
)

feed_finding = Table(
    "feed_finding",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("records", Integer, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
    Column("local_id", ForeignKey("local_code.id"), index=True),
    UniqueConstraint("kind", "code", "name", "reason"),
)

PROJECT_TABLES = (
    code_set,
    reference_code,
    local_code,
    mapping,
    mapping_target,
    proposal,
    event,
    chain_head,
    person,
    second_check,
    sampling_plan,
    dispute_message,
    waiver,
    refinement,
    refinement_child,
    packet,
    assignment,
    release,
    feed_finding,
)
