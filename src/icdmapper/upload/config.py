"""The uploader's own settings file: source, releases, package, environments, schedule, alerts.

Secrets stand in none of it: a setting that ends in `_file` names a file that only the owner may
read, one that ends in `_env` a variable of the environment, one that ends in `_keyring` an entry of
the system's keyring (`upload keep` puts it there).
"""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from icdmapper.model.errors import IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.sending import Environment
from icdmapper.storage.keychain import Keychain
from icdmapper.texts import _
from icdmapper.upload.extract import Rescan
from icdmapper.upload.layouts import CSV, DBF
from icdmapper.upload.manners import Window
from icdmapper.upload.validation import Severity

_SECTIONS = {
    "hospital": {"id"},
    "source": {
        "kind", "url_file", "url_env", "url_keyring", "select_file", "folder", "columns_file",
        "first_day", "delay_days", "overlap_days", "deep_days",
    },
    "releases": {"folder", "keys", "grey_codes_file"},
    "package": {"layout", "split", "records", "keep_days"},
    "schedule": {"at", "opens", "closes", "late_hours"},
    "alerts": {
        "webhook_file", "webhook_env", "webhook_keyring", "smtp_host", "smtp_port", "sender",
        "receivers", "password_file", "password_env", "password_keyring",
    },
    "severities": None,
    "test": None,
    "production": None,
}  # fmt: skip
_ENVIRONMENT = {
    "transport", "service", "ca_file", "rc020", "rc021", "login", "password_file",
    "password_env", "password_keyring", "folder",
}  # fmt: skip
_LONGEST_KEPT = 3_650


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where discharges come from: `sql` from the HIS, `folder` from a drop folder."""

    kind: str
    url: str = field(repr=False)
    select: str = ""
    folder: Path = Path()
    columns: str = ""
    first_day: date = date(2026, 1, 1)
    rescan: Rescan = field(default_factory=Rescan)


@dataclass(frozen=True, slots=True)
class EnvironmentConfig:
    """How one of the platform's servers is reached."""

    transport: str
    service: str = ""
    ca_file: Path | None = None
    rc020: str = "2"
    rc021: str = "2"
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    folder: Path = Path()


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """Whom to tell, and how; empty means nobody that way."""

    webhook: str = field(default="", repr=False)
    smtp_host: str = ""
    smtp_port: int = 25
    sender: str = ""
    receivers: tuple[str, ...] = ()
    password: str = field(default="", repr=False)
    late_hours: int = 30
    """Hours without a run after which silence is an alarm."""


@dataclass(frozen=True, slots=True)
class UploadConfig:
    """Everything one uploader works by, for one environment."""

    file: Path
    hospital_id: str
    environment: Environment
    source: SourceConfig
    release_folder: Path
    keys: tuple[str, ...]
    layout: str
    split: bool
    records: int
    """Most records of one package."""
    keep_days: int
    """Days that the bytes of an accepted package are kept."""
    at: time
    window: Window
    target: EnvironmentConfig
    alerts: AlertConfig
    severities: Mapping[str, Severity]
    grey_codes: frozenset[str] = frozenset()
    """Codes the insurance does not pay for; empty where the hospital keeps no list."""

    @property
    def state_file(self) -> Path:
        """The state of this environment, beside the settings."""
        return self.file.parent / f"upload-{self.environment.value}.sqlite"


def load(file: Path, environment: Environment) -> UploadConfig:
    """Read the settings of one environment; paths are relative to the file.

    Raises:
        NotFoundError: the file, or a file it names, is not there.
        RefusedError: a secret lies where others may read it, or the keyring does not give it.
        IcdMapperError: not TOML, a setting is unknown, missing or of the wrong kind.
    """
    reader = _opened(file)
    try:
        return _built(reader, environment)
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(file, str(error).strip("'\"")) from None


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The source alone, for setting it up; its mapping of columns may not be there yet."""

    source: SourceConfig
    columns_file: Path | None
    layout: str


def load_source(file: Path) -> SourceSettings:
    """Read the section of the source only; errors as `load`."""
    reader = _opened(file)
    named = reader.content.get("source", {}).get("columns_file")
    place = reader.path("source", "columns_file") if named else None
    if place is not None and not place.exists():
        reader.content["source"] = {**reader.content["source"], "columns_file": ""}
    try:
        layout_name = str(reader.get("package", "layout", DBF))
        return SourceSettings(_source(reader), place, layout_name)
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(file, str(error).strip("'\"")) from None


def keep_secret(entry: str, secret: str) -> str:
    """Put a secret into the system's keyring; returns what the system calls it.

    Raises:
        RefusedError: the secret is empty, or there is no keyring that keeps it.
    """
    keychain = Keychain()
    if not secret or not keychain.keep(entry, secret):
        raise RefusedError(
            _("Nothing was kept: this account has no keyring that answers, or the secret is empty."
              " Use a file that only the owner may read.")
        )  # fmt: skip
    return keychain.name


class _Reader:
    """Values of the file by section and name."""

    def __init__(self, file: Path, content: dict[str, Any]) -> None:
        self.file = file
        self.content = content

    def get(self, section: str, name: str, default: Any = None) -> Any:
        found = self.content.get(section, {}).get(name, default)
        if found is None:
            raise KeyError(f"{section}.{name}")
        return found

    def path(self, section: str, name: str, default: str | None = None) -> Path:
        return self.file.parent / Path(str(self.get(section, name, default))).expanduser()

    def text(self, section: str, name: str) -> str:
        """The text of a file that a setting names; "" when the setting is not there."""
        if not self.content.get(section, {}).get(name):
            return ""
        named = self.path(section, name)
        try:
            return named.read_text(encoding="utf-8-sig")
        except OSError:
            raise NotFoundError(_("{file} is not there.").format(file=named)) from None

    def secret(self, section: str, name: str) -> str:
        variable = self.content.get(section, {}).get(f"{name}_env")
        if variable:
            return os.environ.get(str(variable), "")
        entry = self.content.get(section, {}).get(f"{name}_keyring")
        if entry:
            return Keychain().required(str(entry)).strip()
        if self.content.get(section, {}).get(f"{name}_file"):
            _refuse_open(self.path(section, f"{name}_file"))
        return self.text(section, f"{name}_file").strip()


def _opened(file: Path) -> _Reader:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise NotFoundError(
            _("There are no upload settings at {file}; `upload init` writes an example.").format(
                file=file
            )
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(file, str(error)) from None
    _refuse_unknown(file, content)
    return _Reader(file, content)


def _built(reader: _Reader, environment: Environment) -> UploadConfig:
    layout = str(reader.get("package", "layout", DBF))
    if layout not in (DBF, CSV):
        raise ValueError(f"package.layout = {layout}")
    get = reader.get
    return UploadConfig(
        file=reader.file,
        hospital_id=str(get("hospital", "id")),
        environment=environment,
        source=_source(reader),
        release_folder=reader.path("releases", "folder", "releases"),
        keys=tuple(map(str, get("releases", "keys", []))),
        layout=layout,
        split=bool(get("package", "split", True)),
        records=int(get("package", "records", 2_000)),
        keep_days=_keep_days(reader),
        at=time.fromisoformat(str(get("schedule", "at", "01:30"))),
        window=Window(
            time.fromisoformat(str(get("schedule", "opens", "00:00"))),
            time.fromisoformat(str(get("schedule", "closes", "00:00"))),
        ),
        target=_target(reader, environment.value),
        alerts=_alerts(reader),
        severities={
            rule: Severity(word) for rule, word in reader.content.get("severities", {}).items()
        },
        grey_codes=frozenset(reader.text("releases", "grey_codes_file").split()),
    )


def _keep_days(reader: _Reader) -> int:
    """For ever is no choice: the file with the outbox must not only grow."""
    days = int(reader.get("package", "keep_days", 90))
    if not 1 <= days <= _LONGEST_KEPT:
        raise ValueError(f"package.keep_days = {days} (1..{_LONGEST_KEPT})")
    return days


def _source(reader: _Reader) -> SourceConfig:
    kind = str(reader.get("source", "kind"))
    if kind not in ("sql", "folder"):
        raise ValueError(f"source.kind = {kind}")
    first = reader.get("source", "first_day")
    default = Rescan()
    return SourceConfig(
        kind,
        reader.secret("source", "url") if kind == "sql" else "",
        reader.text("source", "select_file"),
        reader.path("source", "folder", "incoming"),
        reader.text("source", "columns_file"),
        first if isinstance(first, date) else date.fromisoformat(str(first)),
        Rescan(
            overlap_days=int(reader.get("source", "overlap_days", default.overlap_days)),
            deep_days=int(reader.get("source", "deep_days", default.deep_days)),
            delay_days=int(reader.get("source", "delay_days", default.delay_days)),
        ),
    )


def _target(reader: _Reader, section: str) -> EnvironmentConfig:
    transport = str(reader.get(section, "transport"))
    if transport not in ("https", "folder"):
        raise ValueError(f"{section}.transport = {transport}")
    if transport == "folder":
        return EnvironmentConfig(transport, folder=reader.path(section, "folder"))
    ca_file = reader.content[section].get("ca_file")
    return EnvironmentConfig(
        transport,
        str(reader.get(section, "service")),
        reader.path(section, "ca_file") if ca_file else None,
        # Always said: the platform takes 2 when they are missing (HQMS.md 2.1).
        str(reader.get(section, "rc020")),
        str(reader.get(section, "rc021")),
        str(reader.get(section, "login")),
        reader.secret(section, "password"),
    )


def _alerts(reader: _Reader) -> AlertConfig:
    get = reader.get
    return AlertConfig(
        reader.secret("alerts", "webhook"),
        str(get("alerts", "smtp_host", "")),
        int(get("alerts", "smtp_port", 25)),
        str(get("alerts", "sender", "")),
        tuple(map(str, get("alerts", "receivers", []))),
        reader.secret("alerts", "password"),
        int(get("schedule", "late_hours", 30)),
    )


def _refuse_unknown(file: Path, content: dict[str, Any]) -> None:
    for section, values in content.items():
        if section not in _SECTIONS or not isinstance(values, dict):
            raise _wrong(file, section)
        known = _ENVIRONMENT if section in ("test", "production") else _SECTIONS[section]
        for name in values:
            if known is not None and name not in known:
                raise _wrong(file, f"{section}.{name}")


def _refuse_open(file: Path) -> None:
    if sys.platform == "win32" or not file.exists():
        return
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RefusedError(
            _("{file} holds a secret and may be read by others; run: chmod 600").format(file=file)
        )


def _wrong(file: Path, what: str) -> IcdMapperError:
    return IcdMapperError(_("Upload settings {file}: {what}").format(file=file, what=what))
