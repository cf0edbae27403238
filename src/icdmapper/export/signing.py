"""The key that signs releases: made on first use, kept in a file only its owner can read."""

from __future__ import annotations

import base64
import hashlib
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
from icdmapper.texts import _

KEY_FILE = "release-key.pem"


class SigningKey:
    """An Ed25519 key (RFC 8032)."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def kept_in(cls, folder: Path) -> SigningKey:
        """The key of this folder, made when there is none.

        Raises:
            IcdMapperError: the file is damaged, of another kind, or others could read it.
        """
        file = folder / KEY_FILE
        if not file.exists():
            return cls._made(file)
        if sys.platform != "win32" and file.stat().st_mode & 0o077:
            raise IcdMapperError(
                _("{file} can be read by others; allow its owner only (chmod 600).").format(
                    file=file
                )
            )
        try:
            private = load_pem_private_key(file.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise IcdMapperError(_("{file} is no signing key.").format(file=file)) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise IcdMapperError(_("{file} is no signing key.").format(file=file))
        return cls(private)

    @classmethod
    def _made(cls, file: Path) -> SigningKey:
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(pem)
            os.fsync(stream.fileno())
        return cls(private)

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
