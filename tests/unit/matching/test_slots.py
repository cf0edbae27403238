"""Slots: read once per name, compared slot by slot."""

from __future__ import annotations

import numpy as np
import pytest

from icdmapper.matching.knowledge import Denials, Slot, SlotValue
from icdmapper.matching.slots import Outcome, SlotBook

SIDE = Slot(
    "side",
    "侧别",
    True,
    (
        SlotValue("one", "单侧", ("单侧",)),
        SlotValue("left", "左", ("左", "左侧"), not_in=("左旋",), parents=("one",)),
        SlotValue("right", "右", ("右",), parents=("one",)),
    ),
)
COMPLICATION = Slot(
    "with",
    "伴或不伴",
    False,
    (
        SlotValue("with_rupture", "伴破裂", ("伴破裂",), contradicts=("no_rupture",)),
        SlotValue("no_rupture", "不伴破裂", ("不伴破裂",)),
        SlotValue("with_pain", "伴疼痛", ("伴疼痛",)),
    ),
)
BOOK = SlotBook((SIDE, COMPLICATION))


def outcome(local: str, reference: str, slot: int = 0) -> Outcome:
    first = np.zeros(1, dtype=np.int32)
    found = BOOK.compare(BOOK.read([local]), BOOK.read([reference]), first, first)
    return Outcome(found[0, slot])


@pytest.mark.parametrize(
    ("local", "reference", "expected"),
    [
        ("左肾囊肿", "左肾囊肿", Outcome.SAME),
        ("左肾囊肿", "右肾囊肿", Outcome.CONTRADICTS),
        ("左肾囊肿", "肾囊肿", Outcome.MISSING_REFERENCE),
        ("肾囊肿", "右肾囊肿", Outcome.MISSING_LOCAL),
        ("左肾囊肿", "单侧肾囊肿", Outcome.LOCAL_FINER),
        ("单侧肾囊肿", "左肾囊肿", Outcome.REFERENCE_FINER),
        ("肾囊肿", "肝囊肿", Outcome.ABSENT),
    ],
)
def test_each_outcome_of_an_exclusive_slot(local: str, reference: str, expected: Outcome) -> None:
    assert outcome(local, reference) is expected


def test_values_of_an_open_slot_contradict_only_where_the_data_says_so() -> None:
    assert outcome("伴破裂", "不伴破裂", 1) is Outcome.CONTRADICTS
    assert outcome("不伴破裂", "伴破裂", 1) is Outcome.CONTRADICTS
    assert outcome("伴破裂", "伴疼痛", 1) is Outcome.DIFFERENT


def test_a_word_inside_another_word_is_not_a_value() -> None:
    assert BOOK.places("左旋多巴") == []


def test_the_longest_word_wins_in_each_slot() -> None:
    read = BOOK.read(["不伴破裂"])
    assert read.labels[read.states[0, 1]] == "不伴破裂"


def test_many_pairs_at_once_give_the_same_as_one_by_one() -> None:
    names = ["左肾", "右肾", "肾", "单侧肾", "左肾伴破裂", "不伴破裂"]
    bits = BOOK.read(names)
    rows = np.repeat(np.arange(6, dtype=np.int32), 6)
    targets = np.tile(np.arange(6, dtype=np.int32), 6)
    block = BOOK.compare(bits, bits, rows, targets)
    for at, (mine, theirs) in enumerate(zip(rows, targets, strict=True)):
        for slot in (0, 1):
            assert Outcome(block[at, slot]) is outcome(names[mine], names[theirs], slot)


SITE = Slot(
    "site",
    "部位",
    True,
    (
        SlotValue("joint", "关节", ("关节",)),
        SlotValue("hip", "髋", ("髋",)),
        SlotValue("hip_joint", "髋关节", ("髋关节",), parents=("joint", "hip")),
        SlotValue("knee_joint", "膝关节", ("膝关节",), parents=("joint",)),
    ),
)
JOINTS = SlotBook((SITE,))


@pytest.mark.parametrize(
    ("local", "reference", "expected"),
    [
        ("髋关节脱位", "关节脱位", Outcome.LOCAL_FINER),
        ("髋关节脱位", "髋脱位", Outcome.LOCAL_FINER),
        ("关节脱位", "髋关节脱位", Outcome.REFERENCE_FINER),
        ("髋关节脱位", "膝关节脱位", Outcome.CONTRADICTS),
        ("髋脱位", "膝关节脱位", Outcome.CONTRADICTS),
    ],
)
def test_a_value_may_belong_to_several(local: str, reference: str, expected: Outcome) -> None:
    first = np.zeros(1, dtype=np.int32)
    found = JOINTS.compare(JOINTS.read([local]), JOINTS.read([reference]), first, first)
    assert Outcome(found[0, 0]) is expected


def test_a_wider_value_beside_a_narrower_one_says_nothing() -> None:
    assert outcome("左侧肾切除术|单侧肾切除术", "右侧肾切除术|单侧肾切除术") is Outcome.CONTRADICTS


LESION = Slot(
    "lesion",
    "病变",
    False,
    (
        SlotValue("infection", "感染", ("感染",)),
        SlotValue("abscess", "脓肿", ("脓肿",), parents=("infection",)),
        SlotValue("bleeding", "出血", ("出血", "出血性")),
    ),
    denials=Denials.ALL,
)
BONE = Slot("site", "部位", True, (SlotValue("bone", "骨", ("骨",)),), denials=Denials.NONE)
DENYING = SlotBook((SIDE, LESION, BONE))


@pytest.mark.parametrize(
    ("local", "reference", "slot", "expected"),
    [
        ("非左侧肾囊肿", "左侧肾囊肿", 0, Outcome.CONTRADICTS),
        ("左侧肾囊肿", "非左侧肾囊肿", 0, Outcome.CONTRADICTS),
        ("非左侧肾囊肿", "右侧肾囊肿", 0, Outcome.DIFFERENT),
        ("非左侧肾囊肿", "肾囊肿", 0, Outcome.MISSING_REFERENCE),
        ("非出血性卒中", "出血性卒中", 1, Outcome.CONTRADICTS),
        ("非出血性卒中", "非出血性卒中", 1, Outcome.SAME),
        ("胎盘滞留不伴出血", "胎盘滞留出血", 1, Outcome.CONTRADICTS),
        ("胎盘滞留不伴出血", "胎盘滞留不伴有出血", 1, Outcome.SAME),
        ("胎盘滞留未出血", "胎盘滞留无出血", 1, Outcome.SAME),
        ("不伴出血或脓肿", "伴脓肿", 1, Outcome.CONTRADICTS),
        ("伴或不伴出血", "伴出血", 1, Outcome.SAME),
        ("肺非感染性病变", "肺脓肿", 1, Outcome.CONTRADICTS),
        ("肺脓肿", "肺病变无出血", 1, Outcome.DIFFERENT),
        ("肺脓肿无出血", "肺脓肿", 1, Outcome.LOCAL_FINER),
        ("无左侧肾囊肿", "左侧肾囊肿", 0, Outcome.SAME),
        ("非骨化性纤维瘤", "骨纤维瘤", 2, Outcome.MISSING_LOCAL),
    ],
)
def test_what_is_denied_shuts_out(local: str, reference: str, slot: int, expected: Outcome) -> None:
    first = np.zeros(1, dtype=np.int32)
    found = DENYING.compare(DENYING.read([local]), DENYING.read([reference]), first, first)
    assert Outcome(found[0, slot]) is expected


def test_what_is_denied_is_said_to_be_so() -> None:
    read = DENYING.read(["肺脓肿不伴出血"])
    assert read.labels[read.states[0, 1]] == "脓肿,非出血"
    assert DENYING.places("不伴出血") == []
