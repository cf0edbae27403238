"""The uploader as a process of its own through failing nights: what it says, tells no patient."""

import gzip
import os
import sqlite3
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from helpers.hospitals import Hospital, discharges
from helpers.loudspeakers import listeners, opened, watched
from icdmapper.upload.sandbox.faults import parse_faults

PATIENT = {
    "P4": "金丝雀甲", "P13": "110101197403170417", "P801": "金丝雀路", "P802": "13900041741",
    "P14": "金丝雀司", "P15": "13900041743", "P17": "金丝雀镇", "P18": "金丝雀乙",
    "P20": "金丝雀巷", "P21": "13900041742", "P432": "金丝雀丙", "P433": "金丝雀丁",
    "P434": "金丝雀戊", "P819": "金丝雀己", "P435": "金丝雀庚", "P436": "金丝雀辛",
    "P437": "金丝雀壬", "P3": "ZY41704170",
}  # fmt: skip
PASSWORD, HOOK = "canary-password-417", "canary-hook-417"
CANARIES = (*PATIENT.values(), PASSWORD, HOOK)
QUICK = ("held", "column", "his_gone", "password")
SLOW = ("5xx", "html", "drop", "full", "cut", "429", "expired", "bad_state")
"""With real pauses between the tries: half a minute and more each."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def shapes(text: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "gbk", "utf-16-le", "utf-16-be"):
        raw = text.encode(encoding)
        yield raw
        yield b64encode(raw).rstrip(b"=")[:-1]
    yield text.encode("unicode_escape")
    yield quote(text).encode()


@pytest.mark.parametrize(
    "nights",
    [
        pytest.param(("held", "his_gone"), id="2"),
        pytest.param(QUICK * 48 + SLOW, marks=pytest.mark.nightly, id="200"),
    ],
)
def test_no_canary_is_heard_outside(hospital: Hospital, nights: tuple[str, ...]) -> None:
    assert len(CANARIES) == 20
    said, failures = b"", 0
    with listeners() as (mail_port, hook_port, letters, hooks):
        settings(hospital, mail_port, hook_port)
        enter(hospital)
        for number, night in enumerate(nights):
            code, heard = fail(hospital, night, seed=number)
            failures += code != 0
            said += heard
        assert letters
        assert hooks
        said += b"".join(map(opened, letters)) + b"".join(hooks)
    assert failures == len(nights)
    said += left_behind(hospital.folder)
    assert [one for one in CANARIES if any(shape in said for shape in shapes(one))] == []


def settings(hospital: Hospital, mail_port: int, hook_port: int) -> None:
    for name, text in (
        ("password.txt", PASSWORD),
        ("hook.txt", f"http://127.0.0.1:{hook_port}/{HOOK}"),
    ):
        (hospital.folder / name).write_text(text, encoding="utf-8")
        (hospital.folder / name).chmod(0o600)
    file = hospital.folder / "upload.toml"
    written = file.read_text(encoding="utf-8").replace("2026-03-01", "2026-01-01")
    file.write_text(
        written + f'[alerts]\nwebhook_file = "hook.txt"\nsmtp_host = "127.0.0.1"\n'
        f'smtp_port = {mail_port}\nsender = "a@example.org"\nreceivers = ["b@example.org"]\n'
        '[severities]\n"HQ-011" = "block"\n',
        encoding="utf-8",
    )
    hospital.sandbox.server.receiver.habits = replace(
        hospital.sandbox.server.receiver.habits, password=PASSWORD
    )


def enter(hospital: Hospital) -> None:
    """Records that go out, are held for a code, and break a rule, all with canaries in them."""
    records = discharges(9)
    for name, value in PATIENT.items():
        records[name] = value
    records["P3"] = [f"{PATIENT['P3']}{at}" for at in range(9)]
    records.loc[records.index[:3], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    records.loc[records.index[3:5], "P13"] = "110101197403170418"
    hospital.enter(records, hospital.night.day)


def fail(hospital: Hospital, night: str, *, seed: int) -> tuple[int, bytes]:
    """One night that goes wrong in its way, and what it said."""
    folder = hospital.folder
    faulty = night in SLOW and night != "bad_state"
    hospital.sandbox.server.faults.change(parse_faults(f"{night}=0.9") if faulty else {}, seed=seed)
    changed = {
        "password": (folder / "password.txt", PASSWORD + "!"),
        "column": (folder / "select.sql", "SELECT nothing FROM front_page WHERE P25 >= :from"
                   " AND P25 < :to"),
        "bad_state": (folder / "upload-test.sqlite", "no database"),
        "his_gone": (folder / "url.txt", "postgresql+psycopg://u:p@127.0.0.1:9/his"),
    }.get(night)  # fmt: skip
    before = changed[0].read_bytes() if changed and changed[0].exists() else None
    if changed:
        changed[0].write_text(changed[1], encoding="utf-8")
    command = [
        sys.executable, "-m", "icdmapper.cli.main", "upload", "run", "--json",
        "--date", "2026-03-01", "--config", str(folder / "upload.toml"),
    ]  # fmt: skip
    code, heard = watched(command, folder, {**os.environ, "PYTHONUTF8": "1"})
    if changed and before is not None:
        changed[0].write_bytes(before)
    elif changed:
        changed[0].unlink()
    return code, heard


def left_behind(folder: Path) -> bytes:
    """Logs, settings and every other file but those that are there to hold records or secrets."""
    kept = {"his.db", "password.txt", "hook.txt", "printed"}
    found = []
    places = [folder, *(Path(os.environ[f"ICDMAPPER_{n}_DIR"]) for n in ("DATA", "CACHE", "LOG"))]
    for file in (one for place in places for one in place.rglob("*") if one.is_file()):
        found.append(str(file).encode())
        if file.name not in kept and "ledger" not in file.parts:
            content = file.read_bytes()
            found.append(gzip.decompress(content) if file.suffix == ".gz" else content)
    with sqlite3.connect(folder / "upload-test.sqlite") as state:
        # The outbox keeps packages packed; every other cell of the state file is read as text.
        tables = [name for (name,) in state.execute("SELECT name FROM sqlite_master")]
        for name in tables:
            if name.startswith(("sqlite_", "ix_")) or name == "package_content":
                continue
            found += [repr(row).encode() for row in state.execute(f'SELECT * FROM "{name}"')]
    state.close()
    return b"\n".join(found)
