"""The same questions as pages to print: one card a code, with boxes to tick and a line to sign."""

from __future__ import annotations

from html import escape

from icdmapper.model.packets import Packet, PacketRow

_STYLE = """
@page { size: A4; margin: 16mm }
body { font: 11pt "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #000 }
h1 { font-size: 15pt; margin: 0 0 2mm }
p { margin: 1mm 0 }
table.card { width: 100%; border: 1px solid #555; margin: 0 0 5mm; page-break-inside: avoid }
table.card td { padding: 2mm 3mm; vertical-align: top }
.code { font-family: "Noto Sans Mono CJK SC", monospace }
.said { color: #333; white-space: pre-wrap }
.sign { padding-top: 5mm }
"""


def html(packet: Packet) -> str:
    """The pages as one HTML document without any other file."""
    cards = "\n".join(_card(row) for row in packet.rows)
    made = f"{packet.made_at.astimezone():%Y-%m-%d}"
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>编码争议裁定表 {escape(packet.department)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>编码争议裁定表　{escape(packet.department)}</h1>"
        f"<p>{made}　{escape(packet.made_by)}　共 {len(packet.rows)} 条　编号 {packet.id[:8]}</p>"
        "<p>每条请勾选一个选项，写明理由并签名；没有把握的请留空。</p>"
        f"{cards}</body></html>"
    )


def _card(row: PacketRow) -> str:
    options = "".join(f"<p>□ {option.letter}　{escape(option.text)}</p>" for option in row.options)
    volume = "" if row.frequency is None else f"　年出院 {row.frequency:,}"
    said = f'<p class="said">{escape(row.question)}</p>' if row.question else ""
    return (
        '<table class="card"><tr><td>'
        f'<p><b>{row.number}.</b> <span class="code">{escape(row.code)}</span>'
        f" <b>{escape(row.name)}</b>{volume}</p>{said}{options}"
        "<p>□ X　都不合适，应为：________________________________________</p>"
        '<p class="sign">理由：____________________________________　'
        "医师：______________　日期：____________</p>"
        "</td></tr></table>"
    )
