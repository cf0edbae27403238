"""Answered rows with a name like the one in focus."""

from dataclasses import replace

from helpers.builders import Clock, fill
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person
from icdmapper.resolution.service import ResolutionService
from icdmapper.resolution.similar import NameIndex
from icdmapper.storage.unit_of_work import Storage

CODER = Person("编码员甲")
LOCALS = (
    ("C34.151", "左肺上叶恶性肿瘤", 9),
    ("C34.152", "右肺上叶恶性肿瘤", 8),
    ("C34.153", "肺上叶恶性肿瘤", 7),
    ("I63.951", "脑梗死", 6),
    ("M80100/3", "肺上叶恶性肿瘤", 5),
)


def test_only_answered_rows_of_the_same_set_come_back_the_likest_first(storage: Storage) -> None:
    references, local_codes = fill(storage, locals_=LOCALS)
    service = ResolutionService(storage, Clock())
    own = next(one for one in local_codes.values() if one.code == "C34.151")
    assert service.similar(own.id) == ()
    entry = references["肺上叶恶性肿瘤"]
    target = (Target(entry.id, entry.code, entry.name),)
    with storage.reading() as work:
        stored = work.code_sets.local_codes()
    for local in stored:
        if local.code in ("C34.152", "C34.153", "I63.951"):
            service.decide(Choice(local.id, 0, Relation.LOCAL_FINER, target), by=CODER)
    found = service.similar(own.id)
    assert [row.code for row in found] == ["C34.153", "C34.152"]
    assert found[0].mapping.targets == target
    assert [row.code for row in service.similar(own.id, limit=1)] == ["C34.153"]


def test_a_name_is_never_near_itself_or_to_nothing(storage: Storage) -> None:
    _references, local_codes = fill(storage, locals_=LOCALS)
    index = NameIndex(list(local_codes.values()))
    for code in local_codes.values():
        assert code.id not in [other for _likeness, other in index.alike(code, limit=9)]
    stranger = replace(code, id=-1, name="骨折")
    assert index.alike(stranger, limit=9) == []
