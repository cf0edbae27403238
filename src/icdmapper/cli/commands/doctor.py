"""`doctor`: is this machine fit, and is the project sound?"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
from importlib.util import find_spec

from icdmapper import __version__, bootstrap, paths
from icdmapper.cli.output import Output
from icdmapper.cli.project import add_project_argument, opened
from icdmapper.model.errors import IcdMapperError
from icdmapper.settings import Settings
from icdmapper.texts import _

UNFIT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The project to look at."""
    add_project_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Print every check; 1 when one of them failed."""
    checks = [
        (_("program"), True, f"icdmapper {__version__}"),
        (_("Python"), sys.version_info >= (3, 11), platform.python_version()),
        (_("SQLite"), sqlite3.sqlite_version_info >= (3, 35), sqlite3.sqlite_version),
        *_folders(),
        _knowledge(settings),
        _optional(_("desktop"), "PySide6", _("not installed; the console works without it")),
        _optional(_("PostgreSQL driver"), "psycopg", _("not installed; needed for a work group")),
        _project(arguments, settings),
    ]
    for title, fit, detail in checks:
        output.line(f"{'✓' if fit else '✗'} {title}: {detail}")
    output.answer([{"check": title, "ok": fit, "detail": text} for title, fit, text in checks])
    return 0 if all(fit for _title, fit, _detail in checks) else UNFIT


def _folders() -> list[tuple[str, bool, str]]:
    found = []
    for title, folder in (
        (_("data folder"), paths.data_folder()),
        (_("cache folder"), paths.cache_folder()),
        (_("log folder"), paths.log_folder()),
    ):
        probe = folder / ".icdmapper-writable"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            found.append((title, False, f"{folder}: {error.strerror}"))
        else:
            found.append((title, True, str(folder)))
    return found


def _knowledge(settings: Settings) -> tuple[str, bool, str]:
    try:
        bootstrap.knowledge(settings.aliases_file)
    except (IcdMapperError, OSError) as error:
        return _("aliases and slots"), False, str(error)
    return _("aliases and slots"), True, _("loaded")


def _optional(title: str, module: str, absent: str) -> tuple[str, bool, str]:
    return title, True, _("installed") if find_spec(module) else absent


def _project(arguments: argparse.Namespace, settings: Settings) -> tuple[str, bool, str]:
    try:
        with opened(arguments, settings) as services:
            sizes = ", ".join(
                f"{one.system.value if one.system else _('local list')} {one.size}"
                for one in services.catalog.code_sets()
            )
            return _("project"), True, f"{services.location}: {sizes or _('empty')}"
    except IcdMapperError as error:
        return _("project"), False, str(error)
