"""The project a command works on."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.model.codes import LocalCode, ReferenceCode, Side
from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.people import Person
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


def acting(services: Services) -> Person:
    """Who acts: `--person` or the login name; the PIN comes from `ICDMAPPER_PIN` or is asked.

    Raises:
        RefusedError: name or PIN is wrong, or nobody is there to be asked.
    """
    return bootstrap.acting_person(services, _ask_pin)


def _ask_pin(name: str) -> str:
    if given := os.environ.get("ICDMAPPER_PIN"):
        return given
    if not sys.stdin.isatty():
        raise RefusedError(_("This project asks who you are; set --person and ICDMAPPER_PIN."))
    return getpass.getpass(_("PIN of {name}: ").format(name=name))


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


def reference_entry(services: Services, code: str) -> ReferenceCode | LocalCode:
    """The reference entry with exactly this code.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    found = [
        hit
        for hit in services.catalog.search(code, side=Side.REFERENCE, limit=200)
        if code in (hit.code, hit.canonical)
    ]
    if len(found) != 1:
        raise NotFoundError(_("There is no reference entry {code}.").format(code=code))
    return found[0]


def known_department(services: Services, name: str) -> str:
    """A department of the lists in use; "" stands for all of them.

    Raises:
        NotFoundError: no local code is of that department; the sentence names those there are.
    """
    known = services.assigning.departments()
    if name and name not in known:
        raise NotFoundError(
            _("There is no department {name}; departments: {known}").format(
                name=name, known="、".join(known) or "-"
            )
        )
    return name
