"""Pinyin initials of names, and what reading them costs."""

import subprocess
import sys

import pytest

from icdmapper.texts.initials import initials

_READ = """
import sys
from icdmapper.texts.initials import initials
assert "pypinyin" not in sys.modules
assert initials("重症") == "zz"
assert "pypinyin.phrases_dict" not in sys.modules
"""


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("心肌梗死", "xjgs"),
        ("胸椎结核", "xzjh"),
        ("2型糖尿病", "2xtnb"),
        ("癌 NOS（原位）", "anosyw"),
        ("", ""),
    ],
)
def test_initials_are_those_a_coder_types(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_dictionary_of_phrases_is_never_read() -> None:
    subprocess.run([sys.executable, "-c", _READ], check=True, timeout=60)
