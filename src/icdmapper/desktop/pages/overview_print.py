"""The overview on paper: figures, burn-down and coverage, in the light colours, page by page."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
)
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from icdmapper.desktop import theme, wording
from icdmapper.desktop.pages import overview_parts as parts
from icdmapper.desktop.theme import LIGHT
from icdmapper.desktop.widgets.charts import paint_burn_down, paint_shares
from icdmapper.resolution.overview import Overview, Part
from icdmapper.texts import _

_DOTS = 96
"""Everything is laid out in pixels of 1/96 inch and enlarged to the paper's own."""
_LINE = 19
_MARGIN_MM = 14.0
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_COLUMNS = ((0.38, _LEFT), (0.10, _LEFT), (0.20, _LEFT), (0.16, _RIGHT), (0.08, _RIGHT))


def ask_where(parent: QWidget) -> str:
    """The file a person chose for the PDF; "" for none."""
    kinds = _("PDF files (*.pdf)")
    chosen, _kind = QFileDialog.getSaveFileName(parent, _("Save as PDF"), "", kinds)
    return chosen if not chosen or chosen.endswith(".pdf") else f"{chosen}.pdf"


def ask_printer(parent: QWidget, found: Overview, hospital: str) -> None:
    """Let the person choose a printer, and print."""
    printer = QPrinter()
    if QPrintDialog(printer, parent).exec() == QDialog.DialogCode.Accepted:
        paint_report(printer, found, hospital, datetime.now().astimezone())


def write_pdf(file: str, found: Overview, hospital: str) -> None:
    """Write the report as A4 pages."""
    writer = QPdfWriter(file)
    writer.setResolution(300)
    writer.setTitle(_("Overview"))
    paint_report(writer, found, hospital, datetime.now().astimezone())


def paint_report(device: QPagedPaintDevice, found: Overview, hospital: str, at: datetime) -> None:
    """Draw the report onto paper."""
    device.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    device.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    painter = QPainter(device)
    scale = device.logicalDpiX() / _DOTS
    painter.scale(scale, scale)
    sheet = _Sheet(painter, device, device.width() / scale, device.height() / scale)
    _head(sheet, found, hospital, at)
    _chart(sheet, found)
    titles = (column.title for column in parts.part_columns(with_discharges=True)[:6])
    _draw_line(sheet, tuple(map(_, titles)), colour=LIGHT.muted)
    for part in found.parts:
        bar = _draw_line(sheet, _texts_of(part), colour=LIGHT.text, bold=not part.chapter)
        paint_shares(painter, bar, parts.shares_of(part.coverage), LIGHT)
    painter.end()


class _Sheet:
    """Where on the paper the next line goes; begins another page when one is full."""

    def __init__(
        self, painter: QPainter, device: QPagedPaintDevice, width: float, height: float
    ) -> None:
        self.painter = painter
        self.width = width
        self._device = device
        self._height = height
        self._y = 0.0

    def take(self, height: float) -> QRectF:
        """Room of this height over the whole width."""
        if self._y + height > self._height:
            self._device.newPage()
            self._y = 0.0
        room = QRectF(0, self._y, self.width, height)
        self._y += height
        return room

    def write(
        self, room: QRectF, text: str, *, pixels: int, colour: str, bold: bool = False
    ) -> None:
        self.painter.setFont(theme.sans(pixels, bold=bold))
        self.painter.setPen(QColor(colour))
        self.painter.drawText(room, _LEFT, text)


def _head(sheet: _Sheet, found: Overview, hospital: str, at: datetime) -> None:
    title = " ".join(filter(None, (hospital, _("Overview of the mapping"))))
    sheet.write(sheet.take(30), title, pixels=20, colour=LIGHT.text, bold=True)
    sheet.write(sheet.take(22), wording.moment(at), pixels=12, colour=LIGHT.muted)
    one = found.coverage
    for text in (
        _("{share} of yearly discharges mapped").format(
            share=wording.share(one.frequency_decided, one.frequency_total)
        ),
        _("{decided} of {total} codes mapped").format(
            decided=wording.number(one.decided), total=wording.number(one.total)
        ),
        _("; ").join(text for text, _colour in parts.legend_of(one)),
        parts.pace_sentence(found),
    ):
        sheet.write(sheet.take(_LINE), text, pixels=13, colour=LIGHT.text)


def _chart(sheet: _Sheet, found: Overview) -> None:
    sheet.take(10)
    room = sheet.take(210)
    days = parts.chart_days(found.days)
    paint_burn_down(sheet.painter, room, days, parts.chart_words(), LIGHT)
    sheet.take(14)


def _texts_of(part: Part) -> tuple[str, ...]:
    one = part.coverage
    return (
        parts.part_word(part),
        parts.part_span(part),
        "",
        f"{wording.number(one.decided)} / {wording.number(one.total)}",
        parts.codes_share(part),
        parts.discharges_share(part),
    )


def _draw_line(sheet: _Sheet, texts: tuple[str, ...], *, colour: str, bold: bool = False) -> QRectF:
    """One line of the table; returns the room of its bar."""
    room = sheet.take(_LINE)
    painter = sheet.painter
    painter.setPen(QPen(QColor(LIGHT.border), 0.5))
    painter.drawLine(room.bottomLeft(), room.bottomRight())
    painter.setPen(QColor(colour))
    painter.setFont(theme.sans(12, bold=bold))
    left, bar = room.left(), room
    widths = (*_COLUMNS, (1 - sum(share for share, _align in _COLUMNS), _RIGHT))
    for number, (text, (share, align)) in enumerate(zip(texts, widths, strict=True)):
        box = QRectF(left, room.top(), room.width() * share, room.height())
        if number == parts.BAR_COLUMN:
            bar = box.adjusted(0, 6, -10, -6)
        painter.drawText(box, align, text)
        left = box.right()
    return bar
