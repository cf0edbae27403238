"""What a coder reads beside a candidate: each aspect of both names, and how they stand to it."""

from __future__ import annotations

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.proposals import Candidate, Reason, ReasonKind
from icdmapper.paths import shipped


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(knowledge: Knowledge, local: str, entry: str) -> Candidate:
    reference = ReferenceCode(1, "N48.803", "N48.803", entry, CodeKind.DIAGNOSIS)
    query = Query(1, "", local, CodeKind.DIAGNOSIS)
    return Matcher.of([reference], knowledge).propose(query).candidates[0]


@pytest.mark.parametrize(
    ("local", "entry", "reason"),
    [
        ("包皮水肿", "包皮血肿", Reason(ReasonKind.DIFFERENT, "病变", "水肿", "血肿")),
        ("包皮水肿", "阴茎水肿", Reason(ReasonKind.SLOT_SAME, "病变", "水肿", "水肿")),
        # A haematoma is a kind of bleeding: the entry leaves out which.
        ("包皮血肿", "包皮出血", Reason(ReasonKind.MISSING_REFERENCE, "病变", "血肿", "出血")),
        ("左手脓肿", "右手脓肿", Reason(ReasonKind.CONTRADICTION, "侧别", "左", "右")),
    ],
)
def test_how_both_names_stand_to_one_aspect_is_said(
    knowledge: Knowledge, local: str, entry: str, reason: Reason
) -> None:
    assert reason in asked(knowledge, local, entry).reasons


def test_another_lesion_is_no_contradiction_and_no_match(knowledge: Knowledge) -> None:
    """Both may be true of one patient, so it is shown; the two names are not the same thing."""
    found = asked(knowledge, "包皮水肿", "包皮血肿")
    assert not found.contradictions
    assert found.relation.name == "OVERLAP"
