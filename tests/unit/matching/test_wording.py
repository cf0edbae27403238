"""Aliases lead names to one standard wording."""

from __future__ import annotations

from icdmapper.matching.knowledge import Alias, Direction, load_knowledge, read_aliases
from icdmapper.matching.phrases import PhraseBook
from icdmapper.matching.wording import AliasBook
from icdmapper.paths import shipped


def alias(written: str, standard: str, direction: Direction = Direction.SAME) -> Alias:
    return Alias(written, standard, direction, "test")


def test_the_longest_alias_wins() -> None:
    book = AliasBook([alias("脑梗", "脑梗死"), alias("脑梗塞", "脑梗死")])
    assert book.read("陈旧性脑梗塞").standard == "陈旧性脑梗死"


def test_a_short_form_inside_its_own_long_form_is_left_alone() -> None:
    assert AliasBook([alias("脑梗", "脑梗死")]).read("脑梗死").standard == "脑梗死"


def test_one_way_aliases_do_not_make_names_equal_both_ways() -> None:
    book = AliasBook([alias("癌", "恶性肿瘤", Direction.IMPLIES)])
    assert book.read("肺癌").standard == book.read("肺恶性肿瘤").standard
    assert book.read("肺癌").strict != book.read("肺恶性肿瘤").strict


def test_aliases_are_followed_to_the_end_of_a_chain() -> None:
    book = AliasBook([alias("甲", "乙"), alias("乙", "丙")])
    assert book.read("甲").standard == "丙"


def test_aliases_that_run_in_a_circle_do_not_hang() -> None:
    book = AliasBook([alias("甲", "乙"), alias("乙", "甲")])
    assert book.read("甲病").standard in {"甲病", "乙病"}


def test_a_latin_abbreviation_is_not_found_inside_a_longer_word() -> None:
    book = PhraseBook([("ca", "癌")])
    assert list(book.find("cabg术后")) == []
    assert [found for _, found, _ in book.find("肺ca")] == ["ca"]


def test_the_hospitals_own_aliases_stand_over_the_shipped_ones(tmp_path) -> None:  # type: ignore[no-untyped-def]
    own = tmp_path / "own.tsv"
    own.write_text("written\tstandard\tdirection\n老慢支\t慢性支气管炎\tsame\n", "utf-8")
    book = AliasBook(load_knowledge(shipped("resources"), own).aliases)
    assert book.read("老慢支").standard == book.read("慢性支气管炎").standard


def test_comments_and_the_header_are_no_aliases() -> None:
    text = "written\tstandard\tdirection\tgroup\tnote\n# 注\n甲\t乙\tsame\tx\ty\n\n坏行\n"
    assert [(one.written, one.standard) for one in read_aliases(text)] == [("甲", "乙")]


def test_what_is_denied_is_not_widened() -> None:
    book = AliasBook(
        [
            Alias("淋菌性尿道炎", "尿道炎", Direction.IMPLIES, ""),
            Alias("结石性胆囊炎", "胆囊结石伴胆囊炎", Direction.SAME, ""),
            Alias("何杰金", "霍奇金", Direction.SAME, ""),
            Alias("急性粒细胞白血病", "急性髓系白血病", Direction.SAME, ""),
        ]
    )
    for name in ("非淋菌性尿道炎", "非结石性胆囊炎", "亚急性粒细胞白血病"):
        assert book.read(name).standard == name
        assert book.used(name) == ()
    assert book.read("淋菌性尿道炎").standard == "尿道炎"
    assert book.read("慢性结石性胆囊炎").standard == "慢性胆囊结石伴胆囊炎"
    assert book.read("非何杰金淋巴瘤").standard == "非霍奇金淋巴瘤"
