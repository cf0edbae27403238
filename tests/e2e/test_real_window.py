"""A coder's morning in the real window: filter, decide, undo, and then the plug is pulled."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import pytest
from benchmarks import projects

from helpers.screen import MISSING, RealWindow, virtual_screen, wait_until
from icdmapper import bootstrap

pytestmark = [
    pytest.mark.slow,
    pytest.mark.window,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


def answered(project: Path) -> set[int]:
    """The local codes with an answer, read past the program, straight from the file."""
    connection = sqlite3.connect(f"file:{project}?mode=ro", uri=True, timeout=60)
    try:
        rows = connection.execute(
            "SELECT local_id FROM mapping WHERE state IN ('decided', 'no_counterpart')"
        )
        return {row[0] for row in rows}
    finally:
        connection.close()


def map_a_while(project: Path, home: Path, display: str, text: str) -> set[int]:
    """Filter, decide 20 rows, undo 5, kill; returns what was answered just before.

    On a slow machine a late save may be taken for a refused one and a row more be decided, so
    what is undone is counted from what was there.
    """
    window = RealWindow(display, project, home)
    try:
        wait_for_rows(window, project)
        window.key("ctrl+f")
        window.type(text)
        window.key("Return")
        while len(answered(project)) < 20:
            decide_one(window, project)
        total = settled_count(project)
        for undone in range(1, 6):
            window.key("u")
            wait_until(lambda left=total - undone: len(answered(project)) == left, seconds=20)
        return answered(project)
    finally:
        window.kill()


def wait_for_rows(window: RealWindow, project: Path) -> None:
    """The first row is on the screen when a decision on it reaches the disk."""
    for _attempt in range(40):
        window.key("Escape", "Return")
        with suppress(AssertionError):
            wait_until(lambda: answered(project), seconds=2)
            return
        window.key("e", "Return", "Down")
    pytest.fail("no row came on the screen")


def settled_count(project: Path) -> int:
    """How many codes are answered once no late save comes any more."""
    seen: list[int] = []

    def is_steady() -> bool:
        seen.append(len(answered(project)))
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    wait_until(is_steady, seconds=60)
    return seen[-1]


def decide_one(window: RealWindow, project: Path) -> None:
    """Accept a candidate of the row in focus; where all are headings, go on to the next row."""
    before = len(answered(project))
    for _row in range(12):
        # As proposed; as the same, where a rule asks for a reason otherwise; the second one.
        for keys in (("Return",), ("e", "Return"), ("2", "e", "Return")):
            window.key(*keys)
            with suppress(AssertionError):
                wait_until(lambda: len(answered(project)) > before, seconds=2)
                return
        window.key("Down")
    pytest.fail(f"no candidate could be accepted after {before} decisions")


@pytest.mark.parametrize("lists", ["demonstration", "hospital"])
def test_what_was_decided_is_still_there_after_the_plug_was_pulled(
    lists: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if lists == "hospital":
        request.getfixturevalue("evaluation_data")
        project = projects.copy_of_best(tmp_path)
    else:
        project = projects.demonstration(tmp_path)
    with virtual_screen() as display:
        before = map_a_while(project, tmp_path, display, "i")
        assert len(before) >= 15
        window = RealWindow(display, project, tmp_path)
        try:
            assert answered(project) == before
            window.key("ctrl+f")
            window.type("i")
            window.key("Return")
            decide_one(window, project)
            assert before < answered(project)
        finally:
            window.kill()
    services = bootstrap.open_project(project)
    rows = {row.local.id: row for row in services.resolution.worklist()}
    services.close()
    assert {rows[local_id].mapping.decided_by for local_id in before} != {""}
    connection = sqlite3.connect(project)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_hundred_rows_are_mapped_by_keyboard_alone(tmp_path: Path) -> None:
    """Real rows of a hospital where they are here; pictures of it go into build/hundred-rows."""
    project = projects.copy_of_best(tmp_path)
    with virtual_screen() as display:
        window = RealWindow(display, project, tmp_path)
        try:
            wait_for_rows(window, project)
            # The three cards first; then the chips, past sets, chapters, states, contradictions.
            safe = ("ctrl+l", *["Tab"] * 8, "space", "ctrl+f", "Return")
            window.key("F1", "F1", "F1", *safe)
            map_up_to(60, window, project, ("Return",))
            map_up_to(80, window, project, ("2", "e", "Return"))
            window.key(*safe)
            map_up_to(100, window, project, ("n", "t", "x", "Return"))
        finally:
            window.kill()
    assert len(answered(project)) >= 100


def map_up_to(wanted: int, window: RealWindow, project: Path, keys: tuple[str, ...]) -> None:
    """Answer rows with these keys, past those a rule objects to, with a picture now and then.

    An answer shows in the file. That a row was refused shows nowhere, so that it is waited for a
    few times as long as answers took until then; an answer that comes later still counts.
    """
    pictures = projects.ROOT / "build" / "hundred-rows"
    slowest = 0.5
    while (before := len(answered(project))) < wanted:
        pressed = time.monotonic()
        window.key(*keys)
        try:
            wait_until(lambda before=before: len(answered(project)) > before, seconds=4 * slowest)
        except AssertionError:
            window.key("Escape", "Down")
        else:
            slowest = max(slowest, min(time.monotonic() - pressed, 10))
            if before % 20 == 0:
                window.photograph(pictures / f"{before:03d}.png")
    window.photograph(pictures / f"{wanted:03d}.png")
