"""A file that went its own way comes home to the project of a work group on PostgreSQL."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from helpers.accounts import HEAD, STAFF
from helpers.builders import Clock
from icdmapper.model.checks import MessageKind
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.checking import CheckingService
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.merging import MergeChoice, MergeKind, MergingService
from icdmapper.resolution.moving import copy_project
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

CODER, CHECKER = STAFF["coder"], STAFF["checker"]


def decide(storage: Storage, local: str, entry: str, by: Person, version: int = 0) -> int:
    """Decide a code by name; gives its id."""
    with storage.reading() as work:
        code = next(one for one in work.code_sets.local_codes() if one.name == local)
        found = next(one for one in work.code_sets.reference_codes() if one.name == entry)
    target = Target(found.id, found.code, found.name)
    choice = Choice(code.id, version, Relation.LOCAL_FINER, (target,))
    ResolutionService(storage, Clock()).decide(choice, by=by)
    return code.id


def test_a_copy_taken_home_is_merged_by_the_coordinator(
    accounts: Callable[[str], str], tmp_path: Path
) -> None:
    home = tmp_path / "在家.icdm"
    with closing(Storage.open(accounts("head"))) as shared, closing(Storage.open(home)) as copy:
        copy_project(shared, copy, by=HEAD)
    with closing(Storage.open(home)) as copy:
        checked = decide(copy, "脑梗塞", "脑梗死", CODER)
        CheckingService(copy, ResolutionService(copy, Clock()), Clock()).agree(
            checked, seen_version=1, by=CHECKER
        )
        theirs = decide(copy, "胸膜肿瘤", "肺上叶恶性肿瘤", CODER)
        asked = decide(copy, "左肺上叶癌", "脑梗死", CODER)
    with closing(Storage.open(accounts("coder"))) as shared:
        decide(shared, "胸膜肿瘤", "胸膜交界恶性肿瘤", CODER)
        decide(shared, "左肺上叶癌", "肺上叶恶性肿瘤", CODER)
        with closing(Storage.open(home)) as copy, pytest.raises(Exception, match="may not"):
            MergingService(shared, Clock()).merge(copy, by=CODER)
    with closing(Storage.open(accounts("head"))) as shared, closing(Storage.open(home)) as copy:
        merging, resolution = MergingService(shared, Clock()), ResolutionService(shared, Clock())
        plan = merging.plan(copy)
        conflicts = {row.local_id: row for row in plan.of_kind(MergeKind.CONFLICT)}
        assert set(conflicts) == {theirs, asked}
        merging.merge(copy, by=HEAD, chosen=[conflicts[theirs].chosen(MergeChoice.THEIRS)])
        taken = resolution.work_row(checked).mapping
        assert (taken.state, taken.checked_by) == (State.CHECKED, CHECKER.name)
        assert resolution.work_row(theirs).mapping.targets[0].name == "肺上叶恶性肿瘤"
        (dispute,) = DisputeService(shared, Clock()).open_disputes()
        assert (dispute.local.id, len(dispute.options)) == (asked, 2)
        assert dispute.thread[-1].kind is MessageKind.OPENED
        assert AuditService(shared).verify().sound
        assert len(resolution.undo(by=HEAD).mappings) == 3
        assert resolution.work_row(checked).mapping.state is State.OPEN
        assert len(resolution.redo(by=HEAD).mappings) == 3
        assert resolution.work_row(checked).mapping.state is State.CHECKED
        assert AuditService(shared).verify().sound


def test_what_a_merge_does_not_tell_the_database_does_not_keep(
    accounts: Callable[[str], str],
) -> None:
    """Saying that a merge begins opens no door: a row changed under it and not told is refused."""
    engine = sqlalchemy.create_engine(accounts("head"))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT begin_merge('1:x')"))
        connection.execute(
            sqlalchemy.text(
                "INSERT INTO mapping VALUES (1, 'checked', 'equivalent', '[]', '', 'x', now(), 1,"
                " '复核员乙', now())"
            )
        )
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="not told in the log"):
            connection.commit()
    engine.dispose()
