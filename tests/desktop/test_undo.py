"""Undo and redo from every page of the window: what was taken back is said, and seen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from helpers.keyboard import visible_words
from helpers.staff import CLINICIAN, CODER, COORDINATOR
from helpers.windows import window_on
from icdmapper import paths, settings
from icdmapper.bootstrap import Services
from icdmapper.desktop.app import Program
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.notify import NoticePanel
from icdmapper.desktop.pages.assigning_parts import BatchForm
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.disputes import DisputesPage
from icdmapper.desktop.pages.people import PeoplePage
from icdmapper.desktop.pages.refinement import RefinementPage
from icdmapper.desktop.pages.review import ReviewPage
from icdmapper.desktop.pages.settings import SettingsPage
from icdmapper.desktop.pages.settings_aliases import AliasPanel
from icdmapper.desktop.pages.workbench import WorkbenchPage
from icdmapper.desktop.undo import Opposite
from icdmapper.model.codes import Side
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.refinement import Refinement
from icdmapper.settings import Settings

Press = Callable[[str], None]


@pytest.fixture
def window(qtbot: QtBot, services: Services) -> Iterator[MainWindow]:
    """The window on the small project, where a coordinator may do everything."""
    with window_on(qtbot, services.location, COORDINATOR) as made:
        yield made


@pytest.fixture
def press(qtbot: QtBot, window: MainWindow) -> Press:
    """Press Ctrl and a key wherever the keyboard is, and wait for all it causes."""

    def one(key: str) -> None:
        window.setFocus()
        qtbot.keyClick(
            QApplication.focusWidget() or window,
            getattr(Qt.Key, f"Key_{key}"),
            Qt.KeyboardModifier.ControlModifier,
        )
        qtbot.waitUntil(lambda: not window.tasks.running)

    return one


def said(window: MainWindow) -> str:
    return window.findChildren(NoticePanel)[0].text


def go(qtbot: QtBot, window: MainWindow, page: str) -> None:
    window.go_to(page)
    qtbot.waitUntil(lambda: not window.tasks.running)


def first(services: Services) -> Mapping:
    return services.resolution.worklist()[0].mapping


def decide(services: Services, at: int = 0) -> Choice:
    """A row, the first, decided by the coordinator, as another window of theirs would."""
    row = services.resolution.worklist()[at]
    best = services.matching.proposal(row.local.id).candidates[0]
    targets = (Target(best.reference_id, best.code, best.name),)
    choice = Choice(row.local.id, row.mapping.version, Relation.EQUIVALENT, targets, "一致")
    services.resolution.decide(choice, by=COORDINATOR)
    return choice


def test_undo_and_redo_work_on_every_page_and_the_row_is_shown(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    choice = decide(services)
    for at, page in enumerate(one.name for one in PAGES if one.name != "upload"):
        go(qtbot, window, page)
        press("Y" if at % 2 else "Z")
        assert first(services).state is (State.DECIDED if at % 2 else State.OPEN), page
        done = "Done again" if at % 2 else "Taken back"
        assert said(window) == f"{done}: decided I63.951 脑梗死"
        shown = window.page()
        assert isinstance(shown, WorkbenchPage)
        assert shown.session.current is not None
        assert shown.session.current.local.id == choice.local_id


def test_each_act_is_shown_on_its_own_page(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    choice = decide(services)
    mapping = first(services)
    services.disputes.open(
        choice.local_id, seen_version=mapping.version, reason="请临床确认", by=COORDINATOR
    )
    again = Choice(choice.local_id, first(services).version, choice.relation, choice.targets, "定")
    services.disputes.settle(again, by=COORDINATOR, on_behalf_of=CLINICIAN.name)
    coarse = services.resolution.worklist()[1]
    entries = services.matching.proposal(coarse.local.id).candidates
    services.refining.start(
        coarse.local.id,
        [one.reference_id for one in entries[:2]],
        seen_version=coarse.mapping.version,
        by=COORDINATOR,
    )
    go(qtbot, window, "overview")
    press("Z")
    assert isinstance(window.page(), RefinementPage)
    assert services.resolution.work_row(coarse.local.id).mapping.state is State.OPEN
    press("Z")
    assert isinstance(window.page(), DisputesPage)
    assert first(services).state is State.DISPUTED
    go(qtbot, window, "review")
    press("Z")  # The dispute of a decision is seen in the second check too.
    assert isinstance(window.page(), ReviewPage)
    assert first(services).state is State.DECIDED


def test_what_stays_says_so_once_and_is_gone_past(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, tmp_path: Path
) -> None:
    choice = decide(services)
    services.disputes.open(
        choice.local_id, seen_version=first(services).version, reason="请确认", by=COORDINATOR
    )
    services.export.export(tmp_path / "out", by=COORDINATOR)
    press("Z")
    assert said(window).startswith("Files that were written out may be in use already")
    assert first(services).state is State.DISPUTED
    press("Z")
    assert first(services).state is State.DECIDED
    go(qtbot, window, "upload")
    press("Z")
    assert said(window).startswith("Records that were sent stay sent")
    assert first(services).state is State.DECIDED
    press("Z")
    assert first(services).state is State.OPEN


def test_an_act_that_somebody_went_on_from_says_so_once_and_is_gone_past(
    window: MainWindow, press: Press, services: Services
) -> None:
    earlier = decide(services)
    changed = decide(services, 1)
    version = services.resolution.work_row(changed.local_id).mapping.version
    services.resolution.reopen(changed.local_id, seen_version=version, by=CODER)
    press("Z")
    assert CODER.name in said(window)
    assert services.resolution.work_row(earlier.local_id).mapping.state is State.DECIDED
    press("Z")
    assert services.resolution.work_row(earlier.local_id).mapping.state is State.OPEN
    assert services.resolution.work_row(changed.local_id).mapping.version == version + 1
    press("Z")
    assert said(window) == "There is nothing to undo."


@pytest.mark.parametrize("page", ["workbench", "disputes", "review", "audit"])
def test_a_remark_is_taken_back_and_made_again_where_it_is_read(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, page: str
) -> None:
    choice = decide(services)
    services.disputes.open(
        choice.local_id, seen_version=first(services).version, reason="请确认", by=COORDINATOR
    )
    services.disputes.say(choice.local_id, "影像支持", by=COORDINATOR)
    go(qtbot, window, page)
    press("Z")
    assert said(window) == "Taken back: remark I63.951 脑梗死 影像支持"
    (opened,) = services.disputes.dispute(choice.local_id).thread[1:]
    assert opened.text == "请确认"
    go(qtbot, window, "disputes")
    qtbot.waitUntil(lambda: "影像支持" not in visible_words(window.page()))
    press("Y")
    qtbot.waitUntil(lambda: "影像支持" in visible_words(window.page()))
    assert first(services).state is State.DISPUTED


def test_rows_given_to_somebody_go_back_to_whoever_had_them(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    decide(services)
    rows = [row.local.id for row in services.resolution.worklist()][1:4]
    services.assigning.assign(rows[:1], to=CODER.name, by=COORDINATOR)
    go(qtbot, window, "people")
    qtbot.keyClicks(window.page(), "w")
    qtbot.waitUntil(lambda: not window.tasks.running)
    (form,) = window.findChildren(BatchForm)
    form.choose_person(CODER.name)
    form.give()
    qtbot.waitUntil(lambda: not window.tasks.running)
    given = dict(services.assigning.assignments())
    assert len(given) > 1
    press("Z")
    assert {one: held.person for one, held in services.assigning.assignments().items()} == {
        rows[0]: CODER.name
    }
    assert first(services).state is State.DECIDED  # The decision before it is the next key's.
    press("Y")
    assert set(services.assigning.assignments()) == set(given)
    press("Z")
    press("Z")  # The rows given by another window stay, and are said to.
    press("Z")
    assert first(services).state is State.OPEN


def test_aliases_are_taken_back_before_the_decision_that_came_before_them(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    decide(services)
    go(qtbot, window, "settings")
    page = window.page()
    assert isinstance(page, SettingsPage)
    (panel,) = page.findChildren(AliasPanel)
    panel._written.setText("老烂脚")
    panel._standard.setText("下肢慢性溃疡")
    panel._add.click()
    qtbot.waitUntil(lambda: not window.tasks.running)
    assert len(page._aliases_now) == 1
    press("Z")
    assert page._aliases_now == ()
    assert first(services).state is State.DECIDED
    press("Y")
    assert len(page._aliases_now) == 1
    press("Z")
    press("Z")
    assert first(services).state is State.OPEN
    assert isinstance(window.page(), WorkbenchPage)


def test_something_new_ends_what_can_be_done_again(
    qtbot: QtBot, window: MainWindow, press: Press
) -> None:
    did: list[str] = []
    page = window.page()
    assert page is not None
    page._desk.undo.offer(
        Opposite("an act", lambda: did.append("back"), lambda: did.append("again"), "people")
    )
    qtbot.waitUntil(lambda: not window.tasks.running)
    press("Z")
    assert did == ["back"]
    page._desk.changes.mappings_changed.emit((1,))
    press("Y")
    assert did == ["back"]
    assert said(window).startswith("There is nothing to redo")


def test_what_was_done_on_another_page_is_shown_on_the_workbench_and_not_said_again(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    workbench = window.page()
    assert isinstance(workbench, WorkbenchPage)
    assert workbench.session.current is not None
    choice = decide(services)
    workbench.refresh()
    qtbot.waitUntil(lambda: not window.tasks.running)
    workbench.show_row(choice.local_id)
    qtbot.waitUntil(lambda: not window.tasks.running)
    services.disputes.open(
        choice.local_id, seen_version=first(services).version, reason="请确认", by=COORDINATOR
    )
    settled = Choice(
        choice.local_id, first(services).version, choice.relation, choice.targets, "定"
    )
    services.disputes.settle(settled, by=COORDINATOR, on_behalf_of=CLINICIAN.name)
    go(qtbot, window, "disputes")
    for key, state, word in (
        ("Z", State.DISPUTED, "Taken back"),
        ("Y", State.SETTLED, "Done again"),
        ("Z", State.DISPUTED, "Taken back"),
    ):
        press(key)
        assert isinstance(window.page(), DisputesPage)
        assert first(services).state is state
        assert said(window).startswith(f"{word}: settled")
        row = workbench.session.current
        assert row is not None
        # What is in focus there is as the key left it: Enter would not be refused.
        assert (row.local.id, row.mapping.state) == (choice.local_id, state)
        assert row.mapping.version == first(services).version


def type_in(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Write over what stands in the field that has the keyboard, and end with Enter."""
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    field.insert(text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.tasks.running)


def keys(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Letters, each when what the one before it caused is over."""
    for one in text:
        qtbot.keyClicks(QApplication.focusWidget() or window, one)
        qtbot.waitUntil(lambda: not window.tasks.running)


def test_a_sampling_plan_is_taken_back_from_every_page(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    decide(services)
    go(qtbot, window, "review")
    drawn = []
    for size in ("1", "2"):
        keys(qtbot, window, "g")
        type_in(qtbot, window, size)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        drawn.append(services.checking.figures().plan)
    for at, (key, plan, word) in enumerate(
        (
            ("Z", drawn[0], "Taken back"),
            ("Z", None, "Taken back"),
            ("Y", drawn[0], "Done again"),
            ("Y", drawn[1], "Done again"),
            ("Z", drawn[0], "Taken back"),
        )
    ):
        go(qtbot, window, ("overview", "people", "workbench")[at % 3])
        press(key)
        page = window.page()
        assert isinstance(page, ReviewPage)
        assert services.checking.figures().plan == plan
        assert said(window).startswith(f"{word}: sampling plan drawn")
        seed = f"with seed {plan.seed}" if plan else "No plan yet"
        assert seed in visible_words(page)
    assert first(services).state is State.DECIDED
    press("Z")
    press("Z")
    assert first(services).state is State.OPEN


@pytest.fixture
def refined(services: Services) -> Refinement:
    """A refinement that somebody else has planned."""
    row = next(row for row in services.resolution.worklist() if row.local.name == "慢性阑尾炎")
    entries = [
        services.catalog.search(code, side=Side.REFERENCE, limit=1)[0].id
        for code in ("K36.x02", "K35.801")
    ]
    return services.refining.start(
        row.local.id, entries, seen_version=row.mapping.version, by=CODER,
        effective=date(2027, 1, 1), residual_id=entries[0],
    )  # fmt: skip


def names(services: Services, plan: Refinement) -> list[str]:
    return [one.name for one in services.refining.get(plan.id).children]


def write_name(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """The name of the first child of the first code, by keys."""
    page = window.page()
    assert isinstance(page, RefinementPage)
    keys(qtbot, window, "gt")
    type_in(qtbot, window, name)
    qtbot.waitUntil(lambda: not page._work.plan_children._writing and not window.tasks.running)


def test_a_name_written_into_a_plan_and_a_permission_go_back_one_after_the_other(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, refined: Refinement
) -> None:
    decide(services)
    go(qtbot, window, "refinement")
    before = names(services, refined)
    write_name(qtbot, window, "慢性阑尾炎甲")
    keys(qtbot, window, "a")
    write_name(qtbot, window, "慢性阑尾炎乙")

    def stands() -> tuple[str, str]:
        plan = services.refining.get(refined.id)
        return plan.children[0].name, plan.residual_allowed_by

    steps = [
        (before[0], ""),
        ("慢性阑尾炎甲", ""),
        ("慢性阑尾炎甲", COORDINATOR.name),
        ("慢性阑尾炎乙", COORDINATOR.name),
    ]
    assert stands() == steps[3]
    for at, (key, wanted) in enumerate([*(("Z", one) for one in (2, 1, 0)), ("Y", 1), ("Y", 2),
                                        ("Y", 3), ("Z", 2)]):  # fmt: skip
        go(qtbot, window, ("overview", "workbench", "people")[at % 3])
        press(key)
        page = window.page()
        assert isinstance(page, RefinementPage)
        assert stands() == steps[wanted]
        assert page.session.current is not None
        assert page.session.current.local.id == refined.local_id
        assert page.session.children[0].name == steps[wanted][0]
        word = "Taken back" if key == "Z" else "Done again"
        assert said(window).startswith(f"{word}: ")
        allowed = "default allowed" in said(window)
        assert allowed == (wanted == 1 if key == "Z" else wanted == 2)
    for _step in range(3):
        press("Z")
    assert first(services).state is State.OPEN


def test_a_key_pressed_before_a_plan_is_written_takes_back_what_was_written(
    qtbot: QtBot, window: MainWindow, services: Services, refined: Refinement
) -> None:
    decide(services)
    go(qtbot, window, "refinement")
    before = names(services, refined)
    keys(qtbot, window, "gt")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    field.insert("慢性阑尾炎甲")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    # What the cell says is told in two turns of the loop; the plan is far from stored then.
    QApplication.sendPostedEvents()
    QApplication.sendPostedEvents()
    window.setFocus()
    for key in (Qt.Key.Key_Z, Qt.Key.Key_Y, Qt.Key.Key_Z):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    page = window.page()
    assert isinstance(page, RefinementPage)
    undo = page._desk.undo
    qtbot.waitUntil(lambda: not undo.is_busy and not window.tasks.running)
    assert names(services, refined) == before
    assert said(window).startswith("Taken back: what was written into the plan")
    assert first(services).state is State.DECIDED
    assert len(undo._undone) == 1


def test_what_somebody_else_wrote_into_a_plan_since_is_not_written_over(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, refined: Refinement
) -> None:
    decide(services)
    press("Z")  # A decision that was taken back before, and is not to come again after the plan.
    go(qtbot, window, "refinement")
    write_name(qtbot, window, "慢性阑尾炎甲")
    plan = services.refining.get(refined.id)
    theirs = [replace(plan.children[0], name="慢性阑尾炎丙"), *plan.children[1:]]
    services.refining.edit(plan.id, theirs, seen_revision=plan.revision, by=CODER)
    press("Y")
    assert said(window).startswith("There is nothing to redo")
    press("Z")
    assert said(window).startswith("Somebody has written into this plan since")
    assert names(services, refined)[0] == "慢性阑尾炎丙"


def test_a_child_that_was_renamed_has_its_name_again(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services, refined: Refinement
) -> None:
    given = [replace(one, name=f"{one.name}型") for one in refined.children]
    plan = services.refining.edit(refined.id, given, seen_revision=1, by=CODER)
    signed = services.refining.sign(
        plan.id, seen_revision=plan.revision, by=CODER, accept_style=True
    )
    decide(services)
    go(qtbot, window, "refinement")
    before = names(services, signed)
    write_name(qtbot, window, "慢性阑尾炎另名")
    assert names(services, signed)[0] == "慢性阑尾炎另名"
    child = services.refining.get(signed.id).children[0]
    assert child.local_id is not None
    for key, name, origin in (
        ("Z", before[0], ""),
        ("Y", "慢性阑尾炎另名", before[0]),
        ("Z", before[0], ""),
    ):
        go(qtbot, window, "audit")
        press(key)
        page = window.page()
        assert isinstance(page, RefinementPage)
        assert page.session.current is not None
        assert page.session.current.local.id == refined.local_id
        now = services.refining.get(signed.id).children[0]
        assert (now.name, now.renamed_from) == (name, origin)
        assert services.catalog.local(child.local_id).name == name
        assert f"child renamed {child.code}" in said(window)
    press("Z")
    assert first(services).state is State.OPEN


def test_a_waiver_and_rows_given_are_taken_back_in_another_window(
    qtbot: QtBot, window: MainWindow, press: Press, services: Services
) -> None:
    row = services.resolution.worklist()[0]
    bare = Choice(row.local.id, row.mapping.version, Relation.NO_COUNTERPART, ())
    rule = "specificity.no_counterpart_without_note"
    rows = [one.local.id for one in services.resolution.worklist()[1:3]]
    services.assigning.assign(rows, to=CODER.name, by=COORDINATOR)
    services.judging.waive(row.local.id, rule, "理由", by=COORDINATOR, choice=bare)
    go(qtbot, window, "overview")
    press("Z")
    page = window.page()
    assert isinstance(page, WorkbenchPage)
    assert page.session.current is not None
    assert page.session.current.local.id == row.local.id
    assert said(window) == f"Taken back: rule waived I63.951 脑梗死 + {rule}: 理由"
    assert services.judging.waivers() == ()
    press("Z")
    assert isinstance(window.page(), PeoplePage)
    assert services.assigning.assignments() == {}
    press("Y")
    press("Y")
    assert len(services.judging.waivers()) == 1
    assert set(services.assigning.assignments()) == set(rows)


@pytest.fixture
def program(qtbot: QtBot, services: Services, qapp: QApplication) -> Iterator[Program]:
    """The program on the small project: storing the settings makes its window anew."""
    settings.save(
        paths.config_folder() / "settings.toml", Settings(language="en", person=COORDINATOR.name)
    )
    made = Program(
        Settings(language="en", person=COORDINATOR.name), page="", size=None, parent=qapp
    )
    location = services.location
    made.open(location)
    in_front(qtbot, made)
    yield made
    window = made.window
    window.close()
    qtbot.waitUntil(lambda: not window.tasks.running)


def in_front(qtbot: QtBot, program: Program) -> MainWindow:
    """The window of the moment, when it has settled."""
    qtbot.waitUntil(lambda: program.window.page() is not None and not program.window.tasks.running)
    window = program.window
    with qtbot.waitActive(window):
        window.activateWindow()
    return window


def press_in(qtbot: QtBot, program: Program, key: str) -> MainWindow:
    window = in_front(qtbot, program)
    window.setFocus()
    qtbot.keyClick(
        QApplication.focusWidget() or window,
        getattr(Qt.Key, f"Key_{key}"),
        Qt.KeyboardModifier.ControlModifier,
    )
    qtbot.waitUntil(lambda: not window.tasks.running)
    return in_front(qtbot, program)


def store(qtbot: QtBot, program: Program, text: str, field: str = "Hospital") -> None:
    """Write something else into one of the settings and store them."""
    window = in_front(qtbot, program)
    go(qtbot, window, "settings")
    (line,) = (one for one in window.findChildren(QLineEdit) if one.accessibleName() == field)
    line.setFocus()
    line.setText(text)
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: program.window is not window)
    in_front(qtbot, program)


def test_the_settings_go_back_through_the_windows_they_open(
    qtbot: QtBot, program: Program, services: Services
) -> None:
    file = paths.config_folder() / "settings.toml"
    decide(services)
    texts = [file.read_text(encoding="utf-8")]
    for hospital in ("县医院", "市医院"):
        window = program.window
        store(qtbot, program, hospital)
        assert program.window is not window
        assert isinstance(program.window.page(), SettingsPage)
        assert said(program.window) == "The settings are stored."
        texts.append(file.read_text(encoding="utf-8"))
    assert len(set(texts)) == 3
    for key, wanted, word in (
        ("Z", 1, "Taken back"),
        ("Z", 0, "Taken back"),
        ("Y", 1, "Done again"),
        ("Z", 0, "Taken back"),
    ):
        go(qtbot, program.window, "overview")
        window = press_in(qtbot, program, key)
        assert file.read_text(encoding="utf-8") == texts[wanted]
        assert said(window) == f"{word}: the settings as they were stored"
        page = window.page()
        assert isinstance(page, SettingsPage)
        assert page._chosen.hospital == ("", "县医院", "市医院")[wanted]
    # The decision came before the settings, so it is the next key's.
    assert first(services).state is State.DECIDED
    press_in(qtbot, program, "Z")
    assert first(services).state is State.OPEN


def test_settings_changed_outside_since_are_never_written_over(
    qtbot: QtBot, program: Program
) -> None:
    file = paths.config_folder() / "settings.toml"
    store(qtbot, program, "县医院")
    theirs = file.read_text(encoding="utf-8") + "# by hand\n"
    file.write_text(theirs, encoding="utf-8")
    window = press_in(qtbot, program, "Z")
    assert said(window).startswith("The settings file was changed since, outside this window")
    assert file.read_text(encoding="utf-8") == theirs


def test_another_name_for_oneself_goes_back_too(qtbot: QtBot, program: Program) -> None:
    store(qtbot, program, "周", field="Person")
    assert program.window.page()._desk.person.name == "周"  # type: ignore[union-attr]
    window = press_in(qtbot, program, "Z")
    assert said(window).startswith("Taken back: the settings")
    assert window.page()._desk.person.name == COORDINATOR.name  # type: ignore[union-attr]


def test_aliases_changed_outside_since_are_never_written_over(
    qtbot: QtBot, window: MainWindow, press: Press
) -> None:
    go(qtbot, window, "settings")
    (panel,) = window.findChildren(AliasPanel)
    panel._written.setText("老烂脚")
    panel._standard.setText("下肢慢性溃疡")
    panel._add.click()
    qtbot.waitUntil(lambda: not window.tasks.running)
    page = window.page()
    assert isinstance(page, SettingsPage)
    file = page._alias_file()
    theirs = file.read_text(encoding="utf-8").replace("老烂脚", "老烂腿")
    file.write_text(theirs, encoding="utf-8")
    press("Z")
    assert said(window).startswith("The aliases were changed since")
    assert file.read_text(encoding="utf-8") == theirs
