"""Waivers and refinements are kept whole, on a file and on a server."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from helpers.builders import MOMENT, fill
from icdmapper.model.codes import CodeKind, NewCode
from icdmapper.model.errors import ConflictError, NotFoundError
from icdmapper.model.judgement import Waiver
from icdmapper.model.mapping import Relation, Target
from icdmapper.model.people import Role
from icdmapper.model.refinement import Child, Refinement
from icdmapper.storage.unit_of_work import Storage


def test_a_waiver_comes_back_as_it_was_given_and_can_be_withdrawn(storage: Storage) -> None:
    local = fill(storage)[1]["胸膜肿瘤"]
    given = Waiver(
        local.id, "neoplasm.uncertain_residual", "无病理", "张医师", Role.CLINICIAN, MOMENT, 3, "答"
    )
    with storage.writing() as work:
        kept = work.waivers.add(given)
        work.commit()
    with storage.writing() as work:
        assert work.waivers.of(local.id) == work.waivers.all() == (kept,)
        assert replace(kept, id=0) == given
        work.waivers.withdraw([kept.id])
        assert work.waivers.all() == ()
        assert work.waivers.of(local.id) == (replace(kept, withdrawn=True),)


def test_a_waiver_without_a_reason_is_refused_by_the_database_too(storage: Storage) -> None:
    local = fill(storage)[1]["胸膜肿瘤"]
    with pytest.raises(IntegrityError), storage.writing() as work:
        work.waivers.add(Waiver(local.id, "一条", "", "某人", None, MOMENT, 0, ""))


def test_a_refinement_comes_back_whole_and_only_its_next_revision_is_saved(
    storage: Storage,
) -> None:
    references, locals_ = fill(storage)
    parent, entry = locals_["胸膜肿瘤"], references["胸膜交界恶性肿瘤"]
    children = (
        Child(
            "D38.251",
            "胸膜交界恶性肿瘤",
            Relation.EQUIVALENT,
            (Target(entry.id, entry.code, entry.name),),
            "病理科意见",
            residual=True,
        ),
        Child("D38.252", "待编", Relation.OVERLAP, ()),
    )
    plan = Refinement(0, parent.id, 1, "编码员甲", MOMENT, date(2026, 4, 1), children)
    with storage.writing() as work:
        kept = work.refinements.add(plan)
        work.commit()
    assert replace(kept, id=0) == plan
    changed = replace(kept, revision=2, children=children[:1], effective=None, signed_at=MOMENT)
    with storage.writing() as work:
        work.refinements.save(changed)
        work.commit()
    with storage.reading() as work:
        assert work.refinements.get(kept.id) == changed
        assert work.refinements.of(parent.id) == work.refinements.all() == (changed,)
    with pytest.raises(ConflictError), storage.writing() as work:
        work.refinements.save(replace(kept, revision=2))
    with pytest.raises(NotFoundError), storage.reading() as work:
        work.refinements.get(999)


def test_children_join_the_list_of_their_parent(storage: Storage) -> None:
    parent = fill(storage)[1]["胸膜肿瘤"]
    child = NewCode("D38.251", "D38.251", "胸膜交界恶性肿瘤", CodeKind.DIAGNOSIS, 0)
    with storage.writing() as work:
        before = work.code_sets.in_use()[-1].size
        (made,) = work.refinements.add_local_codes(parent.id, [child], initials=["xmjjexzl"])
        stored = work.code_sets.local(made)
        assert (stored.code, stored.initials, stored.row) == ("D38.251", "xmjjexzl", 0)
        assert stored in work.code_sets.local_codes()
        assert max(one.size for one in work.code_sets.in_use()) >= before + 1
        work.refinements.change_local_code(made, replace(child, name="改名"), initials="gm")
        assert work.code_sets.local(made).name == "改名"
