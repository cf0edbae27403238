"""Every directory and every shipped file; nothing else asks where things are."""

from __future__ import annotations

import os
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import platformdirs

_APP = "icdmapper"


def shipped(*parts: str) -> Traversable:
    """A file that ships with the program, installed or from a checkout."""
    # A checkout wins: its files are newer than the copies an editable install may hold.
    root = Path(__file__).parents[2]
    if (root / "resources").is_dir() and (root / "reference_codes").is_dir():
        return root.joinpath(*parts)
    return files(_APP).joinpath("_shipped", *parts)


def data_folder() -> Path:
    """Where projects are kept by default; `ICDMAPPER_DATA_DIR` makes a portable installation."""
    return _folder("ICDMAPPER_DATA_DIR", platformdirs.user_data_dir(_APP, appauthor=False))


def config_folder() -> Path:
    """Where settings are kept; follows `ICDMAPPER_DATA_DIR` when that is set."""
    return _folder("ICDMAPPER_DATA_DIR", platformdirs.user_config_dir(_APP, appauthor=False))


def cache_folder() -> Path:
    """Where what can be made again is kept, such as the matching index."""
    return _folder("ICDMAPPER_CACHE_DIR", platformdirs.user_cache_dir(_APP, appauthor=False))


def log_folder() -> Path:
    """Where the rotating log is kept."""
    return _folder("ICDMAPPER_LOG_DIR", platformdirs.user_log_dir(_APP, appauthor=False))


def replace_file(file: Path, text: str) -> None:
    """Write a small text file whole: the old one is there until the new one is complete."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f"{file.name}.new")
    with aside.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(file)


def _folder(variable: str, default: str) -> Path:
    folder = Path(os.environ.get(variable) or default).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
