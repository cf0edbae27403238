"""The kept index: the same answers, and never a reason to fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.questions import Query
from icdmapper.model.codes import CodeKind, ReferenceCode
from icdmapper.model.proposals import Proposal
from icdmapper.paths import shipped

NAMES = ["脑梗死", "脑出血", "急性阑尾炎", "左肾囊肿", "右肾囊肿", "肺恶性肿瘤"]
ENTRIES = [
    ReferenceCode(number, f"A{number:02d}.001", f"A{number:02d}.001", name, CodeKind.DIAGNOSIS)
    for number, name in enumerate(NAMES, start=1)
]


@cache
def knowledge() -> Knowledge:
    return load_knowledge(shipped("resources"))


def asked(folder: Path | None, entries: list[ReferenceCode] = ENTRIES) -> list[Proposal]:
    matcher = Matcher.of(entries, knowledge(), cache_folder=folder)
    names = [*NAMES, "脑梗塞", "左肾肿瘤"]
    return list(matcher.propose_many([Query(1, "", name, CodeKind.DIAGNOSIS) for name in names]))


def test_answers_from_the_cache_are_the_same(tmp_path: Path) -> None:
    fresh = asked(tmp_path)
    assert len(list(tmp_path.glob("shelf-*.index"))) == 1
    assert asked(tmp_path) == fresh == asked(None)


def test_a_changed_name_is_measured_anew(tmp_path: Path) -> None:
    asked(tmp_path)
    changed = [
        *ENTRIES[:-1],
        ReferenceCode(6, "A06.001", "A06.001", "肺良性肿瘤", CodeKind.DIAGNOSIS),
    ]
    assert asked(tmp_path, changed)[5].candidates[0].name == "肺良性肿瘤"
    assert len(list(tmp_path.glob("shelf-*.index"))) == 2


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"not an archive at all"])
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fresh = asked(tmp_path)
    file = next(tmp_path.glob("shelf-*.index"))
    file.write_bytes(damage)
    assert asked(tmp_path) == fresh
    assert "made again" in caplog.text
    assert file.stat().st_size > 1000


def test_a_single_changed_byte_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fresh = asked(tmp_path)
    file = next(tmp_path.glob("shelf-*.index"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert asked(tmp_path) == fresh
    assert "made again" in caplog.text


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", "utf-8")
    assert asked(blocked / "cache") == asked(None)
