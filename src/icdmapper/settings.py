"""Every setting: type, default, one sentence of help; the TOML file is loaded and checked here."""

from __future__ import annotations

import difflib
import getpass
import json
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from icdmapper import paths
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.texts import N_, _


def setting(default: Any, *, help: str) -> Any:  # noqa: A002 - the natural word
    """Declare a setting with its default and the sentence the manual shows."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a hospital may choose."""

    language: str = setting("zh_CN", help=N_("Language of the program: zh_CN or en."))
    person: str = setting("", help=N_("Name recorded with every decision; empty: the login name."))
    hospital: str = setting("", help=N_("Name of the hospital, written into every export."))
    hospital_id: str = setting(
        "", help=N_("Organisation code of the hospital; the uploader checks it in every release.")
    )
    release_coverage: float = setting(
        0.95, help=N_("Least share of yearly discharges with an answer before a release is made.")
    )
    release_months: int = setting(
        13, help=N_("How many months a release is valid before the uploader refuses it.")
    )
    candidate_limit: int = setting(
        10, help=N_("How many candidates are proposed for one local code.")
    )
    import_seconds: int = setting(
        120, help=N_("How many seconds reading one file may take before it is stopped.")
    )
    import_memory_mb: int = setting(
        768, help=N_("How many megabytes reading one file may use before it is stopped.")
    )
    aliases_file: str = setting(
        "", help=N_("The hospital's own alias table (TSV), read on top of the shipped one.")
    )
    print_font: str = setting(
        "", help=N_("Font file for pages to print; empty: the best Chinese font installed.")
    )

    @property
    def acting(self) -> str:
        """Who acts: the name in the settings, else the login name."""
        return self.person or getpass.getuser()


def load(file: Path) -> Settings:
    """Read the settings file; absent means defaults.

    Raises:
        IcdMapperError: the file is not TOML, a key is unknown, or a value has the wrong type.
    """
    if not file.exists():
        return Settings()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IcdMapperError(
            _("Settings file {file} cannot be read: {error}").format(file=file, error=error)
        ) from error
    return _checked(values, file)


def save(file: Path, chosen: Settings) -> None:
    """Write what differs from the defaults, each with its sentence of help."""
    lines = []
    for entry in fields(Settings):
        value = getattr(chosen, entry.name)
        if value != entry.default:
            # A TOML basic string and a JSON string are written alike, numbers too.
            lines += [
                f"# {entry.metadata['help']}",
                f"{entry.name} = {json.dumps(value, ensure_ascii=False)}",
                "",
            ]
    paths.replace_file(file, "\n".join(lines))


def stored_text(file: Path) -> str | None:
    """The file as it is, letter by letter; None where there is none."""
    return file.read_bytes().decode("utf-8") if file.exists() else None


def put_back(file: Path, wanted: str | None, *, seen: str | None) -> None:
    """Make the file what it was, None for no file, if it still is what was `seen`.

    Raises:
        RefusedError: somebody has changed it since.
    """
    if stored_text(file) != seen:
        raise RefusedError(
            _("The settings file was changed since, outside this window; look at it first.")
        )
    if wanted is None:
        file.unlink()
    elif wanted != seen:
        paths.replace_file(file, wanted)


def _checked(values: dict[str, Any], file: Path) -> Settings:
    known = {entry.name: entry for entry in fields(Settings)}
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = _(" Did you mean “{key}”?").format(key=near[0]) if near else ""
            raise IcdMapperError(
                _("Settings file {file}: unknown setting “{key}”.").format(file=file, key=key)
                + hint
            )
        wanted = type(known[key].default)
        if type(value) is not wanted:
            raise IcdMapperError(
                _("Settings file {file}: “{key}” must be of type {type}.").format(
                    file=file, key=key, type=wanted.__name__
                )
            )
    return replace(Settings(), **values)
