"""The chapters of the classifications by their names on screen."""

from __future__ import annotations

from icdmapper.texts import N_, _


def chapter_word(chapter: str) -> str:
    """The word on screen for a chapter; `~` holds codes that have the shape of none."""
    return _(_CHAPTERS.get(chapter, chapter)) if chapter else ""


_CHAPTERS = {
    "~": N_("code of unknown shape"),
    "第一章 传染病和寄生虫病": N_("I Infectious diseases"),
    "第二章 肿瘤": N_("II Neoplasms"),
    "第三章 血液及免疫": N_("III Blood and immunity"),
    "第四章 内分泌、营养和代谢": N_("IV Endocrine, nutrition, metabolism"),
    "第五章 精神和行为障碍": N_("V Mental and behavioural"),
    "第六章 神经系统": N_("VI Nervous system"),
    "第七章 眼": N_("VII Eye"),
    "第八章 耳": N_("VIII Ear"),
    "第九章 循环系统": N_("IX Circulatory system"),
    "第十章 呼吸系统": N_("X Respiratory system"),
    "第十一章 消化系统": N_("XI Digestive system"),
    "第十二章 皮肤": N_("XII Skin"),
    "第十三章 肌肉骨骼": N_("XIII Musculoskeletal system"),
    "第十四章 泌尿生殖": N_("XIV Genitourinary system"),
    "第十五章 妊娠、分娩和产褥期": N_("XV Pregnancy and childbirth"),
    "第十六章 围生期": N_("XVI Perinatal period"),
    "第十七章 先天性畸形": N_("XVII Congenital malformations"),
    "第十八章 症状和体征": N_("XVIII Symptoms and signs"),
    "第十九章 损伤和中毒": N_("XIX Injury and poisoning"),
    "第二十二章 特殊目的编码": N_("XXII Codes for special purposes"),
    "第二十章 外因": N_("XX External causes"),
    "第二十一章 健康状态": N_("XXI Factors of health status"),
    "其他操作（00）": N_("Other procedures (00)"),
    "神经系统手术": N_("Operations on the nervous system"),
    "内分泌手术": N_("Operations on the endocrine system"),
    "眼手术": N_("Operations on the eye"),
    "其他操作（17）": N_("Other procedures (17)"),
    "耳手术": N_("Operations on the ear"),
    "鼻、口、咽手术": N_("Operations on nose, mouth, pharynx"),
    "呼吸系统手术": N_("Operations on the respiratory system"),
    "心血管手术": N_("Operations on the cardiovascular system"),
    "血液和淋巴手术": N_("Operations on blood and lymph"),
    "消化系统手术": N_("Operations on the digestive system"),
    "泌尿系统手术": N_("Operations on the urinary system"),
    "男性生殖手术": N_("Operations on male genital organs"),
    "女性生殖手术": N_("Operations on female genital organs"),
    "产科操作": N_("Obstetrical procedures"),
    "肌肉骨骼手术": N_("Operations on the musculoskeletal system"),
    "体被系统手术": N_("Operations on the integument"),
    "诊断性和治疗性操作": N_("Diagnostic and therapeutic procedures"),
}
