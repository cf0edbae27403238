"""`decide`: record, reopen or take back a decision; accept what is safe."""

from __future__ import annotations

import argparse

from icdmapper.bootstrap import Services
from icdmapper.cli.choosing import add_choice_arguments, typed_choice
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, local_code, opened
from icdmapper.cli.rows import mapping_lines, mapping_to_json
from icdmapper.model.errors import NotFoundError, RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, Target
from icdmapper.model.people import Person
from icdmapper.settings import Settings
from icdmapper.texts import _
from icdmapper.texts.acts import act_word
from icdmapper.texts.words import left_out_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A local code with its target, or one of the acts that need none."""
    add_project_argument(parser)
    parser.add_argument("code", nargs="?", help=_("local code, or #id when it stands twice"))
    add_choice_arguments(parser)
    acts = parser.add_mutually_exclusive_group()
    acts.add_argument("--first", action="store_true", help=_("accept the first candidate"))
    acts.add_argument("--no-counterpart", action="store_true", help=_("the sets have no entry"))
    acts.add_argument("--reopen", action="store_true", help=_("put it back on the worklist"))
    acts.add_argument("--undo", action="store_true", help=_("take back your latest act"))
    acts.add_argument("--redo", action="store_true", help=_("restore what undo took back"))
    acts.add_argument("--safe", action="store_true", help=_("accept every safe proposal"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do one act and print what is true now."""
    with opened(arguments, settings) as services:
        by = acting(services)
        if arguments.safe:
            return _accept_safe(services, by, output)
        if arguments.undo or arguments.redo:
            again = services.resolution.undo if arguments.undo else services.resolution.redo
            replayed = again(by=by)
            if replayed.of is None:
                raise RefusedError(_("There is nothing to take back."))
            output.line(" ".join(filter(None, (act_word(replayed.of.value), replayed.text))))
            changed = replayed.mappings
        else:
            if not arguments.code:
                raise NotFoundError(_("Name a local code."))
            changed = (_decide(services, arguments, by),)
        for mapping in changed:
            local = services.catalog.local(mapping.local_id)
            output.line(f"{local.code} {local.name}")
            for line in mapping_lines(mapping):
                output.line(f"  {line}")
    output.answer([mapping_to_json(mapping) for mapping in changed])
    return 0


def _decide(services: Services, arguments: argparse.Namespace, by: Person) -> Mapping:
    local = local_code(services, arguments.code)
    row = services.resolution.work_row(local.id)
    version = row.mapping.version
    if arguments.reopen:
        return services.resolution.reopen(local.id, seen_version=version, by=by)
    if arguments.no_counterpart:
        arguments.relation = Relation.NO_COUNTERPART.value
    if not arguments.first:
        choice = typed_choice(services, arguments, local.id, version)
        return services.resolution.decide(choice, by=by)
    candidates = services.matching.proposal(local.id).candidates
    if not candidates:
        raise NotFoundError(_("There is no candidate for this code."))
    best = candidates[0]
    targets = (Target(best.reference_id, best.code, best.name),)
    relation = Relation(arguments.relation) if arguments.relation else best.relation
    choice = Choice(local.id, version, relation, targets, arguments.note)
    return services.resolution.decide(choice, by=by)


def _accept_safe(services: Services, by: Person, output: Output) -> int:
    result = services.resolution.accept_safe(by=by, progress=output.progress)
    output.line(_("accepted {count} safe proposals").format(count=result.accepted))
    for reason, count in sorted(result.left_out.items()):
        output.line(f"  {left_out_word(reason)}: {count}")
    output.answer({"accepted": result.accepted, "left_out": result.left_out})
    return 0
