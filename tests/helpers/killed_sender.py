"""A sender that is killed with -9 at random points and started again; run as a process of its own.

`python -m helpers.killed_sender WISH.json` packs and sends what the wish says, each life in a
forked process that is killed after a random time, until the wished number of kills is reached;
then one more life finishes. Nothing of the sender's memory survives a kill.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from helpers.sandboxes import ACCOUNT, now, package, records
from icdmapper.model.sending import Environment, PackageState, SentRecord
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.https_gateway import HttpsGateway, HttpsOptions
from icdmapper.upload.manners import Pace
from icdmapper.upload.sending import Clockwork, Sender

_SOURCE = "invented"
_LONGEST_NAP = 0.2
_AHEAD = 5


def main() -> None:
    wish = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    chance = Random(wish["seed"])
    kills = early = 0
    while kills < wish["kills"]:
        killed = one_life(wish, chance.random(), after=chance.uniform(0.01, wish["longest_life"]))
        kills += killed
        early += not killed
        if early > wish["kills"]:
            break
    while one_life(wish, chance.random(), after=None):
        pass
    sys.stdout.write(json.dumps({"kills": kills, "finished_before_its_kill": early}))


def one_life(wish: dict[str, Any], seed: float, *, after: float | None) -> bool:
    """Fork a sender and kill it; False when it had finished before."""
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            ended = 0 if pack_and_send(wish, Random(seed)) else 7
        finally:
            os._exit(ended)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) not in (0, 7):
        raise SystemExit(f"the sender failed by itself: {os.WEXITSTATUS(status)}")
    return not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)


def pack_and_send(wish: dict[str, Any], chance: Random) -> bool:
    """Pack a few packages ahead, send, and so on; True when everything is accepted."""
    state = UploadState.open(Path(wish["state"]), Environment.TEST)
    options = HttpsOptions(
        wish["address"], "1", "1", Environment.TEST, Path(wish["ca_file"]), 5.0, 1.0
    )
    pace = Pace(first=0.01, longest=0.1, tries=60, settle=wish["settle"], poll=0.005, polls=200)
    clockwork = Clockwork(
        now, lambda seconds: time.sleep(min(seconds, _LONGEST_NAP)), chance.random
    )
    with state.one_instance() as lock:
        gateway = HttpsGateway(options, ACCOUNT, now=now)
        while True:
            left = pack(state, wish)
            Sender(state, gateway, clockwork=clockwork, pace=pace).run(lock)
            if not left:
                with state.reading() as work:
                    return set(work.outbox.counts()) == {PackageState.ACCEPTED}


def pack(state: UploadState, wish: dict[str, Any]) -> bool:
    """Packages and the watermark in one transaction; True while there is more to pack."""
    for _one in range(_AHEAD):
        with state.writing() as work:
            number = int(work.watermarks.get(_SOURCE) or 0)
            if number >= wish["packages"]:
                return False
            size = wish["records"]
            new = package(number, records(number * size, size))
            named = [
                SentRecord(state.hash_of([str(number), str(at)]), new.sha256, date(2026, 3, 1))
                for at in range(size)
            ]
            work.outbox.add(new, named, at=now())
            work.watermarks.move(_SOURCE, str(number + 1), at=now())
            work.commit()
    return True


if __name__ == "__main__":
    main()
