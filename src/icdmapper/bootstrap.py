"""Builds the services from the settings; the only place that constructs them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING

from icdmapper import paths
from icdmapper.catalog.service import CatalogService
from icdmapper.export.his_changes import HisChangeService
from icdmapper.export.releasing import ReleaseService, Terms
from icdmapper.export.service import ExportService
from icdmapper.importing.feed import FeedService
from icdmapper.importing.reading import Limits, SourceReader
from icdmapper.importing.service import ImportingService
from icdmapper.importing.sources import Source
from icdmapper.matching.service import MatchingService
from icdmapper.model.codes import Side
from icdmapper.model.errors import NotFoundError
from icdmapper.model.people import Person
from icdmapper.resolution import moving
from icdmapper.resolution.assigning import AssigningService
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.drafting import DraftingService
from icdmapper.resolution.judging import JudgingService
from icdmapper.resolution.merging import Chosen, MergePlan, MergingService
from icdmapper.resolution.moving import Moved
from icdmapper.resolution.overtaking import Overtaking
from icdmapper.resolution.packets import PacketService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.propagating import PropagatingService
from icdmapper.resolution.refining import RefiningService
from icdmapper.resolution.retiring import RetiringService
from icdmapper.resolution.rule_pack import shipped_judge
from icdmapper.resolution.service import ResolutionService
from icdmapper.settings import Settings
from icdmapper.storage import accounts
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import _
from icdmapper.texts.initials import initials

if TYPE_CHECKING:
    from icdmapper.matching.knowledge import Knowledge

Progress = Callable[[int, int], None]
DEMO_FILE = "demo.icdm"
DEMO_HOSPITAL = "示例医院"
"""The invented hospital of resources/samples; a name, so it is the same in every language."""


@dataclass(frozen=True, slots=True)
class Services:
    """Every room of one open project."""

    location: str
    settings: Settings
    importing: ImportingService
    feed: FeedService
    catalog: CatalogService
    matching: MatchingService
    resolution: ResolutionService
    judging: JudgingService
    refining: RefiningService
    retiring: RetiringService
    propagating: PropagatingService
    drafting: DraftingService
    people: PeopleService
    checking: CheckingService
    disputes: DisputeService
    packets: PacketService
    assigning: AssigningService
    audit: AuditService
    export: ExportService
    releases: ReleaseService
    his_changes: HisChangeService
    storage: Storage

    @property
    def is_shared(self) -> bool:
        """Whether several people may work in it at once: it lives on a database server."""
        return "://" in self.location

    def close(self) -> None:
        """Release the project."""
        self.matching.close()
        self.storage.close()


def open_project(location: str | Path, settings: Settings | None = None) -> Services:
    """Open a project file (made when absent) or a PostgreSQL URL.

    Raises:
        ProjectError: it is damaged, newer than the program, or on a network drive.
        SourceUnavailableError: the database server cannot be reached.
    """
    chosen = settings or Settings()
    storage = Storage.open(location)
    resolution = ResolutionService(storage, _now, shipped_judge)
    disputes = DisputeService(storage, _now, shipped_judge)
    return Services(
        location=str(location),
        settings=chosen,
        importing=ImportingService(storage, source_reader(chosen), _now, Overtaking()),
        feed=FeedService(storage, _now),
        catalog=CatalogService(storage),
        matching=MatchingService(
            storage,
            lambda: knowledge(chosen.aliases_file),
            limit=chosen.candidate_limit,
            cache_folder=paths.cache_folder(),
            apart=True,
            aliases_file=chosen.aliases_file,
        ),
        resolution=resolution,
        judging=JudgingService(storage, _now, shipped_judge),
        refining=RefiningService(storage, _now, shipped_judge, initials=initials),
        retiring=RetiringService(storage, _now),
        propagating=PropagatingService(storage, _now, shipped_judge),
        drafting=DraftingService(storage),
        people=PeopleService(storage, _now),
        checking=CheckingService(storage, resolution, _now),
        disputes=disputes,
        packets=PacketService(storage, disputes, _now, font=chosen.print_font),
        assigning=AssigningService(storage, _now),
        audit=AuditService(storage),
        export=ExportService(storage, _now, chosen.hospital),
        his_changes=HisChangeService(storage),
        releases=ReleaseService(storage, _now, _terms(chosen)),
        storage=storage,
    )


def _terms(settings: Settings) -> Terms:
    return Terms(
        settings.hospital,
        settings.hospital_id,
        settings.release_coverage,
        settings.release_months,
        paths.config_folder() / "keys",
    )


def source_reader(settings: Settings) -> SourceReader:
    """The reader of files and queries, for those who need no project."""
    return SourceReader(Limits(settings.import_seconds, settings.import_memory_mb))


def knowledge(aliases_file: str = "") -> Knowledge:
    """Aliases, slots and weights, shipped and the hospital's own; read again when changed."""
    extra = Path(aliases_file).expanduser() if aliases_file else None
    return _knowledge(extra, extra.stat().st_mtime_ns if extra and extra.exists() else 0)


@cache
def _knowledge(extra: Path | None, _changed: int) -> Knowledge:
    from icdmapper.matching.knowledge import load_knowledge  # noqa: PLC0415 - brings NumPy

    return load_knowledge(paths.shipped("resources"), extra)


def default_project() -> Path:
    """Where the project is when nobody names another place."""
    return paths.data_folder() / "project.icdm"


def demo_project(
    folder: Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Services:
    """The demonstration project; made from the shipped sets when it is not there yet."""
    file = (folder or paths.data_folder()) / DEMO_FILE
    chosen = settings or Settings(hospital=DEMO_HOSPITAL)
    services = open_project(file, chosen)
    try:
        if not services.catalog.code_sets():
            _fill_demo(services, progress or (lambda _done, _total: None))
    except BaseException:
        services.close()
        raise
    return services


def current_person(settings: Settings) -> Person:
    """Who acts: the name in the settings, else the login name."""
    return Person(settings.acting)


def copy_project(
    services: Services, target: str, *, by: Person, progress: Progress | None = None
) -> Moved:
    """Copy the open project into an empty file or database; errors as `moving.copy_project`."""
    with closing(Storage.open(target)) as storage:
        return moving.copy_project(services.storage, storage, by=by, progress=progress)


def merge_copy(
    services: Services,
    copy: str,
    *,
    by: Person | None,
    chosen: Sequence[Chosen] = (),
    progress: Progress | None = None,
) -> MergePlan:
    """What a copy changed; with `by` it is taken over. Errors as `MergingService`.

    Raises:
        NotFoundError: there is no such file.
    """
    if "://" not in copy and not Path(copy).is_file():
        raise NotFoundError(_("{file} is not there.").format(file=copy))
    merging = MergingService(services.storage, _now)
    with closing(Storage.open(copy)) as other:
        if by is None:
            return merging.plan(other, progress=progress)
        return merging.merge(other, by=by, chosen=chosen, progress=progress)


def account_grants(account: str) -> tuple[str, ...]:
    """What the administrator of a PostgreSQL server runs to let an account work in a project."""
    return accounts.grants(account)


def acting_person(services: Services, ask_pin: Callable[[str], str]) -> Person:
    """Who acts in an open project: nobody is asked where it has no people; an account of the
    database server speaks for itself; else name and PIN.

    Raises:
        RefusedError: name or PIN is wrong.
    """
    wanted = current_person(services.settings)
    if not services.people.members():
        return wanted
    if member := services.people.of_account():
        return member.person
    return services.people.sign_in(wanted.name, ask_pin(wanted.name))


def _fill_demo(services: Services, progress: Progress) -> None:
    by = current_person(services.settings)
    shipped = paths.shipped("reference_codes")
    folders = [
        edition
        for system in sorted(shipped.iterdir(), key=str)
        if system.is_dir()
        for edition in sorted(system.iterdir(), key=str)
        if edition.is_dir()
    ]
    steps = len(folders) + 1
    with ExitStack() as stack:
        for done, folder in enumerate(folders):
            place = stack.enter_context(as_file(folder))
            source = tomllib.loads((place / "SOURCE.toml").read_text(encoding="utf-8"))
            preview = services.importing.preview(
                Source(path=place / "codes.csv"), side=Side.REFERENCE
            )
            services.importing.store(preview, name=source["name"], edition=source["edition"], by=by)
            progress(done + 1, steps)
        local = stack.enter_context(
            as_file(paths.shipped("resources", "samples", "local_codes_demo.csv"))
        )
        preview = services.importing.preview(Source(path=local), side=Side.LOCAL)
        services.importing.store(preview, name=DEMO_HOSPITAL, edition="demo-2026", by=by)
        progress(steps, steps)


def _now() -> datetime:
    return datetime.now(UTC)
