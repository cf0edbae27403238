"""Sending over a real wire: the happy way, every fault, and a receiver that helps with nothing."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
import trustme

from helpers.sandboxes import QUICK, Sandbox, now, package, queue, sandbox
from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import (
    Environment,
    NewPackage,
    Outcome,
    PackageState,
    SentRecord,
    Stage,
    StoredPackage,
    Trouble,
)
from icdmapper.storage.upload_state import UploadState
from icdmapper.upload.folder_gateway import FolderGateway
from icdmapper.upload.gateway import Gateway, Sent
from icdmapper.upload.https_gateway import Account, HttpsGateway, HttpsOptions
from icdmapper.upload.manners import Window
from icdmapper.upload.sandbox.receiver import Habits
from icdmapper.upload.sending import Clockwork, Sender, SendReport, Stop, settle_unknown

FORGETFUL = Habits(knows_repeats=False, remembers=False, gives_receipts=False)
FAULTS = ("drop", "duplicate", "delay", "5xx", "429", "cut", "expired", "html", "slow", "full")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[UploadState]:
    opened = UploadState.open(tmp_path / "state" / "upload.sqlite", Environment.TEST)
    yield opened
    opened.close()


class Naps:
    """A sleep that takes no time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def send(
    state: UploadState,
    gateway: Gateway,
    *,
    naps: Naps | None = None,
    window: Window | None = None,
) -> SendReport:
    clockwork = Clockwork(now, naps or Naps(), Random(7).random)
    try:
        with state.one_instance() as lock:
            sender = Sender(state, gateway, clockwork=clockwork, pace=QUICK, window=window)
            return sender.run(lock)
    finally:
        gateway.close()


def unreadable(number: int) -> NewPackage:
    """A package the platform takes and then fails on."""
    sha256 = hashlib.sha256(b"no zip").hexdigest()
    return replace(package(number), content=b"no zip", sha256=sha256)


def stored(state: UploadState) -> list[StoredPackage]:
    with state.reading() as work:
        return list(work.outbox.newest(1000))[::-1]


def states(state: UploadState) -> list[PackageState]:
    return [one.state for one in stored(state)]


def test_packages_arrive_over_https_with_status_grades_and_receipt(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, package(1), package(2))
    with sandbox(tmp_path, authority=trustme.CA()) as place:
        report = send(state, place.gateway())
        assert place.address.startswith("https://")
        received = place.server.receiver.ledger.uploads
    assert report.counts == {PackageState.ACCEPTED: (2, 6)}
    assert (report.stop, report.tries) == (Stop.NONE, 2)
    first = stored(state)[0]
    assert first.feedback is not None
    assert (first.feedback.stage, first.feedback.grades) == (Stage.DONE, (0, 0, 0, 3))
    assert (first.feedback.stocked, first.feedback.total, first.feedback.grade) == (3, 3, 3)
    assert [one.sha256 for one in received] == [one.sha256 for one in stored(state)]
    assert {(one.rc020, one.rc021) for one in received} == {("1", "1")}


def test_an_empty_outbox_asks_nothing(state: UploadState, tmp_path: Path) -> None:
    with sandbox(tmp_path) as place:
        assert send(state, place.gateway()).questions == 0
        assert place.server.faults.requests == 0


def test_a_server_of_another_authority_gets_nothing(state: UploadState, tmp_path: Path) -> None:
    queue(state, package(1))
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with sandbox(tmp_path / "sandbox", authority=trustme.CA()) as place:
        report = send(state, place.gateway(ca_file=tmp_path / "other.pem"))
        assert place.server.faults.requests == 0
    assert (report.stop, report.trouble) == (Stop.UNREACHABLE, Trouble.NOT_CONNECTED)
    assert states(state) == [PackageState.PREPARED]


@pytest.mark.parametrize(
    ("service", "environment"),
    [
        ("http://ts.hqms.org.cn", Environment.TEST),
        ("http://127.0.0.1:8765", Environment.PRODUCTION),
        ("https://user:secret@ts.hqms.org.cn", Environment.TEST),
        ("ftp://localhost", Environment.TEST),
        ("https:///path", Environment.TEST),
    ],
)
def test_an_address_without_tls_is_refused(service: str, environment: Environment) -> None:
    with pytest.raises(RefusedError):
        HttpsGateway(HttpsOptions(service, "1", "1", environment), Account("a", "b"), now=now)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_with_each_package_stored_exactly_once(
    state: UploadState, tmp_path: Path, fault: str
) -> None:
    packages = [package(number) for number in range(4)]
    queue(state, *packages)
    share = 0.2 if fault in ("delay", "slow") else 0.4
    with sandbox(tmp_path, faults=f"{fault}={share}", seed=5) as place:
        report = send(state, place.gateway())
        ledger = place.server.receiver.ledger
        assert place.server.faults.counts
        assert [one.sha256 for one in ledger.uploads if one.stage == Stage.DONE] == [
            one.sha256 for one in packages
        ]
    assert report.counts == {PackageState.ACCEPTED: (4, 12)}


@pytest.mark.parametrize("fault", ["drop", "cut", "5xx", "html"])
def test_a_receiver_that_helps_with_nothing_never_gets_a_package_twice(
    state: UploadState, tmp_path: Path, fault: str
) -> None:
    queue(state, *(package(number) for number in range(10)))
    with sandbox(tmp_path, faults=f"{fault}=0.4", seed=4, habits=FORGETFUL) as place:
        report = send(state, place.gateway())
        received = place.uploads()
        assert len(received) == len(set(received))
        # A second and a third run do not lose patience.
        for _again in range(2):
            assert send(state, place.gateway()).unknown == report.unknown
        assert place.uploads() == received
    assert report.unknown
    unknown = [one for one in stored(state) if one.state is PackageState.UNKNOWN]
    assert tuple(one.name for one in unknown) == report.unknown
    certain = [one for one in stored(state) if one.state is PackageState.RECEIVED]
    assert len(certain) + len(unknown) == 10
    assert {one.sha256 for one in certain} <= set(received)


def test_a_receiver_without_idempotency_but_with_memory_is_asked(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, *(package(number) for number in range(8)))
    habits = Habits(knows_repeats=False, gives_receipts=False)
    with sandbox(tmp_path, faults="drop=0.2,cut=0.1,5xx=0.1", seed=11, habits=habits) as place:
        report = send(state, place.gateway())
        received = place.uploads()
    assert report.counts == {PackageState.ACCEPTED: (8, 24)}
    assert report.tries > 8
    assert len(received) == len(set(received)) == 8


def test_a_package_the_platform_cannot_read_is_rejected_and_blocks_nobody(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, unreadable(1), package(2))
    with sandbox(tmp_path) as place:
        send(state, place.gateway())
    assert states(state) == [PackageState.REJECTED, PackageState.ACCEPTED]
    feedback = stored(state)[0].feedback
    assert feedback is not None
    assert feedback.stage is Stage.FAILED


SLOW = Habits(gives_receipts=False, polls=10_000)
"""The platform takes longer than the sender's patience."""


def test_a_slow_platform_is_waited_for_before_the_next_package_hides_its_answer(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, package(1), unreadable(2))
    with sandbox(tmp_path, habits=SLOW) as place:
        report = send(state, place.gateway())
        assert report.stop is Stop.FEEDBACK_PENDING
        assert states(state) == [PackageState.RECEIVED, PackageState.PREPARED]
        place.server.receiver.habits = replace(SLOW, polls=0)
        assert send(state, place.gateway()).stop is Stop.NONE
    assert states(state) == [PackageState.ACCEPTED, PackageState.REJECTED]


def test_a_slow_platform_is_not_asked_after_the_window_has_closed(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, package(1))
    clock = [datetime(2026, 3, 2, 5, 20, tzinfo=UTC)]

    def nap(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    window = Window(time(1), time(5, 30))
    with sandbox(tmp_path, habits=SLOW) as place, state.one_instance() as lock:
        gateway = place.gateway()
        sender = Sender(
            state,
            gateway,
            clockwork=Clockwork(lambda: clock[0], nap, Random(7).random),
            pace=replace(QUICK, poll=20.0, polls=10_000),
            window=window,
        )
        assert sender.run(lock).stop is Stop.FEEDBACK_PENDING
        gateway.close()
    assert states(state) == [PackageState.RECEIVED]
    assert time(5, 29) < clock[0].time() < time(5, 31)


def test_the_feedback_of_a_later_package_is_never_taken_for_an_earlier_one(
    state: UploadState, tmp_path: Path
) -> None:
    """An impatient program sent the next one: a person asks the platform about the first."""
    queue(state, package(1), unreadable(2))
    with sandbox(tmp_path, habits=SLOW) as place:
        send(state, place.gateway())
        with state.writing() as work:
            work.outbox.start_try(work.outbox.get(package(2).name), before=None, at=now())
            work.commit()
        place.server.receiver.upload(unreadable(2).content, rc020="2", rc021="2")
        place.server.receiver.habits = replace(SLOW, polls=0)
        report = send(state, place.gateway())
        assert report.unknown == (package(1).name, package(2).name)
        assert len(place.uploads()) == 2
    # That it arrived is certain: nobody may have it sent twice.
    with pytest.raises(RefusedError):
        settle_unknown(state, package(1).name, arrived=False, by="李四", at=now())
    settle_unknown(state, package(1).name, arrived=True, by="李四", at=now())
    assert states(state) == [PackageState.ACCEPTED, PackageState.UNKNOWN]


def test_a_person_settles_what_a_receiver_without_answers_took(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, package(1))
    with sandbox(tmp_path, habits=FORGETFUL) as place:
        send(state, place.gateway())
    assert states(state) == [PackageState.RECEIVED]
    settle_unknown(state, package(1).name, arrived=True, by="李四", at=now())
    assert states(state) == [PackageState.ACCEPTED]


def test_a_wrong_password_stops_the_run_and_is_not_repeated(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, package(1))
    with sandbox(tmp_path) as place:
        with pytest.raises(RefusedError, match="LOGIN_REFUSED"):
            send(state, place.gateway(Account("sandbox", "wrong")))
        assert place.server.faults.requests == 1
    assert states(state) == [PackageState.PREPARED]


class Busy(FolderGateway):
    """A receiver that asks for patience once."""

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(folder)
        self._seconds: float | None = seconds

    def send(self, content: bytes, one: StoredPackage) -> Sent:
        if self._seconds is None:
            return super().send(content, one)
        seconds, self._seconds = self._seconds, None
        return Sent(Outcome.RETRY_LATER, Trouble.TOO_MANY_REQUESTS, seconds)


def test_retry_after_is_respected(state: UploadState, tmp_path: Path) -> None:
    queue(state, package(1))
    naps = Naps()
    assert send(state, Busy(tmp_path / "out", 120.0), naps=naps).stop is Stop.NONE
    assert max(naps.seconds) == 120.0


def test_a_long_retry_after_is_left_to_the_next_run(state: UploadState, tmp_path: Path) -> None:
    queue(state, package(1))
    naps = Naps()
    report = send(state, Busy(tmp_path / "out", 7200.0), naps=naps)
    assert (report.stop, report.trouble) == (Stop.ASKED_TO_WAIT, Trouble.TOO_MANY_REQUESTS)
    assert states(state) == [PackageState.PREPARED]
    assert sum(naps.seconds) < 60


def test_nobody_there_is_told_and_the_package_waits(state: UploadState) -> None:
    queue(state, package(1))
    options = HttpsOptions("http://127.0.0.1:9", "1", "1", Environment.TEST, None, 0.5, 0.5)
    naps = Naps()
    report = send(state, HttpsGateway(options, Account("a", "b"), now=now), naps=naps)
    assert (report.stop, report.tries) == (Stop.UNREACHABLE, 0)
    # While the receiver is down nobody knocks more than once a second.
    assert len(naps.seconds) == QUICK.tries
    assert min(naps.seconds) >= 1


def test_outside_the_window_nothing_leaves(state: UploadState, tmp_path: Path) -> None:
    queue(state, package(1))
    soon = (now() + timedelta(hours=2)).time()
    later = (now() + timedelta(hours=3)).time()
    with sandbox(tmp_path) as place:
        report = send(state, place.gateway(), window=Window(soon, later))
        assert place.server.faults.requests == 0
        assert report.stop is Stop.WINDOW_CLOSED
        assert send(state, place.gateway(), window=Window(time(0), time(0))).stop is Stop.NONE


def test_a_changed_count_is_for_a_person(state: UploadState, tmp_path: Path) -> None:
    one = package(1)
    queue(state, type(one)(one.key, one.name, one.content, one.sha256, one.layout, 99))
    with sandbox(tmp_path) as place:
        send(state, place.gateway())
    kept = stored(state)[0]
    assert (kept.state, kept.trouble) == (PackageState.UNKNOWN, Trouble.COUNT_DIFFERS)


def test_sending_without_the_lock_is_refused(state: UploadState, tmp_path: Path) -> None:
    with sandbox(tmp_path) as place:
        gateway = place.gateway()
        sender = Sender(state, gateway, clockwork=Clockwork(now, Naps(), Random(1).random))
        with pytest.raises(RefusedError):
            sender.run(state.one_instance())
        gateway.close()


def one_unknown(state: UploadState, tmp_path: Path) -> Sandbox:
    """Two packages, the first unknown: its answer was lost by a receiver that remembers nothing."""
    queue(state, package(1))
    with sandbox(tmp_path / "lost", faults="cut=1", habits=FORGETFUL) as place:
        gateway = place.gateway()
        gateway._token = place.server.receiver.token("sandbox", "sandbox")["result"]["token"]
        with state.writing() as work:
            one = work.outbox.get(package(1).name)
            work.outbox.start_try(one, before=None, at=now())
            work.commit()
        gateway.send(package(1).content, one)
        gateway.close()
        place.server.faults.change({}, seed=1)
        send(state, place.gateway())
    assert states(state) == [PackageState.UNKNOWN]
    return place


def test_a_person_settles_what_is_unknown(state: UploadState, tmp_path: Path) -> None:
    place = one_unknown(state, tmp_path)
    assert place.uploads() == [package(1).sha256]
    settled = settle_unknown(state, package(1).name, arrived=True, by="李四", at=now())
    assert (settled.state, settled.settled_by) == (PackageState.ACCEPTED, "李四")
    with pytest.raises(RefusedError):
        settle_unknown(state, package(1).name, arrived=True, by="李四", at=now())


def test_what_did_not_arrive_is_sent_again_only_while_nothing_newer_was_packed(
    state: UploadState, tmp_path: Path
) -> None:
    one_unknown(state, tmp_path)
    again = settle_unknown(state, package(1).name, arrived=False, by="李四", at=now())
    assert again.state is PackageState.PREPARED
    with sandbox(tmp_path / "second") as place:
        send(state, place.gateway())
        assert place.uploads() == [package(1).sha256]


def test_old_records_never_overwrite_newer_ones(state: UploadState, tmp_path: Path) -> None:
    one_unknown(state, tmp_path)
    with state.writing() as work:
        first = work.outbox.get(package(1).name)
        rows = work._connection.exec_driver_sql(
            "SELECT key_hash FROM sent_record WHERE package_id = ?", (first.id,)
        ).all()
        work.outbox.add(package(2), [SentRecord(rows[0][0], "new", None)], at=now())
        work.commit()
    with pytest.raises(RefusedError):
        settle_unknown(state, package(1).name, arrived=False, by="李四", at=now())


def test_the_logs_of_the_http_library_say_nothing(
    state: UploadState, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queue(state, package(1))
    with caplog.at_level(logging.DEBUG), sandbox(tmp_path) as place:
        send(state, place.gateway())
    assert not [one for one in caplog.records if one.name.startswith(("httpx", "httpcore"))]


class Choosy(FolderGateway):
    """A way on which one package never gets through."""

    def __init__(self, folder: Path, never: str) -> None:
        super().__init__(folder)
        self.never = never
        self.offered: list[str] = []

    def send(self, content: bytes, one: StoredPackage) -> Sent:
        self.offered.append(one.name)
        if one.name == self.never:
            return Sent(Outcome.RETRY_LATER, Trouble.SERVER_ERROR)
        return super().send(content, one)


def test_a_package_that_never_gets_through_blocks_no_other(
    state: UploadState, tmp_path: Path
) -> None:
    poison = package(1)
    queue(state, poison, package(2))
    with state.writing() as work:
        # The third holds a newer version of a record of the first, the fourth does not.
        shared = SentRecord(state.hash_of([poison.name, "0"]), "newer", None)
        work.outbox.add(package(3), [shared], at=now())
        work.commit()
    queue(state, package(4))
    gateway = Choosy(tmp_path / "out", poison.name)
    report = send(state, gateway)
    assert report.stop is Stop.GAVE_UP
    assert gateway.offered.count(poison.name) == QUICK.tries
    assert states(state) == [
        PackageState.PREPARED, PackageState.RECEIVED, PackageState.PREPARED, PackageState.RECEIVED,
    ]  # fmt: skip
    gateway.never = ""
    assert send(state, gateway).stop is Stop.NONE
    assert gateway.offered[-2:] == [poison.name, package(3).name]


def test_a_receiver_that_takes_nothing_is_left_alone_after_two_packages(
    state: UploadState, tmp_path: Path
) -> None:
    queue(state, *(package(number) for number in range(5)))

    class Closed(Choosy):
        def send(self, content: bytes, one: StoredPackage) -> Sent:
            self.never = one.name
            return super().send(content, one)

    gateway = Closed(tmp_path / "out", "")
    assert send(state, gateway).stop is Stop.UNREACHABLE
    assert len(gateway.offered) == 2 * QUICK.tries


def test_a_folder_takes_packages_and_gives_answers(state: UploadState, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    queue(state, package(1), package(2))
    report = send(state, FolderGateway(folder))
    assert report.counts == {PackageState.RECEIVED: (2, 6)}
    name = package(1).name
    assert (folder / name).read_bytes() == package(1).content
    assert package(1).sha256 in (folder / f"{name}.ok").read_text()
    assert not list(folder.glob("*.part"))
    # The carrier takes both files; the answer comes back days later.
    (folder / name).unlink()
    (folder / f"{name}.ok").unlink()
    (folder / "answers" / f"{name}.json").write_text('{"succ": true, "result": {"status": "4"}}')
    report = send(state, FolderGateway(folder))
    assert states(state) == [PackageState.ACCEPTED, PackageState.RECEIVED]
    assert not (folder / name).exists()


@pytest.mark.parametrize("stage", ["aside", "unmarked", "noted", "taken"])
def test_a_kill_while_writing_into_the_folder_is_told_apart(
    state: UploadState, tmp_path: Path, stage: str
) -> None:
    """At every point it is certain whether the carrier may have the package."""
    folder, one = tmp_path / "out", package(1)
    queue(state, one)
    send(state, FolderGateway(folder))
    with state.writing() as work:
        kept = work.outbox.get(one.name)
        work._connection.exec_driver_sql("UPDATE package SET state = 'sending'")
        work.commit()
    ready = folder / f"{one.name}.ok"
    ready.unlink()
    if stage == "taken":
        (folder / one.name).unlink()
    elif stage != "noted":
        (folder / ".given" / one.name).unlink()
    if stage == "aside":
        (folder / one.name).rename(folder / f"{one.name}.part")
    send(state, FolderGateway(folder))
    assert ready.exists() == (stage != "taken")
    assert (folder / one.name).exists() == (stage != "taken")
    assert stored(state)[0].state is PackageState.RECEIVED
    assert kept.name == one.name
