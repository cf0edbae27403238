"""One direction inside, every vocabulary of relations outside.

Inside, a relation is always read from local to reference. Sources: SSSOM 1.0 with SKOS mapping
properties (subject to object), FHIR R4 ConceptMapEquivalence (what the *target* is to the source)
and FHIR R5 ConceptMapRelationship (what the *source* is to the target).
"""

from __future__ import annotations

from icdmapper.model.mapping import Relation

SSSOM = {
    Relation.EQUIVALENT: "skos:exactMatch",
    Relation.LOCAL_FINER: "skos:broadMatch",
    Relation.LOCAL_COARSER: "skos:narrowMatch",
    Relation.OVERLAP: "skos:relatedMatch",
}
"""No counterpart is an exact match with `sssom:NoTermFound`, as SSSOM says."""
NO_TERM = "sssom:NoTermFound"
FHIR_R4 = {
    Relation.EQUIVALENT: "equivalent",
    Relation.LOCAL_FINER: "wider",
    Relation.LOCAL_COARSER: "narrower",
    Relation.OVERLAP: "inexact",
    Relation.NO_COUNTERPART: "unmatched",
}
FHIR_R5 = {
    Relation.EQUIVALENT: "equivalent",
    Relation.LOCAL_FINER: "source-is-narrower-than-target",
    Relation.LOCAL_COARSER: "source-is-broader-than-target",
    Relation.OVERLAP: "related-to",
}
"""No counterpart has no relationship in R5; the element says `noMap`."""


def from_sssom(predicate: str, target: str) -> Relation:
    """The relation an SSSOM row says."""
    if target == NO_TERM:
        return Relation.NO_COUNTERPART
    return _reverse(SSSOM)[predicate]


def from_fhir_r4(equivalence: str) -> Relation:
    """The relation an R4 target says."""
    return _reverse(FHIR_R4)[equivalence]


def from_fhir_r5(relationship: str | None) -> Relation:
    """The relation an R5 target says; None stands for an element with `noMap`."""
    if relationship is None:
        return Relation.NO_COUNTERPART
    return _reverse(FHIR_R5)[relationship]


def _reverse(vocabulary: dict[Relation, str]) -> dict[str, Relation]:
    return {word: relation for relation, word in vocabulary.items()}
