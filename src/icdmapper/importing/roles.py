"""What a column is for, and what its title says about that; pure."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum


class ColumnRole(Enum):
    """What the cells of a column are."""

    CODE = "code"
    NAME = "name"
    ATTACHED_CODE = "attached_code"
    CATEGORY = "category"
    FREQUENCY = "frequency"
    DEPARTMENT = "department"
    OPERATION_KIND = "operation_kind"
    SEX = "sex"
    NOTE = "note"
    IGNORE = "ignore"


# The first pattern that matches decides, so the particular stands before the general.
_TITLES: tuple[tuple[ColumnRole, str], ...] = (
    (ColumnRole.ATTACHED_CODE, r"附加|附码|星号|剑号|\b(attached|dagger|asterisk)\b"),
    (ColumnRole.IGNORE, r"拼音|五笔|简码|助记|序号|顺序|行号|\b(pinyin|wubi|mnemonic|seq|id|no)\b"),
    (ColumnRole.IGNORE, r"年龄|状态|停用|启用|日期|时间|版本|必选|选择性|录入|选项"),
    (ColumnRole.IGNORE, r"\b(age|date|time|status|valid|option|score|rank)\b"),
    (ColumnRole.OPERATION_KIND, r"(操作|手术)(类别|类型|分类|性质)|\bop(eration)? (kind|type)\b"),
    (ColumnRole.DEPARTMENT, r"科室|科别|病区|\b(department|dept|ward)\b"),
    (ColumnRole.SEX, r"性别|\b(sex|gender)\b"),
    (ColumnRole.FREQUENCY, r"例数|频次|频数|频率|次数|人次|用量|\b(frequency|freq|volume|count)\b"),
    (ColumnRole.NOTE, r"备注|说明|注释|附注|\b(notes?|remarks?|comments?)\b"),
    (ColumnRole.CATEGORY, r"类别|类型|分类|种类|\b(category|kind|type|class)\b"),
    (ColumnRole.NAME, r"(名称|名)$|\bnames?\b"),
    (ColumnRole.CODE, r"编码|代码|编号|码$|\bcodes?\b|^icd[- ]?\d*"),
    (ColumnRole.NAME, r"名称|诊断|手术|操作|疾病|病名|术语|文本|\b(term|text|title|diagnosis)\b"),
)
_PATTERNS = tuple((role, re.compile(pattern)) for role, pattern in _TITLES)
# A cell longer than this is a sentence or a name, not the title of a column.
_LONGEST_TITLE = 30
# A name of a disease may contain a word of a title; a title consists of little else.
_TITLE_WORDS = re.compile(
    # The long before the short, or 年龄 would lose its 年.
    r"[a-z0-9_\-/()（）\[\]. ]"
    r"|选择性|形态学|院内|本院|医院|标准|国临|国家|临床|疾病|诊断|手术|操作|主要"
    r"|其他|出院|西医|中医|编码|代码|编号|名称|附加|附码|类别|类型|分类|种类|性质"
    r"|科室|科别|病区|性别|限制|适用|例数|频次|频数|频率|次数|人次|用量|使用|备注"
    r"|说明|注释|附注|拼音|五笔|简码|助记|序号|顺序|行号|年龄|状态|停用|启用|日期"
    r"|时间|版本|必选|录入|选项|文本|术语|星号|剑号|肿瘤|损伤|中毒|外部|原因|版"
    r"|码|名|年|月|病|上|下|限|的|与|和|、|:|："
)


def role_of_title(title: str) -> ColumnRole | None:
    """The role a column title names; None when the cell does not read like a known title."""
    text = unicodedata.normalize("NFKC", title).strip().lower().replace("_", " ")
    if not text or len(text) > _LONGEST_TITLE or _TITLE_WORDS.sub("", text):
        return None
    for role, pattern in _PATTERNS:
        if pattern.search(text):
            return role
    return None
