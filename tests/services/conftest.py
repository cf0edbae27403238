"""Rooms through a temporary project file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.builders import Clock, fill
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "项目.icdm"


@pytest.fixture
def storage(file: Path) -> Iterator[Storage]:
    opened = Storage.open(file)
    yield opened
    opened.close()


@pytest.fixture
def sets(storage: Storage) -> Sets:
    """Small reference sets and a small local list, by name."""
    return fill(storage)


@pytest.fixture
def resolution(storage: Storage) -> ResolutionService:
    return ResolutionService(storage, Clock())
