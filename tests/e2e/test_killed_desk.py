"""The window is killed in the middle of editing: nothing that it showed as saved is lost."""

from pathlib import Path

import pytest
from benchmarks import kills, projects

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


def test_nothing_shown_as_saved_is_lost(tmp_path: Path) -> None:
    outcome = kills.run(projects.demonstration(tmp_path), 8)
    assert outcome.kills == 8
    assert outcome.decisions > 10
    assert outcome.lost == []
    assert outcome.notes_offered == outcome.notes_cut_off
