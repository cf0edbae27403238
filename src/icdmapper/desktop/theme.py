"""Colours, fonts, icons and the style sheet: one small table of colours for light and for dark."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from icdmapper import paths

BODY_PIXELS = 14
"""Size of running text; everything else is set in the style sheet beside it."""

_SANS = (
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "WenQuanYi Micro Hei",
)
_MONO = (
    "Cascadia Mono",
    "Consolas",
    "SF Mono",
    "Noto Sans Mono CJK SC",
    "DejaVu Sans Mono",
    "monospace",
)


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of one theme. Every ink can be read on every ground: contrast 4.5 or more."""

    window: str
    navigation: str
    surface: str
    sunken: str
    border: str
    field: str
    """The edge of a field one writes into: without it nobody sees where, so it is 3 to 1."""
    text: str
    muted: str
    accent: str
    accent_soft: str
    on_accent: str
    same: str
    same_soft: str
    missing: str
    missing_soft: str
    wrong: str
    wrong_soft: str


LIGHT = Colours(
    window="#f3f5f8",
    navigation="#e9edf2",
    surface="#ffffff",
    sunken="#f7f9fb",
    border="#d9dfe6",
    field="#848f9e",
    text="#171b21",
    muted="#566070",
    accent="#1d63c4",
    accent_soft="#e6eefb",
    on_accent="#ffffff",
    same="#13663a",
    same_soft="#dff2e6",
    missing="#7a4d00",
    missing_soft="#fcecc4",
    wrong="#ab1f16",
    wrong_soft="#fde3e0",
)

DARK = Colours(
    window="#15181d",
    navigation="#101317",
    surface="#1d2127",
    sunken="#191c22",
    border="#343b45",
    field="#707b8b",
    text="#e9ecf1",
    muted="#a6aebb",
    accent="#7ab0ff",
    accent_soft="#1f2f49",
    on_accent="#0c1420",
    same="#83d8a6",
    same_soft="#153324",
    missing="#f1c563",
    missing_soft="#3a2e0f",
    wrong="#ff9f95",
    wrong_soft="#471c1b",
)

THEMES = {"light": LIGHT, "dark": DARK}

_current = LIGHT


class _Drawing(QIconEngine):
    """Paints an SVG, sharp at every scale and in the colours of the moment."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, _mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Qt: draw into a rectangle."""
        _drawing(self._name, str(getattr(_current, self._role))).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Qt: draw onto nothing."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Qt: the same once more."""
        return _Drawing(self._name, self._role)


def colours() -> Colours:
    """The colours in force, for what is painted and not styled."""
    return _current


def apply(app: QApplication, name: str) -> str:
    """Dress the whole program; `system` follows the desktop. Returns light or dark."""
    global _current  # noqa: PLW0603 - one theme for the whole program
    chosen = name if name in THEMES else _system_theme()
    _current = THEMES[chosen]
    app.setStyle("Fusion")
    app.setFont(sans(BODY_PIXELS))
    app.setPalette(_palette(_current))
    app.setStyleSheet(style_sheet(_current, _coloured_icons(chosen)))
    brush.cache_clear()
    ink.cache_clear()
    return chosen


def style_sheet(table: Colours, icons: Path) -> str:
    """The shipped style sheet with the colours of one theme and a folder of icons filled in."""
    text = paths.shipped("resources", "styles", "desktop.qss").read_text(encoding="utf-8")
    values = asdict(table)
    text = text.replace("@@icons", icons.as_posix())
    return re.sub(r"@(\w+)", lambda found: values[found[1]], text)


@lru_cache(maxsize=32)
def sans(pixels: int, *, bold: bool = False) -> QFont:
    """The text font at a size, figures of one width so that numbers stand in columns."""
    return _font(_SANS, pixels, bold=bold)


@lru_cache(maxsize=32)
def mono(pixels: int, *, bold: bool = False) -> QFont:
    """The font of codes."""
    font = _font(_MONO, pixels, bold=bold)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


@lru_cache(maxsize=32)
def brush(role: str) -> QBrush:
    """A colour of the theme to paint with."""
    return QBrush(QColor(str(getattr(_current, role))))


@lru_cache(maxsize=32)
def ink(role: str) -> QColor:
    """A colour of the theme to write with."""
    return QColor(str(getattr(_current, role)))


@lru_cache(maxsize=64)
def icon(name: str, role: str = "text") -> QIcon:
    """A shipped drawing in a colour of the theme in force when it is painted."""
    return QIcon(_Drawing(name, role))


def contrast(foreground: str, background: str) -> float:
    """The contrast of two colours after WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(foreground), _luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=128)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    source = paths.shipped("resources", "icons", f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(source.replace("currentColor", colour).encode()))


def _font(families: tuple[str, ...], pixels: int, *, bold: bool) -> QFont:
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("tnum"), 1)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def _palette(table: Colours) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, table.window),
        (roles.WindowText, table.text),
        (roles.Base, table.surface),
        (roles.AlternateBase, table.sunken),
        (roles.Text, table.text),
        (roles.Button, table.surface),
        (roles.ButtonText, table.text),
        (roles.PlaceholderText, table.muted),
        (roles.Highlight, table.accent_soft),
        (roles.HighlightedText, table.text),
        (roles.ToolTipBase, table.surface),
        (roles.ToolTipText, table.text),
        (roles.Link, table.accent),
        (roles.Mid, table.border),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(table.muted))
    return palette


def _coloured_icons(name: str) -> Path:
    """Icons the style sheet names; it can only load files, so they are coloured into files."""
    folder = paths.cache_folder() / f"icons-{name}"
    folder.mkdir(exist_ok=True)
    inks = {"chevron-down": "muted", "chevron-right": "muted", "tick": "on_accent"}
    for file, ink in inks.items():
        source = paths.shipped("resources", "icons", f"{file}.svg").read_text(encoding="utf-8")
        (folder / f"{file}.svg").write_text(
            source.replace("currentColor", getattr(_current, ink)), encoding="utf-8"
        )
    return folder


def _system_theme() -> str:
    dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
