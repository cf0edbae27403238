"""A matcher over a few entries written by hand, with what the program knows of words."""

from collections.abc import Iterable

from icdmapper.matching.engine import Matcher
from icdmapper.matching.knowledge import load_knowledge
from icdmapper.model import icd
from icdmapper.model.codes import ReferenceCode
from icdmapper.paths import shipped


def matcher_of(entries: Iterable[tuple[str, str]]) -> Matcher:
    """Entries as (code, name), each of the kind its code says."""
    references = []
    for number, (code, name) in enumerate(entries, start=1):
        shape = icd.parse(code)
        assert shape is not None
        references.append(ReferenceCode(number, code, shape.canonical, name, shape.kind))
    return Matcher.of(references, load_knowledge(shipped("resources")))
