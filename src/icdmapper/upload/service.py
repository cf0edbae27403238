"""The uploader of one environment: run, look, verify, settle, install a release."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from icdmapper.model.errors import IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.sending import Environment, Holding, PackageState, Run, StoredPackage
from icdmapper.storage.file_lock import FileLock
from icdmapper.storage.upload_state import UploadState, UploadWork
from icdmapper.texts import _
from icdmapper.upload import config as configuration
from icdmapper.upload.config import UploadConfig
from icdmapper.upload.daily import DailyRun
from icdmapper.upload.folder_gateway import FolderGateway
from icdmapper.upload.forgetting import forget_old
from icdmapper.upload.gateway import Gateway
from icdmapper.upload.holes import UnknownCode, unknown_codes
from icdmapper.upload.https_gateway import Account, HttpsGateway, HttpsOptions
from icdmapper.upload.manners import Pace
from icdmapper.upload.packages import (
    RefusedPackageError,
    ReleaseShelf,
    Trust,
    VerifiedRelease,
)
from icdmapper.upload.packaging import read_package
from icdmapper.upload.promotion import Promotion
from icdmapper.upload.rule_list import broken_rules
from icdmapper.upload.run_report import Choice, RunReport
from icdmapper.upload.sending import Clockwork, Sender, SendReport, settle_unknown
from icdmapper.upload.sources import source_of

logger = logging.getLogger(__name__)


def local_now() -> datetime:
    """The hospital's own time, with its zone: discharge days are days there."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Status:
    """What an administrator, or a page, wants to see first."""

    environment: Environment
    states: dict[PackageState, tuple[int, int]]
    """Packages and records in each state."""
    held: dict[str, int]
    """Records by the reason that holds them; a record may have several."""
    held_records: int
    """Different records that are held."""
    unknown: tuple[StoredPackage, ...]
    runs: tuple[Run, ...]
    releases: tuple[int, ...]
    release_fault: str
    promoted: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What reading every stored package back has shown; packages by name, newest first."""

    packages: int
    """So many were read, or ought to have been."""
    damaged: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    """Accepted long ago and no longer kept, on purpose."""


class Uploader:
    """One environment's uploader, built from its settings file."""

    def __init__(
        self,
        config: UploadConfig,
        *,
        pace: Pace | None = None,
        clockwork: Clockwork | None = None,
    ) -> None:
        self.config = config
        self._pace = pace
        self._clockwork = clockwork or Clockwork(local_now, time.sleep, random.Random().random)
        rehearsal = config.environment is Environment.TEST
        trust = Trust(config.keys, config.hospital_id, rehearsal)
        self._shelf = ReleaseShelf(config.release_folder / config.environment.value, trust)

    @classmethod
    def open(cls, file: Path, environment: Environment) -> Uploader:
        """The uploader that a settings file describes; errors as `config.load`."""
        return cls(configuration.load(file, environment))

    @property
    def promotion(self) -> Promotion:
        """The checklists of the way to production, kept beside the settings."""
        return Promotion(self.config.file.parent / "promotion.json", self._clockwork.now)

    def run(self, choice: Choice | None = None) -> RunReport:
        """One run from the source to the receiver.

        Raises:
            RefusedError: no release may be used, the account was refused, or production was not
                approved.
            ConflictError: another run is at work.
            SourceUnavailableError: the HIS cannot be reached.
        """
        self._refuse_unapproved()
        releases = self.releases()
        with closing(self._state()) as state:
            source = source_of(self.config.source, self._clockwork.now)
            daily = DailyRun(self.config, state, source, releases, self._clockwork.now)
            report = daily.run(lambda lock: self._send(state, lock), choice)
            if report.dry:
                return report
            count = forget_old(self.config, state, at=self._clockwork.now())
        return replace(report, forgotten=count)

    def send(self) -> SendReport:
        """Empty the outbox without asking the source; errors as `run`."""
        self._refuse_unapproved()
        with closing(self._state()) as state, state.one_instance() as lock:
            return self._send(state, lock)

    def releases(self) -> tuple[VerifiedRelease, ...]:
        """Every release that may be used today, each verified again.

        Raises:
            RefusedPackageError: none may.
        """
        return self._shelf.in_use(today=self._clockwork.now().date())

    def install_release(self, package: Path) -> VerifiedRelease:
        """Take a release package into use; a refused one changes nothing.

        Raises:
            RefusedPackageError: with the fault.
            RefusedError: it breaks a rule of the mapping table that stops.
        """
        today = self._clockwork.now().date()
        release = self._shelf.install(package, today=today, look=self._refuse_broken)
        logger.info("release %d installed for %s", release.version, self.config.environment.value)
        return release

    @contextmanager
    def reading(self) -> Iterator[UploadWork]:
        """One consistent view of the state, for whoever wants several things of it."""
        with closing(self._state()) as state, state.reading() as work:
            yield work

    def status(self, work: UploadWork | None = None) -> Status:
        """What stands in the state file now; `work` is a view that is open already."""
        if work is None:
            with self.reading() as opened:
                return self.status(opened)
        versions: tuple[int, ...] = ()
        fault = ""
        try:
            versions = tuple(one.version for one in self.releases())
        except RefusedPackageError as refused:
            fault = str(refused)
        held = work.holdings.all()
        return Status(
            self.config.environment,
            work.outbox.counts(),
            _by_reason(held),
            len({one.key_hash for one in held}),
            work.outbox.in_states({PackageState.UNKNOWN}),
            work.runs.newest(10),
            versions,
            fault,
            self.promotion.approved,
        )

    def unknown_codes(self) -> tuple[UnknownCode, ...]:
        """The local codes that hold records, the most frequent first."""
        with self.reading() as work:
            return unknown_codes(work.holdings.all())

    def verify(self) -> Verified:
        """Read every stored package back."""
        damaged: list[str] = []
        forgotten: list[str] = []
        count = 0
        with self.reading() as work:
            for one in work.outbox.newest(1_000_000):
                try:
                    rows = len(read_package(work.outbox.content(one), one.layout))
                except NotFoundError:
                    forgotten.append(one.name)
                    continue
                except IcdMapperError:
                    rows = -1
                count += 1
                if rows != one.records:
                    damaged.append(one.name)
        return Verified(count, tuple(damaged), tuple(forgotten))

    def settle(self, name: str, *, arrived: bool, by: str) -> StoredPackage:
        """Say of an unknown package whether it arrived; errors as `settle_unknown`."""
        with closing(self._state()) as state:
            return settle_unknown(state, name, arrived=arrived, by=by, at=self._clockwork.now())

    def records_sent(self) -> int:
        """How many different records were packed, rejected packages not counted."""
        with self.reading() as work:
            return work.records.count()

    def records_held(self) -> int:
        """How many different records are held and were never packed."""
        with self.reading() as work:
            held = {one.key_hash for one in work.holdings.all()}
            return len(held) - len(work.records.latest(held))

    def packages(self, limit: int) -> tuple[StoredPackage, ...]:
        """The latest packages, newest first."""
        with self.reading() as work:
            return work.outbox.newest(limit)

    def by_discharge(self, first: date, last: date) -> dict[date, dict[PackageState, int]]:
        """Records sent per day of discharge and state, both days included; each record once."""
        with self.reading() as work:
            found = work.records.by_discharge(first, last)
            packages = work.outbox.numbered({one for day in found.values() for one in day})
        return {day: by_state(numbers, packages) for day, numbers in found.items()}

    def gateway(self) -> Gateway:
        """The way to this environment's receiver; to be closed after use.

        Raises:
            RefusedError: the address or its certificates cannot be used.
        """
        target = self.config.target
        if target.transport == "folder":
            return FolderGateway(target.folder)
        options = HttpsOptions(
            target.service, target.rc020, target.rc021, self.config.environment, target.ca_file
        )
        account = Account(target.login, target.password)
        return HttpsGateway(options, account, now=self._clockwork.now)

    def _send(self, state: UploadState, lock: FileLock) -> SendReport:
        with closing(self.gateway()) as gateway:
            return Sender(
                state,
                gateway,
                clockwork=self._clockwork,
                pace=self._pace,
                window=self.config.window,
            ).run(lock)

    def _state(self) -> UploadState:
        return UploadState.open(self.config.state_file, self.config.environment)

    def _refuse_broken(self, release: VerifiedRelease) -> None:
        stopping = [one.words for one in broken_rules(self.config, release) if one.stops]
        if stopping:
            raise RefusedError("\n".join(stopping))

    def _refuse_unapproved(self) -> None:
        if self.config.environment is Environment.PRODUCTION and not self.promotion.approved:
            raise RefusedError(
                _("Production was not approved yet; `upload promote` says what is missing.")
            )


def by_state(
    numbers: Mapping[int, int], packages: Mapping[int, StoredPackage]
) -> dict[PackageState, int]:
    """Records by package as records by state."""
    found: Counter[PackageState] = Counter()
    for number, count in numbers.items():
        found[packages[number].state] += count
    return dict(found)


def _by_reason(held: tuple[Holding, ...]) -> dict[str, int]:
    return dict(Counter(reason for _key, reason in {(one.key_hash, one.reason) for one in held}))
