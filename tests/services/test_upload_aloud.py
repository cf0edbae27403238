"""The uploader as a process of its own through failing nights: what it says, tells no patient."""

import gzip
import os
import sqlite3
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from helpers.forked_runs import forked_runs
from helpers.hospitals import Hospital, discharges
from helpers.loudspeakers import listeners, opened, watched, watched_fork
from icdmapper.upload.sandbox.faults import parse_faults

PATIENT = {
    "P4": "金丝雀甲", "P13": "110101197403170417", "P801": "金丝雀路", "P802": "13900041741",
    "P14": "金丝雀司", "P15": "13900041743", "P17": "金丝雀镇", "P18": "金丝雀乙",
    "P20": "金丝雀巷", "P21": "13900041742", "P432": "金丝雀丙", "P433": "金丝雀丁",
    "P434": "金丝雀戊", "P819": "金丝雀己", "P435": "金丝雀庚", "P436": "金丝雀辛",
    "P437": "金丝雀壬", "P3": "ZY41704170",
}  # fmt: skip
PASSWORD, HOOK, HIS = "canary-password-417", "canary-hook-417", "canary-his-417"
CANARIES = (*PATIENT.values(), PASSWORD, HOOK, HIS)
FAULTS = {
    **{name: f"{name}=0.9" for name in ("5xx", "429", "html", "drop", "cut", "full", "expired")},
    "answers lost": "cut=0.3,drop=0.3", "answers spoiled": "html=0.4,slow=0.1,delay=0.1",
    "twice": "duplicate=0.3,drop=0.3",
}  # fmt: skip
LOOK, LATER = 1, 9
ENDS = {
    "held": {LOOK}, "number": {LOOK}, "no_hook": {LOOK},
    "column": {3}, "password": {3}, "bad_release": {3},
    "his_gone": {5}, "bad_columns": {6}, "bad_state": {8}, "other_ca": {LATER},
    **{name: {LOOK, LATER} for name in FAULTS},
}  # fmt: skip
"""Kinds of nights with the exit codes that say that they went wrong in their own way."""
PAUSING = {"other_ca", *FAULTS}
"""Nights whose runs pause between their tries; only forks have short pauses."""

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
        pytest.param(tuple(ENDS) * 10, marks=pytest.mark.nightly, id="200"),
    ],
)
def test_no_canary_is_heard_outside(hospital: Hospital, nights: tuple[str, ...]) -> None:
    """Kinds of nights once as the command itself, their repetitions as forks of it."""
    assert len(CANARIES) >= 20
    said, ended = b"", Counter[tuple[str, int]]()
    temporary = hospital.folder / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONUTF8": "1", "TMPDIR": str(temporary)}
    with listeners() as (mail_port, hook_port, letters, hooks), forked_runs(environment) as forks:
        settings(hospital, mail_port, hook_port)
        for number, night in enumerate(nights):
            enter(hospital, number, night)
            with going_wrong(hospital, night, seed=number):
                if number < len(nights) // 10 + 1 and night not in PAUSING:
                    code, heard = watched(
                        [sys.executable, "-m", "icdmapper.cli.main", *arguments(hospital)],
                        hospital.folder, environment,
                    )  # fmt: skip
                else:
                    code, heard = watched_fork(forks, arguments(hospital), hospital.folder)
            ended[night, code] += 1
            said += heard
        assert letters
        assert hooks
        said += b"".join(map(opened, letters)) + b"".join(hooks)
    for (night, code), count in sorted(ended.items()):
        sys.stdout.write(f"{night}: exit {code}: {count}\n")
    assert [one for one in ended if one[1] not in ENDS[one[0]]] == []
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


def enter(hospital: Hospital, number: int, night: str) -> None:
    """Records that go out, are held for a code, and break a rule, all with canaries in them.

    Every night they are corrected, so that every night has something to send.
    """
    records = discharges(9)
    for name, value in PATIENT.items():
        records[name] = value
    records["P3"] = [f"{PATIENT['P3']}{at}" for at in range(9)]
    records["P437"] = f"{PATIENT['P437']}{number}"
    records.loc[records.index[:3], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    records.loc[records.index[3:5], "P13"] = "110101197403170418"
    if night == "number":
        records.loc[records.index[5], "P782"] = PATIENT["P4"]
    hospital.enter(records, hospital.night.day)


def arguments(hospital: Hospital) -> list[str]:
    file = str(hospital.folder / "upload.toml")
    return ["upload", "run", "--json", "--date", "2026-03-01", "--config", file]


@contextmanager
def going_wrong(hospital: Hospital, night: str, *, seed: int) -> Iterator[None]:
    """A file that is wrong for one night, or a receiver with faults."""
    folder, faults = hospital.folder, hospital.sandbox.server.faults
    faults.change(parse_faults(FAULTS.get(night, "")), seed=seed)
    (release,) = (folder / "releases").rglob("mapping.csv")
    changed = {
        "password": (folder / "password.txt", PASSWORD + "!"),
        "column": (folder / "select.sql", "SELECT nothing FROM front_page WHERE P25 >= :from"
                   " AND P25 < :to"),
        "bad_state": (folder / "upload-test.sqlite", "no database"),
        "his_gone": (folder / "url.txt", f"postgresql+psycopg://u:{HIS}@127.0.0.1:9/his"),
        "other_ca": (hospital.sandbox.ca_file, trustme.CA().cert_pem.bytes().decode()),
        "bad_release": (release, release.read_text(encoding="utf-8") + " "),
        "no_hook": (folder / "hook.txt", f"http://127.0.0.1:9/{HOOK}"),
        "bad_columns": (folder / "columns.toml", "no columns"),
    }.get(night)  # fmt: skip
    before = changed[0].read_bytes() if changed and changed[0].exists() else None
    if changed:
        changed[0].write_text(changed[1], encoding="utf-8")
    yield
    if changed and before is not None:
        changed[0].write_bytes(before)
    elif changed:
        changed[0].unlink()


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
