"""How the hospital writes its own codes, and the next free one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.model.codes import CodeKind, LocalCode
from icdmapper.model.errors import RefusedError
from icdmapper.model.icd import canonical, parse
from icdmapper.resolution.code_style import CodeStyle, learn, next_code, take_apart

DIAGNOSIS, PROCEDURE, MORPHOLOGY = CodeKind.DIAGNOSIS, CodeKind.PROCEDURE, CodeKind.MORPHOLOGY


def codes(*written: str) -> list[LocalCode]:
    found = []
    for number, code in enumerate(written):
        shape = parse(code)
        assert shape, code
        found.append(LocalCode(number, code, shape.canonical, code, shape.kind))
    return found


HIGH = codes("D38.151", "D38.201", "D38.351", "I63.951", "I63.952", "C64.X51", "C64.X52", "N20.051")
EDITION = {"D38.201", "D38.101", "I63.901"}
EXTENDED = codes("D38.200x001", "D38.200x002", "A33.x00x001", "I63.900x003", "J18.901")
SHORT = codes("D38.2x001", "D38.2x002", "I63.9x001", "J18.9x001")
LETTERS = codes("D38.201A", "D38.201B", "I63.901A", "J18.901A")


def style(listed: list[LocalCode], kind: CodeKind = DIAGNOSIS) -> CodeStyle:
    return learn(listed, EDITION, kind)


@pytest.mark.parametrize(
    ("listed", "anchor", "expected"),
    [
        (HIGH, "D38.201", "D38.251"),
        (HIGH, "I63.951", "I63.953"),
        (HIGH, "C64.X51", "C64.X53"),
        (HIGH, "A46", "A46.X51"),
        (HIGH, "D38.2", "D38.251"),
        (EXTENDED, "D38.200x001", "D38.200x003"),
        (EXTENDED, "D38.201", "D38.201x001"),
        (EXTENDED, "A33.x00x001", "A33.x00x002"),
        (EXTENDED, "D38.2", "D38.200x003"),
        (SHORT, "D38.2x001", "D38.2x003"),
        (SHORT, "D38.201", "D38.2x003"),
        (LETTERS, "D38.201", "D38.201C"),
        (LETTERS, "D38.201A", "D38.201C"),
    ],
)
def test_the_next_code_is_written_as_the_list_writes_its_own(
    listed: list[LocalCode], anchor: str, expected: str
) -> None:
    taken = {local.canonical for local in listed} | EDITION
    learned = style(listed)
    assert next_code(anchor, style=learned, taken=taken) == expected
    assert learned.fits(expected)


def test_procedures_and_morphology_have_their_own_style() -> None:
    procedures = codes("34.0951", "34.0451", "05.0x51", "86.3x51")
    learned = learn(procedures, set(), PROCEDURE)
    taken = {local.canonical for local in procedures}
    assert next_code("34.0951", style=learned, taken=taken) == "34.0952"
    assert next_code("05.0x51", style=learned, taken=taken) == "05.0x52"
    assert next_code("86.4", style=learned, taken=taken) == "86.4x51"
    morphology = codes("M80101/3", "M81401/3", "M83121/3")
    learned = learn(morphology, set(), MORPHOLOGY)
    assert next_code("M80000/1", style=learned, taken={"M80000/1"}) == "M80001/1"


def test_a_style_says_how_common_it_is_and_shows_examples() -> None:
    learned = style([*EXTENDED, *codes("J18.951")])
    assert (learned.lead, learned.width, learned.first) == ("x", 3, 1)
    assert 0.5 < learned.share < 1
    assert learned.examples[0] == "D38.200x001"
    assert not learned.fits("D38.251")


def test_an_empty_list_gets_the_extension_of_the_clinical_edition() -> None:
    assert next_code("D38.201", style=learn([], set(), DIAGNOSIS), taken=set()) == "D38.201x001"


def test_a_used_number_is_not_used_again_while_higher_ones_are_free() -> None:
    learned = style(HIGH)
    assert next_code("I63.951", style=learned, taken={"I63.958"}) == "I63.959"
    full_above = {f"I63.9{number}" for number in range(51, 100)}
    assert next_code("I63.951", style=learned, taken=full_above) == "I63.901"
    everything = {f"I63.9{number:02d}" for number in range(100)}
    with pytest.raises(RefusedError, match="no free code"):
        next_code("I63.951", style=learned, taken=everything)


def test_an_anchor_of_no_known_shape_is_refused() -> None:
    with pytest.raises(RefusedError, match="shape"):
        next_code("胸膜", style=style(HIGH), taken=set())


@given(
    st.sampled_from([HIGH, EXTENDED, SHORT, LETTERS]),
    st.sampled_from(["D38.201", "I63.951", "C64.x51", "J18.9", "A46", "K80.000x012", "B24.x01"]),
    st.integers(1, 12),
)
def test_new_codes_are_free_readable_and_in_their_family(
    listed: list[LocalCode], anchor: str, count: int
) -> None:
    taken = {local.canonical for local in listed} | EDITION
    learned = style(listed)
    family = parse(anchor)
    for _ in range(count):
        code = next_code(anchor, style=learned, taken=taken)
        shape = parse(code)
        assert shape
        assert family
        assert shape.category == family.category
        assert canonical(code) not in taken
        assert learned.fits(code)
        assert take_apart(code, DIAGNOSIS)
        taken.add(canonical(code))
