"""Words that turn a name into its opposite where they stand in the same place, as 上 and 下.

Slots know places and verbs; this knows the pairs that make one entry of an edition into another
by a single word (硬膜内 and 硬膜外, 大脑 and 小脑, 羊水过多 and 羊水过少). Two words are in the
same place when what stands before or behind them is the same. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PAIRS = (
    ("内", "外"), ("前", "后"), ("上", "下"), ("左", "右"), ("近", "远"),
    ("升", "降"), ("深", "浅"), ("大", "小"), ("高", "低"), ("横", "纵"),
    ("指", "趾"), ("手", "足"), ("桡", "尺"), ("胫", "腓"), ("肱", "股"),
    ("房", "室"), ("颈", "胸"), ("颈", "腰"), ("颈", "骶"), ("胸", "腰"),
    ("胸", "骶"), ("腰", "骶"), ("单", "双"), ("单", "多"), ("有", "无"),
    ("轻", "重"), ("早", "晚"), ("初", "复"), ("男", "女"), ("囊", "实"),
    ("亢进", "减退"), ("增多", "减少"), ("过多", "过少"), ("阳性", "阴性"), ("感觉", "运动"),
    ("切除", "切开"), ("置入", "取出"), ("动脉", "静脉"), ("完全", "部分"),
)  # fmt: skip
_SIDES = {
    word: [(at, pair.index(word)) for at, pair in enumerate(_PAIRS) if word in pair]
    for word in {word for pair in _PAIRS for word in pair}
}
_WITH_CARE = {"静脉": "(?<!动)静脉", "下": "(?<![镜视导声线t])下", "内": "(?<!颅)内"}
"""动静脉 is both; 镜下 and 直视下 say how, not where; 颅内 lies on both sides of the dura."""
_OF_WHAT_FOLLOWS = frozenset("大小高低轻重有无早晚初复单双多男女囊实升降横纵")
"""What stands before these says nothing: 术后高血糖 and 术后低胰岛素血症 are no opposites."""
_WORD = re.compile(
    "|".join(_WITH_CARE.get(word, word) for word in sorted(_SIDES, key=len, reverse=True))
)
_NUMBER = re.compile(r"(?<![\d+])(\d+|[ivx]+)(?:\+\d+)?([型级期度周])")
_KEPT = 1024
"""The local names of a few blocks: each of them meets all its candidates in turn."""

_Places = dict[int, dict[int, frozenset[tuple[int, str]]]]
"""By pair and by word of the pair: before (0) or behind (1) it, and the character there."""

_Numbers = dict[str, frozenset[str]]
"""The numbers of a name, unit by unit."""


def opposite(local: str, reference: str) -> tuple[str, str] | None:
    """The words of two bare names that say the opposite in the same place, if any do."""
    mine, deniers, numbers = _said(local)
    if not numbers and deniers.isdisjoint(reference):
        # So it is with nearly all, and it is found out in no time.
        return None
    theirs = _places(reference)
    for at in mine.keys() & theirs.keys():
        if len(mine[at]) == len(theirs[at]) == 1 and mine[at].keys() != theirs[at].keys():
            (side, here), (other, there) = *mine[at].items(), *theirs[at].items()
            if here & there:
                return _PAIRS[at][side], _PAIRS[at][other]
    return _other_number(numbers, _numbers(reference))


@lru_cache(maxsize=_KEPT)
def _said(name: str) -> tuple[_Places, frozenset[str], _Numbers]:
    """Where words of the pairs stand in a name, how the words begin that would deny them, and its
    numbers.
    """
    places = _places(name)
    deniers = {_PAIRS[at][1 - side][0] for at, sides in places.items() for side in sides}
    return places, frozenset(deniers), _numbers(name)


def _places(name: str) -> _Places:
    found: dict[int, dict[int, set[tuple[int, str]]]] = {}
    for match in _WORD.finditer(name):
        around = (name[: match.start()][-1:], name[match.end() :][:1])
        for at, side in _SIDES[match.group()]:
            places = found.setdefault(at, {}).setdefault(side, set())
            seen = around[1:] if match.group() in _OF_WHAT_FOLLOWS else around
            places.update((where, one) for where, one in enumerate(seen, 2 - len(seen)) if one)
    return {
        at: {side: frozenset(places) for side, places in sides.items()}
        for at, sides in found.items()
    }


def _other_number(mine: _Numbers, theirs: _Numbers) -> tuple[str, str] | None:
    """Numbers of one kind, as 2级 and 3级, of which the names share none."""
    for unit in mine.keys() & theirs.keys():
        if mine[unit].isdisjoint(theirs[unit]):
            return min(mine[unit]) + unit, min(theirs[unit]) + unit
    return None


def _numbers(name: str) -> _Numbers:
    found: dict[str, set[str]] = {}
    for number, unit in _NUMBER.findall(name):
        found.setdefault(unit, set()).add(number)
    return {unit: frozenset(numbers) for unit, numbers in found.items()}
