"""How a local name stands to a reference name: the proposed relation and what decides it."""

from __future__ import annotations

import re
from functools import lru_cache

from icdmapper.matching.reasons import Plan
from icdmapper.matching.wording import Wording
from icdmapper.model.mapping import Relation
from icdmapper.model.names import normalise, residual

_KEPT = 1024
"""The names of a block or two: remembering those of a whole run would cost megabytes."""
_EMPTY_CHARACTERS = frozenset("的和与及或伴有性病症术者型类部处在氏所脏")
_EMPTY_WORDS = re.compile("疾病|疾患|病变|综合征|手术|作为|有关|问题|目前为|种类|类型")
_NOT_THE_SAME = re.compile(
    "(?<=[瘤肉])病|"
    "(?<![人同分各非其定线片素剂药物品醇酮酸盐苯鱼贝蕈皂肉果])类(?![中药物及引化制反的型别固])(?=..)"
)
"""Characters that carry meaning where they stand: 血管瘤病 is more than a 血管瘤, and what is 类
is like something and not it; 青霉素类 and 人类 are classes."""
_CAUSING = re.compile("(?<=.)(?:的|性|并发|引起的|所致的|所致|导致的)(?=.)")
"""What stands between a cause and its effect, or nothing does."""
_SAID_ANYWAY = re.compile(
    "(?<=[鼻唇颈腰背胸腹臀面头眼耳肩肘腕手髋膝踝足颊舌咽喉骶尾臂])部(?![分位门队件动静神])|"
    "(?<=[缺不扩异沉减亢增][乏足全张位着退进少多生大])症(?!状)|"
    "(?<=造影|切开|切除|切断|移植|穿刺|抽吸|冲洗|探查|缝合|置换|注射|去除|植入|置入|清除|宫产|刮宫|结扎|"
    "检查|活检|成形|修补|固定|复位|造口|松解|吻合|取出|插入|取石|切取)术(?![前后中野者式])"
)
"""What some write and some leave out: a 部 of what is a part, a 症 of what is a finding, the 术 of
what can only be done: 动脉栓塞 is a disease and 动脉栓塞术 its treatment, or another's."""
_JOINING_WORDS = re.compile("(?<=.)(?:伴有|伴发|伴|合并|和|与|及|并)(?=.)")
"""What stands between two things without a word on which caused which."""
_PREGNANCY = re.compile("妊娠|孕|产")
_UNSPECIFIED = re.compile("未特指的?")
_SECOND_NAME = re.compile(
    r"\[[^\[\]]*[病症炎瘤癌征热疹痢肿痛疮疡疣癣裂瘘石斑痣疝聋术法]\]|[(\[][a-z][a-z .'-]*[)\]]"
)
"""Another name in square brackets, or an abbreviation: [第五病], (tpn); [小细胞] is neither."""
_LETTERS = re.compile(r"\([a-z][a-z .'-]*\)")
_SAYING = {
    (True, True): Relation.OVERLAP,
    (True, False): Relation.LOCAL_FINER,
    (False, True): Relation.LOCAL_COARSER,
    (False, False): Relation.EQUIVALENT,
}
"""By whether the local name says more, and whether it says less."""


def propose_relation(local: Wording, reference: Wording, plan: Plan) -> Relation:
    """Read from local to reference: same meaning, finer, coarser, or crossing."""
    if local.strict == reference.strict or local.plain == reference.plain:
        return Relation.EQUIVALENT
    if plan.contradicts:
        return Relation.OVERLAP
    if _say_the_same(local, reference, plan) or unspecified(local, reference):
        return Relation.EQUIVALENT
    if residual(reference.plain) and not residual(local.plain):
        # A residual entry takes in everything that has no place of its own.
        return Relation.LOCAL_FINER
    more, less = plan.local_says_more, plan.local_says_less
    if local.standard == reference.standard:
        # One-way aliases led here, and what was written under them is finer than where they lead:
        # 囊肿切除 is one kind of 病损切除, and no kind of 肿瘤切除, which leads there as well.
        more |= local.strict != local.standard
        less |= reference.strict != reference.standard
    if not more and not less:
        more, less = _words_left(local.standard, reference.standard)
    return _SAYING[more, less]


def _say_the_same(local: Wording, reference: Wording, plan: Plan) -> bool:
    """Whether the names differ only in a second name or in what joins their parts.

    What says more in any slot is no mere second name. 麻疹肺炎, 麻疹性肺炎 and 麻疹并发肺炎 are one
    thing, and so are 髋和大腿挤压伤 and 髋伴大腿挤压伤.
    """
    more, less = plan.local_says_more, plan.local_says_less
    if more and less:
        return False
    if same_words(local, reference):
        return True
    mine, theirs = local.plain, reference.plain
    # Only a name with brackets has a second one in it.
    return (
        not (more or less)
        and ("[" in mine or "[" in theirs or "(" in mine or "(" in theirs)
        and _without_second_names(mine) == _without_second_names(theirs)
    )


def other_kind(local: Wording, name: str) -> bool:
    """Whether a local name and a reference name as written bear different letters in brackets.

    One of them alone may be an abbreviation of the name, two are two kinds: 血友病(A), 血友病(B).
    """
    if "(" not in local.plain:
        return False
    mine, theirs = (set(_LETTERS.findall(one)) for one in (local.plain, normalise(name)))
    return bool(mine and theirs) and mine != theirs


def unspecified(local: Wording, reference: Wording) -> bool:
    """Whether the entry is the local name, unspecified: 雅司病, and 未特指的雅司病.

    In the ICD "unspecified" and "not otherwise specified" say what a bare name says (volume 2,
    conventions of the tabular list).
    """
    if "未特指" not in reference.strict or residual(local.plain):
        return False
    return _plainly(_UNSPECIFIED.sub("", reference.strict)) == _plainly(local.strict)


def same_words(local: Wording, reference: Wording) -> bool:
    """Whether two-way aliases make one name of both, but for words that join."""
    if local.strict == reference.strict:
        return True
    mine, theirs = (_SAID_ANYWAY.sub("", one.strict) for one in (local, reference))
    if mine == theirs:
        return True
    # What joins stands between two words: where a name begins and ends nothing is taken out.
    if mine[:1] != theirs[:1] or mine[-1:] != theirs[-1:]:
        return False
    return _joined(mine) == _joined(theirs)


@lru_cache(maxsize=_KEPT)
def words_of(name: str) -> frozenset[str]:
    """The characters of a standard wording that carry meaning."""
    return frozenset(_NOT_THE_SAME.sub("+", _EMPTY_WORDS.sub("", name))) - _EMPTY_CHARACTERS


@lru_cache(maxsize=_KEPT)
def _without_second_names(plain: str) -> str:
    return _SECOND_NAME.sub("", plain)


def _plainly(name: str) -> str:
    return _joined(_SAID_ANYWAY.sub("", name))


@lru_cache(maxsize=_KEPT)
def _joined(name: str) -> str:
    """The name with one word for each way of joining.

    None in pregnancy: 妊娠糖尿病 began with it (O24.4), 妊娠合并糖尿病 was there before (O24.0 to
    O24.3).
    """
    if _PREGNANCY.search(name):
        return name
    return _JOINING_WORDS.sub("+", _CAUSING.sub("", name))


def _words_left(local: str, reference: str) -> tuple[bool, bool]:
    """Whether characters that carry meaning stand in one name only: (local, reference)."""
    mine, theirs = words_of(local), words_of(reference)
    return bool(mine - theirs), bool(theirs - mine)
