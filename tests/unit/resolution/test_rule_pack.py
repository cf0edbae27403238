"""The shipped rules: each fires where its file says so, and stays silent where it says so."""

import re
from pathlib import Path

import pytest

from icdmapper import texts
from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import UnreadableSourceError
from icdmapper.model.judgement import Needs, Severity
from icdmapper.resolution.conditions import VOCABULARY
from icdmapper.resolution.judgement import Example, Rule
from icdmapper.resolution.rule_pack import load, read, shipped_judge

RULES = shipped_judge().rules
CASES = [(rule, example) for rule in RULES for example in rule.examples]
HAN, FIELD = re.compile("[\u4e00-\u9fff]"), re.compile(r"{(\w+)}")
PAGE = Path(__file__).parents[3] / "docs" / "judgement-rules.md"

SOUND = """
[[rule]]
id = "一条"
title = "侧别"
sentence = "“{local_name}”是“{word}”，“{name}”是“{other}”。"
source = "测试"
severity = "stop"
when = { opposed = [["左"], ["右"]] }
case = [
    { local = ["N20.051", "左肾结石"], target = ["N20.001", "右肾结石"], fires = true },
    { local = ["N20.051", "左肾结石"], target = ["N20.001", "肾结石"], fires = false },
]
"""


@pytest.mark.parametrize(
    ("rule", "example"),
    CASES,
    ids=[f"{rule.id}-{number}" for number, (rule, _example) in enumerate(CASES)],
)
def test_a_rule_does_what_its_cases_say(rule: Rule, example: Example) -> None:
    found = {one.rule_id: one for one in shipped_judge().findings(example.case)}
    assert (rule.id in found) is example.fires
    if example.fires:
        sentence = found[rule.id].sentence
        assert "“”" not in sentence
        assert not re.search(r"[{}]", sentence)


def test_the_pack_is_large_enough_and_every_rule_is_tried_both_ways() -> None:
    assert len(RULES) >= 40
    assert [
        rule.id for rule in RULES if {one.fires for one in rule.examples} != {True, False}
    ] == []
    assert all(rule.title and rule.source and rule.sentence for rule in RULES)


def test_every_rule_says_the_same_in_both_languages() -> None:
    chosen = texts.language()
    said = {}
    try:
        for language in texts.LANGUAGES:
            texts.choose_language(language)
            said[language] = {one.id: (one.title, one.sentence) for one in shipped_judge().rules}
    finally:
        texts.choose_language(chosen)
    for rule, (title, sentence) in said["en"].items():
        chinese_title, chinese = said["zh_CN"][rule]
        assert not HAN.search(title + sentence), rule
        assert HAN.search(chinese_title), rule
        assert set(FIELD.findall(sentence)) == set(FIELD.findall(chinese)), rule


def test_a_rule_of_the_hospital_may_leave_the_other_language_out() -> None:
    (rule,) = read(SOUND, "本院.toml")
    assert rule.title == "侧别"
    translated = SOUND.replace('title = "侧别"', 'title = "侧别"\ntitle_en = "Side"')
    assert read(translated, "本院.toml")[0].title == "Side"
    for language in texts.LANGUAGES:  # Refused in whichever language the program runs.
        wrong = SOUND.replace("when =", f'sentence_{language} = "{{nothing}}"\nwhen =')
        with pytest.raises(UnreadableSourceError, match="nothing"):
            read(wrong, "本院.toml")


def test_every_kind_of_code_has_rules_that_stop() -> None:
    for kind in (CodeKind.DIAGNOSIS, CodeKind.MORPHOLOGY, CodeKind.PROCEDURE):
        assert any(rule.severity is Severity.STOP and kind in rule.kinds for rule in RULES)


def test_the_uncertain_residual_needs_a_clinician() -> None:
    (rule,) = [one for one in RULES if one.id == "neoplasm.uncertain_residual"]
    assert (rule.severity, rule.needs) == (Severity.STOP, Needs.CLINICIAN)


def test_the_page_describes_every_condition() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [word for word in VOCABULARY if f"`{word}`" not in text] == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("opposed =", "opposite =", "opposite"),
        ('severity = "stop"', 'severity = "fatal"', "fatal"),
        ("{word}", "{words}", "words"),
        ('[["左"], ["右"]]', '[["左("], ["右"]]', "opposed"),
        ('[["左"], ["右"]]', '[["(左)"], ["右"]]', "opposed"),
        ('[["左"], ["右"]]', '[["左"]]', "opposed"),
        ('"N20.051"', '"左肾"', "左肾"),
        ("title =", "name =", "name"),
        ("[[rule]]", "[[rule]", ""),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_rule(old: str, new: str, says: str) -> None:
    with pytest.raises(UnreadableSourceError, match=r"本院\.toml") as refused:
        read(SOUND.replace(old, new, 1), "本院.toml")
    assert says in str(refused.value)


def test_a_hospital_adds_its_own_rules_and_leaves_some_out(tmp_path: Path) -> None:
    (tmp_path / "本院.toml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "README.md").write_text("不是规则", encoding="utf-8")
    assert [rule.id for rule in load(tmp_path)] == ["一条"]
    assert load(tmp_path, without=frozenset({"一条"})) == ()
    (tmp_path / "重复.toml").write_text(SOUND, encoding="utf-8")
    with pytest.raises(UnreadableSourceError, match="一条"):
        load(tmp_path)
