"""Rooms through a temporary project file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from helpers.builders import Clock, fill
from helpers.empty import empty_storage
from helpers.hospitals import HOSPITAL, Hospital, Night, decide, write_settings
from helpers.sandboxes import sandbox
from icdmapper.export.releasing import ReleaseService, Terms
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "项目.icdm"


@pytest.fixture
def storage(file: Path) -> Iterator[Storage]:
    opened = empty_storage(file)
    yield opened
    opened.close()


@pytest.fixture
def sets(storage: Storage) -> Sets:
    """Small reference sets and a small local list, by name."""
    return fill(storage)


@pytest.fixture
def resolution(storage: Storage) -> ResolutionService:
    return ResolutionService(storage, Clock())


@pytest.fixture
def hospital(
    storage: Storage, resolution: ResolutionService, sets: Sets, tmp_path: Path
) -> Iterator[Hospital]:
    for local, entry in (("脑梗塞", "脑梗死"), ("左肺上叶癌", "肺上叶恶性肿瘤"), ("癌 NOS", "癌")):
        decide(resolution, sets, local, entry)
    terms = Terms("测试医院", HOSPITAL, 0.1, 13, tmp_path / "keys")
    releases = ReleaseService(storage, Clock(), terms)
    with sandbox(tmp_path / "sandbox", authority=trustme.CA()) as running:
        one = Hospital(tmp_path, Night(), running, storage, resolution, releases, sets)
        write_settings(one)
        one.release()
        yield one
