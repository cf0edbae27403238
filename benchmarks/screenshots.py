"""Pictures of every page of the real main window: `python -m benchmarks.screenshots`.

Made on the demonstration project, in light and in dark, into `docs/images/`. Each picture is one
start of the program's own window, offscreen; `--project` takes another project to look at.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from icdmapper import bootstrap, paths, texts
from icdmapper.bootstrap import Services
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice, Target
from icdmapper.model.people import Person
from icdmapper.settings import Settings

PAGES = (
    "overview", "import", "catalog", "workbench", "review", "disputes", "export", "upload", "audit",
    "people",
)  # fmt: skip
THEMES = ("light", "dark")
SIZE = (1440, 900)
ROOT = Path(__file__).parents[1]
LIST = "院内编码2026.csv"
CODER = Person("编码员甲")
_DECIDED = 12


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    if arguments.one:
        return _take(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        project = arguments.project or _demonstration(Path(folder))
        for language in arguments.languages:
            for theme in arguments.themes:
                _start(arguments, project, theme, language, Path(folder))
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--project", type=Path, help="a project other than the demonstration")
    parser.add_argument("--list", type=Path, help="the list shown on the import page")
    parser.add_argument("--pages", nargs="+", default=PAGES, choices=PAGES)
    parser.add_argument("--themes", nargs="+", default=THEMES, choices=THEMES)
    parser.add_argument("--languages", nargs="+", default=["zh_CN"], choices=texts.LANGUAGES)
    parser.add_argument("--scale", type=float, default=1.0, help="1.5 is the office PC at 150 %%")
    parser.add_argument("--one", nargs=2, metavar=("THEME", "LANGUAGE"), help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _demonstration(folder: Path) -> Path:
    """The demonstration project with proposals and a few decisions, made afresh."""
    texts.choose_language("zh_CN")
    settings = Settings(hospital=bootstrap.DEMO_HOSPITAL, person=CODER.name)
    services = bootstrap.demo_project(folder, settings)
    try:
        services.matching.propose_all()
        _decide_some(services)
    finally:
        services.close()
    return folder / bootstrap.DEMO_FILE


def _decide_some(services: Services) -> None:
    by = CODER
    safe = [row for row in services.resolution.worklist() if row.safe]
    for row in safe[:_DECIDED]:
        best = services.matching.proposal(row.local.id).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        services.resolution.decide(Choice(row.local.id, 0, best.relation, (target,)), by=by)


def _start(
    arguments: argparse.Namespace, project: Path, theme: str, language: str, folder: Path
) -> None:
    """One process for each theme and language, so that nothing of the last one stays."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(arguments.scale),
        "ICDMAPPER_DATA_DIR": str(folder),
        "ICDMAPPER_LANGUAGE": language,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "benchmarks.screenshots", "--one", theme, language]
    command += ["--project", str(project.resolve()), "--out", str(arguments.out.resolve())]
    command += ["--scale", str(arguments.scale), "--pages", *arguments.pages]
    # Relative to the folder, so that no path of this computer is in a picture.
    sample = Path(str(paths.shipped("resources", "samples", "local_codes_demo.csv")))
    shutil.copy(arguments.list or sample, folder / LIST)
    subprocess.run(command, check=True, env=environment, cwd=folder)


def _take(arguments: argparse.Namespace) -> int:
    from PySide6.QtGui import QImage  # noqa: PLC0415 - only the child needs Qt

    from benchmarks.window import open_window, settle  # noqa: PLC0415
    from icdmapper.desktop.memory import Memory  # noqa: PLC0415

    theme, language = arguments.one
    Memory().keep("export_folder", "对照发布")
    window = open_window(arguments.project, theme=theme, language=language, size=SIZE)
    for page in arguments.pages:
        settle(window)
        window.go_to(page)
        if page == "import":
            _show_list(window.page())
        settle(window)
        window.notices.clear()
        settle(window)
        suffix = "" if language == "zh_CN" else f"-{language}"
        suffix += "" if arguments.scale == 1 else f"-{arguments.scale * 100:.0f}"
        file = arguments.out / f"{page}-{theme}{suffix}.png"
        window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888).save(str(file))
        print(f"{file}  {file.stat().st_size // 1024} KB")
    window.close()
    return 0


def _show_list(page: object) -> None:
    from icdmapper.desktop.pages.importing import ImportingPage  # noqa: PLC0415

    assert isinstance(page, ImportingPage)
    page.open_file(Side.LOCAL, Path(LIST))


if __name__ == "__main__":
    raise SystemExit(main())
