"""How an entry found by hand stands to the local code, as far as the names tell."""

import pytest

from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.mapping import Relation
from icdmapper.resolution.by_hand import found_by_hand


@pytest.mark.parametrize(
    ("local", "reference", "relation"),
    [
        ("脑梗死 NOS", "脑梗死", Relation.EQUIVALENT),
        ("小管周围的纤维腺瘤 (D24)", "小管周围的纤维腺瘤", Relation.EQUIVALENT),
        ("阿米巴性心包炎", "阿米巴病", Relation.LOCAL_FINER),
        ("胸壁结核，未提及痰检", "胸壁结核", Relation.LOCAL_FINER),
        ("阿米巴性外阴炎", "其他部位的阿米巴感染", Relation.LOCAL_FINER),
        ("肺炎", "大叶性肺炎", Relation.LOCAL_COARSER),
        ("左肺炎", "右肺炎", Relation.OVERLAP),
        ("其他肺炎", "其他脑炎", Relation.OVERLAP),
        ("炎症", "疾病", Relation.OVERLAP),
    ],
)
def test_the_relation_is_read_from_the_two_names(
    local: str, reference: str, relation: Relation
) -> None:
    entry = ReferenceCode(1, "X00.001", "X00.001", reference, CodeKind.DIAGNOSIS)
    assert found_by_hand(entry, local).relation is relation


def test_a_heading_stays_one() -> None:
    entry = ReferenceCode(1, "A06", "A06", "阿米巴病", CodeKind.DIAGNOSIS, heading=True)
    assert found_by_hand(entry, "阿米巴病").heading
