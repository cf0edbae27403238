"""A coder's morning in the real window: filter, decide, undo, and then the plug is pulled."""

import sqlite3
import time
from pathlib import Path

import pytest

from helpers.screen import MISSING, RealWindow, virtual_screen, wait_until
from icdmapper import bootstrap
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.model.people import Person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.window,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


def demonstration(folder: Path) -> Path:
    """The demonstration project with proposals, nothing decided."""
    services = bootstrap.demo_project(folder)
    services.matching.propose_all()
    services.close()
    return folder / bootstrap.DEMO_FILE


def real_lists(folder: Path, data: Path) -> Path:
    """27,155 local codes against the real reference sets."""
    services = bootstrap.open_project(folder / "real.icdm")
    for file, side in (
        ("reference/ICD-10北京临床版v601.xlsx", Side.REFERENCE),
        ("reference/ICD-9-CM-3手术操作编码.csv", Side.REFERENCE),
        ("local/zlhis_sichuan_all.csv", Side.LOCAL),
    ):
        preview = services.importing.preview(Source(path=data / file), side=side)
        services.importing.store(preview, name=file, edition="", by=Person("信息科"))
    services.matching.propose_all()
    services.close()
    return folder / "real.icdm"


def answered(project: Path) -> set[int]:
    """The local codes with an answer, read past the program, straight from the file."""
    connection = sqlite3.connect(f"file:{project}?mode=ro", uri=True)
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
        time.sleep(4)  # rows and candidates are on the screen; a person looks before typing
        window.key("ctrl+f")
        window.type(text)
        window.key("Return")
        while len(answered(project)) < 20:
            decide_one(window, project)
        time.sleep(1)
        total = len(answered(project))
        for undone in range(1, 6):
            window.key("u")
            wait_until(lambda left=total - undone: len(answered(project)) == left, seconds=20)
        return answered(project)
    finally:
        window.kill()


def decide_one(window: RealWindow, project: Path) -> None:
    """Accept a candidate of the row in focus; where all are headings, go on to the next row."""
    before = len(answered(project))
    for _row in range(4):
        for candidate in "123":
            window.key(candidate, "Return")
            try:
                wait_until(lambda: len(answered(project)) > before, seconds=4)
            except AssertionError:
                continue
            return
        window.key("Down")
    pytest.fail(f"no candidate could be accepted after {before} decisions")


@pytest.mark.parametrize("lists", ["demonstration", "hospital"])
def test_what_was_decided_is_still_there_after_the_plug_was_pulled(
    lists: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if lists == "hospital":
        project = real_lists(tmp_path, request.getfixturevalue("evaluation_data"))
    else:
        project = demonstration(tmp_path)
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
