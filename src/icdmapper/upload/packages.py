"""Release packages on the uploader's side: verified before use, the last good one kept.

A package is taken for what it says only after its signature, its files and its terms were
checked; whatever fails names its own reason and leaves the package in use where it was.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from icdmapper.model.codes import CodeKind
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Relation, State, TargetRole
from icdmapper.model.releases import (
    FORMAT,
    MANIFEST,
    RESIDUAL,
    SIGNATURE,
    TABLE,
    ReleasedMapping,
    ReleasedTarget,
)
from icdmapper.texts import N_, _

LOCAL_LISTS = "local"
_LARGEST = {MANIFEST: 4 << 20, SIGNATURE: 4 << 10}
_LARGEST_TABLE = 512 << 20
_ANSWERED = frozenset({State.DECIDED, State.CHECKED, State.SETTLED, State.NO_COUNTERPART})


class Fault(Enum):
    """Why a package was refused."""

    INCOMPLETE = N_("a file of the package is missing, too large or not listed")
    UNSIGNED = N_("the package carries no readable signature")
    WRONG_KEY = N_("no key this uploader trusts has signed it")
    TAMPERED = N_("a file differs from what was signed")
    UNKNOWN_FORMAT = N_("it was made by a newer version of the program")
    OTHER_HOSPITAL = N_("it belongs to another hospital")
    EXPIRED = N_("it has expired")
    ROLLBACK = N_("a newer release is in use already")
    REHEARSAL = N_("it was made for rehearsal and may not be used for production")


class RefusedPackageError(RefusedError):
    """A release package that may not be used."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(_("The release package was refused: {reason}.").format(
            reason=_(fault.value)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trust:
    """What an uploader trusts: public keys in Base64, its hospital, whether rehearsals may run."""

    keys: tuple[str, ...]
    hospital_id: str
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release whose signature, files and terms were checked.

    `editions` are those of the code sets it was made from: by the name of a reference set, and
    under LOCAL_LISTS those of the hospital's own lists, "" when one has none.
    """

    version: int
    hospital_id: str
    valid_from: date
    expires: date
    rehearsal: bool
    manifest_sha256: str
    mappings: tuple[ReleasedMapping, ...]
    editions: Mapping[str, str] = field(default_factory=dict)


def verify(folder: Path, trust: Trust, *, today: date, installed: int = 0) -> VerifiedRelease:
    """Check a package folder and read its mapping table.

    `installed` is the highest version in use; the same version again is no rollback.

    Raises:
        RefusedPackageError: with the fault.
    """
    manifest_bytes = _read(folder, MANIFEST, _LARGEST[MANIFEST])
    _check_signature(manifest_bytes, _read(folder, SIGNATURE, _LARGEST[SIGNATURE]), trust.keys)
    manifest = _manifest(manifest_bytes)
    content = _checked_files(folder, manifest)
    return _released(
        manifest, content, trust, hashlib.sha256(manifest_bytes).hexdigest(),
        today=today, installed=installed,
    )  # fmt: skip


class ReleaseShelf:
    """The verified packages of one uploader in a folder; installing is all or nothing."""

    def __init__(self, folder: Path, trust: Trust) -> None:
        self._folder = folder
        self._trust = trust

    def install(
        self,
        package: Path,
        *,
        today: date,
        look: Callable[[VerifiedRelease], None] = lambda _release: None,
    ) -> VerifiedRelease:
        """Verify a package and keep a copy of it; a refused one changes nothing.

        `look` may refuse it for what is in it.

        Raises:
            RefusedPackageError: with the fault.
        """
        release = verify(package, self._trust, today=today, installed=self.newest_version())
        look(release)
        final = self._place(release.version)
        if final.exists():
            return release
        aside = self._folder / f".{final.name}.partial"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for name in (MANIFEST, SIGNATURE, *_manifest((package / MANIFEST).read_bytes())["files"]):
            shutil.copyfile(package / name, aside / name)
            with (aside / name).open("rb+") as stream:
                os.fsync(stream.fileno())
        aside.rename(final)
        return release

    def newest_version(self) -> int:
        """The highest version installed; 0 when there is none."""
        return max((int(one.name.rpartition("-")[2]) for one in self._packages()), default=0)

    def in_use(self, *, today: date) -> tuple[VerifiedRelease, ...]:
        """Every installed release that may be used today, each verified again, oldest first.

        Raises:
            RefusedPackageError: none may be used; the fault is that of the newest.
        """
        found: list[VerifiedRelease] = []
        fault: RefusedPackageError | None = None
        for package in self._packages():
            try:
                found.append(verify(package, self._trust, today=today))
            except RefusedPackageError as refused:
                fault = refused
        if not found:
            raise fault or RefusedPackageError(Fault.INCOMPLETE)
        return tuple(sorted(found, key=lambda one: one.version))

    def _place(self, version: int) -> Path:
        return self._folder / f"release-{version:04d}"

    def _packages(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(one for one in self._folder.glob("release-[0-9]*") if one.is_dir())


def release_for(releases: Iterable[VerifiedRelease], discharged: date) -> VerifiedRelease | None:
    """The release valid on a discharge date: the newest that had begun by then."""
    begun = [one for one in releases if one.valid_from <= discharged]
    return max(begun, key=lambda one: one.version, default=None)


def _read(folder: Path, name: str, largest: int) -> bytes:
    file = folder / name
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > largest:
            raise RefusedPackageError(Fault.INCOMPLETE)
        return file.read_bytes()
    except OSError:
        raise RefusedPackageError(Fault.INCOMPLETE) from None


def _check_signature(content: bytes, packed: bytes, keys: Collection[str]) -> None:
    try:
        signature = base64.b64decode(packed.strip(), validate=True)
    except binascii.Error:
        raise RefusedPackageError(Fault.UNSIGNED) from None
    if len(signature) != 64:
        raise RefusedPackageError(Fault.UNSIGNED)
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, content)
        except (InvalidSignature, ValueError):
            continue
        return
    raise RefusedPackageError(Fault.WRONG_KEY)


def _manifest(content: bytes) -> dict[str, Any]:
    # Signed, so it is ours; what cannot be read was made by a program this one does not know.
    try:
        manifest: dict[str, Any] = json.loads(content)
        if manifest["format"] != FORMAT:
            raise RefusedPackageError(Fault.UNKNOWN_FORMAT)
    except (ValueError, KeyError, TypeError):
        raise RefusedPackageError(Fault.UNKNOWN_FORMAT) from None
    return manifest


def _checked_files(folder: Path, manifest: dict[str, Any]) -> bytes:
    """The bytes of the mapping table, once every file is what was signed and none is added."""
    listed: dict[str, dict[str, Any]] = manifest["files"]
    present = {one.name for one in folder.iterdir()}
    if present != {MANIFEST, SIGNATURE, *listed} or TABLE not in listed:
        raise RefusedPackageError(Fault.INCOMPLETE)
    table = b""
    for name, facts in listed.items():
        content = _read(folder, name, _LARGEST_TABLE)
        if len(content) != facts["bytes"] or hashlib.sha256(content).hexdigest() != facts["sha256"]:
            raise RefusedPackageError(Fault.TAMPERED)
        if name == TABLE:
            table = content
    return table


def _released(
    manifest: dict[str, Any],
    content: bytes,
    trust: Trust,
    sha256: str,
    *,
    today: date,
    installed: int,
) -> VerifiedRelease:
    expires = date.fromisoformat(manifest["expires"])
    for wrong, fault in (
        (manifest["hospital_id"] != trust.hospital_id, Fault.OTHER_HOSPITAL),
        (manifest["rehearsal"] and not trust.rehearsal, Fault.REHEARSAL),
        (today >= expires, Fault.EXPIRED),
        (manifest["version"] < installed, Fault.ROLLBACK),
    ):
        if wrong:
            raise RefusedPackageError(fault)
    return VerifiedRelease(
        manifest["version"],
        manifest["hospital_id"],
        date.fromisoformat(manifest["valid_from"]),
        expires,
        manifest["rehearsal"],
        sha256,
        tuple(_mappings(content.decode())),
        _editions(manifest["code_sets"]),
    )


def _editions(code_sets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in code_sets:
        found.setdefault(one["system"] or LOCAL_LISTS, []).append(str(one["edition"]).strip())
    return {name: ", ".join(editions) if all(editions) else "" for name, editions in found.items()}


def _mappings(text: str) -> Iterable[ReleasedMapping]:
    rows: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        key = (row["local_kind"], row["local_code"], row["local_name"])
        rows.setdefault(key, []).append(row)
    for (kind, code, name), same in rows.items():
        state, relation = State(same[0]["state"]), same[0]["relation"]
        targets = tuple(
            ReleasedTarget(
                row["target_code"],
                row["target_name"],
                TargetRole(row["target_role"]),
                row["target_system"],
                row["target_operation_kind"],
            )
            for row in same
            if row["target_code"] and state in _ANSWERED
        )
        yield ReleasedMapping(
            code, name, CodeKind(kind), state, Relation(relation) if relation else None, targets,
            same[0].get("parent_code") or "", same[0].get("residual") == RESIDUAL,
            same[0]["decided_by"],
        )  # fmt: skip
