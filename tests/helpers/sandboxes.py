"""Packages and sandboxes for tests of sending: real ZIPs, a real server on the wire."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import trustme

from icdmapper.model.sending import Environment, NewPackage, SentRecord
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.https_gateway import Account, HttpsGateway, HttpsOptions
from icdmapper.upload.layouts import DBF, layout
from icdmapper.upload.manners import Pace
from icdmapper.upload.sandbox.faults import Faults, parse_faults
from icdmapper.upload.sandbox.ledger import Ledger
from icdmapper.upload.sandbox.receiver import Habits, Receiver
from icdmapper.upload.sandbox.server import SandboxServer

ACCOUNT = Account("sandbox", "sandbox")
PATIENT = {"P4": "测试甲", "P27": "3", "P321": "I63.902", "P322": "脑梗死"}
QUICK = Pace(first=0.02, longest=0.2, tries=16, settle=0.01, asks=2, poll=0.01, polls=25)


def now() -> datetime:
    return datetime.now(UTC)


def dbf(records: Iterable[dict[str, str]], fields: Iterable[str] | None = None) -> bytes:
    """A DBF of the 346 columns, every required field filled; written apart from the product."""
    wanted = list(fields) if fields is not None else [one.code for one in layout(DBF).fields]
    known = {one.code: one for one in layout(DBF).fields}
    columns = [(name, known[name].width if name in known else 5) for name in wanted]
    width = 1 + sum(size for _name, size in columns)
    blank, places, at = bytearray(b" " * width), {}, 1
    for name, size in columns:
        places[name] = (at, size)
        if name in known and known[name].always_required:
            blank[at] = ord("1")
        at += size
    body = []
    for record in records:
        row = bytearray(blank)
        for name, value in record.items():
            if name in places:
                start, size = places[name]
                row[start : start + size] = value.encode("gb18030")[:size].ljust(size)
        body.append(bytes(row))
    heads = b"".join(
        struct.pack("<11sc4xBB14x", name.encode(), b"C", size, 0) for name, size in columns
    )
    head = struct.pack("<4BIHH20x", 3, 126, 3, 2, len(body), 33 + len(heads), width)
    return head + heads + b"\r" + b"".join(body) + b"\x1a"


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.dbf", (2026, 3, 2, 0, 0, 0)), content,
                             zipfile.ZIP_DEFLATED, 1)  # fmt: skip
    return stream.getvalue()


def records(first: int, count: int, **more: str) -> list[dict[str, str]]:
    return [
        {"P3": f"{number:08d}", "P2": "1", "P25": "2026-03-01", **PATIENT, **more}
        for number in range(first, first + count)
    ]


def package(number: int, rows: list[dict[str, str]] | None = None, *, size: int = 3) -> NewPackage:
    """A package of some records, named by its number."""
    rows = records(number * 1000, size) if rows is None else rows
    content = zipped(hqms=dbf(rows))
    name = f"202603_{number:06d}.zip"
    sha256 = hashlib.sha256(content).hexdigest()
    return NewPackage(name, name, content, sha256, DBF, len(rows))


def queue(state: UploadState, *packages: NewPackage) -> None:
    """Put packages into the outbox, each with three records of its own."""
    with state.writing() as work:
        for one in packages:
            named = [
                SentRecord(state.hash_of([one.name, str(at)]), one.sha256, date(2026, 3, 1))
                for at in range(one.records)
            ]
            work.outbox.add(one, named, at=now())
        work.commit()


@dataclass
class Sandbox:
    """A running sandbox with its files."""

    server: SandboxServer
    folder: Path
    ca_file: Path | None

    @property
    def address(self) -> str:
        return self.server.address.replace("127.0.0.1", "localhost")

    def gateway(self, account: Account = ACCOUNT, *, ca_file: Path | None = None) -> HttpsGateway:
        options = HttpsOptions(
            self.address, "1", "1", Environment.TEST, ca_file or self.ca_file, 2.0, 2.0
        )
        return HttpsGateway(options, account, now=now)

    def uploads(self) -> list[str]:
        """SHA-256 of every upload received, repeats included."""
        return [one.sha256 for one in self.server.receiver.ledger.uploads]


@contextmanager
def sandbox(
    folder: Path,
    *,
    faults: str = "",
    seed: int = 1,
    habits: Habits | None = None,
    authority: trustme.CA | None = None,
    clock: Callable[[], datetime] = now,
    dictionaries: dict[str, dict[str, str]] | None = None,
) -> Iterator[Sandbox]:
    """A sandbox on a free port; with an authority it speaks HTTPS."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = ca_file = None
    if authority is not None:
        certificate, ca_file = folder / "server.pem", folder / "ca.pem"
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        authority.cert_pem.write_to_path(ca_file)
    receiver = Receiver(
        Ledger(folder / "ledger"), habits or Habits(), now=clock, dictionaries=dictionaries
    )
    server = SandboxServer(
        receiver, Faults(parse_faults(faults), seed=seed), certificate=certificate, pauses=0.3
    )
    stop = server.start()
    try:
        yield Sandbox(server, folder / "ledger", ca_file)
    finally:
        stop()
