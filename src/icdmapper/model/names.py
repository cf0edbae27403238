"""What counts as the same Chinese name, and what in a name is not the name itself.

`normalise` is the strict form: two names with the same one are the same name. `core` goes on and
takes away what writers add around a name: list numbers, stray codes, doubts, punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from icdmapper.model.hanzi import SIMPLIFIED

_PUNCTUATION = str.maketrans(
    {
        "，": ",",
        "；": ";",
        "：": ":",
        "（": "(",
        "）": ")",
        "【": "[",
        "】": "]",
        "〔": "[",
        "〕": "]",
        "［": "[",
        "］": "]",
        "、": ",",
        "－": "-",
        "—": "-",
        "–": "-",
        "‐": "-",
        "〜": "~",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "´": "'",
        "`": "'",
        # Two spellings of one character that editions use side by side.
        "黏": "粘",
        "瘺": "瘘",
        "髪": "发",
        "癥": "症",
    }
)
_BLANKS = re.compile(r"\s+")
_PLAIN = re.compile(r"[\u4e00-\u9fff0-9()\[\].;+*/-]+")
_TOUCHED = frozenset(map(chr, (SIMPLIFIED | _PUNCTUATION).keys()))
"""What `normalise` replaces, beside what Unicode does."""
_NOS = re.compile(r"[\s,]*\bNOS\b", re.IGNORECASE)
_UNSAID = re.compile(",?未提及细菌学或组织学的?证实")
"""That nothing more is said, as ICD-10 has it throughout A16."""

_DIGIT = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8"}
_DIGIT |= {"九": "9", "十": "10", "两": "2"}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7"}
_ROMAN |= {"viii": "8", "ix": "9", "x": "10", "xi": "11", "xii": "12", "xiii": "13"}
_ROMAN_NUMERAL = re.compile(r"(?<![a-z])(?:x?i{1,3}|x?i?v|x?vi{0,3}|ix)(?=[abc]?(?![a-z]))")
_COUNTED = "型期度级类根支节段个处颗次"
_CHINESE_NUMERAL = re.compile(
    rf"(?<=第)[一二三四五六七八九十]|[一二三四五六七八九](?=[{_COUNTED}])"
)

_STRAY_CODE = re.compile(
    r"\(*(?:手术代码|代码|编码|icd-?10|icd-?9)[;:,]?\(*|"
    r"m\d{4,6}/\d|"
    r"\((?!b12|p53|t1[0-2])[a-z]\d\d\)|"  # but a vitamin, a gene, a vertebra
    r"\((?:分类于)?[a-z]\d\d(?:\.\d?-|-[a-z]?\d\d)(?:[,;][a-z]\d\d\.\d?-)*\)|"
    r"(?<![a-z0-9])[a-z]\d\d(?:\.[0-9x][0-9a-z]{0,6}|x[x0-9]{2,4})[+*]?|"
    r"(?<![\d.])\d\d\.\d{1,5}(?:\.\d{1,3})?(?![\d.a-z%]|型|期|cm|mm|岁|周)"
)
_LIST_NUMBER = re.compile(r"^(?:\(?\d{1,2}[.,:;)](?=[\u4e00-\u9fff])|[(\[]\d{1,2}[)\]])")
_CASE_NUMBER = re.compile(r"(?:病理|住院|标本)号?[:;]?\d{4,}")
_SIZE = re.compile(r"(?:约|大小)?\d+(?:\.\d+)?(?:[*x×]\d+(?:\.\d+)?)*(?:cm|mm|厘米|毫米)(?![a-z])")
_DOUBT = re.compile(
    r"\(?(?:性质|原因|病因)?(?:待查|待排查?除?|待诊|待定|待明确|查因)\)?|"
    r"\(?(?:可能性?大?|疑诊)\)?$|^(?:疑似?|考虑|拟诊|印象)[:,]?|\?"
)
_RESIDUAL = re.compile("其他|其它|未特指|未指明|未明示|不可归类")
_ONLY_HANZI = re.compile("[\u4e00-\u7800\u7802-\u9fff]+")
"""Without 码, which may be part of 代码."""
_RANGE = re.compile(r"(?<=\d)-(?=[a-z]?\d)")
_MARKS = re.compile(r"[^\w+%/<>=~\u0370-\u03ff]|_")
_ROUND = re.compile(r"\(([^()]*)\)")
_SQUARE = re.compile(r"\[([^\[\]]*)\]")


@lru_cache(maxsize=1024)
def normalise(name: str) -> str:
    """The form in which two spellings of one name are equal.

    Full width becomes half width, traditional characters simplified, Chinese punctuation its
    Latin twin, blanks and `NOS` go, Latin letters become lower case. Words are never touched.
    """
    if _PLAIN.fullmatch(name) and _TOUCHED.isdisjoint(name):
        return name
    text = unicodedata.normalize("NFKC", name).translate(SIMPLIFIED).translate(_PUNCTUATION)
    return _BLANKS.sub("", _NOS.sub("", text)).lower()


def core(name: str) -> str:
    """What is left of a normalised name without numbering, stray codes, doubts and punctuation.

    That nothing more was found out goes as well (未提及细菌学或组织学的证实). Roman and Chinese
    numerals become Arabic where they count something. A name that would vanish stays as it is.
    """
    if _ONLY_HANZI.fullmatch(name):
        # Most names: nothing but doubts and counted numerals can stand in them.
        return _counted(_DOUBT.sub("", _UNSAID.sub("", name))) or name
    text = _LIST_NUMBER.sub("", _UNSAID.sub("", name))
    text = _CASE_NUMBER.sub("", _STRAY_CODE.sub("", text))
    text = _RANGE.sub("/", _DOUBT.sub("", _SIZE.sub("", text)))
    text = _MARKS.sub("", arabic(text))
    return text or _MARKS.sub("", name)


def arabic(name: str) -> str:
    """A normalised name with Roman and counting Chinese numerals written as Arabic ones."""
    return _counted(
        _ROMAN_NUMERAL.sub(lambda found: _ROMAN.get(found.group(), found.group()), name)
    )


def _counted(name: str) -> str:
    return _CHINESE_NUMERAL.sub(lambda found: _DIGIT[found.group()], name)


def doubtful(name: str) -> bool:
    """Whether the writer of a normalised name says that it is not certain (待查, ?, 疑似)."""
    return _DOUBT.search(name) is not None


def residual(name: str) -> bool:
    """Whether an entry takes in what has no place of its own (其他, 未特指)."""
    return _RESIDUAL.search(name) is not None


def without_notes(name: str) -> str:
    """A normalised name without what stands in brackets, or itself if nothing else is left."""
    text = _SQUARE.sub("", _ROUND.sub("", _ROUND.sub("", name)))
    return text or name


def without_synonyms(name: str) -> str:
    """A normalised name without its square brackets, or itself if nothing else is left."""
    return _SQUARE.sub("", name) or name


def bracketed(name: str) -> tuple[str, ...]:
    """What a normalised name holds in square brackets: in the editions, another name for it."""
    return tuple(found for found in _SQUARE.findall(name) if found)
