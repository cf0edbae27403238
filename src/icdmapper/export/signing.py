"""The key that signs releases: made on first use, kept in the system's keyring, or in a file
only its owner can read where the system has none."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from icdmapper.model.errors import IcdMapperError
from icdmapper.storage.keychain import Keychain
from icdmapper.texts import _

KEY_FILE = "release-key.pem"
NOTE_FILE = "release-key.kept.json"
"""Says which entry of the keyring holds the key: a keyring that falls silent is no reason to make
another key, which no uploader would know."""


class SigningKey:
    """An Ed25519 key (RFC 8032)."""

    def __init__(self, private: Ed25519PrivateKey, place: str) -> None:
        self._private = private
        self.place = place
        """Where it is kept, as a person would say it."""

    @classmethod
    def kept_in(cls, folder: Path, keychain: Keychain) -> SigningKey:
        """The key of this folder, made when there is none: in the keyring before a file.

        Raises:
            IcdMapperError: the file is damaged, of another kind, or others could read it.
            RefusedError: the keyring that holds the key does not give it.
        """
        file, note = folder / KEY_FILE, folder / NOTE_FILE
        if file.exists():
            return cls._from_file(file)
        if note.exists():
            return cls._from_keychain(note, keychain)
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        made = cls(_loaded(pem, file), str(file))
        folder.mkdir(parents=True, exist_ok=True)
        entry = f"release-key {made.id}"
        if keychain.keep(entry, pem.decode("ascii")):
            _write_new(note, json.dumps({"entry": entry, "public": made.public}).encode())
            return cls._from_keychain(note, keychain)
        _write_new(file, pem)
        return made

    @classmethod
    def _from_file(cls, file: Path) -> SigningKey:
        if sys.platform != "win32" and file.stat().st_mode & 0o077:
            raise IcdMapperError(
                _("{file} can be read by others; allow its owner only (chmod 600).").format(
                    file=file
                )
            )
        return cls(_loaded(file.read_bytes(), file), str(file))

    @classmethod
    def _from_keychain(cls, note: Path, keychain: Keychain) -> SigningKey:
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            entry, public = str(told["entry"]), str(told["public"])
        except (ValueError, KeyError, TypeError) as error:
            raise IcdMapperError(_("{file} is no signing key.").format(file=note)) from error
        found = cls(
            _loaded(keychain.required(entry).encode("ascii", "replace"), note),
            _("system keyring ({name})").format(name=keychain.name),
        )
        if found.public != public:
            raise IcdMapperError(_("{file} is no signing key.").format(file=note))
        return found

    @property
    def public(self) -> str:
        """The public half in Base64; the uploader is told it once, by hand."""
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    @property
    def id(self) -> str:
        """A short name of the key for manifests and screens."""
        return key_id(self.public)

    def sign(self, content: bytes) -> str:
        """The signature of some bytes in Base64."""
        return base64.b64encode(self._private.sign(content)).decode()


def key_id(public: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def _loaded(pem: bytes, told: Path) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IcdMapperError(_("{file} is no signing key.").format(file=told)) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise IcdMapperError(_("{file} is no signing key.").format(file=told))
    return private


def _write_new(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        os.fsync(stream.fileno())
