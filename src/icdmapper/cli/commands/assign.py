"""`assign`: rows to people, progress per person, hand-over."""

from __future__ import annotations

import argparse

from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, known_department, opened
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import State
from icdmapper.resolution.assigning import Moved, RowFilter, Share
from icdmapper.settings import Settings
from icdmapper.texts import N_, _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who gets which rows."""
    acts = add_acts(parser, "act")
    give = add_act(acts, "give", N_("give rows to a person"))
    give.add_argument("person_to", metavar="PERSON", help=_("name of the person"))
    back = add_act(acts, "back", N_("take rows back from whoever has them"))
    for sub in (give, back):
        sub.add_argument(
            "--chapter", default="", help=_("codes that begin so, C or C0 for instance")
        )
        sub.add_argument("--department", default="", help=_("rows of this department"))
        sub.add_argument("--kind", choices=[kind.value for kind in CodeKind])
        sub.add_argument(
            "--state", choices=[*(state.value for state in State), "any"], default="open"
        )
        sub.add_argument("--text", default="", help=_("names with these words"))
        sub.add_argument("--count", type=int, help=_("the most frequent so many"))
    hand = add_act(acts, "hand-over", N_("give what one person has not finished to another"))
    hand.add_argument("person_of", metavar="FROM", help=_("name of the person"))
    hand.add_argument("person_to", metavar="TO", help=_("name of the person"))
    shares = add_act(acts, "shares", N_("how far everybody is"))
    for sub in (give, back, hand, shares):
        add_project_argument(sub)


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do the act, then show how far everybody is."""
    with opened(arguments, settings) as services:
        assigning = services.assigning
        moved: Moved = {}
        if arguments.act != "shares":
            by = acting(services)
            if arguments.act == "hand-over":
                moved = assigning.hand_over(of=arguments.person_of, to=arguments.person_to, by=by)
            else:
                giving = arguments.act == "give"
                known_department(services, arguments.department)
                rows = assigning.matching(_filter(arguments, free=giving))
                moved = (
                    assigning.assign(rows, to=arguments.person_to, by=by)
                    if giving
                    else assigning.take_back(rows, by=by)
                )
            output.line(_("{count} rows moved").format(count=len(moved)))
        shares = assigning.shares()
    titles = (_("Person"), _("Of codes"), _("Of discharges"), _("Last decision"))
    output.table([titles, *map(_row, shares)] if shares else [])
    output.answer(
        {
            "moved": len(moved),
            "shares": [
                {"person": one.person, "given": one.given, "done": one.done} for one in shares
            ],
        }
    )
    return 0


def _filter(arguments: argparse.Namespace, *, free: bool) -> RowFilter:
    return RowFilter(
        chapter=arguments.chapter,
        department=arguments.department,
        kind=CodeKind(arguments.kind) if arguments.kind else None,
        state=None if arguments.state == "any" else State(arguments.state),
        text=arguments.text,
        count=arguments.count,
        free=free,
    )


def _row(share: Share) -> tuple[str, ...]:
    last = f"{share.last_act.astimezone():%Y-%m-%d %H:%M}" if share.last_act else "-"
    return (
        share.person,
        f"{share.done} / {share.given}",
        f"{share.discharges_done:,} / {share.discharges:,}",
        last,
    )
