"""Small values and projects for tests, made the way the program makes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icdmapper.model.codes import (
    CodeKind,
    CodeSet,
    CodeSystem,
    LocalCode,
    NewCode,
    ReferenceCode,
    Side,
)
from icdmapper.model.icd import parse
from icdmapper.storage.unit_of_work import Storage

MOMENT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

REFERENCES = (
    ("D38", "中耳、呼吸和胸腔内器官动态未定或动态未知的肿瘤"),
    ("D38.2", "胸膜动态未定的肿瘤"),
    ("D38.201", "胸膜交界恶性肿瘤"),
    ("I63.902", "脑梗死"),
    ("C34.101", "肺上叶恶性肿瘤"),
    ("G01*", "分类于他处的细菌性疾病引起的脑膜炎"),
    ("G01.x01*", "炭疽性脑膜炎"),
    ("V01.001", "行人在与脚踏车碰撞中的损伤"),
    ("M80100/3", "癌"),
    ("34.0", "胸壁和胸膜切开术"),
    ("34.09010", "胸腔镜下脓胸清除术"),
)
LOCALS = (
    ("I63.951", "脑梗塞", 3812),
    ("D38.201", "胸膜肿瘤", 640),
    ("C34.151", "左肺上叶癌", 1377),
    ("34.0951", "胸腔镜下左脓胸引流术", 12),
    ("V01.051", "行人与自行车碰撞", None),
    ("M80100/3", "癌 NOS", 5),
)


class Clock:
    """A clock that moves one second with every look at it."""

    def __init__(self) -> None:
        self._moment = MOMENT

    def __call__(self) -> datetime:
        self._moment += timedelta(seconds=1)
        return self._moment


def new_code(code: str, name: str, *, row: int = 1, frequency: int | None = None) -> NewCode:
    """A code as an import hands it to storage."""
    shape = parse(code)
    kind = shape.kind if shape else CodeKind.DIAGNOSIS
    return NewCode(code, shape.canonical if shape else code, name, kind, row, frequency=frequency)


def code_set(side: Side, system: CodeSystem | None = None, *, edition: str = "2026") -> CodeSet:
    """A description of a code set about to be stored."""
    return CodeSet(0, side, system, "测试", edition, "测试.csv", "0" * 64, 0, MOMENT, "编码员甲")


def fill(
    storage: Storage,
    references: Sequence[tuple[str, str]] = REFERENCES,
    locals_: Sequence[tuple[str, str, int | None]] = LOCALS,
) -> tuple[dict[str, ReferenceCode], dict[str, LocalCode]]:
    """Store small sets; returns reference entries and local codes by name."""
    codes = [new_code(code, name, row=n) for n, (code, name) in enumerate(references, start=2)]
    local_codes = [
        new_code(code, name, row=n, frequency=frequency)
        for n, (code, name, frequency) in enumerate(locals_, start=2)
    ]
    with storage.writing() as work:
        for system in CodeSystem:
            part = [code for code in codes if code.kind.system is system]
            work.code_sets.add(code_set(Side.REFERENCE, system), part, initials=[""] * len(part))
        work.code_sets.add(code_set(Side.LOCAL), local_codes, initials=[""] * len(local_codes))
        work.commit()
    with storage.reading() as work:
        by_name = {code.name: code for code in work.code_sets.reference_codes()}
        return by_name, {code.name: code for code in work.code_sets.local_codes()}
