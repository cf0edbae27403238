"""The same questions as A4 pages: one card a code, with boxes to tick and a line to sign."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

from icdmapper.model.marks import Tone, compare
from icdmapper.model.packets import Packet, PacketOption, PacketRow
from icdmapper.resolution.dispute_session import REASONS
from icdmapper.resolution.print_font import PrintFont
from icdmapper.texts import _
from icdmapper.texts.words import relation_word, role_word

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN, _LINE = 15.0, 5.6
_INDENT, _BOX = 7.0, 3.4
_GREY, _BLACK = 90, 0
_SMALL, _BODY, _NAME, _TITLE = 8.5, 10.5, 13.0, 15.0


def write(packet: Packet, file: Path, font: PrintFont, *, one_per_page: bool = False) -> None:
    """Write the pages; an existing file is replaced. Their text can be searched and copied."""
    pdf = _new_pdf(packet, font)
    pdf.add_page()
    _guide(pdf)
    for at, row in enumerate(packet.rows):
        if at and one_per_page:
            pdf.add_page()
        else:
            # Drawn once for its height: a card stands on one page if it fits on one.
            with pdf.offset_rendering() as trial:
                _card(cast("FPDF", trial), packet, row)
            if trial.page_break_triggered and at:
                pdf.add_page()
        _card(pdf, packet, row)
    pdf.output(str(file))


def row_mark(packet: Packet, row: PacketRow) -> str:
    """What says on paper which row of which packet this is."""
    return f"{packet.id[:8]}-{row.number}"


def _new_pdf(packet: Packet, font: PrintFont) -> FPDF:
    # Slow to import; most who work in a project never make a packet.
    from fpdf import FPDF  # noqa: PLC0415

    for name in ("fpdf", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    title = "　".join(filter(None, ("编码争议裁定表", packet.department)))
    made = [
        f"{packet.made_at.astimezone():%Y-%m-%d}",
        packet.made_by,
        f"共 {len(packet.rows)} 条",
        *([f"请于 {packet.deadline:%Y-%m-%d} 前交回"] if packet.deadline else []),
    ]

    class Pages(FPDF):
        def header(self) -> None:
            self.set_font("text", size=_TITLE)
            self.cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
            _say(self, "　".join(made), size=_SMALL, grey=_GREY)
            self.ln(2)

        def footer(self) -> None:
            self.set_y(-_MARGIN + 2)
            self.set_font("text", size=_SMALL)
            self.set_text_color(_GREY)
            self.cell(0, 5, f"编号 {packet.id}")
            self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")
            self.set_text_color(_BLACK)

    pdf = Pages(format="A4")
    pdf.set_title(title)
    pdf.set_lang("zh-CN")
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN)
    pdf.add_font("text", "", str(font.file), collection_font_number=font.face)
    return pdf


def _guide(pdf: FPDF) -> None:
    _say(
        pdf,
        "每条请勾选一个选项，写明理由并签名；没有把握的请留空。"
        "画线的字是标准名称与院内名称不同之处。",
        size=_SMALL,
    )
    pdf.ln(1)


def _card(pdf: FPDF, packet: Packet, row: PacketRow) -> None:
    pdf.ln(2)
    pdf.set_draw_color(_GREY)
    pdf.line(_MARGIN, pdf.y, pdf.w - _MARGIN, pdf.y)
    pdf.ln(2)
    volume = "" if row.frequency is None else f"年出院 {row.frequency:,} 例　"
    _say(pdf, f"{volume}编号 {row_mark(packet, row)}", size=_SMALL, grey=_GREY, align="R")
    pdf.set_y(pdf.y - _LINE)
    _say(pdf, f"{row.number}.　{row.code}", size=_BODY)
    _say(pdf, row.name, size=_NAME)
    if row.question:
        pdf.ln(1)
        _say(pdf, row.question, size=_SMALL, grey=_GREY)
    pdf.ln(1.5)
    for option in row.options:
        _option(pdf, row, option)
    _tick(pdf, "X")
    _say(pdf, "都不合适，应为：" + "＿" * 28, size=_BODY, keep_x=True)
    _end_tick(pdf)
    _reasons(pdf)
    _signature(pdf)


def _option(pdf: FPDF, row: PacketRow, option: PacketOption) -> None:
    """Box, letter, relation, and each entry with what it does not share with the local name."""
    _tick(pdf, option.letter)
    opinion = option.opinion
    relation = relation_word(opinion.relation.value) if opinion.relation else ""
    pdf.set_font("text", size=_BODY)
    pdf.write(_LINE, f"{relation}　")
    for at, target in enumerate(opinion.targets):
        pdf.write(_LINE, f"{'；' if at else ''}{target.code} ")
        for run in compare(row.name, target.name).reference:
            differs = run.tone in {Tone.MISSING, Tone.WRONG}
            pdf.set_font("text", "U" if differs else "", size=_BODY)
            pdf.write(_LINE, run.text)
        pdf.set_font("text", size=_BODY)
        if len(opinion.targets) > 1:
            pdf.write(_LINE, f"〔{role_word(target.role.value)}〕")
    _end_tick(pdf)


def _tick(pdf: FPDF, letter: str) -> None:
    """A box with its letter; what is written next stays right of it, over several lines too."""
    if pdf.will_page_break(_LINE):
        pdf.add_page()
    pdf.set_draw_color(_BLACK)
    pdf.rect(_MARGIN + 1, pdf.y + (_LINE - _BOX) / 2, _BOX, _BOX)
    pdf.set_left_margin(_MARGIN + _INDENT)
    pdf.set_x(_MARGIN + _INDENT)
    pdf.set_font("text", size=_BODY)
    pdf.write(_LINE, f"{letter}　")


def _end_tick(pdf: FPDF) -> None:
    pdf.set_left_margin(_MARGIN)
    pdf.ln(_LINE + 0.6)


def _reasons(pdf: FPDF) -> None:
    """The usual reasons, a box each, flowing over the line."""
    pdf.set_font("text", size=_SMALL)
    pdf.set_x(_MARGIN)
    pdf.write(_LINE, "理由　")
    for message in REASONS:
        reason = _(message)
        width = _BOX + pdf.get_string_width(f" {reason}　") + 1
        if pdf.x + width > pdf.w - _MARGIN:
            pdf.ln(_LINE)
            pdf.set_x(_MARGIN + _INDENT)
        pdf.rect(pdf.x + 0.5, pdf.y + (_LINE - _BOX) / 2, _BOX, _BOX)
        pdf.set_x(pdf.x + _BOX + 0.5)
        pdf.write(_LINE, f" {reason}　")
    pdf.ln(_LINE)


def _signature(pdf: FPDF) -> None:
    pdf.ln(3)
    _say(
        pdf,
        f"说明：{'＿' * 22}　医师签名：{'＿' * 8}　日期：{'＿' * 6}",
        size=_SMALL + 1,
    )
    pdf.ln(1)


def _say(
    pdf: FPDF,
    text: str,
    *,
    size: float,
    grey: int = _BLACK,
    align: str = "L",
    keep_x: bool = False,
) -> None:
    """A text over as many lines as it needs."""
    pdf.set_font("text", size=size)
    pdf.set_text_color(grey)
    if keep_x:
        pdf.write(_LINE, text)
    else:
        height = _LINE * max(size / _BODY, 0.85)
        pdf.multi_cell(0, height, text, align=align, new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(_BLACK)
