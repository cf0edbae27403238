"""Where a list is read from, and how much of it is ever taken in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from icdmapper.model.codes import CodeKind

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_ROWS = 2_000_000
MAX_COLUMNS = 256
MAX_CELLS = 40_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """What to read and how; None leaves the choice to detection.

    Either `path`, or `url` with `query`. `sheet` None means the first sheet that holds anything.
    `kind` is for a list whose codes have the shape of no known kind, such as a HIS's own numbers.
    """

    path: Path | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    # The address may hold a password, so it stays out of every repr, log and traceback.
    url: str | None = field(default=None, repr=False)
    query: str | None = None
    kind: CodeKind | None = None

    @property
    def shown(self) -> str:
        """The source as people see it: the file's name, or the database without its password."""
        if self.path is not None:
            return self.path.name
        try:
            parts = urlsplit(self.url or "")
            host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
        except ValueError:
            return ""
        return f"{parts.scheme}://{host}{port}{parts.path}"
