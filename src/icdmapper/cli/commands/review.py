"""`review`: the second check and disputes, from the console."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

from icdmapper.bootstrap import Services
from icdmapper.cli.choosing import add_choice_arguments, typed_choice
from icdmapper.cli.options import add_act, add_acts
from icdmapper.cli.output import Output
from icdmapper.cli.project import (
    acting,
    add_project_argument,
    known_department,
    local_code,
    opened,
)
from icdmapper.cli.rows import mapping_lines, mapping_to_json
from icdmapper.model.checks import Opinion
from icdmapper.model.errors import NotFoundError
from icdmapper.model.mapping import Choice, Mapping
from icdmapper.model.people import Person
from icdmapper.resolution.checking import CheckRow
from icdmapper.resolution.disputes import Dispute
from icdmapper.resolution.packets import PacketOrder
from icdmapper.settings import Settings
from icdmapper.texts import N_, _
from icdmapper.texts.words import answer_word, message_kind_word, relation_word, risk_word


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The act and the code it is about."""
    acts = add_acts(parser, "act")
    sentences = {
        "queue": N_("what waits for your check, the riskiest first"),
        "agree": N_("confirm a decision of somebody else"),
        "check": N_("give your own answer: the same confirms, another one opens a dispute"),
        "plan": N_("check all risky rows and a random sample of the rest"),
        "figures": N_("agreement so far, and the error rate the sample lets expect"),
        "disputes": N_("disputed codes with their options and threads"),
        "dispute": N_("contest an answer, or ask about an open code"),
        "say": N_("write into the thread of a dispute"),
        "settle": N_("choose an option of a dispute, with the reason"),
        "packet": N_("put open disputes into a workbook and printable pages"),
        "take": N_("take a filled packet; shows every row first"),
    }
    for act, sentence in sentences.items():
        sub = add_act(acts, act, sentence)
        add_project_argument(sub)
        if act in ("agree", "check", "dispute", "say", "settle"):
            sub.add_argument("code", help=_("local code, or #id when it stands twice"))
        if act == "check":
            add_choice_arguments(sub)
        if act in ("queue", "check"):
            sub.add_argument(
                "--blind", action="store_true", help=_("without seeing what was decided")
            )
        if act in ("dispute", "say", "settle"):
            sub.add_argument("--text", required=True, help=_("why"))
        if act == "settle":
            sub.add_argument("--option", type=int, required=True, help=_("number of the option"))
            sub.add_argument("--for", dest="clinician", default="", help=_("clinician who said so"))
        if act == "packet":
            _add_packet_arguments(sub)
        if act == "take":
            sub.add_argument("file", type=Path, help=_("the filled workbook"))
            sub.add_argument("--store", action="store_true", help=_("store what can be taken"))
        if act == "plan":
            sub.add_argument("--size", type=int, required=True, help=_("rows of the sample"))
            sub.add_argument("--seed", type=int, default=1, help=_("seed of the random draw"))
        if act == "queue":
            sub.add_argument("--limit", type=int, default=20, help=_("rows to show"))


def _add_packet_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help=_("folder for the packet"))
    parser.add_argument("--department", default="", help=_("department it is for"))
    parser.add_argument(
        "--each", action="store_true", help=_("a packet for every department of the list")
    )
    parser.add_argument("--count", type=int, help=_("the most frequent so many"))
    parser.add_argument("--deadline", type=date.fromisoformat, help=_("to be back by (yyyy-mm-dd)"))
    parser.add_argument(
        "--one-per-page", action="store_true", help=_("every question on a page of its own")
    )


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Do the act and print what is true now."""
    with opened(arguments, settings) as services:
        match arguments.act:
            case "queue":
                _queue(services, acting(services), arguments, output)
            case "plan":
                plan = services.checking.make_plan(
                    by=acting(services), size=arguments.size, seed=arguments.seed
                )
                output.line(
                    _("{risky} risky rows, {sample} of {rest} others").format(
                        risky=len(plan.risky), sample=len(plan.sample), rest=plan.rest
                    )
                )
                output.answer(
                    {"risky": len(plan.risky), "sample": len(plan.sample), "rest": plan.rest}
                )
            case "figures":
                _figures(services, output)
            case "packet":
                _packets(services, arguments, output)
            case "take":
                _take(services, arguments, output)
            case "disputes":
                _disputes(services.disputes.open_disputes(), output)
            case _:
                _act(services, arguments, acting(services), output)
    return 0


def _act(services: Services, arguments: argparse.Namespace, by: Person, output: Output) -> None:
    local = local_code(services, arguments.code)
    version = services.resolution.work_row(local.id).mapping.version
    match arguments.act:
        case "agree":
            changed = services.checking.agree(local.id, seen_version=version, by=by)
        case "check":
            choice = typed_choice(services, arguments, local.id, version)
            changed = services.checking.check(choice, by=by, blind=arguments.blind)
        case "dispute":
            changed = services.disputes.open(
                local.id, seen_version=version, reason=arguments.text, by=by
            )
        case "say":
            services.disputes.say(local.id, arguments.text, by=by)
            changed = services.resolution.work_row(local.id).mapping
        case _:
            changed = _settle(services, local.id, version, arguments, by)
    output.line(f"{local.code} {local.name}")
    for line in mapping_lines(changed):
        output.line(f"  {line}")
    output.answer(mapping_to_json(changed))


def _settle(
    services: Services, local_id: int, version: int, arguments: argparse.Namespace, by: Person
) -> Mapping:
    options = services.disputes.dispute(local_id).options
    if not 1 <= arguments.option <= len(options):
        raise NotFoundError(
            _("There is no option {number}; there are {count}.").format(
                number=arguments.option, count=len(options)
            )
        )
    chosen = options[arguments.option - 1].opinion
    assert chosen.relation is not None
    choice = Choice(local_id, version, chosen.relation, chosen.targets, arguments.text)
    return services.disputes.settle(choice, by=by, on_behalf_of=arguments.clinician)


def _queue(services: Services, by: Person, arguments: argparse.Namespace, output: Output) -> None:
    queue = services.checking.queue(by=by)
    shown = queue.rows[: arguments.limit]
    output.table(
        [
            (
                one.row.local.code,
                one.row.local.name,
                *([] if arguments.blind else [_targets(Opinion.of(one.row.mapping))]),
                "、".join(risk_word(reason.value) for reason in one.risk.reasons)
                or (_("sample") if one.in_sample else ""),
            )
            for one in shown
        ]
    )
    output.line(
        _("{count} rows wait for you; {own} are your own, {left} are not in the sample").format(
            count=len(queue.rows), own=queue.own, left=queue.left_out
        )
    )
    rows = [_waiting(one, blind=arguments.blind) for one in shown]
    output.answer(
        {
            "rows": rows,
            "waiting": len(queue.rows),
            "own": queue.own,
            "left_out": queue.left_out,
        }
    )


def _waiting(one: CheckRow, *, blind: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "code": one.row.local.code,
        "name": one.row.local.name,
        "risk": one.risk.weight,
        "reasons": [reason.value for reason in one.risk.reasons],
        "in_sample": one.in_sample,
    }
    return found if blind else {**found, "mapping": mapping_to_json(one.row.mapping)}


def _figures(services: Services, output: Output) -> None:
    found = services.checking.figures()
    for word, one in ((_("all checks"), found.all), (_("blind checks"), found.blind)):
        if not one.pairs:
            output.line(_("{what}: none yet").format(what=word))
            continue
        kappa = "-" if one.kappa is None else f"{one.kappa:.3f}"
        output.line(
            _("{what}: {agreed} of {pairs} agree, kappa {kappa}").format(
                what=word, agreed=one.agreed, pairs=one.pairs, kappa=kappa
            )
        )
    sample = found.sample
    if sample.checked:
        output.line(
            _("sample: {errors} of {checked} differ; error rate {low:.1%} to {high:.1%}").format(
                errors=sample.errors, checked=sample.checked, low=sample.low, high=sample.high
            )
        )
    elif found.plan is None:
        output.line(_("sample: there is no plan yet (review plan)"))
    else:
        output.line(_("sample: none of {count} checked yet").format(count=found.sample_open))
    output.answer(
        {
            "all": {
                "pairs": found.all.pairs, "agreed": found.all.agreed, "kappa": found.all.kappa,
            },
            "blind": {
                "pairs": found.blind.pairs, "agreed": found.blind.agreed,
                "kappa": found.blind.kappa,
            },
            "sample": {
                "checked": sample.checked, "errors": sample.errors, "low": sample.low,
                "high": sample.high, "open": found.sample_open,
            },
        }
    )  # fmt: skip


def _disputes(found: tuple[Dispute, ...], output: Output) -> None:
    for one in found:
        output.line(f"{one.local.code} {one.local.name}")
        for number, option in enumerate(one.options, start=1):
            output.line(f"  {number}. {_targets(option.opinion)}  {'、'.join(option.by)}")
        for message in one.thread:
            kind = message_kind_word(message.kind.value)
            output.line(f"     {message.at:%Y-%m-%d %H:%M} {message.by} {kind} {message.text}")
    if not found:
        output.line(_("There is no open dispute."))
    output.answer(
        [
            {
                "code": one.local.code,
                "name": one.local.name,
                "options": [
                    {"targets": _targets(option.opinion), "by": list(option.by)}
                    for option in one.options
                ],
                "thread": [
                    {"by": message.by, "kind": message.kind.value, "text": message.text}
                    for message in one.thread
                ],
            }
            for one in found
        ]
    )


def _take(services: Services, arguments: argparse.Namespace, output: Output) -> None:
    returned = services.packets.preview(arguments.file)
    output.table(
        [
            (one.filled.number, answer_word(one.state.value), one.filled.code, one.filled.name,
             one.filled.letter, one.filled.clinician)
            for one in returned.answers
        ]
    )  # fmt: skip
    counts = {state.value: count for state, count in returned.counts.items()}
    if not arguments.store:
        output.line(_("Nothing is stored yet; --store takes the rows that are ready."))
        output.answer({"rows": counts, "settled": 0, "remarks": 0})
        return
    taken = services.packets.take(returned, by=acting(services))
    output.line(
        _("{settled} settled, {remarks} remarks").format(
            settled=len(taken.settled), remarks=taken.remarks
        )
    )
    output.answer({"rows": counts, "settled": len(taken.settled), "remarks": taken.remarks})


def _packets(services: Services, arguments: argparse.Namespace, output: Output) -> None:
    order = PacketOrder(
        known_department(services, arguments.department),
        count=arguments.count,
        deadline=arguments.deadline,
        one_per_page=arguments.one_per_page,
    )
    orders = [order]
    if arguments.each:
        orders = [
            replace(order, department=one.department, local_ids=one.local_ids)
            for one in services.packets.departments()
        ]
    by = acting(services)
    made = [services.packets.make(arguments.folder, one, by=by) for one in orders]
    rows = sum(len(one.packet.rows) for one in made)
    files = [str(file) for one in made for file in one.files]
    output.line(_("{count} questions").format(count=rows))
    output.table([(file,) for file in files])
    fault = next((one.fault for one in made if one.fault), "")
    if fault:
        output.line(fault)
    output.answer({"rows": rows, "files": files, "fault": fault})


def _targets(opinion: Opinion) -> str:
    relation = relation_word(opinion.relation.value) if opinion.relation else ""
    return " ".join([relation, *(f"{one.code} {one.name}" for one in opinion.targets)]).strip()
