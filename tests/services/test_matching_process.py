"""Matching in a process of its own answers like matching here, can be stopped, never lingers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from icdmapper import paths
from icdmapper.matching import service as module
from icdmapper.matching.child import FROZEN_SWITCH, Child, Setup, child_command
from icdmapper.matching.knowledge import load_knowledge
from icdmapper.matching.service import MatchingService
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import CancelledError, NotFoundError
from icdmapper.model.proposals import Proposal
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
Make = Callable[..., MatchingService]


def _children() -> list[psutil.Process]:
    """The matching processes; another test's reader or server may still be on its way out."""
    found = []
    for one in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if (one.as_dict(["cmdline"])["cmdline"] or [])[1:] == child_command()[1:]:
                found.append(one)
    return found


@pytest.fixture
def make(
    storage: Storage, kept_folder: Path, monkeypatch: pytest.MonkeyPatch, sets: Sets
) -> Iterator[Make]:
    """Services on a project; every project counts as large."""
    monkeypatch.setattr(module, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(module, "_WORTH_A_SECOND", 1)
    monkeypatch.setattr(module, "_STORED_FIRST", 2)
    monkeypatch.setattr(module, "_STORED_AT_ONCE", 1)
    made: list[MatchingService] = []

    def _make(*, apart: bool = True, kept: Path = kept_folder) -> MatchingService:
        made.append(
            MatchingService(
                storage,
                lambda: load_knowledge(paths.shipped("resources")),
                limit=10,
                cache_folder=kept,
                apart=apart,
            )
        )
        return made[-1]

    yield _make
    for one in made:
        one.close()
    assert not _children()


def _stored(storage: Storage, sets: Sets) -> list[Proposal | None]:
    with storage.reading() as work:
        return [work.proposals.get(local.id) for local in sets[1].values()]


def test_two_processes_store_what_one_would(
    make: Make, storage: Storage, sets: Sets, tmp_path: Path
) -> None:
    here = make(apart=False).propose_all()
    expected = _stored(storage, sets)
    with storage.writing() as work:
        work.proposals.remove_all()
        work.commit()
    apart = make(kept=tmp_path / "apart")
    steps: list[tuple[int, int]] = []
    summary = apart.propose_all(progress=lambda done, total: steps.append((done, total)))
    assert _stored(storage, sets) == expected
    assert (summary.proposed, summary.safe) == (here.proposed, here.safe)
    assert steps[-1] == (6, 6)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    # The first process stays for questions, the second has gone.
    assert len(_children()) == 1
    assert apart.ask("脑梗死").candidates[0].name == "脑梗死"
    with pytest.raises(NotFoundError, match="999"):
        apart.proposal(999)
    assert not apart.learn().local_ids


def test_a_run_can_be_cancelled_and_what_was_stored_stays(make: Make, storage: Storage) -> None:
    apart = make()

    def cancel(done: int, _total: int) -> None:
        if done >= 2:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        apart.propose_all(progress=cancel)
    with storage.reading() as work:
        assert 2 <= work.proposals.count() < 6
    assert apart.propose_all().proposed == 6


def test_a_process_that_dies_is_told_and_replaced(make: Make) -> None:
    child = Child(Setup("", ""))
    waiting = child.ask("prepare")
    psutil.Process(child.pid).kill()
    with pytest.raises(RuntimeError, match="ended without an answer"):
        waiting.result(10)
    with pytest.raises(RuntimeError, match="ended without an answer"):
        child.ask("prepare").result(10)
    assert not child.alive
    child.close()
    apart = make()
    apart.prepare()
    (one,) = _children()
    apart.close()
    assert not one.is_running()


def test_what_was_begun_before_the_end_starts_no_process_after_it(make: Make) -> None:
    apart = make()
    apart.close()
    with pytest.raises(CancelledError):
        apart.ask("脑梗死")


def test_where_it_broke_is_told_without_values(make: Make) -> None:
    child = Child(Setup("", ""))
    with pytest.raises(RuntimeError, match=r"TypeError at child\.py:\d+$"):
        child.ask("rows", "no", "such", "values").result(20)
    child.close()


def test_where_the_index_cannot_be_kept_the_entries_are_sent(
    make: Make, tmp_path: Path, storage: Storage, sets: Sets
) -> None:
    (tmp_path / "cache").write_text("not a folder", "utf-8")
    assert make(kept=tmp_path / "cache").propose_all().proposed == 6
    assert all(_stored(storage, sets))


def test_a_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert child_command()[1:] == [FROZEN_SWITCH]
