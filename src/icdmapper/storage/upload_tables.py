"""Tables of the uploader's own file: one SQLite file per environment, beside no project."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

VERSION = 1
"""Of this schema; a newer file is refused, an older one is brought up step by step."""

upload_metadata = MetaData()
_MOMENT = DateTime(timezone=True)

about = Table(
    "about",
    upload_metadata,
    Column("version", Integer, nullable=False),
    Column("environment", String(20), nullable=False),
    Column("salt", LargeBinary, nullable=False),
)

package = Table(
    "package",
    upload_metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("name", String(128), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("layout", String(20), nullable=False),
    Column("records", Integer, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("made_at", _MOMENT, nullable=False),
    Column("sending_at", _MOMENT),
    Column("answered_at", _MOMENT),
    Column("tries", Integer, nullable=False, default=0),
    Column("before", String(128)),
    # Counts tries over all packages: which was tried last must not depend on the clock.
    Column("turn", Integer, nullable=False, default=0),
    Column("feedback", JSON),
    Column("trouble", String(40), nullable=False, default="none"),
    Column("settled_by", String(200), nullable=False, default=""),
)

# Apart from its row: a change of state must not write megabytes again.
package_content = Table(
    "package_content",
    upload_metadata,
    Column("package_id", ForeignKey("package.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# Kept on purpose no longer: bytes that are gone without a row here are a damage.
forgotten_content = Table(
    "forgotten_content",
    upload_metadata,
    Column("package_id", ForeignKey("package.id"), primary_key=True),
    Column("forgotten_at", _MOMENT, nullable=False),
)

sent_record = Table(
    "sent_record",
    upload_metadata,
    Column("package_id", ForeignKey("package.id"), primary_key=True),
    Column("key_hash", String(64), primary_key=True),
    Column("content_hash", String(64), nullable=False),
    Column("discharged", Date, index=True),
    Index("ix_sent_record_key_hash", "key_hash"),
)

holding = Table(
    "holding",
    upload_metadata,
    Column("id", Integer, primary_key=True),
    Column("key_hash", String(64), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("field", String(40), nullable=False),
    Column("local_code", String(200), nullable=False),
    Column("local_name", String(400), nullable=False),
    Column("discharged", Date),
    Column("first_seen", _MOMENT, nullable=False),
    Column("last_seen", _MOMENT, nullable=False),
    Column("times", Integer, nullable=False),
    UniqueConstraint("key_hash", "reason", "field", "local_code", "local_name"),
)

watermark = Table(
    "watermark",
    upload_metadata,
    Column("source", String(200), primary_key=True),
    Column("position", String(200), nullable=False),
    Column("moved_at", _MOMENT, nullable=False),
)

run = Table(
    "run",
    upload_metadata,
    Column("id", Integer, primary_key=True),
    Column("started", _MOMENT, nullable=False),
    Column("ended", _MOMENT),
    Column("counts", JSON, nullable=False),
    Column("exit_code", Integer),
)
