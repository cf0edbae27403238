"""Options that every command takes, before or after the act it names."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from icdmapper import texts
from icdmapper.texts import _


def add_common(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    """Add the common options.

    With `default=argparse.SUPPRESS` they leave alone what was said before the act.
    """
    parser.add_argument(
        "--json", action="store_true", help=_("print one JSON document"), **defaults
    )
    parser.add_argument("--verbose", action="store_true", help=_("log more"), **defaults)
    parser.add_argument("--settings", type=Path, help=_("settings file (TOML)"), **defaults)
    parser.add_argument(
        "--language", choices=texts.LANGUAGES, help=_("language of the texts"), **defaults
    )
    parser.add_argument(
        "--person", help=_("name recorded with what is done"), **{"default": "", **defaults}
    )


def add_acts(parser: argparse.ArgumentParser, name: str) -> Any:
    """The acts of a command; which one was chosen is `arguments.<name>`."""
    return parser.add_subparsers(dest=name, required=True, metavar=_("act"))


def add_act(acts: Any, name: str, sentence: str) -> argparse.ArgumentParser:
    """One act, with the common options allowed after it too; `sentence` is an English message."""
    added: argparse.ArgumentParser = acts.add_parser(name, help=_(sentence))
    add_common(added, default=argparse.SUPPRESS)
    return added
