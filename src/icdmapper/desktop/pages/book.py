"""The pages there are, in the order of the flow. A page is loaded when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.page import Page
from icdmapper.model.events import Act
from icdmapper.texts import N_

if TYPE_CHECKING:
    from icdmapper.resolution.replaying import Replayed


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page by name, with its word in the navigation (an English message) and its drawing."""

    name: str
    word: str
    icon: str
    make: Callable[[Desk], Page]


def load_rooms() -> None:
    """Load what the first page needs; for the thread that opens the project."""
    import icdmapper.desktop.pages.workbench  # noqa: F401, PLC0415 - loaded late on purpose


def _overview(desk: Desk) -> Page:
    from icdmapper.desktop.pages.overview import OverviewPage  # noqa: PLC0415 - loaded late

    return OverviewPage(desk)


def _importing(desk: Desk) -> Page:
    from icdmapper.desktop.pages.importing import ImportingPage  # noqa: PLC0415 - loaded late

    return ImportingPage(desk)


def _catalog(desk: Desk) -> Page:
    from icdmapper.desktop.pages.catalog import CatalogPage  # noqa: PLC0415 - loaded late

    return CatalogPage(desk)


def _workbench(desk: Desk) -> Page:
    from icdmapper.desktop.pages.workbench import WorkbenchPage  # noqa: PLC0415 - loaded late

    return WorkbenchPage(desk)


def _review(desk: Desk) -> Page:
    from icdmapper.desktop.pages.review import ReviewPage  # noqa: PLC0415 - loaded late

    return ReviewPage(desk)


def _disputes(desk: Desk) -> Page:
    from icdmapper.desktop.pages.disputes import DisputesPage  # noqa: PLC0415 - loaded late

    return DisputesPage(desk)


def _refinement(desk: Desk) -> Page:
    from icdmapper.desktop.pages.refinement import RefinementPage  # noqa: PLC0415 - loaded late

    return RefinementPage(desk)


def _export(desk: Desk) -> Page:
    from icdmapper.desktop.pages.release import ReleasePage  # noqa: PLC0415 - loaded late

    return ReleasePage(desk)


def _people(desk: Desk) -> Page:
    from icdmapper.desktop.pages.people import PeoplePage  # noqa: PLC0415 - loaded late

    return PeoplePage(desk)


def _audit(desk: Desk) -> Page:
    from icdmapper.desktop.pages.audit import AuditPage  # noqa: PLC0415 - loaded late

    return AuditPage(desk)


def _upload(desk: Desk) -> Page:
    from icdmapper.desktop.pages.upload import UploadPage  # noqa: PLC0415 - loaded late

    return UploadPage(desk)


def _settings(desk: Desk) -> Page:
    from icdmapper.desktop.pages.settings import SettingsPage  # noqa: PLC0415 - loaded late

    return SettingsPage(desk)


def home_of(replayed: Replayed) -> str:
    """The page where such an act is made, by its name."""
    return "refinement" if replayed.planned else _HOMES.get(replayed.of, "workbench")


_HOMES: dict[Act | None, str] = {
    Act.CHECKED: "review",
    Act.SETTLED: "disputes",
    Act.REFINE_STARTED: "refinement",
    Act.REFINE_DROPPED: "refinement",
    Act.REFINED: "refinement",
    Act.CHILD_RENAMED: "refinement",
    Act.DEFAULT_ALLOWED: "refinement",
    Act.PLAN_DRAWN: "review",
    Act.PACKET_MADE: "disputes",
    Act.ASSIGNED: "people",
    Act.PERSON_CHANGED: "people",
}

PAGE_KEYS = "1234567890-,"
"""With Ctrl, the keys of the pages in their order: as they stand on the keyboard, and the comma
that opens the settings in other programs too."""

PAGES = (
    PageEntry("overview", N_("Overview"), "overview", _overview),
    PageEntry("import", N_("Import"), "import", _importing),
    PageEntry("catalog", N_("Code sets"), "catalog", _catalog),
    PageEntry("workbench", N_("Mapping"), "workbench", _workbench),
    PageEntry("review", N_("Checking"), "review", _review),
    PageEntry("disputes", N_("Disputes"), "dispute", _disputes),
    PageEntry("refinement", N_("Refinement"), "refine", _refinement),
    PageEntry("export", N_("Release"), "export", _export),
    PageEntry("upload", N_("Upload"), "upload", _upload),
    PageEntry("audit", N_("Audit"), "audit", _audit),
    PageEntry("people", N_("People"), "people", _people),
    PageEntry("settings", N_("Settings"), "settings", _settings),
)
