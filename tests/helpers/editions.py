"""A small hospital whose lists come in new editions."""

from __future__ import annotations

from pathlib import Path

from helpers.builders import Clock
from helpers.projects import code_list, local_list
from icdmapper.importing.reading import Limits, Preview, SourceReader
from icdmapper.importing.service import ImportingService
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import LocalCode, Side
from icdmapper.model.mapping import Choice, Mapping, Relation, Target
from icdmapper.model.people import Person, Role
from icdmapper.resolution.overtaking import Overtaking
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

HEAD = Person("协调员丁", Role.COORDINATOR)
CODER = Person("编码员甲")
REFERENCES = (
    ("D38.2", "胸膜动态未定的肿瘤"),
    ("D38.201", "胸膜交界恶性肿瘤"),
    ("I63.902", "脑梗死"),
    ("K35.801", "急性化脓性阑尾炎"),
    ("K36.x02", "慢性阑尾炎"),
    ("H25.901", "老年性白内障"),
)
LOCALS = (
    ("D38.251", "胸膜交界恶性肿瘤", 40, "胸外科"),
    ("I63.951", "脑梗塞", 3812, "神经内科"),
    ("K35.851", "急性化脓性阑尾炎", 1206, "普外科"),
    ("K36.x51", "慢性阑尾炎", 300, "普外科"),
    ("H25.951", "老年性白内障", 1150, "眼科"),
    ("H25.952", "白内障", 7, "眼科"),
)
TARGET = {"D38.251": "D38.201", "I63.951": "I63.902", "K35.851": "K35.801", "K36.x51": "K36.x02"}


class Room:
    """A small hospital: lists imported, four codes decided."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        self._open(storage, folder)
        self.store(self.reference(REFERENCES))
        self.store(self.local(LOCALS))
        for local_code, code in TARGET.items():
            local, entry = self.find(local_code), self.entries()[code]
            target = (Target(entry[0], code, entry[1]),)
            choice = Choice(local.id, 0, Relation.EQUIVALENT, target, "一致")
            self.resolution.decide(choice, by=CODER)

    @classmethod
    def again(cls, storage: Storage, folder: Path) -> Room:
        """A project in which all that was done already."""
        made = cls.__new__(cls)
        made._open(storage, folder)
        return made

    def _open(self, storage: Storage, folder: Path) -> None:
        self.storage, self.folder = storage, folder
        reader = SourceReader(Limits(seconds=60, memory_mb=512))
        self.importing = ImportingService(storage, reader, Clock(), Overtaking())
        self.resolution = ResolutionService(storage, Clock())

    def reference(self, codes: tuple[tuple[str, str], ...]) -> Preview:
        return self._preview(code_list(self.folder / "标准.csv", codes), Side.REFERENCE)

    def local(self, codes: tuple[tuple[str, str, int, str], ...]) -> Preview:
        return self._preview(local_list(self.folder / "院内.csv", codes), Side.LOCAL)

    def _preview(self, file: Path, side: Side) -> Preview:
        return self.importing.preview(Source(path=file), side=side)

    def store(self, preview: Preview, signature: Signature | None = None) -> None:
        self.importing.store(preview, name="甲", edition="1", by=HEAD, signature=signature)

    def sign(self, preview: Preview) -> None:
        self.store(preview, Signature(HEAD.name, self.importing.compare(preview)))

    def entries(self) -> dict[str, tuple[int, str]]:
        with self.storage.reading() as work:
            return {one.code: (one.id, one.name) for one in work.code_sets.reference_codes()}

    def find(self, code: str) -> LocalCode:
        with self.storage.reading() as work:
            return next(one for one in work.code_sets.local_codes() if one.code == code)

    def mapping(self, code: str) -> Mapping:
        with self.storage.reading() as work:
            return work.mappings.get(self.find(code).id)


def with_codes(codes: tuple, *, without: str = "", **names: str) -> tuple:
    """A list with other names under some codes, and without one."""
    named = {code.replace("_", "."): name for code, name in names.items()}
    return tuple(
        (code, named.get(code, name), *rest) for code, name, *rest in codes if code != without
    )
