"""`export`: write the mapping table."""

from __future__ import annotations

import argparse
from pathlib import Path

from icdmapper.cli.output import Output
from icdmapper.cli.project import acting, add_project_argument, opened
from icdmapper.settings import Settings
from icdmapper.texts import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    add_project_argument(parser)
    parser.add_argument("folder", type=Path, help=_("folder in which a new folder is made"))


def run(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    """Export and print what was written."""
    with opened(arguments, settings) as services:
        report = services.export.export(
            arguments.folder, by=acting(services), progress=output.progress
        )
        ready = services.export.readiness()
    output.line(
        _("{folder}: {rows} rows, {decided} of {total} codes decided").format(
            folder=report.folder, rows=report.rows, decided=ready.decided, total=ready.total
        )
    )
    output.table([(file.name, str(file.size), file.sha256) for file in report.files])
    output.answer(
        {
            "folder": str(report.folder),
            "rows": report.rows,
            "counts": report.counts,
            "files": [
                {"name": file.name, "bytes": file.size, "sha256": file.sha256}
                for file in report.files
            ],
        }
    )
    return 0
