"""`refine`: case 1 of the rule, a coarse local code becomes children that each have a target."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from icdmapper.bootstrap import Services
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, local_code, opened, reference_entry
from icdmapper.model.errors import NotFoundError
from icdmapper.model.refinement import Refinement
from icdmapper.resolution.refinement import Adoption, problem_sentence
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import adoption_word, relation_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The act and the code it is about."""
    acts = add_acts(parser, "act")
    sentences = {
        "offers": N_("entries that the code can mean"),
        "start": N_("plan a child for each of some entries"),
        "show": N_("the plan and what keeps it from being signed"),
        "child": N_("give a planned child another code or name, or leave it out"),
        "sign": N_("make the children and retire the code"),
        "drop": N_("give the plan up"),
    }
    for act, sentence in sentences.items():
        sub = add_act(acts, act, sentence)
        add_project_argument(sub)
        sub.add_argument("code", help=_("local code, or #id when it stands twice"))
        if act == "start":
            sub.add_argument(
                "--to", action="append", required=True, help=_("reference code; repeatable")
            )
            sub.add_argument("--residual", help=_("reference code of what says no more"))
            sub.add_argument(
                "--effective", type=date.fromisoformat, required=True,
                help=_("first discharge date of the children (yyyy-mm-dd)"),
            )  # fmt: skip
        if act == "child":
            sub.add_argument("number", type=int, help=_("number of the child in the plan"))
            sub.add_argument("--code", dest="new_code", help=_("another code"))
            sub.add_argument("--name", dest="new_name", help=_("another name"))
            sub.add_argument("--leave-out", action="store_true", help=_("no such child"))
        if act == "sign":
            sub.add_argument(
                "--accept-style", action="store_true",
                help=_("codes may be written otherwise than the hospital writes its own"),
            )  # fmt: skip
    adoption = add_act(
        acts, "adoption", N_("what the HIS has adopted, by its list as imported last")
    )
    add_project_argument(adoption)
    changes = add_act(acts, "changes", N_("write the change list for the HIS"))
    add_project_argument(changes)
    changes.add_argument("folder", type=Path, help=_("folder that does not exist yet"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do the act, then show the plan."""
    with opened(arguments, settings) as services:
        if arguments.act == "changes":
            files = services.his_changes.export(arguments.folder)
            output.table([(one.name, str(one.size)) for one in files])
            output.answer({"files": [one.name for one in files]})
            return 0
        if arguments.act == "adoption":
            _tell_adoption(services.refining.adoptions(), output)
            return 0
        local = local_code(services, arguments.code)
        if arguments.act == "offers":
            found = services.refining.offers(local.id)
            output.table([(one.code, one.name) for one in found])
            output.answer([{"code": one.code, "name": one.name} for one in found])
            return 0
        plan = _act(services, arguments, local.id)
        if plan is None:
            output.line(_("The plan is given up; the code is open again."))
            output.answer({"plan": None})
            return 0
        problems = () if plan.signed else services.refining.problems(plan.id)
    for number, child in enumerate(plan.children, start=1):
        targets = " ".join(f"{one.code} {one.name}" for one in child.targets)
        residual = _("residual") if child.residual else ""
        output.line(
            f"{number}. {child.code} {child.name}  {relation_word(child.relation.value)}"
            f" {targets} {residual}".rstrip()
        )
    for problem in problems:
        output.line(f"! {problem_sentence(problem)}")
    output.answer(
        {
            "signed": plan.signed,
            "effective": str(plan.effective) if plan.effective else None,
            "children": [
                {"code": one.code, "name": one.name, "residual": one.residual}
                for one in plan.children
            ],
            "problems": [problem_sentence(one) for one in problems],
        }
    )
    return 0


def _tell_adoption(found: Sequence[tuple[Refinement, Adoption]], output: Output) -> None:
    answers = []
    for plan, adoption in found:
        states = {child.code: "adopted" for child in adoption.adopted}
        states |= {child.code: "missing" for child in adoption.missing}
        states |= {child.code: "renamed" for child, _name in adoption.renamed}
        states |= {child.code: "recoded" for child, _code in adoption.recoded}
        other = {child.code: text for child, text in (*adoption.renamed, *adoption.recoded)}
        parent = adoption.parent
        use = _("still in use") if adoption.parent_still_used else _("stopped")
        output.line(
            f"{parent.code} {parent.name}: {adoption_word(adoption.progress.value)} · {use}"
        )
        for child in plan.children:
            told = " ".join(
                filter(None, (adoption_word(states[child.code]), other.get(child.code)))
            )
            output.line(f"  {child.code} {child.name}: {told}")
        answers.append(
            {
                "code": parent.code,
                "progress": adoption.progress.value,
                "parent_still_used": adoption.parent_still_used,
                "children": [
                    {"code": code, "state": state, "listed_as": other.get(code, "")}
                    for code, state in states.items()
                ],
            }
        )
    if not found:
        output.line(_("No refinement has been signed yet."))
    output.answer(answers)


def _act(services: Services, arguments: argparse.Namespace, local_id: int) -> Refinement | None:
    refining = services.refining
    if arguments.act == "start":
        wanted = [*arguments.to, *([arguments.residual] if arguments.residual else [])]
        ids = {code: reference_entry(services, code).id for code in wanted}
        return refining.start(
            local_id,
            [ids[code] for code in wanted],
            seen_version=services.resolution.work_row(local_id).mapping.version,
            by=acting(services),
            effective=arguments.effective,
            residual_id=ids[arguments.residual] if arguments.residual else None,
        )
    plan = refining.of(local_id)
    if plan is None:
        raise NotFoundError(_("No refinement of this code is planned."))
    match arguments.act:
        case "child":
            return _change(services, plan, arguments)
        case "sign":
            return refining.sign(
                plan.id,
                seen_revision=plan.revision,
                by=acting(services),
                accept_style=arguments.accept_style,
            )
        case "drop":
            refining.drop(plan.id, by=acting(services))
            return None
    return plan


def _change(services: Services, plan: Refinement, arguments: argparse.Namespace) -> Refinement:
    if not 1 <= arguments.number <= len(plan.children):
        raise NotFoundError(_("There is no child {number}.").format(number=arguments.number))
    children = list(plan.children)
    at = arguments.number - 1
    if arguments.leave_out:
        del children[at]
    else:
        old = children[at]
        children[at] = replace(
            old, code=arguments.new_code or old.code, name=arguments.new_name or old.name
        )
    return services.refining.edit(
        plan.id, children, seen_revision=plan.revision, by=acting(services)
    )
