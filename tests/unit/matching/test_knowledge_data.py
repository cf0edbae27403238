"""The medical knowledge and the labelled sets are data; these checks keep them usable and sane."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
ALIASES = ROOT / "resources" / "aliases"
SLOTS = ROOT / "resources" / "slots"
SETS = ROOT / "benchmarks" / "sets"
DEMO = ROOT / "reference_codes"

KINDS = ("common", "diagnosis", "morphology", "procedure")
HEADER = ["written", "standard", "direction", "group", "note"]
CHAIN = 4
"""How often a name may be rewritten before nothing changes any more."""


@dataclass(frozen=True)
class Row:
    line: int
    written: str
    standard: str
    direction: str
    group: str


def fold(text: str) -> str:
    """The spelling that does not matter: width, case, blanks, the two forms of 黏."""
    text = unicodedata.normalize("NFKC", text).lower().replace("黏", "粘")
    return re.sub(r"\s+", "", text)


@cache
def rows(kind: str) -> tuple[Row, ...]:
    lines = (ALIASES / f"{kind}.tsv").read_text("utf-8").split("\n")
    found = []
    for number, line in enumerate(lines[1:], 2):
        if line and not line.startswith("#"):
            written, standard, direction, group, _ = line.split("\t")
            found.append(Row(number, written, standard, direction, group))
    return tuple(found)


def read_with(kind: str) -> tuple[Row, ...]:
    """The rows a name of this kind is read with: the common ones and its own."""
    return rows(kind) if kind == "common" else rows("common") + rows(kind)


class Rewriter:
    """Puts standard wording in place of what is written, longest match first, until it stays."""

    def __init__(self, pairs: dict[str, str]) -> None:
        self._pairs = pairs
        self._by_start: dict[str, list[str]] = {}
        for written in sorted(pairs, key=len, reverse=True):
            self._by_start.setdefault(written[0], []).append(written)

    def settle(self, text: str, without: str = "") -> str:
        """The text in standard wording, as if the row `without` were not there."""
        for _ in range(CHAIN):
            following = self._once(text, without)
            if following == text:
                return text
            text = following
        raise AssertionError(f"rewriting does not come to an end: {text}")

    def _once(self, text: str, without: str) -> str:
        pieces, at = [], 0
        while at < len(text):
            for written in self._by_start.get(text[at], ()):
                fits = written != without and text.startswith(written, at)
                if fits and _stands_alone(text, at, written):
                    pieces.append(self._pairs[written])
                    at += len(written)
                    break
            else:
                pieces.append(text[at])
                at += 1
        return "".join(pieces)


def _stands_alone(text: str, at: int, word: str) -> bool:
    """An abbreviation is not cut out of a longer Latin word."""
    end = at + len(word)
    before = at > 0 and _latin(word[0]) and _latin(text[at - 1])
    after = end < len(text) and _latin(word[-1]) and _latin(text[end])
    return not (before or after)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


@cache
def rewriter(kind: str) -> Rewriter:
    return Rewriter({fold(row.written): fold(row.standard) for row in read_with(kind)})


def say(found: list[Any]) -> str:
    return "; ".join(str(item) for item in found[:10])


# Aliases


@pytest.mark.parametrize("kind", KINDS)
def test_alias_file_has_its_format(kind: str) -> None:
    raw = (ALIASES / f"{kind}.tsv").read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    lines = raw.decode("utf-8").split("\n")[:-1]
    assert lines[0].split("\t") == HEADER
    for line in lines[1:]:
        assert line.strip(), "a blank line"
        if line.startswith("#"):
            assert len(line) > 4, "a heading says why its rows are there"
            continue
        cells = line.split("\t")
        assert len(cells) == len(HEADER), line
        assert all(cell == cell.strip() for cell in cells), line
        assert all(cells[:4]), line
        assert cells[2] in {"same", "implies"}, line


def test_there_are_enough_aliases() -> None:
    counts = {kind: len(rows(kind)) for kind in KINDS}
    assert sum(counts.values()) >= 2200, counts
    assert counts["diagnosis"] >= 1200
    assert counts["procedure"] >= 700
    assert counts["morphology"] >= 200
    assert counts["common"] >= 300


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_twice(kind: str) -> None:
    counts = Counter(fold(row.written) for row in rows(kind))
    assert not [written for written, times in counts.items() if times > 1]


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_kind_does_not_contradict_what_is_common(kind: str) -> None:
    common = {fold(row.written) for row in rows("common")}
    assert not [row for row in rows(kind) if fold(row.written) in common]


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_rewrites_to_itself_or_grows(kind: str) -> None:
    wrong = [row for row in rows(kind) if fold(row.written) in fold(row.standard)]
    assert not wrong, say(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_single_characters_are_not_rewritten(kind: str) -> None:
    wrong = [row for row in rows(kind) if len(fold(row.written)) < 2]
    assert not wrong, say(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_rewriting_ends_where_the_row_says(kind: str) -> None:
    settle = rewriter(kind).settle
    wrong = [row for row in rows(kind) if settle(fold(row.standard)) != fold(row.standard)]
    assert not wrong, say(wrong)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_does_something(kind: str) -> None:
    settle = rewriter(kind).settle
    useless = [
        row
        for row in rows(kind)
        if settle(fold(row.written), without=fold(row.written)) == fold(row.standard)
    ]
    assert not useless, say(useless)


@pytest.mark.parametrize(
    ("kind", "written", "standard"),
    [
        ("diagnosis", "肺癌", "肺恶性肿瘤"),
        ("diagnosis", "脑梗塞", "脑梗死"),
        ("diagnosis", "慢阻肺", "慢性阻塞性肺疾病"),
        ("diagnosis", "冠心病", "冠状动脉粥样硬化性心脏病"),
        ("diagnosis", "纵膈", "纵隔"),
        ("diagnosis", "中毒性痢疾", "中毒型细菌性痢疾"),
        ("diagnosis", "老年性白内障", None),
        ("diagnosis", "原位癌", None),
        ("diagnosis", "破伤风", None),
        ("diagnosis", "肌营养不良症", None),
        ("procedure", "部分膝关节置换术", None),
        ("procedure", "颈动脉瘤弹簧圈栓塞术", None),
    ],
)
def test_known_names(kind: str, written: str, standard: str | None) -> None:
    assert rewriter(kind).settle(written) == (standard or written)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("diagnosis", "肝炎后肝硬化", "乙型肝炎肝硬化"),
        ("diagnosis", "硬脊膜外脓肿", "硬脑膜外脓肿"),
        ("diagnosis", "肺囊尾蚴病", "肺孢子菌病"),
        ("diagnosis", "结肠息肉病", "结肠息肉"),
        ("diagnosis", "输卵管积脓症", "输卵管积水"),
        ("diagnosis", "原发性肝癌", "肝细胞癌"),
        ("diagnosis", "血压升高", "高血压"),
        ("diagnosis", "脱肛", "直肠脱垂"),
        ("diagnosis", "足舟骨骨折", "手舟骨骨折"),
        ("diagnosis", "胆石症", "胆囊结石"),
        ("morphology", "皮肤纤维瘤", "纤维组织细胞瘤"),
        ("procedure", "椎体后凸成形术", "经皮椎骨成形术"),
        ("procedure", "神经吻合术", "神经缝合术"),
        ("procedure", "肾造口术", "经皮肾造口术"),
        ("procedure", "胃癌根治术", "胃部分切除术"),
        ("procedure", "羊膜穿刺术", "诊断性羊膜穿刺"),
        ("procedure", "女性绝育术", "双侧输卵管结扎术"),
        ("procedure", "阴道壁修补术", "阴道前后壁修补术"),
    ],
)
def test_different_things_stay_apart(kind: str, one: str, other: str) -> None:
    assert rewriter(kind).settle(one) != rewriter(kind).settle(other)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("diagnosis", "克罗伊茨费尔特-雅各布病"),
        ("diagnosis", "糖肾上腺皮质激素类中毒"),
        ("diagnosis", "腹壁瘢痕子宫内膜异位症"),
        ("diagnosis", "脆性x综合征"),
        ("diagnosis", "巨大胎盘"),
        ("diagnosis", "胆囊腺肌症"),
        ("procedure", "胰头部分切除术"),
    ],
)
def test_a_short_wording_leaves_other_names_alone(kind: str, name: str) -> None:
    assert rewriter(kind).settle(name) == name


# Slots


@cache
def slots(kind: str) -> tuple[dict[str, Any], ...]:
    files = [SLOTS / "common.toml", SLOTS / f"{kind}.toml"]
    return tuple(slot for file in files for slot in tomllib.loads(file.read_text("utf-8"))["slot"])


def values(kind: str, slot: str) -> list[dict[str, Any]]:
    return next(found["value"] for found in slots(kind) if found["id"] == slot)


@pytest.mark.parametrize("kind", ["diagnosis", "procedure"])
def test_slots_are_well_formed(kind: str) -> None:
    assert len({slot["id"] for slot in slots(kind)}) == len(slots(kind))
    for slot in slots(kind):
        assert slot["label"]
        assert isinstance(slot["exclusive"], bool)
        for value in slot["value"]:
            assert set(value) <= {"id", "label", "words", "not_in", "contradicts", "parent"}
            assert re.fullmatch(r"[a-z0-9_]+", value["id"]), value
            assert value["label"]
            assert value["words"], value
            assert all(value["words"]), value


@pytest.mark.parametrize("kind", ["diagnosis", "procedure"])
def test_slot_values_refer_to_each_other(kind: str) -> None:
    for slot in slots(kind):
        ids = [value["id"] for value in slot["value"]]
        assert len(ids) == len(set(ids)), slot["id"]
        parents = {value["id"]: parents_of(value) for value in slot["value"]}
        for value in slot["value"]:
            assert set(parents_of(value)) <= set(ids), value
            assert set(value.get("contradicts", ())) <= set(ids) - {value["id"]}, value
            above = parents_of(value)
            while above:
                assert value["id"] not in above, f"a circle of parents at {value['id']}"
                above = [upper for one in above for upper in parents[one]]


def parents_of(value: dict[str, Any]) -> list[str]:
    parent = value.get("parent", [])
    return [parent] if isinstance(parent, str) else parent


@pytest.mark.parametrize("kind", ["diagnosis", "procedure"])
def test_a_word_means_one_value_of_a_slot(kind: str) -> None:
    for slot in slots(kind):
        meaning: dict[str, str] = {}
        for value in slot["value"]:
            for word in map(fold, value["words"]):
                assert meaning.setdefault(word, value["id"]) == value["id"], (slot["id"], word)
        for value in slot["value"]:
            words = list(map(fold, value["words"]))
            for other in map(fold, value.get("not_in", ())):
                assert other not in meaning, (slot["id"], other)
                assert any(word in other for word in words), (slot["id"], other)


def test_every_slot_of_the_brief_is_there() -> None:
    diagnosis = {slot["id"] for slot in slots("diagnosis")}
    assert {"side", "site", "behaviour", "primary_secondary", "acuity", "course"} <= diagnosis
    assert {"with_without", "open_closed", "cause", "organism", "stage", "grade"} <= diagnosis
    assert {"pregnancy", "trimester", "sex", "age"} <= diagnosis
    procedure = {slot["id"] for slot in slots("procedure")}
    assert {"verb", "site", "side", "approach", "device", "extent", "count"} <= procedure
    assert "purpose" in procedure


@pytest.mark.parametrize(
    ("kind", "slot", "least"),
    [
        ("diagnosis", "site", 500),
        ("diagnosis", "organism", 120),
        ("procedure", "site", 500),
        ("procedure", "verb", 80),
        ("procedure", "device", 60),
        ("procedure", "approach", 30),
    ],
)
def test_dictionaries_are_broad(kind: str, slot: str, least: int) -> None:
    assert len(values(kind, slot)) >= least


# Labelled sets


def table(name: str) -> list[dict[str, str]]:
    with (SETS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


NEAR_MISS_SLOTS = {
    "side",
    "behaviour",
    "acuity",
    "with_without",
    "denial",
    "opposite",
    "open_closed",
    "approach",
    "primary_secondary",
    "trimester",
    "stage",
}


def test_near_misses() -> None:
    found = table("near_miss.csv")
    assert len(found) >= 520
    assert list(found[0]) == ["local_name", "reference_name", "kind", "slot"]
    assert len({(row["local_name"], row["reference_name"]) for row in found}) == len(found)
    assert all(fold(row["local_name"]) != fold(row["reference_name"]) for row in found)
    assert {row["kind"] for row in found} == {"diagnosis", "morphology", "procedure"}
    counts = Counter(row["slot"] for row in found)
    assert set(counts) == NEAR_MISS_SLOTS
    assert min(counts.values()) >= 40, counts


def test_relations() -> None:
    found = table("relations.csv")
    assert len(found) >= 340
    assert list(found[0]) == ["local_name", "reference_name", "kind", "relation", "why"]
    assert len({(row["local_name"], row["reference_name"]) for row in found}) == len(found)
    assert all(row["why"] for row in found)
    assert {row["kind"] for row in found} <= {"diagnosis", "morphology", "procedure"}
    shares = Counter(row["relation"] for row in found)
    wanted = {"EQUIVALENT": 0.35, "LOCAL_FINER": 0.30, "LOCAL_COARSER": 0.25, "OVERLAP": 0.10}
    assert set(shares) == set(wanted)
    for relation, share in wanted.items():
        assert shares[relation] / len(found) == pytest.approx(share, abs=0.05)


def test_the_sets_do_not_disagree() -> None:
    unsafe = {(row["local_name"], row["reference_name"]) for row in table("near_miss.csv")}
    same = [row for row in table("relations.csv") if row["relation"] == "EQUIVALENT"]
    assert not [row for row in same if (row["local_name"], row["reference_name"]) in unsafe]


def test_queries_have_answers_in_the_demonstration_sets() -> None:
    found = table("queries.csv")
    assert len(found) >= 300
    assert list(found[0]) == ["query", "answer_code", "answer_name", "kind"]
    assert len({row["query"] for row in found}) == len(found)
    names = {}
    for system, kind in (("RC020", "diagnosis"), ("RC021", "morphology"), ("RC022", "procedure")):
        for file in sorted((DEMO / system).glob("demo-*/codes.csv")):
            with file.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    names[kind, row["code"]] = row["name"]
    missing = [
        row for row in found if names.get((row["kind"], row["answer_code"])) != row["answer_name"]
    ]
    assert not missing, say(missing)
