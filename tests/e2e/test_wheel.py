"""The wheel alone: everything shipped is in it, and the console works where Qt is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.files import write_lists

ROOT = Path(__file__).parents[2]
# What a machine without the desktop extra looks like to the program.
WITHOUT_QT = (
    "import sys; sys.modules['PySide6'] = None; sys.modules['shiboken6'] = None; "
    "from icdmapper.cli.main import main; raise SystemExit(main(sys.argv[1:]))"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "lib" / "site"
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(site), str(wheel)],
        check=True,
        capture_output=True,
    )
    return site


def console(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "ICDMAPPER_DATA_DIR": str(folder)}
    command = [sys.executable, "-c", WITHOUT_QT, *words]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_console_works_from_the_wheel_without_qt(installed: Path, tmp_path: Path) -> None:
    answer = console(installed, tmp_path, "doctor", "--json", "--language", "en")
    assert answer.returncode == 0, answer.stderr
    checks = {check["check"]: check for check in json.loads(answer.stdout)}
    assert "not installed" in checks["desktop"]["detail"]
    assert checks["aliases and slots"]["ok"]


@pytest.mark.nightly
def test_the_shipped_sets_make_the_demonstration_from_the_wheel(
    installed: Path, tmp_path: Path
) -> None:
    answer = console(installed, tmp_path, "demo", "--headless", "--json", "--out", "results")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["decided"] >= 100
    assert told["screenshot"] is None
    assert (tmp_path / told["results"] / "mapping.csv").is_file()


@pytest.mark.nightly
def test_match_works_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    reference, _procedures, local = map(str, write_lists(tmp_path))
    answer = console(installed, tmp_path, "match", reference, local, "--out", "out.csv")
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("query_row,")


@pytest.mark.nightly
def test_the_uploader_and_the_sandbox_work_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    written = console(installed, tmp_path, "upload", "init", "--config", "upload.toml", "--json")
    assert written.returncode == 0, written.stderr
    for name in ("his-url.txt", "password-test.txt", "password-production.txt"):
        (tmp_path / name).write_text("sqlite:///nowhere.db", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "discharges.sql").write_text(
        "SELECT * FROM v WHERE P25 >= :from AND P25 < :to", encoding="utf-8"
    )
    (tmp_path / "columns.toml").write_text("[fields.P3]\ncolumn = 'P3'\n", encoding="utf-8")
    status = console(installed, tmp_path, "upload", "status", "--config", "upload.toml", "--json")
    assert status.returncode == 1, status.stderr  # no release is installed yet
    assert json.loads(status.stdout)["environment"] == "test"
    run = console(installed, tmp_path, "upload", "run", "--config", "upload.toml", "--json")
    assert run.returncode == 3, run.stderr
    helped = console(installed, tmp_path, "sandbox", "--help")
    assert helped.returncode == 0, helped.stderr
