"""Twenty canaries through many failures: none sings in a log, an error or the name of a file."""

import base64
import contextlib
import gzip
import hashlib
import logging
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from helpers.sandboxes import QUICK, dbf, now, queue, records, sandbox, zipped
from icdmapper import logs
from icdmapper.model.errors import IcdMapperError
from icdmapper.model.sending import Environment, NewPackage, SentRecord
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.folder_gateway import FolderGateway
from icdmapper.upload.gateway import Gateway, UnreachableError
from icdmapper.upload.https_gateway import Account, HttpsGateway, HttpsOptions
from icdmapper.upload.sandbox.receiver import Habits
from icdmapper.upload.sending import Clockwork, Sender, settle_unknown

PATIENTS = {
    "P4": "金丝雀甲", "P6891": "金丝雀医院", "P5": "19740317", "P7": "417", "P11": "金丝雀国",
    "P13": "110101197403170417", "P801": "金丝雀路", "P802": "13900041741", "P18": "金丝雀乙",
    "P20": "金丝雀巷", "P21": "13900041742", "P26": "金丝雀科", "P322": "金丝雀病",
    "P281": "金丝雀症", "P301": "金丝雀炎", "P431": "金丝雀医", "P3": "ZY41704170",
}  # fmt: skip
LOGIN, PASSWORD = "canary-login-417", "canary-pässword-417"
FAULTS = ("drop", "duplicate", "delay", "5xx", "429", "cut", "expired", "html", "slow", "full")
TOKENS: list[str] = []
PACE = replace(QUICK, polls=8, tries=12)


def canaries() -> list[str]:
    # A number of three digits would be found in any log; the rest are telling.
    return [value for value in PATIENTS.values() if len(value) > 3] + [LOGIN, PASSWORD, *TOKENS]


def shapes(text: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        yield text.encode(encoding)
    yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]
    yield text.encode("unicode_escape")
    yield hashlib.sha256(text.encode()).hexdigest().encode()


class Everything(logging.Handler):
    """All loggers, all levels, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Everything]:
    """Everything anybody says, the program's own log beside it."""
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    (tmp_path / "log").mkdir()
    logs.set_up(tmp_path / "log", verbose=True)
    try:
        yield handler
    finally:
        logs.tear_down()
        root.removeHandler(handler)
        root.setLevel(level)


def canary_package(number: int) -> NewPackage:
    rows = records(number * 10, 2, **{**PATIENTS, "P3": f"ZY41704170{number}"})
    content = zipped(hqms=dbf(rows))
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"202603_{number:06d}.zip"
    return NewPackage(name, name, content, sha256, "DBF346", 2)


def failures(state: UploadState, gateway: Gateway) -> list[str]:
    """Send and settle; everything that is raised, as it would be printed."""
    told = []
    try:
        with state.one_instance() as lock:
            clockwork = Clockwork(now, lambda _seconds: None, Random(3).random)
            report = Sender(state, gateway, clockwork=clockwork, pace=PACE).run(lock)
        told.append(repr(report))
        for name in report.unknown:
            told.append(repr(settle_unknown(state, name, arrived=True, by="", at=now())))
    except (IcdMapperError, UnreachableError):
        told.append(traceback.format_exc())
    told.append(f"{gateway!r} {vars(gateway).get('_options')!r} {vars(gateway).get('_account')!r}")
    gateway.close()
    return told


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_no_canary_sings(
    tmp_path: Path, heard: Everything, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    state = UploadState.open(tmp_path / "state" / "upload.sqlite", Environment.TEST)
    told, sent = [], 0
    account = Account(LOGIN, PASSWORD)
    for at, fault in enumerate(FAULTS * rounds):
        habits = Habits(
            LOGIN,
            PASSWORD,
            knows_repeats=at % 4 < 2,
            remembers=at % 3 != 2,
            gives_receipts=at % 2 == 0,
        )
        queue(state, canary_package(at))
        with sandbox(tmp_path / f"s{at}", faults=f"{fault}=0.5", seed=at, habits=habits) as place:
            place.server.pauses = 0.01
            told += failures(state, place.gateway(account))
            told += failures(state, place.gateway(Account(LOGIN, PASSWORD + "!")))
            sent += place.server.faults.requests
            TOKENS.extend(place.server.receiver._tokens)
    queue(state, canary_package(90))
    nowhere = HttpsOptions("https://127.0.0.1:9", "1", "1", Environment.TEST, None, 0.2, 0.2)
    told += failures(state, HttpsGateway(nowhere, account, now=now))
    told += failures(state, FolderGateway(tmp_path / "out"))
    told += strange_failures(state, tmp_path)
    state.close()
    assert sent > 40 * rounds
    assert TOKENS
    said = "\n".join([*heard.lines, *told]).encode()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    said += "\n".join(str(file) for file in files).encode()
    for file in files:
        # The outbox and the outgoing folder hold the packages: that is what they are for.
        if "state" not in file.parts and "out" not in file.parts:
            said += file.read_bytes()
    said += b"".join(gzip.decompress(file.read_bytes()) for file in files if file.suffix == ".gz")
    hits = [text for text in canaries() if any(shape in said for shape in shapes(text))]
    assert hits == []
    assert list(temporary.iterdir()) == []
    assert len(canaries()) >= 18


def strange_failures(state: UploadState, folder: Path) -> list[str]:
    """Refusals by the state file itself, with a patient's value under the hand."""
    told = []
    package = canary_package(90)
    with contextlib.suppress(OSError):
        (folder / "blocked").write_text("")
    for act in (
        lambda: queue(state, NewPackage(package.key, package.name, b"x", "0" * 64, "DBF346", 1)),
        lambda: duplicate_record(state),
        lambda: failures_of_folder(state, folder / "blocked"),
        lambda: UploadState.open(state.file, Environment.PRODUCTION),
    ):
        try:
            act()
        except Exception:  # noqa: BLE001 - whatever it is, it must not tell
            told.append(traceback.format_exc())
    assert len(told) >= 3
    return told


def duplicate_record(state: UploadState) -> None:
    named = SentRecord(state.hash_of([PATIENTS["P3"]]), PATIENTS["P4"], None)
    with state.writing() as work:
        work.outbox.add(canary_package(91), [named, named], at=datetime.now(UTC))


def failures_of_folder(state: UploadState, folder: Path) -> None:
    queue(state, canary_package(92))
    FolderGateway(folder).token()
