"""Every test runs offline, offscreen, in its own folders."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from icdmapper import texts

# How long an example takes says how busy the machine is, nothing of the program.
hypothesis_settings.register_profile(
    "calm", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("calm")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The keyring of whoever runs the tests is left alone.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


@pytest.fixture(scope="session")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What can be made again is made once for all tests of a process."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, kept_folder: Path
) -> None:
    """Nothing a test does touches the person's own data, cache or log."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("DATA", "LOG"):
        monkeypatch.setenv(f"ICDMAPPER_{name}_DIR", str(folder / name.lower()))
    monkeypatch.setenv("ICDMAPPER_CACHE_DIR", str(kept_folder))
    monkeypatch.delenv("ICDMAPPER_PROJECT", raising=False)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """No test reads the language that another one chose."""
    texts.choose_language("en")


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The real code sets, when this machine has them; the tests on them are skipped elsewhere."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ICDMAPPER_EVAL_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"evaluation data is not here ({folder}); set ICDMAPPER_EVAL_DATA")
    return folder
