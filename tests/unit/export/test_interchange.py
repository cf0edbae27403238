"""The mapping in the words of others: every relation goes out and comes back the same."""

import csv
import importlib
import json
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icdmapper.export.interchange import Origin, concept_map, sssom
from icdmapper.export.vocabularies import (
    FHIR_R4,
    FHIR_R5,
    SSSOM,
    from_fhir_r4,
    from_fhir_r5,
    from_sssom,
)
from icdmapper.model.codes import CodeKind
from icdmapper.model.mapping import Relation, State
from icdmapper.model.releases import ReleasedMapping, ReleasedTarget

ORIGIN = Origin("示例医院", "1", 3, datetime(2026, 3, 2, tzinfo=UTC), {"RC020": "6.01"})
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9)


@st.composite
def mappings(draw: st.DrawFn) -> ReleasedMapping:
    relation = draw(st.sampled_from([*Relation, None]))
    has_targets = relation not in (None, Relation.NO_COUNTERPART)
    target = ReleasedTarget(draw(NAMES), draw(NAMES), system="RC020")
    return ReleasedMapping(
        draw(NAMES), draw(NAMES), CodeKind.DIAGNOSIS, State.DECIDED, relation,
        (target,) if has_targets else (),
    )  # fmt: skip


def test_local_finer_reads_the_right_way_round_in_every_vocabulary() -> None:
    """The entry is broader than the code: SKOS and R4 speak of the target, R5 of the source."""
    finer = Relation.LOCAL_FINER
    assert (SSSOM[finer], FHIR_R4[finer], FHIR_R5[finer]) == (
        "skos:broadMatch", "wider", "source-is-narrower-than-target",
    )  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(mappings(), unique_by=lambda one: one.code, max_size=8))
def test_every_relation_comes_back_from_every_format(found: list[ReleasedMapping]) -> None:
    wanted = {one.code: one.relation for one in found if one.relation}
    lines = [line for line in sssom(found, ORIGIN).splitlines() if not line.startswith("# ")]
    rows = csv.DictReader(lines, delimiter="\t")
    assert {
        unquote(row["subject_id"].removeprefix("LOCAL:diagnosis.")): from_sssom(
            row["predicate_id"], row["object_id"]
        )
        for row in rows
    } == wanted
    for fhir in ("R4", "R5"):
        content = json.loads(json.dumps(concept_map(found, ORIGIN, fhir=fhir)))
        elements = [element for group in content["group"] for element in group["element"]]
        assert {one["code"]: relation_in(one, fhir) for one in elements} == wanted


def relation_in(element: dict[str, list[dict[str, str]]], fhir: str) -> Relation:
    if fhir == "R4":
        return from_fhir_r4(element["target"][0]["equivalence"])
    return from_fhir_r5(element["target"][0]["relationship"] if "target" in element else None)


EVERY_RELATION = [
    ReleasedMapping(
        f"A0{n}.001+G0{n}*", "伤寒", CodeKind.DIAGNOSIS, State.DECIDED, relation,
        () if relation is Relation.NO_COUNTERPART
        else (ReleasedTarget("A01.001", "伤寒", system="RC020"),),
    )
    for n, relation in enumerate(Relation)
]  # fmt: skip


@pytest.mark.parametrize(
    ("fhir", "module"),
    [("R4", "fhir.resources.R4B.conceptmap"), ("R5", "fhir.resources.conceptmap")],
)
def test_the_concept_maps_are_those_of_the_fhir_models(fhir: str, module: str) -> None:
    """R4B left the ConceptMap of R4 as it was."""
    model = importlib.import_module(module).ConceptMap
    content = concept_map(EVERY_RELATION, ORIGIN, fhir=fhir)
    assert model.model_validate_json(json.dumps(content)).get_resource_type() == "ConceptMap"
    elements = [one for group in content["group"] for one in group["element"]]
    word = {"R4": "equivalence", "R5": "relationship"}[fhir]
    # The models know the values of a code field and leave it to their user to hold them against it.
    facts = importlib.import_module(module).ConceptMapGroupElementTarget.model_fields[word]
    used = {target[word] for one in elements for target in one.get("target", ())}
    assert used <= set(facts.json_schema_extra["enum_values"])
    assert len(used) >= 4
    elements[0]["equivalent"] = True
    with pytest.raises(ValueError, match="equivalent"):
        model.model_validate_json(json.dumps(content))


# The validator's own packages speak of what their next versions will do.
@pytest.mark.filterwarnings("ignore")
def test_the_table_passes_the_validator_of_sssom(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Runs where the extra `validators` is installed; it is too heavy for every machine."""
    pytest.importorskip("sssom", reason="needs the extra `validators`")
    from sssom.constants import SchemaValidationType  # noqa: PLC0415
    from sssom.parsers import parse_sssom_table  # noqa: PLC0415
    from sssom.validators import validate  # noqa: PLC0415

    file = tmp_path_factory.mktemp("sssom") / "mapping.sssom.tsv"
    checks = [
        SchemaValidationType.JsonSchema,
        SchemaValidationType.PrefixMapCompleteness,
        SchemaValidationType.StrictCurieFormat,
    ]

    def messages(text: str) -> list[str]:
        file.write_text(text, encoding="utf-8")
        reports = validate(parse_sssom_table(str(file)), checks, fail_on_error=False)
        return [result.message for one in reports.values() for result in one.results]

    good = sssom(EVERY_RELATION, ORIGIN)
    assert messages(good) == []
    assert messages(good.replace("LOCAL:diagnosis", "STRANGE:diagnosis"))
