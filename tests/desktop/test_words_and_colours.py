"""What the screen says about a pair of names, and whether it can be read."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import product

import pytest
from PySide6.QtWidgets import QApplication

from icdmapper.desktop import audit_words, theme, wording
from icdmapper.desktop.audit_words import AuditRow
from icdmapper.desktop.notify import notice_of
from icdmapper.desktop.widgets.labels import marked
from icdmapper.model.errors import ConflictError, IcdMapperError
from icdmapper.model.events import BESIDE, ON_MAPPINGS, UNDOABLE, Act, Event, told
from icdmapper.model.mapping import Mapping, Relation, State, Target
from icdmapper.model.marks import MarkedNames, Run, Tone, compare, found
from icdmapper.model.proposals import Candidate, Reason, ReasonKind
from icdmapper.resolution import beside
from icdmapper.texts import acts

TONES = ("same", "missing", "wrong")
INKS = ("text", "muted", "accent", *TONES)
GROUNDS = (
    "window", "navigation", "surface", "sunken", "accent_soft", *(f"{tone}_soft" for tone in TONES)
)  # fmt: skip
EDGES = ("field", "muted", "accent", *TONES)
"""What shows where one writes, what is checked, where the keyboard is, which bar is how long."""
ONLY_HINTS = {"border"}
"""Hairlines between parts that words and space tell apart already."""


def spelled(runs: tuple[Run, ...]) -> str:
    signs = {Tone.SAME: "=", Tone.MISSING: "?", Tone.WRONG: "!", Tone.PLAIN: " "}
    return "".join(signs[run.tone] * len(run.text) for run in runs)


def both(found: MarkedNames) -> tuple[str, str]:
    return spelled(found.local), spelled(found.reference)


@pytest.mark.parametrize("name", list(theme.THEMES))
def test_every_ink_can_be_read_on_every_ground(name: str) -> None:
    table = asdict(theme.THEMES[name])
    pairs = {*product(INKS, GROUNDS), ("on_accent", "accent")}
    poor = {pair for pair in pairs if theme.contrast(*(table[one] for one in pair)) < 4.5}
    assert not poor
    edges = product(EDGES, ("window", "surface", "sunken"))
    assert not {pair for pair in edges if theme.contrast(*(table[one] for one in pair)) < 3}
    assert set(table) == {*INKS, *GROUNDS, *EDGES, *ONLY_HINTS, "on_accent"}


def test_contrast_is_that_of_the_guideline() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_style_sheet_has_no_colour_left_open(qapp: QApplication) -> None:
    for name in theme.THEMES:
        theme.apply(qapp, name)
        assert "@" not in qapp.styleSheet()
    theme.apply(qapp, "light")


def test_shared_characters_are_found_across_words() -> None:
    assert both(compare("肺癌", "肺恶性肿瘤")) == ("=?", "=????")
    assert both(compare("急性阑尾炎", "阑尾炎,急性")) == ("=====", "=== ==")


def test_width_and_case_make_no_difference() -> None:
    assert both(compare("Ｂ群ａ", "b群A")) == ("===", "===")


def test_reasons_colour_what_they_speak_of() -> None:
    reasons = (
        Reason(ReasonKind.CONTRADICTION, "侧别", "左", "右"),
        Reason(ReasonKind.ALIAS, "", "癌", "恶性肿瘤"),
    )
    assert both(compare("左肺癌", "右肺恶性肿瘤", reasons)) == ("!==", "!=====")


def test_a_contradiction_of_a_shared_character_is_still_red() -> None:
    reasons = (Reason(ReasonKind.CONTRADICTION, "急缓", "急性", "慢性"),)
    assert both(compare("急性胃炎", "慢性胃炎", reasons)) == ("!!==", "!!==")


@pytest.mark.parametrize("names", [("", "肺"), ("肺", ""), ("", "")])
def test_an_empty_name_is_no_problem(names: tuple[str, str]) -> None:
    found = compare(*names)
    assert "".join(run.text for run in found.local) == names[0]
    assert "".join(run.text for run in found.reference) == names[1]


def test_a_name_cannot_smuggle_markup_onto_the_screen() -> None:
    assert marked([Run("<b>肺</b>", Tone.SAME)]).count("<") == 2


def test_a_contradiction_is_told_by_more_than_its_colour() -> None:
    lined = {tone for tone in Tone if "underline" in marked([Run("左", tone)])}
    assert lined == {Tone.WRONG}


def candidate(*reasons: Reason, relation: Relation, score: float = 0.9) -> Candidate:
    slots = tuple(r.slot for r in reasons if r.kind is ReasonKind.CONTRADICTION)
    return Candidate(1, "C34.101", "肺恶性肿瘤", score, relation, reasons, slots)


LOST = Reason(ReasonKind.MISSING_REFERENCE, "侧别", "左", "")
ADDED = Reason(ReasonKind.MISSING_LOCAL, "部位", "", "支气管")


@pytest.mark.parametrize(
    ("relation", "words"),
    [
        (Relation.EQUIVALENT, "Both names say the same."),
        (Relation.LOCAL_FINER, "The local code says more; assigned here it loses: 左."),
        (Relation.LOCAL_COARSER, "The local code says less; the reference also says: 支气管."),
        (Relation.OVERLAP, "Each says something the other does not: 左 / 支气管."),
        (Relation.NO_COUNTERPART, "The reference set has no entry for this code."),
    ],
)
def test_each_relation_has_its_sentence(relation: Relation, words: str) -> None:
    assert wording.relation_sentence(relation, (LOST, ADDED)) == words
    assert wording.relation_sentence(relation)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1.0, "almost certain · 100 of 100"),
        (0.8, "likely · 80 of 100"),
        (0.5, "possible · 50 of 100"),
        (0.01, "doubtful · 1 of 100"),
    ],
)
def test_a_score_is_said_in_words(score: float, words: str) -> None:
    found = candidate(LOST, relation=Relation.LOCAL_FINER, score=score)
    assert wording.score_words(found) == words


def test_a_contradiction_outweighs_the_score() -> None:
    reason = Reason(ReasonKind.CONTRADICTION, "侧别", "左", "右")
    found = candidate(reason, relation=Relation.OVERLAP, score=0.99)
    assert wording.score_words(found) == "contradiction"
    assert wording.contradiction_words(found) == "side: local 左, reference 右"


def test_an_entry_found_by_hand_has_no_score() -> None:
    assert wording.score_words(Candidate(1, "x", "x", 0.0, Relation.OVERLAP)) == "found by hand"


@pytest.mark.parametrize(
    ("part", "whole", "words"), [(0, 0, "—"), (1, 3, "33.3 %"), (9999, 10000, "99.9 %")]
)
def test_a_share_is_never_rounded_up_to_all(part: int, whole: int, words: str) -> None:
    assert wording.share(part, whole) == words


def test_history_says_when_who_and_what() -> None:
    at = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    target = Target(1, "C34.101", "肺恶性肿瘤")
    after = Mapping(1, State.DECIDED, Relation.EQUIVALENT, (target,), "", "甲", at, 1)
    event = Event(1, Act.DECIDED, "甲", at, "b", 1, Mapping(1), after, "", "")
    sentence = wording.event_sentence(event)
    assert sentence.splitlines()[0] == "decided · equivalent C34.101"
    assert sentence.endswith("甲")
    undone = Event(2, Act.UNDONE, "甲", at, "c", 1, after, Mapping(1, version=2), "b", "")
    assert wording.event_sentence(undone).startswith("undone · open")
    said = told("+ contradiction.side: seen twice", waiver=1, title="Opposite sides")
    waived = replace(event, act=Act.WAIVED, before=None, after=None, detail=said)
    assert wording.event_sentence(waived).startswith("rule waived · Opposite sides: seen twice")
    assert audit_words.detail_lines(waived) == "Opposite sides: seen twice"
    older = replace(waived, detail="+ contradiction.side: seen twice")
    assert "contradiction.side: seen twice" in wording.event_sentence(older)


def test_an_error_says_what_to_do_and_a_bug_keeps_its_details() -> None:
    assert notice_of(ConflictError("changed")).advice
    assert notice_of(IcdMapperError("plain")).advice == ""
    assert "KeyError" in notice_of(KeyError("patient")).text
    assert "patient" not in notice_of(KeyError("patient")).text


@pytest.mark.parametrize(
    ("text", "words", "initials", "marked"),
    [
        ("急性前壁心肌梗死", "梗死 前壁", "jxqbxjgs", ["前壁", "梗死"]),
        ("心肌梗死（急性）", "xjgs", "xjgsjx", ["心肌梗死"]),
        ("I21.001", "i21", "", ["I21"]),
        ("脑梗死", "心肌", "ngs", []),
    ],
)
def test_what_was_searched_is_marked(
    text: str, words: str, initials: str, marked: list[str]
) -> None:
    runs = found(text, words, initials)
    assert [run.text for run in runs if run.tone is Tone.ACCENT] == marked
    assert "".join(run.text for run in runs) in (text, "")


def test_each_act_says_whether_it_can_be_taken_back_and_how() -> None:
    at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    for act in Act:
        row = AuditRow(Event(1, act, "甲", at, "b", None, None, None, "", ""), None)
        assert audit_words.way_back_lines(row), act
        assert audit_words.way_back(replace(row, undone=True)) == "taken back"
        # With each act beside the mappings the log may hold the way back: then the key takes it.
        held = replace(row.event, detail=told("words", way=1))
        assert audit_words.way_back(replace(row, event=held)) == (
            "can be" if act in BESIDE | UNDOABLE - {Act.UNDONE, Act.REDONE}
            else "as a whole" if act is Act.EDITION_CHANGED else ""
        )  # fmt: skip
        assert act.value in acts._ACTS
        assert held.text == "words"
    assert set(beside._REPLAYS) == BESIDE
    assert not BESIDE & ON_MAPPINGS
    decided = AuditRow(Event(1, Act.DECIDED, "甲", at, "b", 1, None, None, "", ""), None)
    assert audit_words.way_back(decided) == "can be"
    assert "甲" in audit_words.way_back_lines(decided)
    assert decided.event.edition is None
    imported = Event(
        1, Act.IMPORTED, "甲", at, "import-4", None, None, None, "", "local 院内 2027 7 renamed=1"
    )
    assert audit_words.summary(imported) == "Local 院内 2027 7 renamed 1"
    row = AuditRow(imported, None)
    assert (imported.edition, audit_words.way_back(row)) == (4, "as a whole")
    assert "import page" in audit_words.way_back_lines(row)
    fed = AuditRow(replace(imported, batch="feed-20261130"), None)
    assert (fed.event.edition, audit_words.way_back(fed)) == (None, "")
    for sign, words in (("*", "new PIN 编码员甲"), ("~", "PIN as before 编码员甲")):
        pin = replace(imported, act=Act.PERSON_CHANGED, batch="b", detail=f"{sign} 编码员甲")
        assert audit_words.summary(pin) == words
