"""Empty projects for tests, made once and copied: the migrations take longer than most tests."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from icdmapper.storage.unit_of_work import Storage


@cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="icdmapper-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "empty.icdm"
    Storage.open(file).close()
    return file


def empty_file(file: Path) -> Path:
    """Put an empty project of today's schema at this place."""
    shutil.copy(_made(), file)
    return file


def empty_storage(file: Path) -> Storage:
    """Open an empty project at this place."""
    return Storage.open(empty_file(file))
