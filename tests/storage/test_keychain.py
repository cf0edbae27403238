"""The system's keyring: used where it answers, and a protected file where it does not."""

import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from icdmapper.export.signing import KEY_FILE, NOTE_FILE, SigningKey
from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Environment
from icdmapper.storage.keychain import Keychain
from icdmapper.upload import config


class Drawer(KeyringBackend):
    """A keyring of this test alone, which can be locked, or wait for a person who never comes."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False
        self.waits = threading.Event()
        self.waits.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.waits.wait(20)
        if self.locked:
            raise KeyringLocked
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.waits.wait(20)
        if self.locked:
            raise KeyringLocked
        self.entries[service, username] = password


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before, drawer = keyring.get_keyring(), Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    drawer.waits.set()
    keyring.set_keyring(before)


def test_the_signing_key_lies_in_the_keyring_and_comes_back(drawer: Drawer, tmp_path: Path) -> None:
    made = SigningKey.kept_in(tmp_path, Keychain())
    assert not (tmp_path / KEY_FILE).exists()
    assert "PRIVATE" not in (tmp_path / NOTE_FILE).read_text()
    again = SigningKey.kept_in(tmp_path, Keychain())
    assert (again.public, again.sign(b"x")) == (made.public, made.sign(b"x"))
    assert "keyring" in again.place
    assert len(drawer.entries) == 1


def test_a_keyring_that_falls_silent_never_means_another_key(
    drawer: Drawer, tmp_path: Path
) -> None:
    made = SigningKey.kept_in(tmp_path, Keychain())
    drawer.locked = True
    with pytest.raises(RefusedError, match="release-key"):
        SigningKey.kept_in(tmp_path, Keychain())
    drawer.locked = False
    drawer.entries.clear()
    with pytest.raises(RefusedError, match="release-key"):
        SigningKey.kept_in(tmp_path, Keychain())
    assert not (tmp_path / KEY_FILE).exists()
    assert made.public in (tmp_path / NOTE_FILE).read_text()


@pytest.mark.parametrize("how", ["none", "locked", "waits"])
def test_without_a_keyring_that_answers_the_key_lies_in_a_protected_file(
    tmp_path: Path, drawer: Drawer, how: str
) -> None:
    if how == "none":
        keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    drawer.locked = how == "locked"
    if how == "waits":
        drawer.waits.clear()
    keychain = Keychain(wait_seconds=0.2)
    assert (keychain.name == "") is (how == "none")
    made = SigningKey.kept_in(tmp_path, keychain)
    assert made.place == str(tmp_path / KEY_FILE)
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert SigningKey.kept_in(tmp_path, keychain).public == made.public


def test_secrets_of_the_uploader_come_from_the_keyring(drawer: Drawer, tmp_path: Path) -> None:
    config.keep_secret("hqms test", "pässwort")
    settings = tmp_path / "upload.toml"
    settings.write_text(
        '[hospital]\nid = "T"\n[source]\nkind = "folder"\nfirst_day = 2026-01-01\n'
        '[test]\ntransport = "https"\nservice = "https://localhost"\nrc020 = "1"\nrc021 = "1"\n'
        'login = "l"\npassword_keyring = "hqms test"\n',
        encoding="utf-8",
    )
    assert config.load(settings, Environment.TEST).target.password == "pässwort"
    assert "pässwort" not in repr(config.load(settings, Environment.TEST))
    drawer.locked = True
    with pytest.raises(RefusedError, match="hqms test"):
        config.load(settings, Environment.TEST)
    with pytest.raises(RefusedError, match="Nothing was kept"):
        config.keep_secret("hqms test", "x")
