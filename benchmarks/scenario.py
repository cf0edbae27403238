"""One project from import to export, measured step by step, in a process of its own.

`python -m benchmarks.scenario SCALE` prints one JSON object of figures for `benchmarks.bench`.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks import desk
from benchmarks.lists import Lists, altered, at_scale
from benchmarks.watch import MemoryWatch
from icdmapper import bootstrap
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import Side
from icdmapper.model.editions import Outcome
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.resolution.session import ReviewSession
from icdmapper.resolution.worklist import WorkFilter, Worklist
from icdmapper.settings import Settings

_DECISIONS = 200
_SEARCHES = ("xjgs", "脑梗死", "恶性肿瘤 肺", "I63", "gz 股骨", "糖尿病 肾病", "34.0", "jxlwy")
_ASKED = 200


def run(scale: int) -> dict[str, float]:
    """The figures of one scale: seconds, milliseconds and megabytes by name."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["ICDMAPPER_CACHE_DIR"] = str(folder / "cache")
        lists = at_scale(folder, scale)
        _import(lists, folder / "bench.icdm", figures)
        figures |= _in_a_process_of_its_own(folder / "bench.icdm")
        if scale == 1 and find_spec("PySide6"):
            figures |= desk.measure(folder / "bench.icdm")
        _work(folder / "bench.icdm", folder / "out", figures)
        _again(lists, folder, figures)
    figures["memory.peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def _import(lists: Lists, project: Path, figures: dict[str, float]) -> None:

    settings = Settings(import_memory_mb=2000)
    services = bootstrap.open_project(project, settings)
    by = bootstrap.current_person(settings)
    jobs = [(file, Side.REFERENCE) for file in lists.references] + [(lists.local, Side.LOCAL)]
    for file, side in jobs:
        started = time.perf_counter()
        preview = services.importing.preview(Source(path=file), side=side)
        services.importing.store(preview, name=file.stem, edition="bench", by=by)
        figures[f"import.{side.value}.{file.stem}"] = time.perf_counter() - started
    services.close()
    figures["memory.import_child"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _in_a_process_of_its_own(project: Path) -> dict[str, float]:
    """Proposing, measured where no list was imported: whoever imports holds memory afterwards."""
    command = [sys.executable, "-m", "benchmarks.scenario", "propose", str(project)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _propose(project: Path, figures: dict[str, float]) -> None:

    services = bootstrap.open_project(project)
    figures["index.cold"] = _seconds(services.matching.prepare)
    first: list[float] = []
    started = time.perf_counter()

    def note(done: int, _total: int) -> None:
        if done and not first:
            first.append(time.perf_counter() - started)

    with MemoryWatch() as watch:
        summary = services.matching.propose_all(progress=note)
    figures["propose.all"] = time.perf_counter() - started
    figures["propose.first_rows"] = first[0]
    figures["propose.matching"] = summary.matching_seconds
    figures["propose.rows"] = summary.proposed
    names = [code.name for code in services.catalog.local_codes()][
        :: max(summary.total // _ASKED, 1)
    ]
    services.matching.ask(names[0])
    asked = [_seconds(lambda name=name: services.matching.ask(name)) for name in names]
    figures["ask.p50"] = statistics.median(asked) * 1000
    figures["ask.p95"] = _p95(asked) * 1000
    figures["memory.propose"] = watch.peak.shared_once_mb
    figures["memory.propose_each"] = watch.peak.each_mb
    services.close()
    again = bootstrap.open_project(project)
    figures["index.cached"] = _seconds(again.matching.prepare)
    again.close()


def _work(project: Path, out: Path, figures: dict[str, float]) -> None:

    started = time.perf_counter()
    services = bootstrap.open_project(project)
    worklist = Worklist.of(services.resolution.worklist())
    session = ReviewSession(worklist)
    # Counted here: the window has it made before anybody types.
    assert len(worklist.texts) == len(worklist.rows)
    figures["worklist.open"] = time.perf_counter() - started
    figures["worklist.filter"] = (
        max(
            _seconds(lambda text=text: session.set_filter(WorkFilter(text=text)))
            for text in ("癌", "左 肺", "xjgs", "")
        )
        * 1000
    )
    services.catalog.search("x", side=Side.REFERENCE)
    searched = [
        _seconds(lambda text=text: services.catalog.search(text, side=Side.REFERENCE))
        for text in _SEARCHES * 5
    ]
    figures["search.p95"] = _p95(searched) * 1000
    by = bootstrap.current_person(services.settings)
    every = [row.local.id for row in worklist.rows]
    figures["bulk.preview"] = _seconds(lambda: services.resolution.bulk_rows(every, by=by))
    saves = []
    for row in worklist.rows:
        if not row.best_code or row.mapping.version or len(saves) == _DECISIONS:
            continue
        best = services.matching.proposal(row.local.id).candidates[0]
        choice = Choice(
            row.local.id,
            0,
            Relation.LOCAL_FINER,
            (Target(best.reference_id, best.code, best.name),),
        )
        try:
            saves.append(_seconds(lambda choice=choice: services.resolution.decide(choice, by=by)))
        except Exception as error:
            if type(error).__name__ != "RefusedError":
                raise
    figures["decide.p50"] = statistics.median(saves) * 1000
    figures["decide.p95"] = _p95(saves) * 1000
    figures["undo"] = _seconds(lambda: services.resolution.undo(by=by)) * 1000
    figures["export"] = _seconds(lambda: services.export.export(out, by=by))
    services.close()


def _again(lists: Lists, folder: Path, figures: dict[str, float]) -> None:
    """New versions of the largest reference list and of the local list, over decisions."""
    services = bootstrap.open_project(folder / "bench.icdm", Settings(import_memory_mb=2000))
    by = bootstrap.current_person(services.settings)
    services.resolution.accept_safe(by=by)
    for file, side in ((lists.references[0], Side.REFERENCE), (lists.local, Side.LOCAL)):
        preview = services.importing.preview(Source(path=altered(file, folder)), side=side)
        started = time.perf_counter()
        plan = services.importing.compare(preview)
        figures[f"edition.compare.{side.value}"] = time.perf_counter() - started
        signature = Signature(by.name, plan)
        started = time.perf_counter()
        services.importing.store(
            preview, name=file.stem, edition="bench 2", by=by, signature=signature
        )
        figures[f"edition.store.{side.value}"] = time.perf_counter() - started
        outcomes = plan.by_outcome()
        figures[f"edition.reopened.{side.value}"] = len(outcomes.get(Outcome.REOPENED, ()))
    services.close()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


if __name__ == "__main__":
    if sys.argv[1] == "propose":
        proposing: dict[str, float] = {}
        _propose(Path(sys.argv[2]), proposing)
        print(json.dumps(proposing))
    else:
        print(json.dumps(run(int(sys.argv[1]))))
