"""The walls of the house: each contract holds, and each one notices when it is broken."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = "Floors, and no doors between rooms"
QT = "Qt lives only in desktop"
SQL = "SQLAlchemy lives only in storage and bootstrap"
ENTRANCES = "Entrances speak to rooms, never to storage"
PURE = "Rules are pure"

VIOLATIONS = [
    ("matching/service.py", "import icdmapper.resolution.service", FLOORS),
    ("model/codes.py", "import icdmapper.storage.tables", FLOORS),
    ("cli/main.py", "import icdmapper.desktop.tasks", FLOORS),
    ("utils/__init__.py", "", FLOORS),
    ("catalog/service.py", "import PySide6.QtCore", QT),
    ("importing/service.py", "import sqlalchemy", SQL),
    ("desktop/tasks.py", "import icdmapper.storage.tables", ENTRANCES),
    ("cli/output.py", "import icdmapper.storage.unit_of_work", ENTRANCES),
    ("resolution/rules.py", "import icdmapper.storage.mappings", PURE),
    ("export/table.py", "import sqlalchemy", PURE),
]


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    command += ["--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.run(
        command, cwd=source, env=environment, capture_output=True, text=True, check=False
    )


def broken(report: str) -> set[str]:
    return set(re.findall(r"^(.+) BROKEN$", report, re.MULTILINE))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "src" / "icdmapper",
        folder / "icdmapper",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder


def test_the_house_as_it_stands_breaks_no_contract(copy: Path) -> None:
    answer = lint(copy)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"), VIOLATIONS, ids=[f"{v[0]}: {v[1]}" for v in VIOLATIONS]
)
def test_a_seeded_violation_is_caught_by_the_contract_meant_for_it(
    copy: Path, file: str, line: str, contract: str
) -> None:
    place = copy / "icdmapper" / file
    before = place.read_text(encoding="utf-8") if place.exists() else None
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        answer = lint(copy)
    finally:
        if before is None:
            shutil.rmtree(place.parent)
        else:
            place.write_text(before, encoding="utf-8")
    assert answer.returncode != 0
    # An undeclared package is refused before the contracts are told apart.
    assert contract in broken(answer.stdout) or (not line and "utils" in answer.stdout)


def test_every_contract_has_a_seeded_violation() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {one["name"] for one in settings["tool"]["importlinter"]["contracts"]}
    assert names == {contract for _file, _line, contract in VIOLATIONS}
