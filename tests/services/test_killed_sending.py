"""The sender killed with -9 at random points, judged by what the receiver wrote down itself."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import trustme

from helpers.sandboxes import dbf, package, records, sandbox
from icdmapper.model.sending import Environment, PackageState, Stage
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.sandbox.faults import Fault
from icdmapper.upload.sandbox.ledger import UPLOADS, stored_records
from icdmapper.upload.sandbox.receiver import Habits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills with signals")
TESTS = Path(__file__).parents[1]
ALL_FAULTS = (
    "drop=0.1,duplicate=0.05,delay=0.02,5xx=0.06,429=0.03,cut=0.06,expired=0.03,html=0.04,"
    "slow=0.02,full=0.02"
)
# A network that doubles requests doubles records of a receiver that knows no repeats.
WITHOUT_DOUBLING = "drop=0.12,5xx=0.08,429=0.03,cut=0.1,expired=0.03,html=0.05,full=0.02"


@pytest.mark.parametrize(
    ("kills", "packages", "size"),
    [
        pytest.param(8, 25, 40, id="8 kills, 1,000 records"),
        pytest.param(100, 400, 50, marks=pytest.mark.nightly, id="100 kills, 20,000 records"),
        pytest.param(500, 2000, 50, marks=pytest.mark.nightly, id="500 kills, 100,000 records"),
    ],
)
def test_nothing_is_lost_doubled_stuck_or_altered(
    tmp_path: Path, kills: int, packages: int, size: int
) -> None:
    judge(tmp_path, kills=kills, packages=packages, size=size, faults=ALL_FAULTS, habits=Habits())


@pytest.mark.parametrize(
    ("kills", "packages"),
    [
        pytest.param(3, 8, id="3 kills"),
        pytest.param(60, 250, marks=pytest.mark.nightly, id="60 kills"),
    ],
)
def test_a_receiver_that_knows_no_repeats_is_asked_after_every_kill(
    tmp_path: Path, kills: int, packages: int
) -> None:
    habits = Habits(knows_repeats=False, gives_receipts=False)
    judge(tmp_path, kills=kills, packages=packages, size=10, faults=WITHOUT_DOUBLING, habits=habits)


def judge(
    folder: Path, *, kills: int, packages: int, size: int, faults: str, habits: Habits
) -> None:
    """Kill and restart a sender against a faulty sandbox; then count in the receiver's ledger."""
    with sandbox(folder, faults=faults, seed=kills, habits=habits, authority=trustme.CA()) as place:
        place.server.pauses = 0.05
        wish = {
            "state": str(folder / "state" / "upload.sqlite"),
            "address": place.address,
            "ca_file": str(place.ca_file),
            "kills": kills,
            "packages": packages,
            "records": size,
            "seed": kills,
            "settle": 0.2 if not habits.knows_repeats else 0.02,
            "longest_life": 0.7,
        }
        (folder / "wish.json").write_text(json.dumps(wish), encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "-m", "helpers.killed_sender", str(folder / "wish.json")],
            cwd=TESTS, env={**os.environ, "PYTHONPATH": str(TESTS)}, check=False,
            capture_output=True, text=True, timeout=3600,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr[-2000:]
        counts, requests = place.server.faults.counts, place.server.faults.requests
        salt, files = place.server.receiver.ledger.salt, place.folder
    told = json.loads(ended.stdout)
    # The run was as bad as it claims to be.
    assert told["kills"] == kills
    assert sum(counts.values()) >= 0.3 * requests
    expected = expected_records(salt, packages, size)
    got = Counter((key, content) for _upload, key, content in stored_records(files))
    uploads = [json.loads(line) for line in (files / UPLOADS).read_text().splitlines()]
    keys = {key for key, _content in expected}
    verdict = {
        "lost": len(keys - {key for key, _content in got}),
        "doubled": sum(count - 1 for count in got.values()),
        "altered": len(set(got) - set(expected)),
        "stuck": packages - accepted(folder / "state" / "upload.sqlite"),
    }
    report = {
        **told,
        "requests": requests,
        "faulty": sum(counts.values()),
        "lost_answers": counts[Fault.DROP] + counts[Fault.CUT],
        "replays": sum(one["stage"] == Stage.REPEATED for one in uploads),
        "uploads": len(uploads),
        **verdict,
    }
    sys.stdout.write(f"{json.dumps(report)}\n")
    assert report["lost_answers"], "no answer was lost"
    assert verdict == {"lost": 0, "doubled": 0, "altered": 0, "stuck": 0}
    known = {package(n, records(n * size, size)).sha256 for n in range(packages)}
    assert {one["sha256"] for one in uploads} == known
    if habits.knows_repeats:
        assert any(one["stage"] == Stage.REPEATED for one in uploads), "no replay was seen"


def expected_records(salt: bytes, packages: int, size: int) -> list[tuple[str, str]]:
    """What the ledger must hold, computed from the source and not from the sender's packages."""
    found = []
    for row in records(0, packages * size):
        content = dbf([row])
        width = int.from_bytes(content[10:12], "little")
        raw = content[-1 - width + 1 : -1]
        key = f"{row['P3']}\x1f{row['P2']}".encode()
        found.append(tuple(hashlib.sha256(salt + part).hexdigest()[:32] for part in (key, raw)))
    return found


def accepted(file: Path) -> int:
    state = UploadState.open(file, Environment.TEST)
    with state.reading() as work:
        count = work.outbox.counts().get(PackageState.ACCEPTED, (0, 0))[0]
    state.close()
    return count
