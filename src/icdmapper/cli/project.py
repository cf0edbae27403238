"""The project a command works on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.model.codes import LocalCode
from icdmapper.model.errors import NotFoundError
from icdmapper.settings import Settings
from icdmapper.texts import _


def add_project_argument(parser: argparse.ArgumentParser) -> None:
    """`--project`, which every command that needs one takes."""
    parser.add_argument(
        "--project",
        default=os.environ.get("ICDMAPPER_PROJECT", ""),
        help=_("project file (*.icdm) or postgresql:// URL; default: the user's own project"),
    )


@contextmanager
def opened(arguments: argparse.Namespace, settings: Settings) -> Iterator[Services]:
    """The services of the project, closed at the end."""
    location: str | Path = arguments.project or bootstrap.default_project()
    services = bootstrap.open_project(location, settings)
    try:
        yield services
    finally:
        services.close()


def local_code(services: Services, text: str) -> LocalCode:
    """The local code a person named, by code or by `#id` when a code stands twice.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    codes = services.catalog.local_codes()
    if text.startswith("#") and text[1:].isdigit():
        found = [code for code in codes if code.id == int(text[1:])]
    else:
        found = [code for code in codes if text in (code.code, code.canonical)]
    if not found:
        raise NotFoundError(_("There is no local code {code}.").format(code=text))
    if len(found) > 1:
        choices = ", ".join(f"#{code.id} {code.name}" for code in found)
        raise NotFoundError(
            _("{code} stands {count} times; name one of: {choices}").format(
                code=text, count=len(found), choices=choices
            )
        )
    return found[0]
