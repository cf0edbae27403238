"""Pictures of every page and its states in the real window: `python -m benchmarks.screenshots`.

Light and dark, both languages, on screens of several sizes and scales. The pages are those of the
navigation; `stages.py` adds states to the pages it knows. On a machine with the real lists they
are taken of real rows and go into `build/`, which is never committed. `--docs` takes the few of the
demonstration that stand in the documents.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import projects
from icdmapper import paths, texts
from icdmapper.desktop import theme

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "screenshots"
DOCS = ROOT / "docs" / "images"
DOCS_PAGES = ("import", "catalog", "workbench")
LIST = "院内编码2026.csv"


@dataclass(frozen=True, slots=True)
class View:
    """A screen: what is left for a window on it, in the program's own pixels, and its scale."""

    width: int
    height: int
    scale: float


VIEWS = {
    "1440": View(1440, 860, 1.0),
    "1366": View(1366, 700, 1.0),
    "1920-150": View(1280, 670, 1.5),
    "1366-150": View(910, 470, 1.5),
}
"""The last is a small office screen at 150 %: the least a window ever gets."""


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    if arguments.one:
        return _take(arguments)
    out = arguments.out or (DOCS if arguments.docs else OUT)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        opened = _projects(arguments, folder)
        languages = ["zh_CN"] if arguments.docs else arguments.languages
        for language in languages:
            for name in ["1440"] if arguments.docs else arguments.views:
                for shade in arguments.themes:
                    one = (shade, language, name)
                    _start(arguments, opened, one, out, folder)
    print(f"{sum(1 for _file in out.glob('*.png'))} pictures in {out}")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--docs", action="store_true", help="the few in docs/images, invented rows")
    parser.add_argument("--demonstration", action="store_true", help="not the real rows")
    parser.add_argument("--pages", nargs="+", help="only these")
    parser.add_argument("--plain", action="store_true", help="pages only, without their states")
    parser.add_argument("--themes", nargs="+", default=list(theme.THEMES))
    parser.add_argument("--languages", nargs="+", default=texts.LANGUAGES, choices=texts.LANGUAGES)
    parser.add_argument("--views", nargs="+", default=list(VIEWS), choices=list(VIEWS))
    parser.add_argument("--project", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--blank", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--editions", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _projects(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path, Path]:
    """A project in the middle of its work, one without anything, one after new editions."""
    from benchmarks import stages  # noqa: PLC0415 - the parent needs no Qt before

    texts.choose_language("zh_CN")
    wants_real = not (arguments.docs or arguments.demonstration)
    project = projects.copy_of_best(folder) if wants_real else projects.demonstration(folder)
    stages.tell_a_story(project)
    return project, stages.blank_project(folder), stages.project_of_editions(folder)


def _start(
    arguments: argparse.Namespace,
    opened: tuple[Path, Path, Path],
    one: tuple[str, str, str],
    out: Path,
    folder: Path,
) -> None:
    """One process for each theme, language and screen, so that nothing of the last one stays."""
    home = Path(tempfile.mkdtemp(dir=folder))
    project = Path(shutil.copy(opened[0], home))
    # Both may be the demonstration, under one name.
    (aside := home / "editions").mkdir()
    editions = Path(shutil.copy(opened[2], aside))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(VIEWS[one[2]].scale),
        "ICDMAPPER_DATA_DIR": str(home),
        "ICDMAPPER_CACHE_DIR": str(folder / "cache"),
        "ICDMAPPER_LANGUAGE": one[1],
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "benchmarks.screenshots", "--one", *one]
    command += ["--project", str(project), "--blank", str(opened[1]), "--out", str(out.resolve())]
    command += ["--editions", str(editions)]
    command += ["--docs"] if arguments.docs else []
    command += ["--plain"] if arguments.plain else []
    command += ["--pages", *arguments.pages] if arguments.pages else []
    # Relative to the folder, so that no path of this computer is in a picture.
    shutil.copy(str(paths.shipped("resources", "samples", "local_codes_demo.csv")), home / LIST)
    subprocess.run(command, check=True, env=environment, cwd=home)


def _take(arguments: argparse.Namespace) -> int:
    from benchmarks import stages  # noqa: PLC0415 - only the child needs Qt
    from benchmarks.nights import tell_nights  # noqa: PLC0415
    from benchmarks.window import open_window, settle  # noqa: PLC0415
    from icdmapper.desktop.memory import Memory  # noqa: PLC0415

    shade, language, name = arguments.one
    size = (VIEWS[name].width, VIEWS[name].height)
    tail = f"{shade}-{language}-{name}"
    Memory().keep("export_folder", "对照发布")
    Memory().keep("tour_seen", "yes")
    Memory().keep("upload_settings", str(tell_nights(Path("上报"))))
    window = open_window(arguments.project, theme=shade, language=language, size=size)
    settle(window)
    for shot in _shots(arguments):
        stages.show(window, shot)
        file = arguments.out / (
            f"{shot.page}-{shade}.png" if arguments.docs else f"{shot.name}-{tail}.png"
        )
        stages.photograph(window, file)
    window.close()
    if not (arguments.docs or arguments.plain):
        window = open_window(arguments.blank, theme=shade, language=language, size=size)
        settle(window)
        for page in arguments.pages or stages.page_names():
            stages.show(window, stages.Stage(page))
            stages.photograph(window, arguments.out / f"{page}+empty-{tail}.png")
        window.close()
        if "import" in (arguments.pages or ("import",)):
            window = open_window(arguments.editions, theme=shade, language=language, size=size)
            settle(window)
            for shot in stages.of_editions():
                stages.show(window, shot)
                stages.photograph(window, arguments.out / f"{shot.name}-{tail}.png")
            window.close()
    return 0


def _shots(arguments: argparse.Namespace) -> Iterator[object]:
    from benchmarks import stages  # noqa: PLC0415 - only the child needs Qt

    for page in stages.page_names():
        wanted = arguments.pages or (DOCS_PAGES if arguments.docs else stages.page_names())
        if page in wanted:
            yield from stages.of_page(page, plain=arguments.docs or arguments.plain)


if __name__ == "__main__":
    raise SystemExit(main())
