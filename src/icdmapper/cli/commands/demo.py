"""`demo`: the whole job on the demonstration project, on screen or headless."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.cli.output import Output
from icdmapper.settings import Settings
from icdmapper.texts import _

_SCREENSHOT_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where results go when there is no display."""
    parser.add_argument(
        "--out", type=Path, default=Path("build/run"), help=_("folder for results and screenshot")
    )
    parser.add_argument("--headless", action="store_true", help=_("do not open a window"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Open the window, or import, propose, accept what is safe, export and take a picture."""
    if not arguments.headless and has_display() and find_spec("PySide6"):
        output.line(_("Opening the demonstration project."))
        return subprocess.run(
            [sys.executable, "-m", "icdmapper.desktop.app", "--demo"], check=False
        ).returncode
    output.line(_("There is no display: doing the same job headless."))
    services = bootstrap.demo_project(settings=None, progress=output.progress)
    try:
        answer = _whole_job(services, settings, arguments.out, output)
    finally:
        services.close()
    picture = _screenshot(arguments.out)
    answer["screenshot"] = str(picture) if picture else None
    output.line(
        _("screenshot: {file}").format(file=picture)
        if picture
        else _("screenshot: not made, the desktop part is not installed")
    )
    output.answer(answer)
    return 0


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _whole_job(
    services: Services, settings: Settings, folder: Path, output: Output
) -> dict[str, object]:
    by = bootstrap.current_person(settings)
    for one in services.catalog.code_sets():
        system = one.system.value if one.system else _("local list")
        output.line(
            _("imported {system} “{name}”: {size} codes").format(
                system=system, name=one.name, size=one.size
            )
        )
    summary = services.matching.propose_all(progress=output.progress)
    output.line(
        _(
            "proposed for {proposed} of {total} local codes in {seconds:.1f} s; {safe} are safe"
        ).format(
            proposed=summary.proposed,
            total=summary.total,
            seconds=summary.seconds,
            safe=summary.safe,
        )
    )
    bulk = services.resolution.accept_safe(by=by)
    output.line(_("accepted {count} safe proposals").format(count=bulk.accepted))
    coverage = services.resolution.progress()
    share = coverage.frequency_decided / coverage.frequency_total if coverage.frequency_total else 0
    output.line(
        _("decided {decided} of {total} codes, {share:.1%} of yearly discharges").format(
            decided=coverage.decided, total=coverage.total, share=share
        )
    )
    report = services.export.export(folder, by=by)
    output.line(_("results: {folder}").format(folder=report.folder))
    for file in report.files:
        output.line(f"  {file.name}  {file.size}")
    return {
        "proposed": summary.proposed,
        "safe": summary.safe,
        "accepted": bulk.accepted,
        "decided": coverage.decided,
        "total": coverage.total,
        "results": str(report.folder),
    }


def _screenshot(folder: Path) -> Path | None:
    if not find_spec("PySide6"):
        return None
    picture = folder / "workbench.png"
    command = [sys.executable, "-m", "icdmapper.desktop.app", "--demo"]
    # A size of its own: the person's last window may have been a small one.
    command += ["--page", "workbench", "--size", "1440x860", "--screenshot", str(picture)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(command, check=True, env=environment, timeout=_SCREENSHOT_SECONDS)
    return picture
