"""The shape of codes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icdmapper.model.codes import CodeKind, CodeSystem
from icdmapper.model.icd import (
    CodeShape,
    Level,
    Mark,
    canonical,
    category_of,
    is_heading,
    parse,
    subdivisions,
)

DIGITS = st.text("0123456789", min_size=1, max_size=4)


def shape(code: str) -> CodeShape:
    found = parse(code)
    assert found is not None, code
    return found


@pytest.mark.parametrize(
    ("code", "form", "kind", "level", "parents"),
    [
        ("A00", "A00", CodeKind.DIAGNOSIS, Level.CATEGORY, ()),
        ("A00.0", "A00.0", CodeKind.DIAGNOSIS, Level.SUBCATEGORY, ("A00",)),
        ("D38.201", "D38.201", CodeKind.DIAGNOSIS, Level.ENTRY, ("D38.2", "D38")),
        ("D48.9003", "D48.9003", CodeKind.DIAGNOSIS, Level.ENTRY, ("D48.9", "D48")),
        ("A33.x01", "A33.x01", CodeKind.DIAGNOSIS, Level.ENTRY, ("A33",)),
        ("A35.x00x001", "A35.x00x001", CodeKind.DIAGNOSIS, Level.ENTRY, ("A35",)),
        ("V01.051", "V01.051", CodeKind.EXTERNAL_CAUSE, Level.ENTRY, ("V01.0", "V01")),
        ("Y69.X51", "Y69.x51", CodeKind.EXTERNAL_CAUSE, Level.ENTRY, ("Y69",)),
        ("M80.000", "M80.000", CodeKind.DIAGNOSIS, Level.ENTRY, ("M80.0", "M80")),
        ("M80000/3", "M80000/3", CodeKind.MORPHOLOGY, Level.ENTRY, ("M8000/3", "M8000")),
        ("M801000/3", "M801000/3", CodeKind.MORPHOLOGY, Level.ENTRY, ("M8010/3", "M8010")),
        ("M9999/9", "M9999/9", CodeKind.MORPHOLOGY, Level.SUBCATEGORY, ("M9999",)),
        ("34", "34", CodeKind.PROCEDURE, Level.CATEGORY, ()),
        ("34.09", "34.09", CodeKind.PROCEDURE, Level.SUBCATEGORY, ("34.0", "34")),
        ("34.09010", "34.09010", CodeKind.PROCEDURE, Level.ENTRY, ("34.09", "34.0", "34")),
        ("05.0x01", "05.0x01", CodeKind.PROCEDURE, Level.ENTRY, ("05.0", "05")),
        ("17.912A0", "17.912A0", CodeKind.PROCEDURE, Level.ENTRY, ("17.91", "17.9", "17")),
    ],
)
def test_every_published_shape_is_read(
    code: str, form: str, kind: CodeKind, level: Level, parents: tuple[str, ...]
) -> None:
    found = shape(code)
    assert (found.canonical, found.kind, found.level, found.parents) == (form, kind, level, parents)
    assert found.source == code


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("A52  01", "A52.x01"),
        ("A52xx01", "A52.x01"),
        ("A52.X01", "A52.x01"),
        ("G01  01*", "G01.x01*"),
        ("86.3 06", "86.3x06"),
        ("A99.-", "A99"),
        (" A01.001 ", "A01.001"),
        ("Ａ０１．００１", "A01.001"),
        ("a01.001", "A01.001"),
        ("A01.003†", "A01.003+"),
        ("A01.003+G01＊", "A01.003+G01*"),
    ],
)
def test_two_spellings_of_a_code_have_one_canonical_form(dirty: str, clean: str) -> None:
    assert canonical(dirty) == clean
    assert shape(dirty).source == dirty


def test_only_the_slash_tells_a_bone_disease_from_a_morphology() -> None:
    assert shape("M80.000").kind.system is CodeSystem.RC020
    assert shape("M80000/3").kind.system is CodeSystem.RC021
    assert shape("M80000/3").behaviour == "3"
    assert shape("M80.000").behaviour == ""


def test_dagger_and_asterisk_are_told_apart_and_the_partner_is_kept() -> None:
    pair = shape("A01.005+J17.0*")
    assert (pair.mark, pair.partner) == (Mark.DAGGER, "J17.0*")
    assert shape("G01.X01*").mark is Mark.ASTERISK
    assert shape("A01.003+").mark is Mark.DAGGER


def test_a_heading_is_a_category_or_subcategory_with_something_below_it() -> None:
    codes = ("A00", "A00.0", "A00.001", "A00.1", "A46.x", "34.0", "34.0901", "M8000/3", "M80000/3")
    above = subdivisions(codes)
    assert [code for code in codes if is_heading(code, above)] == ["A00", "A00.0", "34.0"]
    # Manifestations carry their asterisk on the heading only.
    assert is_heading("D77*", subdivisions(["D77*", "D77.x01*"]))
    assert not is_heading("D77*", subdivisions(["D77*"]))


@given(st.lists(st.from_regex(r"[A-E]0[0-2](\.[0-2]([0-9]{2})?)?", fullmatch=True), max_size=30))
def test_a_set_always_has_something_below_each_of_its_headings(codes: list[str]) -> None:
    above = subdivisions(codes)
    for code in codes:
        below = [one for one in codes if one != code and one.startswith(code)]
        assert is_heading(code, above) == bool(below)


@pytest.mark.parametrize(
    "text", ["", " ", "N", "abc", "肺癌", "A0", "A00..1", "M8000/", "1.1", "+"]
)
def test_what_is_no_code_is_not_read_as_one(text: str) -> None:
    assert parse(text) is None


@given(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUZVWXY"), DIGITS, DIGITS)
def test_the_canonical_form_is_its_own_canonical_form(letter: str, first: str, second: str) -> None:
    code = f"{letter}{first:0>2.2}.{second}"
    assert canonical(canonical(code)) == canonical(code)


@given(st.text(max_size=20))
def test_any_text_is_either_a_code_or_not_and_never_an_accident(text: str) -> None:
    found = parse(text)
    if found is not None:
        again = parse(found.canonical)
        assert again is not None
        assert (again.canonical, again.kind) == (found.canonical, found.kind)


_SHAPED = (
    r"[A-Z]\d\d(\.[0-9Xx]([0-9A-Zx/.]{0,6}))?([+*]([A-Z]\d\d(\.[0-9X][0-9A-Z]{0,3})?[+*]?)?)?|"
    r"\d\d(\.[0-9X][0-9X]?[0-9A-Zx]{0,5})?|M\d{4,6}/\d"
)


@example("A00+X00")
@given(st.from_regex(_SHAPED, fullmatch=True) | st.text(max_size=12))
def test_the_category_of_a_canonical_form_is_what_parsing_finds(code: str) -> None:
    shape = parse(code)
    assert category_of(canonical(code)) == (shape.category if shape else "")
