"""The feedback report as pages for a browser: no scripts, nothing from elsewhere, no patients."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from icdmapper.model.sending import Stage
from icdmapper.texts import N_, _
from icdmapper.upload.layouts import CSV, DBF, layout
from icdmapper.upload.sandbox.checking import PROBLEMS
from icdmapper.upload.sandbox.faults import Faults
from icdmapper.upload.sandbox.ledger import Upload

STAGES = {
    Stage.UPLOADED: N_("uploaded"),
    Stage.UNZIPPING: N_("unzipping"),
    Stage.CHECKING: N_("checking"),
    Stage.STORING: N_("storing"),
    Stage.DONE: N_("done"),
    Stage.FAILED: N_("failed"),
    Stage.REPEATED: N_("same file uploaded again"),
}
_MOST_ROWS = 500
_STYLE = """
body{font:16px/1.6 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif;margin:2rem auto;
max-width:76rem;padding:0 1rem;color:#1d2530;background:#f6f7f9}
h1{font-size:1.5rem;margin:0 0 .3rem}p{margin:.3rem 0 1rem;color:#556070}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #d9dee5}
th,td{padding:.45rem .7rem;border-bottom:1px solid #e8ebef;text-align:left;vertical-align:top}
th{background:#eef1f5;font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
.good{color:#1a6b3c}.bad{color:#a3232b;font-weight:600}.again{color:#7a5b00}
code{font-family:Consolas,"Noto Sans Mono",monospace}a{color:#1c5fa8}
"""


def overview(uploads: list[Upload], faults: Faults) -> str:
    """Every package received, newest first, with its status, grades and problem count."""
    heads = (
        _("No."), _("received at"), _("file"), _("size (bytes)"), _("records"), _("status"),
        _("grade 0"), _("grade 1"), _("grade 2"), _("grade 3"), _("stored"), _("package grade"),
        _("problems"),
    )  # fmt: skip
    shown = uploads[::-1][:_MOST_ROWS]
    stored = sum(one.stocked for one in uploads if one.stage == Stage.DONE)
    summary = _("{packages} packages received, {records} records stored.").format(
        packages=len(uploads), records=stored
    )
    if faults.counts:
        made = ", ".join(f"{fault.value} {count}" for fault, count in faults.counts.items())
        summary += " " + _("Faults made on request: {faults}.").format(faults=made)
    return _page(
        _("Feedback report of the sandbox"),
        _("This is a look-alike for rehearsals, not the platform. Nothing here was reported."),
        f"<p>{escape(summary)}</p>{_table(heads, (_row(one) for one in shown))}",
    )


def details(upload: Upload) -> str:
    """One package: its problems by kind and field."""
    titles = {one.code: one.title for name in (DBF, CSV) for one in layout(name).fields}
    rows = (
        f"<tr><td>{escape(_(PROBLEMS[kind]))}</td><td><code>{escape(name)}</code></td>"
        f"<td>{escape(titles.get(name, ''))}</td><td class=n>{count}</td></tr>"
        for kind, name, count in upload.problems
    )
    body = f"<p>{_stage(upload)}</p>"
    if upload.error:
        body += f"<p class=bad>{escape(_(upload.error))}</p>"
    if upload.repeat_of:
        body += (
            "<p>" + escape(_("First received as No. {id}.").format(id=upload.repeat_of)) + "</p>"
        )
    body += f"<p>SHA-256 <code>{escape(upload.sha256)}</code></p>"
    body += f"<p>RC020 = {escape(upload.rc020)}, RC021 = {escape(upload.rc021)}</p>"
    heads = (_("problem"), _("field"), _("title"), _("records"))
    body += _table(heads, rows) if upload.problems else f"<p>{escape(_('No problems found.'))}</p>"
    back = f'<p><a href="./">{escape(_("back to the list"))}</a></p>'
    return _page(_("Package No. {id}").format(id=upload.id), upload.at, body + back)


def error_page() -> str:
    """What a proxy in front of the platform shows when something is wrong."""
    return (
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
        "<body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
    )


def _row(one: Upload) -> str:
    first = f'<a href="package-{escape(one.id)}">{escape(one.id)}</a>'
    texts = [first, escape(one.at), escape(", ".join(one.files) or "–")]
    numbers = [one.size, one.total]
    tail = [*one.grades, one.stocked, one.grade, sum(count for _k, _f, count in one.problems)]
    return (
        "<tr>"
        + "".join(f"<td>{text}</td>" for text in texts)
        + "".join(f"<td class=n>{number}</td>" for number in numbers)
        + f"<td>{_stage(one)}</td>"
        + "".join(f"<td class=n>{number}</td>" for number in tail)
        + "</tr>"
    )


def _stage(one: Upload) -> str:
    stage = Stage(one.stage)
    kind = {Stage.DONE: "good", Stage.FAILED: "bad", Stage.REPEATED: "again"}.get(stage, "")
    return f'<span class="{kind}">{stage.value} {escape(_(STAGES[stage]))}</span>'


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _page(title: str, subtitle: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{escape(subtitle)}</p>{body}</body></html>"
    )
