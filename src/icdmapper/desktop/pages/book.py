"""The pages there are, in the order of the flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.catalog import CatalogPage
from icdmapper.desktop.pages.export import ExportPage
from icdmapper.desktop.pages.importing import ImportingPage
from icdmapper.desktop.pages.page import Page
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.texts import N_


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page by name, with its word in the navigation (an English message) and its drawing."""

    name: str
    word: str
    icon: str
    make: Callable[[Desk], Page]


PAGES = (
    PageEntry("import", N_("Import"), "import", ImportingPage),
    PageEntry("catalog", N_("Code sets"), "catalog", CatalogPage),
    PageEntry("workbench", N_("Mapping"), "workbench", WorkbenchPage),
    PageEntry("export", N_("Release"), "export", ExportPage),
)
