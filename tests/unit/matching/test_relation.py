"""Which way a one-way alias reads, and what round brackets add to an entry."""

from __future__ import annotations

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Proposal, ReasonKind
from icdmapper.paths import shipped


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(knowledge: Knowledge, local: str, entry: str) -> Proposal:
    code = "49.3901"
    reference = ReferenceCode(1, code, code, entry, CodeKind.PROCEDURE)
    return Matcher.of([reference], knowledge).propose(Query(1, "", local, CodeKind.PROCEDURE))


@pytest.mark.parametrize(
    ("local", "entry", "relation", "safe"),
    [
        ("舌囊肿切除术", "舌病损切除术", Relation.LOCAL_FINER, True),
        # A cyst is one kind of lesion: what is written for any lesion may be something else.
        ("舌病损切除术", "舌囊肿切除术", Relation.LOCAL_COARSER, False),
        # Two kinds of one thing are not each other, though both lead to the same wording.
        ("腭肿瘤切除术", "腭囊肿切除术", Relation.OVERLAP, False),
    ],
)
def test_one_way_aliases_are_read_one_way(
    knowledge: Knowledge, local: str, entry: str, relation: Relation, safe: bool
) -> None:
    proposal = asked(knowledge, local, entry)
    assert (proposal.candidates[0].relation, proposal.safe) == (relation, safe)


def test_a_condition_in_round_brackets_is_part_of_the_entry(knowledge: Knowledge) -> None:
    """Without a device is another procedure than with one (ICD-9-CM-3 70.77 and 70.78)."""
    proposal = asked(knowledge, "阴道固定术", "阴道固定术(使用移植物或假体)")
    first = proposal.candidates[0]
    assert (first.relation, proposal.safe) == (Relation.LOCAL_COARSER, False)
    assert ReasonKind.MISSING_LOCAL in {reason.kind for reason in first.reasons}


@pytest.mark.parametrize("entry", ["心电向量图(ECG)", "心电向量图[心电矢量图]"])
def test_a_bracket_that_only_names_again_changes_nothing(knowledge: Knowledge, entry: str) -> None:
    proposal = asked(knowledge, "心电向量图", entry)
    assert (proposal.candidates[0].relation, proposal.safe) == (Relation.EQUIVALENT, True)
