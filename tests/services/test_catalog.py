"""Search and tree."""

import pytest

from helpers.builders import code_set, new_code
from icdmapper.catalog.rules import SearchIndex, TreeNode, chapters_of
from icdmapper.catalog.service import CatalogService
from icdmapper.model.codes import CodeKind, CodeSystem, LocalCode, ReferenceCode, Side
from icdmapper.model.editions import ChangeKind
from icdmapper.model.errors import RefusedError
from icdmapper.model.icd import Level
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts.initials import initials

ENTRIES = (
    ("I21", "急性心肌梗死"),
    ("I21.0", "前壁急性透壁性心肌梗死"),
    ("I21.001", "急性前壁心肌梗死"),
    ("I21.002", "急性前间壁心肌梗死"),
    ("I25.201", "陈旧性心肌梗死"),
    ("A33.x01", "新生儿破伤风"),
    ("A01.003+G01*", "伤寒性脑膜炎"),
)


@pytest.fixture
def catalog(storage: Storage) -> CatalogService:
    codes = [new_code(code, name, row=n) for n, (code, name) in enumerate(ENTRIES, start=1)]
    with storage.writing() as work:
        work.code_sets.add(
            code_set(Side.REFERENCE, CodeSystem.RC020),
            codes,
            initials=[initials(code.name) for code in codes],
        )
        work.commit()
    return CatalogService(storage)


def found(catalog: CatalogService, text: str) -> list[str]:
    return [hit.code for hit in catalog.search(text, side=Side.REFERENCE)]


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("I21.001", "I21.001", 1),
        ("i21", "I21", 4),
        ("心肌梗死", "I21", 5),
        ("梗死 前壁", "I21.001", 2),
        ("前壁 梗死", "I21.0", 2),
        ("xjgs", "I21", 5),
        ("jxqbxjgs", "I21.001", 1),
        ("新生儿　破伤风", "A33.x01", 1),
    ],
)
def test_codes_names_and_initials_find_an_entry_words_in_any_order(
    catalog: CatalogService, text: str, first: str, count: int
) -> None:
    hits = found(catalog, text)
    assert (hits[0], len(hits)) == (first, count)


def test_an_entry_comes_before_the_heading_of_its_name_but_not_before_a_code_asked_for() -> None:
    index = SearchIndex(
        [
            ReferenceCode(1, "A06", "A06", "阿米巴病", CodeKind.DIAGNOSIS, "ambb", heading=True),
            ReferenceCode(2, "A06.901", "A06.901", "阿米巴病", CodeKind.DIAGNOSIS, "ambb"),
        ]
    )
    assert [one.code for one in index.find("ambb", limit=5)] == ["A06.901", "A06"]
    assert [one.code for one in index.find("阿米巴病", limit=5)] == ["A06.901", "A06"]
    assert [one.code for one in index.find("A06", limit=5)] == ["A06", "A06.901"]


@pytest.mark.parametrize("text", ["", "   ", "没有这个", "心肌 破伤风"])
def test_nothing_is_found_where_nothing_is(catalog: CatalogService, text: str) -> None:
    assert found(catalog, text) == []


def test_the_tree_has_a_node_for_levels_without_a_row_of_their_own(catalog: CatalogService) -> None:
    categories = catalog.children(CodeSystem.RC020)
    assert [(node.code, node.name, node.children) for node in categories] == [
        ("I21", "急性心肌梗死", 1), ("I25", "", 1), ("A33", "", 1), ("A01", "", 1),
    ]  # fmt: skip
    assert [node.code for node in catalog.children(CodeSystem.RC020, "I21.0")] == [
        "I21.001", "I21.002",
    ]  # fmt: skip
    assert categories[1].reference_id is None


def test_codes_of_no_known_form_stand_after_the_chapters(catalog: CatalogService) -> None:
    odd = TreeNode("N", "不明", Level.ENTRY, 9, 0)
    chapters = chapters_of([odd, *catalog.children(CodeSystem.RC020)])
    assert [one.name for one in chapters][-1] == ""
    assert chapters[-1].nodes == (odd,)
    assert len(chapters) == 3


def test_an_entry_knows_its_path_and_its_siblings(catalog: CatalogService) -> None:
    entry = catalog.search("I21.002", side=Side.REFERENCE)[0]
    assert [node.code for node in catalog.path(entry.id)] == ["I21", "I21.0", "I21.002"]
    assert [node.level for node in catalog.path(entry.id)] == list(Level)
    assert [node.code for node in catalog.siblings(entry.id)] == ["I21.001", "I21.002"]
    assert catalog.path(4711) == catalog.siblings(4711) == catalog.below(4711) == ()


def test_a_heading_knows_what_it_heads(catalog: CatalogService) -> None:
    heading = catalog.search("I21.0", side=Side.REFERENCE)[0]
    below = catalog.below(heading.id)
    assert [node.code for node in below] == ["I21.001", "I21.002"]
    assert below[0].reference_id is not None
    assert catalog.below(below[0].reference_id) == ()


def test_a_new_edition_is_seen_at_once(catalog: CatalogService, storage: Storage) -> None:
    assert found(catalog, "伤寒")
    with storage.writing() as work:
        work.code_sets.add(
            code_set(Side.REFERENCE, CodeSystem.RC020),
            [new_code("B05.901", "麻疹")],
            initials=["mz"],
        )
        work.commit()
    assert found(catalog, "伤寒") == []
    assert found(catalog, "mz") == ["B05.901"]


def test_the_local_side_is_searched_on_its_own(
    catalog: CatalogService, sets: tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
) -> None:
    hits = catalog.search("胸膜", side=Side.LOCAL, system=CodeSystem.RC020)
    assert [hit.name for hit in hits] == ["胸膜肿瘤"]
    assert catalog.search("胸膜", side=Side.LOCAL, system=CodeSystem.RC022) == ()
    assert catalog.local(hits[0].id).frequency == 640


def test_two_editions_stand_side_by_side_as_their_sources_had_them(
    catalog: CatalogService, storage: Storage
) -> None:
    new = [new_code("I21.001", "急性前壁心梗", row=1), new_code("K35.801", "阑尾炎", row=2)]
    with storage.writing() as work:
        work.code_sets.add(code_set(Side.REFERENCE, CodeSystem.RC020), new, initials=["", ""])
        local = [new_code("I21.001", "急性前壁心梗", row=1), new_code("47.01001", "切除术", row=2)]
        work.code_sets.add(code_set(Side.LOCAL), local, initials=["", ""])
        procedures = [new_code("47.01001", "切除术", row=1)]
        work.code_sets.add(code_set(Side.REFERENCE, CodeSystem.RC022), procedures, initials=[""])
        work.commit()
    by_size = {(one.side, one.system, one.size): one.id for one in catalog.editions()}
    old, newer = (by_size[Side.REFERENCE, CodeSystem.RC020, size] for size in (7, 2))
    counts = catalog.compare(old, newer).counts()
    assert counts == {ChangeKind.RENAMED: 1, ChangeKind.ADDED: 1, ChangeKind.REMOVED: 6}
    # Beside a reference set only the local codes of its system count.
    beside = catalog.compare(newer, by_size[Side.LOCAL, None, 2])
    assert beside.counts() == {ChangeKind.UNCHANGED: 1, ChangeKind.REMOVED: 1}
    with pytest.raises(RefusedError, match="two different"):
        catalog.compare(old, old)
    with pytest.raises(RefusedError, match="nothing in common"):
        catalog.compare(old, by_size[Side.REFERENCE, CodeSystem.RC022, 1])
