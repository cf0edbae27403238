"""The demonstration sets are whole, honest about what they are, and as dirty as they promise."""

import csv
import hashlib
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "resources" / "samples" / "local_codes_demo.csv"
SYSTEMS = ("RC020", "RC021", "RC022")
KINDS = {"手术", "治疗性操作", "诊断性操作", "介入治疗"}

CATEGORY = re.compile(r"[A-Z]\d\d\*?")
SUBCATEGORY = re.compile(r"[A-Z]\d\d\.\d\*?")
DIAGNOSIS = re.compile(r"[A-Z]\d\d\.(\d\d{2,3}|x\d\d)(\+[A-Z]\d\d(\.\d)?\*)?")
MORPHOLOGY = re.compile(r"M[89]\d{4}/[01236]")
PROCEDURE = re.compile(r"\d\d\.(\d{4,5}|\dx\d\d)")
PROCEDURE_HEADING = re.compile(r"\d\d(\.\d)?")

# The least a trial of the whole flow needs of each kind.
LEAST = {"RC020": 650, "RC021": 130, "RC022": 320}

Row = dict[str, str]


def folder(system: str) -> Path:
    return ROOT / "reference_codes" / system / "demo-2026"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def is_heading(system: str, code: str) -> bool:
    if system == "RC020":
        return bool(CATEGORY.fullmatch(code) or SUBCATEGORY.fullmatch(code))
    return system == "RC022" and bool(PROCEDURE_HEADING.fullmatch(code))


def entries(system: str) -> list[Row]:
    rows = read(folder(system) / "codes.csv")
    return [row for row in rows if not is_heading(system, row["code"])]


@pytest.fixture(scope="module")
def local() -> list[Row]:
    return read(LOCAL)


def having(rows: list[Row], column: str, pattern: str) -> list[Row]:
    return [row for row in rows if re.search(pattern, row[column])]


@pytest.mark.parametrize("system", SYSTEMS)
def test_enough_entries_each_with_a_unique_code_in_order(system: str) -> None:
    codes = [row["code"] for row in read(folder(system) / "codes.csv")]

    assert len(entries(system)) >= LEAST[system]
    assert not [code for code, times in Counter(codes).items() if times > 1]
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("system", "shape"),
    [("RC020", DIAGNOSIS), ("RC021", MORPHOLOGY), ("RC022", PROCEDURE)],
    ids=SYSTEMS,
)
def test_every_entry_has_the_shape_of_its_system(system: str, shape: re.Pattern[str]) -> None:
    assert not [row["code"] for row in entries(system) if not shape.fullmatch(row["code"])]


@pytest.mark.parametrize("system", SYSTEMS)
def test_names_are_tidy_and_no_two_entries_share_one(system: str) -> None:
    names = [row["name"] for row in entries(system)]

    assert not [name for name in names if not name or name != name.strip()]
    assert not [name for name, times in Counter(names).items() if times > 1]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_source_file_says_what_the_set_is(system: str) -> None:
    data = (folder(system) / "codes.csv").read_bytes()
    source = tomllib.loads((folder(system) / "SOURCE.toml").read_text(encoding="utf-8"))

    assert source["system"] == system
    assert source["edition"] == "demo-2026"
    assert source["statement"] == "demonstration, not official, never upload with it"
    assert source["statement_zh"] == "演示用，非官方，不得用于上报"
    assert source["licence"] == "Apache-2.0"
    assert all(source[key] for key in ("name", "title_zh", "title_en", "origin"))
    assert source["rows"] == len(read(folder(system) / "codes.csv"))
    assert source["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "path", [*(folder(system) / "codes.csv" for system in SYSTEMS), LOCAL], ids=str
)
def test_files_are_plain_utf8_with_one_kind_of_line_end(path: Path) -> None:
    data = path.read_bytes()

    assert data.decode("utf-8")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")


def test_diagnoses_form_a_tree() -> None:
    codes = {row["code"] for row in read(folder("RC020") / "codes.csv")}
    missing = set()
    for code in codes:
        for half in code.split("+"):
            star = "*" if half.endswith("*") else ""
            plain = half.removesuffix("*")
            missing |= {plain[:3] + star} - codes
            if len(plain) > 3 and plain[4] != "x":
                missing |= {plain[:5] + star} - codes

    assert not missing


def test_procedures_form_a_tree_and_entries_state_their_kind() -> None:
    rows = read(folder("RC022") / "codes.csv")
    codes = {row["code"] for row in rows}

    assert not {code[:2] for code in codes} - codes
    assert not {code[:4] for code in codes if len(code) > 2} - codes
    assert {row["operation_kind"] for row in entries("RC022")} == KINDS
    assert not [row for row in rows if row["operation_kind"] and not row["code"][4:]]


def test_diagnoses_cover_the_chapters_and_the_forms_of_code() -> None:
    codes = [row["code"] for row in entries("RC020")]
    shares = Counter(code[0] for code in codes)

    assert set(shares) == set("ABCDEFGHIJKLMNOPQRSTVWXYZ")
    assert min(shares.values()) >= 5
    assert sum("+" in code for code in codes) >= 20
    assert sum(code[4] == "x" for code in codes) >= 60
    assert "D48.9003" in codes


def test_morphology_has_every_behaviour() -> None:
    assert {row["code"][-1] for row in entries("RC021")} == set("01236")
    assert {"code": "M80100/3", "name": "癌"} in entries("RC021")


@pytest.mark.parametrize(
    ("pattern", "least"),
    [("^左", 8), ("原位癌", 8), ("良性肿瘤", 20), ("交界恶性肿瘤", 10), ("继发恶性肿瘤", 10)],
)
def test_tumours_differ_in_side_and_behaviour(pattern: str, least: int) -> None:
    tumours = [row for row in entries("RC020") if row["code"][0] in "CD"]

    assert len(having(tumours, "name", pattern)) >= least


def test_a_finer_reference_against_a_coarser_local_code(local: list[Row]) -> None:
    assert {"code": "D38.201", "name": "胸膜交界恶性肿瘤"} in entries("RC020")
    assert [row["名称"] for row in local if row["院内编码"] == "D38.201"] == ["胸膜肿瘤"]


def test_a_coarser_reference_against_a_finer_local_code(local: list[Row]) -> None:
    clearing = {"code": "34.09010", "name": "胸腔镜下脓胸清除术", "operation_kind": "手术"}

    assert clearing in entries("RC022")
    assert len(having(local, "名称", "^胸腔镜下左脓胸引流术$")) == 1
    assert not having(entries("RC022"), "name", "左.*脓胸")


def test_a_matter_of_medical_judgement(local: list[Row]) -> None:
    names = {row["code"]: row["name"] for row in read(folder("RC020") / "codes.csv")}

    assert [row["院内编码"] for row in having(local, "名称", "^肾性质未定的肿瘤$")] == ["D41.001"]
    assert names["D48.9003"] == "性质未特指的肿瘤"
    assert not [name for name in names.values() if re.search("肾.*(未定|交界)", name)]


def test_the_local_list_is_an_export_in_order_of_code(local: list[Row]) -> None:
    columns = ["院内编码", "附加编码", "名称", "类别", "年例数", "科室"]
    codes = [row["院内编码"] for row in local]
    kinds = Counter(row["类别"] for row in local)

    assert list(local[0]) == columns
    assert len(local) >= 450
    assert codes == sorted(codes)
    assert set(kinds) == set("DYMS")
    assert min(kinds.values()) >= 30


def test_frequencies_have_a_head_a_tail_and_gaps(local: list[Row]) -> None:
    counts = [int(row["年例数"] or 0) for row in local]

    assert max(counts) >= 3000
    assert sum(count >= 1000 for count in counts) >= 20
    assert sum(0 < count < 10 for count in counts) >= 20
    assert "0" in {row["年例数"] for row in local}
    assert "" in {row["年例数"] for row in local}
    # A tenth of the codes should carry a good part of the work, or the order of work means little.
    assert sum(sorted(counts)[-len(counts) // 10 :]) > 0.4 * sum(counts)


@pytest.mark.parametrize(
    ("column", "pattern", "least"),
    [
        pytest.param("院内编码", r"^[A-Z]\d\d  \d\d\*?$", 8, id="blanks for x"),
        pytest.param("院内编码", r"^\d\d\.\d \d\d$", 5, id="blank for x in a procedure"),
        pytest.param("院内编码", r"^G01  01\*$", 1, id="asterisk code on its own"),
        pytest.param("院内编码", r"\+$", 8, id="dagger code"),
        pytest.param("附加编码", r"\*$", 8, id="attached asterisk code"),
        pytest.param("院内编码", "†", 1, id="printed dagger"),
        pytest.param("院内编码", r"^[A-Z]\d\d\.-$", 2, id="open code"),
        pytest.param("院内编码", r"^M\d{4}/\d$", 3, id="four digit morphology"),
        pytest.param("院内编码", "[Ａ-Ｚ][０-９]", 3, id="full-width code"),
        pytest.param("名称", "[０-９]", 1, id="full-width name"),
        pytest.param("院内编码", "^[a-z]", 2, id="lower-case letter"),
        pytest.param("院内编码", r"^[A-Z]\d\d\.X\d\d$", 20, id="upper-case X"),
        pytest.param("院内编码", r"5\d\+?$", 500, id="own numbers from 51 on"),
        pytest.param("名称", " NOS", 40, id="NOS"),
        pytest.param("名称", r"\(D39\.1\)", 1, id="code in a name"),
        pytest.param("名称", "[ⅠⅡⅢⅣ]", 3, id="Roman digit as one sign"),
        pytest.param("名称", "(I|II|IV)(级|度|期|型)", 3, id="Roman digit as letters"),
        pytest.param("名称", "待查", 3, id="to be clarified"),
    ],
)
def test_the_dirt_is_there(local: list[Row], column: str, pattern: str, least: int) -> None:
    assert len(having(local, column, pattern)) >= least


@pytest.mark.parametrize(
    "name",
    ["脑梗塞", "慢阻肺", "肺癌", "冠心病", "2型DM", "糖尿病伴高血压", "住院等待床位", "M80.000"],
)
def test_words_of_the_ward_are_there(local: list[Row], name: str) -> None:
    assert [row for row in local if name in (row["名称"], row["院内编码"])]


def test_duplicates_are_few(local: list[Row]) -> None:
    codes = Counter(row["院内编码"] for row in local)
    names = Counter(row["名称"] for row in local)

    assert 2 <= sum(times - 1 for times in codes.values()) <= 6
    assert 2 <= sum(times - 1 for times in names.values()) <= 10


def test_some_local_names_are_the_reference_names_and_most_are_not(local: list[Row]) -> None:
    known = {row["name"] for system in SYSTEMS for row in entries(system)}
    same = sum(row["名称"].removesuffix(" NOS") in known for row in local)

    assert 0.2 < same / len(local) < 0.5


def test_some_local_codes_have_no_counterpart(local: list[Row]) -> None:
    categories = {row["code"][:3] for row in read(folder("RC020") / "codes.csv")}
    strangers = [
        row
        for row in local
        if row["类别"] == "D"
        and row["院内编码"].isascii()
        and row["院内编码"][:3].upper() not in categories
    ]

    assert 20 <= len(strangers) <= 80
