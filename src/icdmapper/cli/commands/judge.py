"""`judge`: what the rules of judgement say of the answers, and waivers with reason and name."""

from __future__ import annotations

import argparse
from collections import Counter

from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, local_code, opened
from icdmapper.resolution.judging import Judged
from icdmapper.settings import Settings
from icdmapper.texts import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A code, or nothing for all of them; with a rule to waive."""
    add_project_argument(parser)
    parser.add_argument("code", nargs="?", help=_("local code, or #id when it stands twice"))
    acts = parser.add_mutually_exclusive_group()
    acts.add_argument("--waive", metavar="RULE", help=_("let the answer stand; needs --reason"))
    acts.add_argument("--withdraw", metavar="RULE", help=_("take a waiver back"))
    parser.add_argument("--reason", default="", help=_("why"))
    parser.add_argument("--rule", help=_("without a code: list the answers that break this rule"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Waive or withdraw, then show the findings."""
    with opened(arguments, settings) as services:
        if not arguments.code:
            return (
                _one_rule(services, arguments.rule, output)
                if arguments.rule
                else _all(services, output)
            )
        local = local_code(services, arguments.code)
        if arguments.waive:
            by = acting(services)
            services.judging.waive(local.id, arguments.waive, arguments.reason, by=by)
        if arguments.withdraw:
            services.judging.withdraw(local.id, arguments.withdraw, by=acting(services))
        found = services.judging.findings(local.id)
    for one in found:
        waived = f"  ({one.waiver.by}: {one.waiver.reason})" if one.waiver else ""
        output.line(
            f"[{one.finding.severity.value}] {one.finding.rule_id} {one.finding.sentence}{waived}"
        )
    if not found:
        output.line(_("No rule says anything of this answer."))
    output.answer([_to_json(one) for one in found])
    return 0


def _all(services: Services, output: Output) -> int:
    found = services.judging.findings_all()
    counts = Counter(
        (one.finding.severity.value, one.finding.rule_id, one.finding.title)
        for judged in found.values()
        for one in judged
        if one.stands_open
    )
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    output.table([(severity, rule, title, str(n)) for (severity, rule, title), n in rows])
    output.line(_("{count} answers have findings").format(count=len(found)))
    output.answer(
        {
            "answers": len(found),
            "rules": [
                {"severity": severity, "rule": rule, "count": n} for (severity, rule, _t), n in rows
            ],
        }
    )
    return 0


def _one_rule(services: Services, rule_id: str, output: Output) -> int:
    """Every answer that breaks one rule, by local code."""
    broken = [
        (local_id, one)
        for local_id, judged in services.judging.findings_all().items()
        for one in judged
        if one.stands_open and one.finding.rule_id == rule_id
    ]
    codes = {one.id: one.code for one in services.catalog.local_codes()}
    for local_id, one in broken:
        output.line(f"{codes[local_id]}  {one.finding.sentence}")
    output.line(_("{count} answers have findings").format(count=len(broken)))
    output.answer([{"local_code": codes[local_id], **_to_json(one)} for local_id, one in broken])
    return 0


def _to_json(one: Judged) -> dict[str, object]:
    return {
        "rule": one.finding.rule_id,
        "severity": one.finding.severity.value,
        "sentence": one.finding.sentence,
        "waived_by": one.waiver.by if one.waiver else None,
    }
