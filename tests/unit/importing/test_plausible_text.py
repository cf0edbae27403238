"""Text that was decoded wrongly is told from Chinese, without crying wolf."""

from __future__ import annotations

import pytest

from icdmapper.importing.plausibility import TextEvidence

CHINESE = (
    "急性阑尾炎\n古典生物型霍乱\n伤寒性脑膜炎\n肺恶性肿瘤（右侧）\n2型糖尿病\n"
    "胸腔切开引流术\n皮肤病损切除术\n"
)


def verdict(text: str) -> str | None:
    evidence = TextEvidence()
    evidence.feed(text)
    return evidence.verdict()


@pytest.mark.parametrize(
    "text",
    [
        CHINESE,
        "",
        "plain English names, no Chinese at all",
        "Ménière病, Sjögren综合征, Guillain-Barré综合征",
        "α-地中海贫血 β-链球菌 Ⅱ度 3°烧伤 ≥5cm ①",
        CHINESE * 50 + "伤\ufffd寒",
        CHINESE * 50 + "\x7f\ue123",
        "慢性腎臟病 高血壓 糖尿病 肺結核 骨質疏鬆症 冠狀動脈粥樣硬化性心臟病",
        "联通",
    ],
)
def test_real_text_passes(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize(
    "text",
    [
        CHINESE.encode("utf-8").decode("gb18030", "ignore"),
        CHINESE.encode("utf-8").decode("gb18030", "replace"),
        CHINESE.encode("gb18030").decode("latin-1"),
        CHINESE.encode("gb18030").decode("cp1252", "ignore"),
        CHINESE.encode("utf-8").decode("latin-1"),
        CHINESE.encode("gb18030").decode("utf-8", "replace"),
        CHINESE.encode("gb18030").decode("utf-16-le", "ignore"),
        CHINESE.encode("utf-8").decode("utf-16-be", "ignore"),
        CHINESE.encode("utf-16-le").decode("gb18030", "ignore"),
        "A00.001,code\n".encode("utf-16-le").decode("utf-16-be") * 3,
        "\ue000\ue001\ue002" * 4,
        "\x01\x02\x03 abc",
    ],
)
def test_misread_text_is_caught(text: str) -> None:
    assert verdict(text) is not None


def test_reason_is_named_so_that_a_person_can_help() -> None:
    assert "UTF-8 that was read as GBK" in str(
        verdict(CHINESE.encode().decode("gb18030", "ignore"))
    )
    western = CHINESE.encode("gb18030").decode("latin-1")
    assert "Western encoding" in str(verdict(western))
    assert "already lost" in str(verdict(CHINESE.encode("gb18030").decode("utf-8", "replace")))


def test_a_long_text_is_judged_by_its_beginning() -> None:
    evidence = TextEvidence()
    evidence.feed(CHINESE * 100_000)
    evidence.feed("\x01" * 10_000_000)
    assert evidence.verdict() is None
