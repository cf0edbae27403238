"""`project`: copy the whole project to another place, take over what a copy changed."""

from __future__ import annotations

import argparse

from icdmapper import bootstrap
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.cli.rows import mapping_to_json
from icdmapper.model.errors import NotFoundError
from icdmapper.model.mapping import Mapping
from icdmapper.resolution.merging import Chosen, MergeChoice, MergeKind, MergePlan
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import merge_word, relation_word, state_word

_CHOICES = {
    MergeChoice.OURS: N_("keep what is here for this conflict; repeatable"),
    MergeChoice.THEIRS: N_("take what the copy says for this conflict; repeatable"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, or with which copy."""
    acts = add_acts(parser, "act")
    copy = add_act(acts, "copy", N_("copy everything into an empty project"))
    copy.add_argument("target", help=_("project file (*.icdm) or postgresql:// URL"))
    merge = add_act(acts, "merge", N_("take over what a copy changed; shows every row first"))
    merge.add_argument("copy", help=_("project file (*.icdm) or postgresql:// URL"))
    merge.add_argument(
        "--store", action="store_true",
        help=_("store it; conflicts nobody chose about become disputes"),
    )  # fmt: skip
    for choice, sentence in _CHOICES.items():
        merge.add_argument(
            f"--{choice.value}", action="append", default=[], metavar="CODE", help=_(sentence)
        )
    for sub in (copy, merge):
        add_project_argument(sub)


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Copy or merge."""
    with opened(arguments, settings) as services:
        if arguments.act == "copy":
            moved = bootstrap.copy_project(
                services, arguments.target, by=acting(services), progress=output.progress
            )
            output.line(_("{count} rows copied").format(count=moved.rows))
            output.line(_("anchor: {anchor}").format(anchor=moved.head.anchor))
            output.answer({"rows": moved.rows, "anchor": moved.head.anchor})
            return 0
        plan = bootstrap.merge_copy(services, arguments.copy, by=None, progress=output.progress)
        chosen = _chosen(plan, arguments)
        if arguments.store:
            plan = bootstrap.merge_copy(
                services, arguments.copy, by=acting(services), chosen=chosen,
                progress=output.progress,
            )  # fmt: skip
    for row in plan.rows:
        if row.kind is MergeKind.SAME:
            continue
        output.line(f"{merge_word(row.kind.value)}  {row.code} {row.name}")
        if row.kind is not MergeKind.TAKEN:
            output.line(_("  here: {answer}").format(answer=_answer(row.ours)))
        output.line(_("  copy: {answer}").format(answer=_answer(row.theirs)))
    counts = {kind.value: len(plan.of_kind(kind)) for kind in MergeKind}
    for kind, count in counts.items():
        output.line(f"{merge_word(kind)}: {count}")
    output.answer(
        {
            "stored": arguments.store,
            "rows": counts,
            "conflicts": [
                {
                    "code": row.code, "name": row.name,
                    "ours": mapping_to_json(row.ours), "theirs": mapping_to_json(row.theirs),
                }
                for row in plan.of_kind(MergeKind.CONFLICT)
            ],
        }
    )  # fmt: skip
    return 0


def _chosen(plan: MergePlan, arguments: argparse.Namespace) -> list[Chosen]:
    """What was said about conflicts, each by code or `#id`."""
    conflicts = plan.of_kind(MergeKind.CONFLICT)
    chosen = []
    for choice in _CHOICES:
        for named in getattr(arguments, choice.value):
            rows = [row for row in conflicts if named in (row.code, f"#{row.local_id}")]
            if len(rows) != 1:
                raise NotFoundError(_("There is no one conflict {code}.").format(code=named))
            chosen.append(rows[0].chosen(choice))
    return chosen


def _answer(mapping: Mapping) -> str:
    relation = relation_word(mapping.relation.value) if mapping.relation else ""
    targets = " ".join(f"{one.code} {one.name}" for one in mapping.targets)
    who = mapping.checked_by or mapping.decided_by
    return " · ".join(filter(None, (state_word(mapping.state.value), relation, targets, who)))
