"""Projects to look at and to work on: the real lists when they are here, else the demonstration.

A project of the real lists takes minutes to make, so it is made once into `build/`, which is never
committed; who wants to write in it takes a copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.lists import EVALUATION, ROOT, at_scale
from icdmapper import bootstrap
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.settings import Settings

REAL = ROOT / "build" / "real.icdm"


def is_real() -> bool:
    """Whether the real lists are on this machine."""
    return EVALUATION.is_dir()


def copy_of_best(folder: Path) -> Path:
    """A project with proposals and nothing decided: real rows when here, else invented ones."""
    return Path(shutil.copy(real_project(), folder)) if is_real() else demonstration(folder)


def demonstration(folder: Path) -> Path:
    """The demonstration project with proposals, nothing decided."""
    settings = Settings(hospital=bootstrap.DEMO_HOSPITAL)
    services = bootstrap.demo_project(folder, settings)
    services.matching.propose_all()
    services.close()
    return folder / bootstrap.DEMO_FILE


def real_project() -> Path:
    """The real lists with their proposals, made on first use.

    Raises:
        FileNotFoundError: the real lists are not on this machine.
    """
    if not is_real():
        raise FileNotFoundError(EVALUATION)
    if not REAL.exists():
        unfinished = REAL.with_name("unfinished.icdm")
        REAL.parent.mkdir(exist_ok=True)
        unfinished.unlink(missing_ok=True)
        _fill(unfinished)
        unfinished.rename(REAL)
    return REAL


def _fill(project: Path) -> None:
    settings = Settings(import_memory_mb=2000)
    lists = at_scale(project.parent, 1)
    services = bootstrap.open_project(project, settings)
    by = bootstrap.current_person(settings)
    jobs = [(file, Side.REFERENCE) for file in lists.references] + [(lists.local, Side.LOCAL)]
    for file, side in jobs:
        preview = services.importing.preview(Source(path=file), side=side)
        services.importing.store(preview, name=file.stem, edition="2026", by=by)
    services.matching.propose_all()
    services.close()
