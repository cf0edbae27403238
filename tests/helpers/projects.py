"""Whole small projects, made through the services the way a hospital makes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.empty import empty_file
from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.model.people import Person
from icdmapper.settings import Settings

CODER = Person("编码员甲")

DIAGNOSES = (
    ("C34", "支气管和肺恶性肿瘤"),
    ("C34.1", "上叶,支气管或肺的恶性肿瘤"),
    ("C34.101", "左肺上叶恶性肿瘤"),
    ("C34.102", "右肺上叶恶性肿瘤"),
    ("I63", "脑梗死"),
    ("I63.9", "未特指的脑梗死"),
    ("I63.902", "脑梗死"),
    ("K35", "急性阑尾炎"),
    ("K35.8", "其他的急性阑尾炎"),
    ("K35.801", "急性化脓性阑尾炎"),
    ("K36.x02", "慢性阑尾炎"),
    ("H25.901", "老年性白内障"),
)
PROCEDURES = (
    ("34.0", "胸壁和胸膜切开术"),
    ("34.09", "胸膜其他切开术"),
    ("34.09010", "胸腔镜下脓胸清除术"),
    ("47.0", "阑尾切除术"),
    ("47.01", "腹腔镜下阑尾切除术"),
    ("47.01001", "腹腔镜下阑尾切除术"),
)
LOCAL_CODES = (
    ("I63.951", "脑梗死", 3812, "神经内科"),
    ("C34.151", "左肺上叶恶性肿瘤", 1377, "胸外科"),
    ("K35.851", "急性化脓性阑尾炎", 1206, "普外科"),
    ("H25.951", "老年性白内障NOS", 1150, "眼科"),
    ("K36.x51", "慢性阑尾炎", 300, "普外科"),
    ("47.0151", "腹腔镜下阑尾切除术", 210, "普外科"),
    ("34.0951", "胸腔镜下左脓胸引流术", 12, "胸外科"),
)


def small_project(folder: Path, *, proposals: bool = True) -> Services:
    """Two reference sets and seven local codes; with proposals unless told otherwise."""
    services = empty_project(folder)
    for name, codes in (("诊断", DIAGNOSES), ("手术操作", PROCEDURES)):
        file = code_list(folder / f"{name}.csv", codes)
        store(services, file, Side.REFERENCE, name=name)
    store(services, local_list(folder / "院内.csv"), Side.LOCAL, name="院内编码")
    if proposals:
        services.matching.propose_all()
    return services


def empty_project(folder: Path) -> Services:
    """A project without any code set."""
    return bootstrap.open_project(empty_file(folder / "项目.icdm"), Settings(person=CODER.name))


def store(services: Services, file: Path, side: Side, *, name: str) -> None:
    """Import a file and sign it off."""
    preview = services.importing.preview(Source(path=file), side=side)
    services.importing.store(preview, name=name, edition="2026", by=CODER)


def code_list(file: Path, codes: Sequence[tuple[str, str]]) -> Path:
    """A reference list as a file."""
    lines = ["编码,名称", *(f'{code},"{name}"' for code, name in codes)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def local_list(
    file: Path, codes: Sequence[tuple[str, str, int, str]] = LOCAL_CODES, *, encoding: str = "utf-8"
) -> Path:
    """A hospital's list as a file."""
    lines = ["院内编码,名称,年例数,科室"]
    lines += [f'{code},"{name}",{count},{department}' for code, name, count, department in codes]
    file.write_text("\n".join(lines) + "\n", encoding=encoding)
    return file
