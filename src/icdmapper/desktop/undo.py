"""Undo and redo for all pages: the acts of the log, and what this window did beside it.

What is not in the log (the settings, the aliases, what is written into a plan) is taken back by
doing the opposite, as long as the window that did it is open.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from icdmapper.desktop.tasks import Task
from icdmapper.model.errors import ConflictError, RefusedError
from icdmapper.model.events import BESIDE, Event
from icdmapper.texts import _
from icdmapper.texts.acts import act_word, stays_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from icdmapper.desktop.desk import Desk
    from icdmapper.resolution.replaying import Replayed
    from icdmapper.resolution.service import ResolutionService

Work = Callable[[], object]
_LOOK_MS = 20
"""So often a key that waits asks whether what is to go before it has come."""


@dataclass(frozen=True, slots=True)
class Opposite:
    """Something done that is taken back by doing the opposite: its words, both ways, its page.

    `show` shows it there. `said` is for what takes effect when the project is opened again: it is
    said then, and the step goes on with the new window, so it holds nothing of this one.
    """

    what: str
    back: Work
    again: Work
    page: str
    show: Callable[[], None] | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Offered:
    """An opposite, and the number the log ended with when it was done."""

    step: Opposite
    at: int


@dataclass(frozen=True, slots=True)
class Handed:
    """What a window gives to the one that opens the project again: what to say, on which page.

    The steps are those that go on there, for the same person.
    """

    location: Path | str
    by: str
    page: str
    said: str
    offered: tuple[_Offered, ...]
    undone: tuple[_Offered | None, ...]


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a key: an act of the log, or an opposite; `head` is where the log ends now.

    `refused` says why an opposite cannot be done any more. `edition` is the number of one in use
    that was taken with the act that stays: it is taken back elsewhere, as a whole.
    """

    replayed: Replayed | None = None
    offered: _Offered | None = None
    head: int = 0
    refused: str = ""
    edition: int = 0


class Undo(QObject):
    """Takes back and restores, one at a time and in the order in which it was asked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.changes)
        self._desk = desk
        self._busy = False
        self._queued: deque[Callable[[], None]] = deque()
        self._offered: list[_Offered] = []
        self._undone: list[_Offered | None] = []
        """What was taken back here, the latest last; None stands for an act of the log."""
        self._only_here = False
        """Something was done here that the log does not know: it would redo what came before it."""
        self._heeded: list[Callable[[], bool]] = []
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._go_on)
        self._told_of = 0
        self._led_to = 0
        """The act that stays here and is taken back on its own page, to which the key led."""
        self._past: set[str] = set()
        """Batches that cannot go back now, of which the person was told since the last act."""
        self._telling = False
        desk.changes.mappings_changed.connect(lambda _ids: self.begin_anew())

    @property
    def is_busy(self) -> bool:
        """Whether something is being taken back or restored."""
        return self._busy or bool(self._queued)

    def take_over(self, handed: Handed) -> None:
        """The project was opened again: go on with what the window before handed over."""
        if handed.by == self._desk.person.name:
            self._offered[:] = handed.offered
            self._undone[:] = handed.undone
            self._only_here = True

    def begin_anew(self) -> None:
        """Something new was done: what was taken back before is not done again any more."""
        if not self._telling:
            self._undone.clear()
            self._past.clear()

    def heed(self, is_coming: Callable[[], bool]) -> None:
        """Ask `is_coming` before a key: what was begun and is not offered yet goes before it."""
        self._heeded.append(is_coming)

    def offer(self, step: Opposite) -> None:
        """Something was done that can be taken back by its opposite."""
        if self._busy:
            self._queued.append(lambda: self.offer(step))
            return
        self._undone.clear()
        self._only_here = True
        resolution = self._desk.services.resolution

        def offered(head: int) -> None:
            self._offered.append(_Offered(step, head))
            if step.said:
                self._open_again(step.page, step.said)

        self._run(lambda: resolution.news(None, but="").last, offered)

    def undo(self) -> None:
        """Take back the latest act; where that cannot be, say so, and go past it the next time."""
        self._in_turn(self._undo)

    def redo(self) -> None:
        """Restore what was taken back last."""
        self._in_turn(self._redo)

    def _in_turn(self, key: Callable[[], None]) -> None:
        """Pressed again before the last one was saved, or before what it is about: it counts."""
        self._queued.append(key)
        self._go_on()

    def _go_on(self) -> None:
        if not self._queued or self._busy:
            return
        if any(is_coming() for is_coming in self._heeded):
            self._look.start()
        else:
            self._queued.popleft()()

    def _undo(self) -> None:
        self._desk.notices.clear()
        services, by, told = self._desk.services, self._desk.person, self._told_of
        resolution, catalog = services.resolution, services.catalog
        past, led_to = frozenset(self._past), self._led_to
        latest = self._offered[-1] if self._offered else None

        def work() -> _Done:
            after = latest.at if latest else 0
            replayed = resolution.undo(by=by, told_of=told, after=after, past=past)
            if replayed.stays is not None and replayed.stays.id == led_to and not replayed.why:
                # It was looked at there and not taken back.
                replayed = resolution.undo(by=by, told_of=led_to, after=after, past=past)
            if replayed.stays is not None:
                number = replayed.stays.edition
                in_use = number in {one.id for one in catalog.code_sets()}
                return _Done(replayed, edition=number if number and in_use else 0)
            if latest and replayed.of is None:
                return _opposite(latest, latest.step.back, resolution)
            return _Done(replayed)

        self._run(work, self._on_undone)

    def _redo(self) -> None:
        self._desk.notices.clear()
        resolution, by = self._desk.services.resolution, self._desk.person
        latest = self._undone[-1] if self._undone else None
        if self._only_here and not self._undone:
            self._desk.notices.hint(_("There is nothing to redo."))
            self._go_on()
            return

        def work() -> _Done:
            if latest is None:
                return _Done(resolution.redo(by=by))
            return _opposite(latest, latest.step.again, resolution)

        self._run(work, self._on_redone)

    def _run(self, work: Callable[[], object], on_done: Callable[..., None]) -> None:
        self._busy = True
        task: Task = self._desk.tasks.start(lambda _task: work(), owner=self, on_done=on_done)
        task.kept = True
        task.ended.connect(self._on_ended)

    def _on_ended(self) -> None:
        self._busy = False
        self._go_on()

    def _on_undone(self, done: _Done) -> None:
        if done.offered is not None:
            self._offered.remove(done.offered)
            if done.refused:
                self._desk.notices.hint(done.refused, _once_more())
                return
            self._undone.append(done.offered)
            self._show_opposite(done, _("Taken back: {what}"))
        elif done.replayed is not None:
            if done.replayed.stays is not None:
                self._show_stays(done.replayed, done.replayed.stays, done.edition)
                return
            if done.replayed.of is not None:
                self._undone.append(None)
            self._show(done.replayed, _("Taken back: {what}"), _("There is nothing to undo."))

    def _on_redone(self, done: _Done) -> None:
        if self._undone:
            self._undone.pop()
        if done.refused:
            self._desk.notices.hint(done.refused)
        elif done.offered is not None:
            self._offered.append(_Offered(done.offered.step, done.head))
            self._show_opposite(done, _("Done again: {what}"))
        elif done.replayed is not None:
            self._show(done.replayed, _("Done again: {what}"), _("There is nothing to redo."))

    def _show_stays(self, replayed: Replayed, stays: Event, edition: int) -> None:
        """Say why it stays, or where it is taken back; asked again, the key goes past it."""
        if replayed.why:
            self._past.add(stays.batch)
        elif edition:
            self._led_to = stays.id
        else:
            self._told_of = stays.id
        if edition:
            self._desk.changes.page_wanted.emit("import")
            self._desk.changes.edition_wanted.emit(edition)
        self._desk.notices.hint(replayed.why or stays_sentence(stays.act.value), _once_more())

    def _show(self, replayed: Replayed, said: str, nothing: str) -> None:
        if replayed.of is None:
            self._desk.notices.hint(nothing)
            return
        self._telling = True
        self._desk.changes.replayed.emit(replayed)
        if replayed.of in BESIDE:
            self._desk.changes.beside_changed.emit()
        self._telling = False
        local = replayed.local
        code = f"{local.code} {local.name}" if local else ""
        what = " ".join(filter(None, (act_word(replayed.of.value), code, replayed.text)))
        if (more := len(replayed.mappings) - 1) > 0:
            what = _("{what} and {count} more rows").format(what=what, count=f"{more:,}")
        self._desk.notices.done(said.format(what=what))

    def _show_opposite(self, done: _Done, said: str) -> None:
        assert done.offered is not None
        step = done.offered.step
        told = said.format(what=step.what)
        self._desk.changes.page_wanted.emit(step.page)
        if step.show is not None:
            step.show()
        self._desk.notices.done(told)
        if step.said:
            self._open_again(step.page, told)

    def _open_again(self, page: str, said: str) -> None:
        offered = tuple(one for one in self._offered if one.step.said)
        undone = tuple(one for one in self._undone if one is None or one.step.said)
        place, by = self._desk.services.location, self._desk.person.name
        self._desk.changes.project_wanted.emit(Handed(place, by, page, said, offered, undone))


def _opposite(latest: _Offered, way: Work, resolution: ResolutionService) -> _Done:
    """Do the opposite of an act, or do it again; what was changed since is left alone."""
    try:
        way()
    except (ConflictError, RefusedError) as error:
        return _Done(offered=latest, refused=str(error))
    return _Done(offered=latest, head=resolution.news(None, but="").last)


def _once_more() -> str:
    return _("Press it once more to take back what you did before.")
