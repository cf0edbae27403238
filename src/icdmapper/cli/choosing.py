"""An answer typed on the console: its targets with their roles, its relation, its note."""

from __future__ import annotations

import argparse

from icdmapper.bootstrap import Services
from icdmapper.cli.project import reference_entry
from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.mapping import Choice, Relation, Target, TargetRole
from icdmapper.texts import _


def add_choice_arguments(parser: argparse.ArgumentParser) -> None:
    """`--to`, `--relation` and `--note`."""
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="CODE[:ROLE]",
        help=_("reference code; repeat it with a role for several targets"),
    )
    parser.add_argument("--relation", choices=[relation.value for relation in Relation])
    parser.add_argument("--note", default="", help=_("why"))


def typed_choice(
    services: Services, arguments: argparse.Namespace, local_id: int, version: int
) -> Choice:
    """The answer as it was typed, on the version of the mapping that stands.

    Raises:
        RefusedError: no relation is said.
        NotFoundError: there is no such reference code or role.
    """
    targets = tuple(_target(services, text) for text in arguments.to)
    if not arguments.relation:
        raise RefusedError(_("Say the relation with --relation; it is never guessed here."))
    return Choice(local_id, version, Relation(arguments.relation), targets, arguments.note)


def _target(services: Services, text: str) -> Target:
    code, _colon, role = text.partition(":")
    entry = reference_entry(services, code)
    try:
        chosen = TargetRole(role) if role else TargetRole.MAIN
    except ValueError:
        raise NotFoundError(
            _("There is no role {role}; roles: {roles}").format(
                role=role, roles=", ".join(one.value for one in TargetRole)
            )
        ) from None
    return Target(entry.id, entry.code, entry.name, chosen)
