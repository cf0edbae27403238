"""Finds a Chinese font on this computer that may be put into a PDF."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from icdmapper.model.errors import NotFoundError
from icdmapper.texts import _

_KNOWN = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "msyh.ttc",
    "Deng.ttf",
    "simhei.ttf",
    "simsun.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
)
"""What Windows, Debian and its Chinese relatives, and macOS come with, the best to read first."""

_NO_EMBEDDING = 0x0002
"""OpenType OS/2 fsType, bit 1: the licence of the font forbids embedding."""


@dataclass(frozen=True, slots=True)
class PrintFont:
    """A font file, and which of its faces to take where it is a collection."""

    file: Path
    face: int = 0


def find(named: str = "", *, folders: Iterable[Path] | None = None) -> PrintFont:
    """The font a person named, else the best of the known ones that is installed.

    Raises:
        NotFoundError: there is none, or its licence forbids to put it into a file.
    """
    for file in [Path(named).expanduser()] if named else _installed(folders or _folders()):
        found = _usable(file)
        if found is not None:
            return found
    if named:
        raise NotFoundError(
            _("The font {file} is not there or cannot be put into a PDF.").format(file=named)
        )
    raise NotFoundError(
        _(
            "No Chinese font for printing was found on this computer. Install one (Noto Sans CJK,"
            " for instance) or name a font file in the setting “print_font”."
        )
    )


def _usable(file: Path) -> PrintFont | None:
    # Slow to import; only who prints needs it.
    from fontTools.ttLib import TTCollection, TTFont, TTLibError  # noqa: PLC0415

    try:
        if file.suffix.lower() == ".ttc":
            with TTCollection(str(file), lazy=True) as collection:
                fonts = list(collection)
                names = [str(font["name"].getBestFamilyName() or "") for font in fonts]
                face = next((at for at, name in enumerate(names) if name.endswith("SC")), 0)
                allowed = _may_embed(fonts[face])
        else:
            with TTFont(str(file), lazy=True) as font:
                face, allowed = 0, _may_embed(font)
    except (OSError, TTLibError, LookupError):
        return None
    return PrintFont(file, face) if allowed else None


def _may_embed(font: object) -> bool:
    return not font["OS/2"].fsType & _NO_EMBEDDING  # type: ignore[index]


def _installed(folders: Iterable[Path]) -> list[Path]:
    order = {name.lower(): at for at, name in enumerate(_KNOWN)}
    found = {file.name.lower(): file for file in _files(folders) if file.name.lower() in order}
    return [found[name] for name in sorted(found, key=order.__getitem__)]


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _inner, names in os.walk(folder):
            yield from (Path(place, name) for name in names)


def _folders() -> list[Path]:
    home, windows = Path.home(), os.environ.get("WINDIR")
    local = os.environ.get("LOCALAPPDATA")
    return [
        *([Path(windows, "Fonts")] if windows else []),
        *([Path(local, "Microsoft", "Windows", "Fonts")] if local else []),
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local" / "share" / "fonts",
        home / ".fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        home / "Library" / "Fonts",
    ]
