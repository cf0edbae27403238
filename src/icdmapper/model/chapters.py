"""Chapters of the classifications: ICD-10 (WHO, 22 chapters) and ICD-9-CM volume 3. Pure."""

from __future__ import annotations

from bisect import bisect_right

# The first category of each chapter, ascending within its letter.
_DIAGNOSIS = (
    ("A00", "第一章 传染病和寄生虫病"),
    ("C00", "第二章 肿瘤"),
    ("D50", "第三章 血液及免疫"),
    ("E00", "第四章 内分泌、营养和代谢"),
    ("F00", "第五章 精神和行为障碍"),
    ("G00", "第六章 神经系统"),
    ("H00", "第七章 眼"),
    ("H60", "第八章 耳"),
    ("I00", "第九章 循环系统"),
    ("J00", "第十章 呼吸系统"),
    ("K00", "第十一章 消化系统"),
    ("L00", "第十二章 皮肤"),
    ("M00", "第十三章 肌肉骨骼"),
    ("N00", "第十四章 泌尿生殖"),
    ("O00", "第十五章 妊娠、分娩和产褥期"),
    ("P00", "第十六章 围生期"),
    ("Q00", "第十七章 先天性畸形"),
    ("R00", "第十八章 症状和体征"),
    ("S00", "第十九章 损伤和中毒"),
    ("U00", "第二十二章 特殊目的编码"),
    ("V00", "第二十章 外因"),
    ("Z00", "第二十一章 健康状态"),
)
_PROCEDURE = (
    ("00", "其他操作（00）"),
    ("01", "神经系统手术"),
    ("06", "内分泌手术"),
    ("08", "眼手术"),
    ("17", "其他操作（17）"),
    ("18", "耳手术"),
    ("21", "鼻、口、咽手术"),
    ("30", "呼吸系统手术"),
    ("35", "心血管手术"),
    ("40", "血液和淋巴手术"),
    ("42", "消化系统手术"),
    ("55", "泌尿系统手术"),
    ("60", "男性生殖手术"),
    ("65", "女性生殖手术"),
    ("72", "产科操作"),
    ("76", "肌肉骨骼手术"),
    ("85", "体被系统手术"),
    ("87", "诊断性和治疗性操作"),
)
_STARTS = {
    True: tuple(start for start, _name in _DIAGNOSIS),
    False: tuple(start for start, _name in _PROCEDURE),
}


def chapter(category: str) -> str:
    """The chapter of a category (`A00`, `34`), by its Chinese name; "" for morphology."""
    if not category or len(category) > 3:
        return ""
    letter = category[0].isalpha()
    found = bisect_right(_STARTS[letter], category) - 1
    return (_DIAGNOSIS if letter else _PROCEDURE)[found][1]
