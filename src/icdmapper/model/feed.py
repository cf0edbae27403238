"""What the uploader met and could not translate, as it comes back to the coders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from icdmapper.model.codes import CodeKind

UNMAPPED = "unmapped"
"""The reason of a code that the release does not know at all."""


@dataclass(frozen=True, slots=True)
class FeedFinding:
    """A local code that holds records back. `records` is how many, at the last taking.

    `reason` is the uploader's; `local_id` is the local code it belongs to, None when none does.
    """

    kind: CodeKind
    code: str
    name: str
    reason: str
    records: int
    first_seen: date
    last_seen: date
    local_id: int | None = None
