"""Audit: filters, the act in focus, export, and the chain that tells of tampering."""

import csv
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from helpers.keyboard import Press, presser, type_text, visible_words
from helpers.projects import CODER
from icdmapper.bootstrap import Services
from icdmapper.desktop import audit_words
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages.audit import AuditPage
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Target
from icdmapper.model.people import Person

Settle = Callable[[], None]
OTHER = Person("编码员乙")


@pytest.fixture
def acted(services: Services) -> Services:
    """Three decisions of one person, one of another, one taken back."""
    for number, row in enumerate(services.resolution.worklist()[:4]):
        best = services.matching.proposal(row.local.id).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        by = CODER if number < 3 else OTHER
        choice = Choice(row.local.id, 0, best.relation, (target,))
        services.resolution.decide(choice, by=by)
    services.resolution.undo(by=OTHER)
    return services


@pytest.fixture
def page(qtbot: QtBot, acted: Services, desk: Desk, settle: Settle) -> AuditPage:
    made = AuditPage(desk)
    qtbot.addWidget(made)
    made.resize(1240, 760)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.activate()
    settle()
    return made


@pytest.fixture
def press(qtbot: QtBot, page: AuditPage, settle: Settle) -> Press:
    return presser(qtbot, page, settle)


def acts(page: AuditPage) -> list[Act]:
    return [row.event.act for row in page._model.rows]


def test_the_newest_act_is_first_and_in_focus(page: AuditPage, press: Press) -> None:
    assert acts(page)[:2] == [Act.UNDONE, Act.DECIDED]
    assert acts(page).count(Act.IMPORTED) == 3
    assert "undone · 编码员乙" in visible_words(page)
    assert "now open" in audit_words.summary(page._model.rows[0].event)
    press("Down")
    assert "decided · 编码员乙" in visible_words(page)
    assert "open, version 0" in visible_words(page)


def test_filters_by_person_act_code_and_words(
    qtbot: QtBot, page: AuditPage, press: Press, settle: Settle, acted: Services
) -> None:
    person, act = page.findChildren(QComboBox)
    person.setCurrentIndex(person.findData(OTHER.name))
    settle()
    assert acts(page) == [Act.UNDONE, Act.DECIDED]
    act.setCurrentIndex(act.findData(Act.DECIDED))
    settle()
    assert acts(page) == [Act.DECIDED]
    page._table.setFocus()
    press("C")
    assert len(acts(page)) == acted.audit.head().count
    press("/")
    type_text(qtbot, "i63.951")
    press("Return")
    assert acts(page) == [Act.DECIDED]
    press("/")
    type_text(qtbot, "nowhere")
    press("Return")
    assert acts(page) == []
    assert "There is no such local code" in visible_words(page)


def test_days_are_typed_as_people_type_them(
    qtbot: QtBot, page: AuditPage, settle: Settle, acted: Services
) -> None:
    page._filters._since.setFocus()
    type_text(qtbot, "2026-13-01")
    settle()
    assert page._filters._since.property("wrong")
    page._filters._since.setText("20200101")
    settle()
    assert not page._filters._since.property("wrong")
    assert len(acts(page)) == acted.audit.head().count
    page._filters._until.setText("2020/1/2")
    settle()
    assert acts(page) == []


def test_the_export_holds_what_the_filter_shows(
    page: AuditPage, settle: Settle, tmp_path: Path, said: list[str]
) -> None:
    person, _act = page.findChildren(QComboBox)
    person.setCurrentIndex(person.findData(OTHER.name))
    settle()
    page.export_to(tmp_path / "log.csv")
    settle()
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["act"] for row in rows] == ["decided", "undone"]
    assert said[-1].startswith("done: 2 acts written")
    page.export_to(tmp_path / "log.csv")
    settle()
    assert "exists already" in said[-1]


def test_v_verifies_the_chain_and_the_anchor_can_be_copied(
    page: AuditPage, press: Press, acted: Services
) -> None:
    assert "not verified yet" in visible_words(page)
    press("V")
    head = acted.audit.head()
    assert f"sound, {head.count} acts" in visible_words(page)
    page._chain._copy.click()
    assert QGuiApplication.clipboard().text() == head.anchor


def test_a_changed_act_is_named(page: AuditPage, press: Press, acted: Services) -> None:
    with sqlite3.connect(acted.location) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute('UPDATE event SET "by" = ? WHERE id = 4', ("jemand",))
    connection.close()
    press("V")
    words = visible_words(page)
    assert "broken in 1 places" in words
    assert "event 4:" in words


def test_a_wrong_anchor_is_refused_with_a_sentence(
    page: AuditPage, press: Press, said: list[str]
) -> None:
    page._chain._anchor.setText("12:abc")
    press("V")
    assert "no anchor of the form" in said[-1]
    assert "not verified yet" in visible_words(page)


def test_a_long_log_comes_in_pieces(
    qtbot: QtBot,
    acted: Services,
    desk: Desk,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("icdmapper.desktop.pages.audit._AT_ONCE", 2)
    page = AuditPage(replace(desk))
    qtbot.addWidget(page)
    page.refresh()
    settle()
    assert len(acts(page)) == 2
    page._on_scrolled(0)
    settle()
    assert len(acts(page)) == 4
