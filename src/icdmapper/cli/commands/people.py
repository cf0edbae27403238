"""`people`: who works in the project, in which role, with which PIN."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from icdmapper import bootstrap
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.model.errors import RefusedError
from icdmapper.model.people import Role
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import person_role_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The act and whom it is about."""
    roles = [role.value for role in Role]
    acts = add_acts(parser, "act")
    add_project_argument(add_act(acts, "list", N_("everybody with role")))
    add = add_act(acts, "add", N_("add a person; the first one is the coordinator"))
    change = add_act(acts, "change", N_("another role or account, leave or come back"))
    pin = add_act(acts, "pin", N_("set a PIN; it is asked for, or read from ICDMAPPER_NEW_PIN"))
    grants = add_act(acts, "grants", N_("print what the server's administrator has to run"))
    grants.add_argument("account", help=_("login name on the database server"))
    for sub in (add, change, pin):
        add_project_argument(sub)
        sub.add_argument("name", help=_("name of the person"))
    add.add_argument("role", choices=roles)
    add.add_argument("--pin", action="store_true", help=_("with a PIN for a project file"))
    add.add_argument("--account", default="", help=_("login name on the database server"))
    change.add_argument("--role", choices=roles)
    change.add_argument("--account", default=None, help=_("login name on the database server"))
    state = change.add_mutually_exclusive_group()
    state.add_argument("--leave", action="store_true", help=_("may no longer act"))
    state.add_argument("--return", dest="back", action="store_true", help=_("may act again"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do the act, then show everybody."""
    if arguments.act == "grants":
        return _print_grants(arguments.account, output)
    with opened(arguments, settings) as services:
        people = services.people
        if arguments.act != "list":
            first = not people.members()
            # The first coordinator acts in their own name: there is nobody yet to sign in as.
            by = bootstrap.current_person(settings) if first else acting(services)
        match arguments.act:
            case "add":
                pin = _new_pin() if arguments.pin else ""
                people.add(
                    arguments.name, Role(arguments.role), by=by, pin=pin, account=arguments.account
                )
            case "change":
                people.change(
                    arguments.name,
                    by=by,
                    role=Role(arguments.role) if arguments.role else None,
                    active=False if arguments.leave else True if arguments.back else None,
                    account=arguments.account,
                )
            case "pin":
                people.set_pin(arguments.name, _new_pin(), by=by)
        members = people.members()
    output.table(
        [
            (
                one.name,
                person_role_word(one.role.value),
                one.account or (_("PIN") if one.has_pin else "-"),
                "" if one.active else _("left"),
            )
            for one in members
        ]
    )
    if not members:
        output.line(_("This project has no people; whoever opens it may do everything."))
    output.answer(
        [
            {"name": one.name, "role": one.role.value, "active": one.active, "account": one.account}
            for one in members
        ]
    )
    return 0


def _print_grants(account: str, output: Output) -> int:
    statements = bootstrap.account_grants(account)
    for statement in statements:
        output.line(f"{statement};")
    output.answer(list(statements))
    return 0


def _new_pin() -> str:
    if given := os.environ.get("ICDMAPPER_NEW_PIN"):
        return given
    if not sys.stdin.isatty():
        raise RefusedError(_("Nobody is there to be asked for a PIN; set ICDMAPPER_NEW_PIN."))
    return getpass.getpass(_("New PIN: "))
