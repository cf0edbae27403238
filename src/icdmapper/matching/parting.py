"""The conditions a local name joins: where it is cut, what stays whole, which entries are added."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from icdmapper.matching.relation import words_of
from icdmapper.model import names
from icdmapper.model.mapping import Relation
from icdmapper.model.proposals import Candidate, Proposal, Reason, ReasonKind

_MOST_PIECES = 8
"""What joins more is a story, not a name."""
_MOST = 4
_SHORTEST = 2
_GOOD_ENOUGH = 0.5
"""A part counts when its own first candidate is right at least so often,"""
_CROSSING_ENOUGH = 0.85
"""and so often where that says something else, or more, than the part.

On a real list 0.7 offered a 睾丸 for the 附件 of a uterus; on texts of cdn both do about as well.
"""
_TAKES_IN = frozenset({Relation.EQUIVALENT, Relation.LOCAL_FINER})
_LEAVES_OUT = frozenset({Relation.LOCAL_FINER, Relation.OVERLAP})
"""The local name says something that the entry does not: it may be another condition."""
_HAN = "\u4e00-\u9fff"
_BLANK = re.compile(rf"(?<=[{_HAN})）\]】])\s+(?=[{_HAN}])")
_PLACES = "骨部臂腿膝肩颈髋踝腕肘手足指趾胸腹背腰头面盆干肢"
_JOINS = re.compile(
    rf"[+,;:/。?]+(?=[{_HAN}])|''|(?<!\d)\d{{1,2}}[.)](?=[{_HAN}])|(?:原因)?(?:待查|查因|待诊)|"
    "(?<![不未无非])(?:伴有|伴发|伴(?![随侣])|合并(?!症)|并发(?!症)|并(?![发指趾列联])|"
    rf"(?:(?<![波累普埃危涉提])及|和)(?!(?<=[{_PLACES}].)[{_HAN}]{{0,3}}[{_PLACES}](?:水平)?的))"
)
"""Two places before a 的 are one: 髋和大腿水平的神经损伤."""
_CLAUSE = re.compile(
    "^(?:仅?经(?:细菌|组织学|病理|显微镜|痰|培养)|未(?:提及|证实|特指|明确|见|伴|经|累及)|不(?:伴|明|包括|可归类|涉及|累及)|由于|除(?![颤皱])|通入)|"
    "(?:证实|证据|无关|除外)$"
)
"""How something was found, or what it is not (经组织学所证实): no condition beside another.

不稳定性心绞痛, 未分化型 and 经皮 begin no clause.
"""
_EDGE = "+,;:/。?'\" "
_OPEN, _CLOSED = "([", ")]"
_BODY = re.compile(
    "(?:骨|关节|部|臂|腿|膝|肩|颈|髋|踝|腕|肘|手|足|指|趾|胸|腹|背|腰|头|面|眼|睑|耳|鼻|咽|喉|肺|肝|胆|胆囊|"
    "脾|胃|食管|肠|肾|肾盂|管|膀胱|子宫|附件|卵巢|腺|乳房|叶|瓣|心室|心房|脉|脑|唇|颊|舌|牙|龈|皮|膜|盆|脊|"
    "椎|髓|神经|肌|腱|韧带|板|窝|侧|壁)$"
)
_SHARED = re.compile(
    "(?:(?:粉碎性|开放性|闭合性|多发性?|陈旧性)?(?:骨折|损伤|裂伤|挫伤|外伤)|囊肿|息肉|结石|恶性肿瘤|"
    "良性肿瘤|肿瘤|溃疡|出血|水肿|扩张|积液|积水|狭窄|脱位|肿大|结核|切除术|缝合术|修补术|造影|活检术?)$"
)
_ENDS = re.compile(
    rf"(?:病|症|炎|癌|瘤|肉|石|折|疡|血|痛|肿|大|积液|积水|狭窄|不全|颤|疝|损伤|感染|衰竭|障碍|贫血|水肿|高血压|术后|术)"
    rf"(?=[{_HAN}]{{2}})"
)
"""Where one condition may end and the next begin."""
_DENIED = re.compile("(?:不伴有?|未伴|未提及|无(?![症痛精功脉力尿牙脑嗅月菌黄晶虹]))[^伴]*$")
"""A denial that reaches the end of its piece; 无痛性 and 肌无力 deny nothing."""
_GOES_ON = re.compile("[,/]|和|及|并|或")
"""What a denial reaches over: 不伴梗阻和坏疽."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A name that joins conditions: whose proposal it is about, and its parts."""

    place: int
    parts: tuple[str, ...]


def parts_of(name: str, known: Callable[[str], bool]) -> tuple[str, ...]:
    """The conditions a name joins: 糖尿病伴高血压 has two; a name that joins nothing has none.

    `known` says of a text whether an entry means just that: such a text is never cut.
    """
    pieces = _pieces(name)
    if len(pieces) > _MOST_PIECES:
        return ()
    found: list[str] = []
    at = 0
    while at < len(pieces):
        # The longest run of pieces that is one thing: 食管和胃底静脉曲张.
        end = len(pieces)
        while end > at + 1 and not known(_bare("".join(pieces[at:end]))):
            end -= 1
        found.append("".join(pieces[at:end]))
        at = end
    kept = _not_denied(found, known)
    named = [_condition(piece, found[here + 1 :], known) for here, piece in kept]
    conditions = [one for text in named for one in _side_by_side(text, known)]
    parts = tuple(dict.fromkeys(one for one in conditions if len(one) >= _SHORTEST))
    return parts if len(parts) > 1 else ()


def _not_denied(pieces: Sequence[str], known: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """The pieces with their places, without those that a denial before them reaches.

    What an entry is called denies nothing: 无脉症.
    """
    denied = False
    for at, piece in enumerate(pieces):
        if denied and _GOES_ON.match(piece):
            continue
        yield at, piece
        denied = _DENIED.search(piece) is not None and not known(_bare(piece))


def _pieces(name: str) -> list[str]:
    """The name cut before everything that joins, outside of brackets; what joins stays in front."""
    plain = names.normalise(_BLANK.sub(",", name))
    cuts = [0]
    for found in _JOINS.finditer(plain):
        before = plain[: found.start()]
        if sum(map(before.count, _OPEN)) <= sum(map(before.count, _CLOSED)):
            cuts.append(found.start())
    return [plain[start:end] for start, end in zip(cuts, [*cuts[1:], None], strict=True)]


def _bare(piece: str) -> str:
    """A piece without what joins it to the one before."""
    joining = _JOINS.match(piece)
    return (piece[joining.end() :] if joining else piece).strip(_EDGE)


def _condition(piece: str, after: Sequence[str], known: Callable[[str], bool]) -> str:
    """What a piece names: a place alone shares the end of a later piece, or names nothing.

    A clause names nothing either.
    """
    text = _bare(piece)
    if known(text):
        return text
    if _CLAUSE.search(text):
        return ""
    if not _BODY.search(text):
        return text
    shared = (found.group() for later in after if (found := _SHARED.search(later)))
    end = next(shared, "")
    return text + end if end else ""


def _side_by_side(text: str, known: Callable[[str], bool]) -> list[str]:
    """Two conditions without anything between them, 胆囊息肉胆囊结石; else the text."""
    ends = [found.end() for found in _ENDS.finditer(text) if found.end() > _SHORTEST]
    if not ends or known(text):
        return [text]
    for end in ends:
        if known(text[end:]) and known(text[:end]):
            return [text[:end], text[end:]]
    return [text]


def joined(
    proposals: Sequence[Proposal], texts: Sequence[str], known: Callable[[str], bool]
) -> list[Joined]:
    """The proposals whose first candidate leaves out something of a text that joins conditions."""
    found = []
    for place, (proposal, text) in enumerate(zip(proposals, texts, strict=True)):
        if not proposal.candidates:
            continue
        first = proposal.candidates[0]
        alike = first.reasons and first.reasons[0].kind is ReasonKind.SIMILAR_NAME
        if alike and first.relation in _LEAVES_OUT:
            parts = parts_of(text, known)
            if parts and not _combines(first, len(parts)):
                found.append(Joined(place, parts))
    return found


def _combines(first: Candidate, parts: int) -> bool:
    """Whether an entry joins so many conditions itself, in the place the local code points to."""
    agrees = any(reason.kind is ReasonKind.CODE_AGREES for reason in first.reasons)
    return agrees and len(_pieces(first.name)) >= parts


def with_parts(
    proposal: Proposal,
    parts: Sequence[str],
    answers: Sequence[Proposal],
    standard: Callable[[str], str],
) -> Proposal:
    """A proposal with the entries of those parts that its first candidate leaves out.

    `answers` are those for the parts, `standard` the standard wording of a name.
    """
    first = proposal.candidates[0]
    there = {first.reference_id, *(one.reference_id for one in proposal.companions)}
    said = [words_of(standard(first.name))]
    more: list[Candidate] = []
    for part, answer in zip(parts, answers, strict=True):
        best = answer.candidates[0] if answer.candidates else None
        if best is None or names.residual(part) or not _counts(best):
            continue
        own, entry = words_of(standard(part)), words_of(standard(best.name))
        if best.reference_id in there or any(own <= one or entry <= one for one in said):
            continue
        there.add(best.reference_id)
        said.append(entry)
        reason = Reason(ReasonKind.PART, "", part, best.name)
        more.append(replace(best, reasons=(reason, *best.reasons)))
    if not more:
        return proposal
    return replace(proposal, companions=(*proposal.companions, *more[:_MOST]), safe=False)


def _counts(best: Candidate) -> bool:
    """Whether the first candidate of a part makes a condition of its own of it."""
    enough = _GOOD_ENOUGH if best.relation in _TAKES_IN else _CROSSING_ENOUGH
    return not best.heading and not best.contradictions and best.score >= enough
