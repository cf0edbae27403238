"""The workbench lets the matcher learn while the person goes on."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from helpers.projects import CODER
from icdmapper.bootstrap import Services
from icdmapper.desktop.desk import Desk
from icdmapper.desktop.pages import learning
from icdmapper.desktop.pages.learning import Learning
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Relation, Target

Settle = Callable[[], None]


def decide_differently(services: Services) -> int:
    """Take the last candidate of the first open row instead of the first; returns its local id."""
    for row in services.resolution.worklist():
        candidates = services.matching.proposal(row.local.id).candidates
        for other in reversed(candidates[1:]):
            target = Target(other.reference_id, other.code, other.name)
            choice = Choice(row.local.id, 0, Relation.OVERLAP, (target,), "部分相同")
            try:
                services.resolution.decide(choice, by=CODER)
            except RefusedError:
                continue
            return row.local.id
    pytest.fail("no row could be decided")


def test_a_handful_of_decisions_is_learned_at_once_and_one_alone_after_a_pause(
    qtbot: QtBot, desk: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_ACTS", 2)
    learner = Learning(desk, desk.notices)
    learner._pause.setInterval(50)
    with qtbot.waitSignal(learner.learned, timeout=15_000, raising=False):
        decide_differently(services)
        learner.note()
        learner.note()
    with qtbot.waitSignal(learner._pause.timeout, timeout=5000):
        learner.note()
    qtbot.waitUntil(lambda: not learner._running, timeout=15_000)
    assert learner._waiting == 0
    assert services.matching.learn().lessons == 0


def test_learning_waits_until_there_is_something_to_learn(
    qtbot: QtBot, desk: Desk, services: Services
) -> None:
    learner = Learning(desk, desk.notices)
    learner._begin()
    assert not learner._running
