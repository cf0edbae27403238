"""What every page is handed, and the one place that says what changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from icdmapper.desktop.memory import Memory
from icdmapper.desktop.notify import Notices
from icdmapper.desktop.tasks import TaskRunner
from icdmapper.desktop.undo import Undo
from icdmapper.model.people import Person

if TYPE_CHECKING:
    # The rooms take most of a second to load; the window is on the screen before they are.
    from icdmapper.bootstrap import Services


class Changes(QObject):
    """Announces what a write changed. Pages that show it read it again; no page calls another."""

    code_sets_changed = Signal()
    proposals_changed = Signal()
    mappings_changed = Signal(object)
    """A tuple of local ids."""
    people_changed = Signal()
    replayed = Signal(object)
    """A `Replayed`: the page where it is seen shows it, and tells the others."""
    beside_changed = Signal()
    """Undo or redo changed what stands beside the mappings: rows given, a waiver, a role."""
    rows_wanted = Signal(object)
    """A page asks the workbench to show the rows of a `WorkFilter`."""
    row_wanted = Signal(int)
    """A page asks the workbench to show one local code, by its id."""
    refinement_wanted = Signal(int)
    """A page asks the refinements to show one local code, by its id."""
    entry_wanted = Signal(int)
    """A page asks the code sets to show one reference entry, by its id."""
    edition_wanted = Signal(int)
    """The import page is asked to show what taking an edition back would do, by its number."""
    bulk_wanted = Signal()
    """A page asks the workbench to open the bulk acceptance."""
    seen_elsewhere = Signal(object)
    """A tuple of mappings as others left them, on a shared database."""
    project_wanted = Signal(object)
    """A page asks to open a project, by its place; a `Handed` is the open one, to begin anew."""
    theme_wanted = Signal(str)
    """A page asks for other colours: system, light or dark."""
    page_wanted = Signal(str)
    """A page suggests another one as the next step, by its name."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The project's services and the desktop's own: tasks, notices, memory, person, undo."""

    services: Services
    tasks: TaskRunner
    notices: Notices
    changes: Changes
    memory: Memory
    person: Person
    undo: Undo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "undo", Undo(self))
