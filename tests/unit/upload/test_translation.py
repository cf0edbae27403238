"""Translation of codes and names: the faults seen in working uploaders are each a case here."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.discharges import field_rows, frame, mapping, release
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State, TargetRole
from icdmapper.upload.groups import NoteKind
from icdmapper.upload.layouts import canonical_fields, code_slots, layout
from icdmapper.upload.translation import HoldReason, translate

DAY = {"P3": "100001", "P2": "1", "P25": "2026-03-05 09:30:00"}
ONE = release(
    [
        mapping("K1", "院内胃炎", ("K29.700", "胃炎")),
        mapping("K2", "院内胃窦炎", ("K29.700", "胃炎")),
        mapping("I1", "院内脑梗", ("I63.900", "脑梗死")),
        mapping("E1", "糖尿病肾病", ("E14.200+", "糖尿病伴肾的并发症"),
                ("N08.300*", "糖尿病性肾小球疾患", TargetRole.MANIFESTATION)),
        mapping("C1", "肺癌", ("C34.900", "肺恶性肿瘤"),
                ("M80000/3", "恶性肿瘤", TargetRole.MORPHOLOGY)),
        mapping("U1", "没想好", None, state=State.OPEN),
        mapping("D1", "有争议", ("K35.800", "急性阑尾炎"), state=State.DISPUTED),
        mapping("N1", "无对应", None, relation=Relation.NO_COUNTERPART),
        mapping("N2", "无对应", None, state=State.NO_COUNTERPART),
        mapping("R1", "细化中", None, state=State.REFINING),
        mapping("X1", "左", ("S72.001", "左侧"), ),
        mapping("X1", "右", ("S72.002", "右侧")),
        mapping("G1", "胃病", None, state=State.RETIRED),
        mapping("G1.1", "慢性浅表性胃炎", ("K29.300", "慢性浅表性胃炎"), parent="G1"),
        mapping("G1.2", "胃溃疡(A型)", ("K25.900", "胃溃疡"), parent="G1"),
        mapping("H1", "肝病", None, state=State.RETIRED),
        mapping("H1.1", "肝囊肿", ("K76.807", "肝囊肿"), parent="H1"),
        mapping("H1.9", "其他肝病", ("K76.900", "肝病"), parent="H1", residual=True),
        mapping("Q1", "停用", None, state=State.RETIRED),
        mapping("Q1.1", "没签的细化", None, state=State.RETIRED, parent="Q1"),
        mapping("O1", "阑尾切除", ("47.0900", "阑尾切除术"), kind=CodeKind.PROCEDURE),
        mapping("K1", "同码手术", ("44.9900", "胃其他手术"), kind=CodeKind.PROCEDURE),
    ]
)  # fmt: skip


def codes_and_names(layout_name: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Code field and name field pairs as fields.csv lists them."""
    rows = field_rows(layout_name)
    codes = [r for r in rows if r["domain"][:5] in {"RC020", "RC021", "RC022"}
             and not r["domain"].endswith("(name)")]  # fmt: skip
    names = [r for r in rows if r["domain"].endswith("(name)")]
    assert len(codes) == len(names)
    return list(zip(codes, names, strict=True))


@pytest.mark.parametrize("layout_name", ["DBF346", "CSV811"])
def test_one_record_with_every_field_distinct_keeps_every_field_in_its_place(
    layout_name: str,
) -> None:
    canonical = {one.code: one.sources[0] for one in layout(layout_name).fields}
    record = {name: f"值{at}" for at, name in enumerate(canonical_fields())} | DAY
    for slot in code_slots():
        record[slot.code], record[slot.name] = "", ""
    expected = dict(record)
    mappings = []
    for at, (code, name) in enumerate(codes_and_names(layout_name)):
        kind = {"RC021": CodeKind.MORPHOLOGY, "RC022": CodeKind.PROCEDURE}.get(code["domain"][:5])
        if kind is None:
            outside = "V01" in code["domain"]
            kind = CodeKind.EXTERNAL_CAUSE if outside else CodeKind.DIAGNOSIS
        mappings.append(mapping(f"本{at}", f"院内名{at}", (f"T{at}", f"标准名{at}"), kind=kind))
        record[canonical[code["code"]]], record[canonical[name["code"]]] = f" 本{at} ", "随便"
        expected[canonical[code["code"]]] = f"T{at}"
        expected[canonical[name["code"]]] = f"标准名{at}"
    done = translate(frame(record), [release(mappings)])
    assert done.held.empty
    assert done.notes.empty
    assert done.frame.iloc[0].to_dict() == expected


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("ZZ", "没见过", HoldReason.UNMAPPED),
        ("k1", "院内胃炎", HoldReason.UNMAPPED),
        ("U1", "没想好", HoldReason.UNDECIDED),
        ("D1", "有争议", HoldReason.DISPUTED),
        ("R1", "细化中", HoldReason.REFINING),
        ("N1", "无对应", HoldReason.NO_COUNTERPART),
        ("N2", "无对应", HoldReason.NO_COUNTERPART),
        ("X1", "不知哪侧", HoldReason.AMBIGUOUS),
        ("G1", "胃痛", HoldReason.REFINING),
        ("O1", "阑尾切除", HoldReason.UNMAPPED),
        ("Q1", "没签的细化", HoldReason.UNMAPPED),
        ("", "只有名称", HoldReason.NO_CODE),
    ],
)
def test_a_code_without_a_usable_target_holds_its_record(
    code: str, text: str, reason: HoldReason
) -> None:
    good = DAY | {"P321": "K1", "P322": "院内胃炎"}
    done = translate(frame(good, good | {"P327": code, "P328": text}), [ONE])
    assert list(done.rows) == [0]
    (held,) = done.held.to_dict("records")
    assert (held["row"], held["slot"], held["code"], held["text"], held["reason"]) == (
        1, "P327", code, text, reason,
    )  # fmt: skip
    assert (held["kind"], held["release"]) == ("diagnosis", 1)


@pytest.mark.parametrize(
    ("code", "text", "target"),
    [
        ("X1", "右", "S72.002"),
        ("G1", "慢性 浅表性胃炎", "K29.300"),
        ("G1", "胃溃疡（Ａ型）", "K25.900"),
        ("H1", "肝囊肿", "K76.807"),
        ("H1", "说不清的肝病", "K76.900"),
    ],
)
def test_the_text_chooses_between_mappings_of_one_code(code: str, text: str, target: str) -> None:
    done = translate(frame(DAY | {"P321": code, "P322": text}), [ONE])
    assert list(done.frame["P321"]) == [target]


def test_every_field_looks_only_among_codes_of_its_own_kind() -> None:
    record = DAY | {"P321": "K1", "P322": "胃炎", "P490": "K1", "P492": "手术"}
    done = translate(frame(record), [ONE])
    assert list(done.frame.loc[0, ["P321", "P322", "P490", "P492"]]) == [
        "K29.700", "胃炎", "44.9900", "胃其他手术",
    ]  # fmt: skip


def test_the_discharge_date_chooses_the_release() -> None:
    newer = release([mapping("K1", "院内胃炎", ("K29.900", "新"))], 2, date(2026, 3, 5))
    days = ["2026-03-04 23:59:59", "2026-03-05 00:00:00", "2025-12-31 10:00:00", "", "2026-13-01",
            "2026-03-05T10:00:00", "20260305"]  # fmt: skip
    records = [DAY | {"P25": day, "P321": "K1", "P322": "x"} for day in days]
    done = translate(frame(*records), [ONE, newer])
    assert list(done.frame["P321"]) == ["K29.700", "K29.900"]
    assert list(done.versions) == [1, 2]
    assert dict(zip(done.held["row"], done.held["reason"], strict=True)) == {
        2: HoldReason.NO_RELEASE, 3: HoldReason.BAD_DATE, 4: HoldReason.BAD_DATE,
        5: HoldReason.BAD_DATE, 6: HoldReason.BAD_DATE,
    }  # fmt: skip


def test_doubled_other_diagnoses_go_with_their_groups_and_the_rest_moves_up() -> None:
    record = DAY | {
        "P321": "K1", "P322": "a",
        "P324": "K2", "P325": "b", "P806": "1", "P326": "2",
        "P327": "I1", "P328": "c", "P807": "3", "P329": "4",
        "P3291": "I1", "P3292": "d", "P808": "1", "P3293": "1",
        "P3294": "E1", "P3295": "e", "P809": "2", "P3296": "9",
    }  # fmt: skip
    done = translate(frame(record), [ONE])
    row = done.frame.iloc[0]
    assert list(row[["P324", "P325", "P806", "P326"]]) == ["I63.900", "脑梗死", "3", "4"]
    assert list(row[["P327", "P328", "P807", "P329"]])[:2] == ["E14.200+", "糖尿病伴肾的并发症"]
    assert list(row[["P807", "P329"]]) == ["2", "9"]
    assert list(row[["P3291", "P3292", "P808", "P3293"]]) == [
        "N08.300*", "糖尿病性肾小球疾患", "2", "9",
    ]  # fmt: skip
    assert list(row[["P3294", "P3295", "P809", "P3296"]]) == ["", "", "", ""]
    assert [(one.slot, one.note) for one in done.notes.itertuples()] == [
        ("P324", NoteKind.DUPLICATE_DROPPED),
        ("P3291", NoteKind.DUPLICATE_DROPPED),
        ("P3291", NoteKind.EXTRA_ADDED),
    ]


def test_extra_targets_take_the_first_free_field_or_are_noted() -> None:
    tumour = DAY | {"P321": "C1", "P322": "肺癌"}
    full = tumour | {"P351": "M1", "P352": "a", "P353": "M2", "P354": "b", "P816": "1"}
    morphology = [
        mapping(f"M{at}", "m", (f"M8140{at}/3", f"腺癌{at}"), kind=CodeKind.MORPHOLOGY)
        for at in range(4)
    ]
    same = mapping("M9", "m", ("M80000/3", "恶性肿瘤"), kind=CodeKind.MORPHOLOGY)
    releases = [release([*ONE.mappings, *morphology, same])]
    done = translate(
        frame(
            tumour,
            full,
            full | {"P355": "M3", "P356": "c"},
            tumour | {"P351": "M9", "P352": "x"},
            tumour | {"P28": "C1", "P281": "肺癌"},
        ),
        releases,
    )
    assert list(done.frame["P351"]) == ["M80000/3", "M81401/3", "M81401/3", "M80000/3", "M80000/3"]
    assert list(done.frame["P355"]) == ["", "M80000/3", "M81403/3", "", ""]
    assert list(done.frame["P816"]) == ["", "1", "1", "", ""]
    assert [(one.row, one.slot, one.note) for one in done.notes.itertuples() if
            one.note is NoteKind.NO_FREE_SLOT] == [
        (4, "P28", NoteKind.NO_FREE_SLOT), (2, "P321", NoteKind.NO_FREE_SLOT),
    ]  # fmt: skip


def test_the_dash_for_no_value_is_no_code() -> None:
    record = DAY | {"P321": "K1", "P322": "a", "P490": "-", "P492": "-"}
    done = translate(frame(record), [ONE])
    assert list(done.frame.loc[0, ["P490", "P492"]]) == ["-", "-"]


def test_the_frame_that_came_in_is_left_alone() -> None:
    came = frame(DAY | {"P321": "K1", "P322": "a"})
    before = came.copy()
    translate(came, [ONE])
    assert came.equals(before)


def test_no_records_give_no_records() -> None:
    done = translate(frame(), [ONE])
    assert (len(done.frame), done.held_records, len(done.notes)) == (0, 0, 0)


CODES = st.sampled_from(["", "K1", "K2", "I1", "E1", "C1", "U1", "X1", "G1", "H1", "ZZ"])


@settings(deadline=None)
@given(st.lists(st.tuples(CODES, CODES, CODES, st.sampled_from(["2026-02-01", "2025-01-01"]))))
def test_extracted_is_sent_and_held(rows: list[tuple[str, str, str, str]]) -> None:
    came = frame(
        *(
            {"P3": str(at), "P25": day, "P321": a, "P322": "肝囊肿", "P324": b, "P325": "左",
             "P327": c, "P328": "n"}
            for at, (a, b, c, day) in enumerate(rows)
        )
    )  # fmt: skip
    done = translate(came, [ONE])
    assert len(done.frame) + done.held_records == len(rows)
    assert not set(done.rows) & set(done.held["row"])
    assert list(done.frame["P3"]) == [str(at) for at in done.rows]
    local = {one.code for one in ONE.mappings}
    assert not local & set(done.frame[["P321", "P324", "P327"]].to_numpy().ravel())
