"""The aspects of a name in the language of the program; the dictionaries label them in Chinese."""

from __future__ import annotations

from icdmapper.texts import N_, _


def slot_word(label: str) -> str:
    """The word for a slot, by its label in `resources/slots`; one without a word stays as it is."""
    word = SLOTS.get(label) or _NO_SLOT.get(label)
    return _(word) if word else label


_NO_SLOT = {"相反": N_("opposite")}
"""What stands where a slot's label does, for what no slot knows."""
SLOTS = {
    "部位": N_("site"),
    "侧别": N_("side"),
    "肿瘤性质": N_("behaviour"),
    "病变": N_("lesion"),
    "原发或继发": N_("primary or secondary"),
    "缓急": N_("acuity"),
    "病程与状态": N_("course and state"),
    "先天或后天": N_("congenital or acquired"),
    "伴或不伴": N_("with or without"),
    "开放或闭合": N_("open or closed"),
    "房角": N_("chamber angle"),
    "完全与否": N_("completeness"),
    "病因": N_("cause"),
    "分型": N_("type"),
    "分期": N_("stage"),
    "分级分度": N_("grade"),
    "孕期": N_("trimester"),
    "妊娠关系": N_("relation to pregnancy"),
    "胎数与分娩方式": N_("number of births and delivery"),
    "性别": N_("sex"),
    "年龄": N_("age"),
    "病原体": N_("organism"),
    "术式": N_("verb"),
    "入路": N_("approach"),
    "器械与植入物": N_("device"),
    "范围": N_("extent"),
    "数目": N_("count"),
    "诊断或治疗": N_("diagnostic or therapeutic"),
    "暂时或永久": N_("temporary or permanent"),
    "伴内固定": N_("with fixation"),
    "交通事故或非交通事故": N_("traffic or nontraffic"),
    "皮片厚度": N_("thickness of the graft"),
}
