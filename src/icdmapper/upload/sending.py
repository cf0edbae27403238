"""From the outbox to the platform: every step stored before it is taken, nothing sent twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeVar

from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Feedback, Outcome, PackageState, Stage, StoredPackage, Trouble
from icdmapper.storage.file_lock import FileLock
from icdmapper.storage.upload_state import UploadState
from icdmapper.texts import N_, _
from icdmapper.upload.gateway import Gateway, Result, Sent, UnreachableError
from icdmapper.upload.manners import Pace, Window
from icdmapper.upload.verdicts import Heard, Verdict, judge, settled, shown_before

logger = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
_MOST_GIVEN_UP = 2
"""So many packages in a row without success are the receiver's trouble, not the packages'."""
_LONGEST_ASKED = 60.0
"""Seconds sat out for a receiver that is asked about a package under way."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The clock, the sleep and the chance of a run; `chance` draws evenly from [0, 1)."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    chance: Callable[[], float]


class Stop(Enum):
    """Why a run ended before the outbox was empty; STOP_WORDS says it to people."""

    NONE = "none"
    WINDOW_CLOSED = "window_closed"
    UNREACHABLE = "unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    GAVE_UP = "gave_up"
    """Not everything: single packages that never got through were left for the next run."""
    FEEDBACK_PENDING = "feedback_pending"
    """A package is received and not judged yet; sending the next would hide how it was judged."""


STOP_WORDS = {
    Stop.WINDOW_CLOSED: N_("the time window has closed"),
    Stop.UNREACHABLE: N_("the receiver cannot be reached"),
    Stop.ASKED_TO_WAIT: N_("the receiver asks to wait longer"),
    Stop.GAVE_UP: N_("single packages never got through"),
    Stop.FEEDBACK_PENDING: N_("the receiver has not judged the last package yet"),
}


@dataclass(frozen=True, slots=True)
class SendReport:
    """What a run left behind: (packages, records) per state, and why it stopped."""

    counts: dict[PackageState, tuple[int, int]]
    stop: Stop = Stop.NONE
    trouble: Trouble = Trouble.NONE
    tries: int = 0
    questions: int = 0
    unknown: tuple[str, ...] = field(default=())
    """Names of packages a person must ask about."""
    not_stored: int = 0
    """Records of accepted packages that the platform did not store: below its standard."""


class _StopError(Exception):
    def __init__(self, stop: Stop, trouble: Trouble = Trouble.NONE) -> None:
        super().__init__(stop.value)
        self.stop = stop
        self.trouble = trouble


class Sender:
    """Takes packages from the outbox, oldest first, until it is empty or must stop."""

    def __init__(
        self,
        state: UploadState,
        gateway: Gateway,
        *,
        clockwork: Clockwork,
        pace: Pace | None = None,
        window: Window | None = None,
    ) -> None:
        self._state = state
        self._gateway = gateway
        self._now = clockwork.now
        self._sleep = clockwork.sleep
        self._chance = clockwork.chance
        self._pace = pace or Pace()
        self._window = window
        self._tries = self._questions = self._not_stored = 0

    def run(self, lock: FileLock) -> SendReport:
        """Finish what an earlier run began, then send what waits.

        `lock` is `UploadState.one_instance()`, held: two senders would both send.

        Raises:
            RefusedError: the account was refused, or the lock is not held.
        """
        if not lock.held:
            raise RefusedError(_("Sending needs the lock of the upload state."))
        stopped = _StopError(Stop.NONE)
        try:
            self._clear()
        except _StopError as stop:
            stopped = stop
        return self._report(stopped)

    def _clear(self) -> None:
        if not self._waiting(PackageState.PREPARED, PackageState.SENDING, PackageState.RECEIVED):
            return
        self._check_window()
        self._ask(self._gateway.token)
        # The receiver shows only its newest result: what was begun is finished first.
        for one in self._waiting(PackageState.SENDING):
            self._find_out(one)
        for one in self._waiting(PackageState.RECEIVED):
            self._follow(one)
        self._deliver_all(self._waiting(PackageState.PREPARED))

    def _deliver_all(self, waiting: tuple[StoredPackage, ...]) -> None:
        """One after another; a package that never gets through does not block the others.

        Its records must not be overtaken by newer versions of themselves, which it would later
        overwrite; so packages that share records with it wait too.
        """
        given_up: dict[int, Trouble] = {}
        in_a_row = 0
        for one in waiting:
            with self._state.reading() as work:
                behind = bool(given_up) and work.outbox.shares_records(one, given_up)
            if behind:
                given_up[one.id] = Trouble.NONE
                continue
            trouble = self._deliver(one)
            if trouble is None:
                in_a_row = 0
                continue
            given_up[one.id] = trouble
            in_a_row += 1
            if in_a_row == _MOST_GIVEN_UP:
                raise _StopError(Stop.UNREACHABLE, trouble)
        if given_up:
            raise _StopError(Stop.GAVE_UP, next(iter(given_up.values())))

    def _deliver(self, one: StoredPackage) -> Trouble | None:
        """Try until the package needs no further try now; otherwise the last trouble."""
        with self._state.reading() as work:
            content = work.outbox.content(one)
        fresh_token = False
        for attempt in range(self._pace.tries):
            self._check_window()
            sent = self._try(one, content)
            if sent.outcome is Outcome.EXPIRED and not fresh_token:
                self._put_back(one, sent.trouble)
                self._ask(self._gateway.token)
                fresh_token = True
                self._check_window()
                sent = self._try(one, content)
            if self._ended(one, sent):
                return None
            self._pause(attempt, sent.wait_seconds, sent.trouble)
        return sent.trouble

    def _try(self, one: StoredPackage, content: bytes) -> Sent:
        before = shown_before(self._ask(lambda: self._gateway.result(one)))
        self._check_window()
        with self._state.writing() as work:
            work.outbox.start_try(one, before=before, at=self._now())
            work.commit()
        self._tries += 1
        return self._gateway.send(content, one)

    def _ended(self, one: StoredPackage, sent: Sent) -> bool:
        """Store how a try ended; whether the package needs no further try now."""
        match sent.outcome:
            case Outcome.RECEIVED:
                receipt = Feedback(Stage.UPLOADED, result_id=sent.result_id)
                self._answer(one, PackageState.RECEIVED, feedback=receipt)
                self._follow(self._again(one))
                return True
            case Outcome.REJECTED:
                refusal = Feedback(Stage.FAILED, error_code=sent.error_code)
                self._answer(one, PackageState.REJECTED, feedback=refusal, trouble=sent.trouble)
                logger.warning("package %d was refused: %s", one.id, sent.error_code or "no code")
                return True
            case Outcome.RETRY_LATER | Outcome.EXPIRED:
                self._put_back(one, sent.trouble)
                return False
            case Outcome.UNKNOWN:
                self._note(one, sent.trouble)
                self._sleep(min(sent.wait_seconds or 0.0, _LONGEST_ASKED))
                return not self._find_out(one)

    def _find_out(self, one: StoredPackage) -> bool:
        """Ask whether a package arrived; True when it certainly did not and is prepared again."""
        one = self._again(one)
        self._let_arrive(one)
        doubtful = False
        for question in range(self._pace.asks):
            if question:
                self._sleep(self._pace.settle)
            verdict = self._judged(self._ask(lambda: self._gateway.result(one)), one)
            if verdict is Verdict.HAS:
                self._answer(one, PackageState.RECEIVED)
                self._follow(self._again(one))
                return False
            doubtful = doubtful or verdict is Verdict.CANNOT_SAY
        if doubtful:
            self._answer(one, PackageState.UNKNOWN, trouble=Trouble.CANNOT_SAY)
            logger.warning("package %d: nobody can say whether it arrived", one.id)
            return False
        self._put_back(one, one.trouble)
        return True

    def _let_arrive(self, one: StoredPackage) -> None:
        """What left a moment ago may still be on its way, also when the sender died meanwhile."""
        age = (self._now() - (one.sending_at or one.made_at)).total_seconds()
        self._sleep(min(max(self._pace.settle - age, 0.0), self._pace.settle))

    def _follow(self, one: StoredPackage) -> None:
        """Poll the feedback of a received package until it is final, or patience ends the run."""
        wait, heard = 0.0, Heard(self._pace.asks)
        for _poll in _patience(self._pace, self._window, self._now):
            self._sleep(max(self._pace.poll, wait))
            self._questions += 1
            try:
                result = self._gateway.result(one)
            except UnreachableError as error:
                wait = min(error.wait_seconds or 0.0, _LONGEST_ASKED)
                continue
            wait, verdict = 0.0, self._judged(result, one)
            if heard.enough(result, verdict):
                break
            if verdict is Verdict.HAS and self._settle(one, result):
                return
        if heard.passed_over:
            self._answer(one, PackageState.UNKNOWN, trouble=Trouble.NO_FEEDBACK)
            return
        self._note(one, Trouble.NO_FEEDBACK)
        if heard.pending:
            raise _StopError(Stop.FEEDBACK_PENDING, Trouble.NO_FEEDBACK)

    def _settle(self, one: StoredPackage, result: Result) -> bool:
        """Store a final feedback; False while it is none."""
        if result.feedback is None:
            return False
        state, trouble = settled(result.feedback, one)
        if state is PackageState.RECEIVED:
            return False
        self._answer(one, state, feedback=result.feedback, trouble=trouble)
        if state is PackageState.ACCEPTED:
            self._not_stored += result.feedback.not_stored(one.records)
        logger.info("package %d with %d records: %s", one.id, one.records, state.value)
        return True

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        trouble = Trouble.NONE
        for attempt in range(self._pace.tries):
            self._questions += 1
            try:
                return question()
            except UnreachableError as error:
                trouble = error.trouble
                self._pause(attempt, error.wait_seconds, trouble)
        raise _StopError(Stop.UNREACHABLE, trouble)

    def _pause(self, attempt: int, asked: float | None, trouble: Trouble) -> None:
        seconds = max(self._pace.pause(attempt, self._chance()), asked or 0.0)
        if (asked or 0.0) > self._pace.longest_wait:
            raise _StopError(Stop.ASKED_TO_WAIT, trouble)
        if self._window is not None and seconds >= self._window.remaining(self._now()):
            raise _StopError(Stop.WINDOW_CLOSED, trouble)
        self._sleep(seconds)

    def _check_window(self) -> None:
        if self._window is not None and not self._window.remaining(self._now()):
            raise _StopError(Stop.WINDOW_CLOSED)

    def _judged(self, result: Result, one: StoredPackage) -> Verdict:
        with self._state.reading() as work:
            newest = work.outbox.is_newest_try(one)
        return judge(result, one, newest_try=newest)

    def _waiting(self, *states: PackageState) -> tuple[StoredPackage, ...]:
        with self._state.reading() as work:
            return work.outbox.in_states(states)

    def _again(self, one: StoredPackage) -> StoredPackage:
        with self._state.reading() as work:
            return work.outbox.get(one.name)

    def _answer(
        self,
        one: StoredPackage,
        state: PackageState,
        *,
        feedback: Feedback | None = None,
        trouble: Trouble = Trouble.NONE,
    ) -> None:
        with self._state.writing() as work:
            work.outbox.answer(one, state, feedback=feedback, trouble=trouble, at=self._now())
            work.commit()

    def _put_back(self, one: StoredPackage, trouble: Trouble) -> None:
        with self._state.writing() as work:
            work.outbox.put_back(one, trouble)
            work.commit()

    def _note(self, one: StoredPackage, trouble: Trouble) -> None:
        with self._state.writing() as work:
            work.outbox.note(one, trouble)
            work.commit()

    def _report(self, stopped: _StopError) -> SendReport:
        with self._state.reading() as work:
            counts = work.outbox.counts()
            unknown = tuple(one.name for one in work.outbox.in_states({PackageState.UNKNOWN}))
        numbers = (self._tries, self._questions, unknown, self._not_stored)
        return SendReport(counts, stopped.stop, stopped.trouble, *numbers)


def _patience(pace: Pace, window: Window | None, now: Callable[[], datetime]) -> Iterator[int]:
    """One number per question for a feedback, while patience and the window last."""
    for poll in range(pace.polls):
        if window is not None and not window.is_open(now()):
            return
        yield poll


def settle_unknown(
    state: UploadState, name: str, *, arrived: bool, by: str, at: datetime
) -> StoredPackage:
    """A person found out about a package nobody could tell of: done, or to be sent again.

    Raises:
        RefusedError: it is not unknown; or it did not arrive but some of its records were sent
            in a newer version since, which the old bytes would overwrite; or it certainly arrived
            and only its feedback is missing.
    """
    with state.writing() as work:
        one = work.outbox.get(name)
        unjudged = one.trouble is Trouble.NO_FEEDBACK
        if one.state is not PackageState.UNKNOWN and not (
            unjudged and one.state is PackageState.RECEIVED
        ):
            raise RefusedError(
                _("Package {name} is not among those to be asked about.").format(name=name)
            )
        if unjudged and not arrived:
            raise RefusedError(
                _("Package {name} arrived; only its feedback is missing.").format(name=name)
            )
        if arrived:
            work.outbox.answer(one, PackageState.ACCEPTED, trouble=one.trouble, at=at, by=by)
        else:
            newer = work.outbox.superseded(one)
            if newer:
                raise RefusedError(
                    _(
                        "{count} records of package {name} were packed again since. Sending the "
                        "old ones would overwrite them: send its other records as a new package."
                    ).format(count=newer, name=name)
                )
            work.outbox.put_back(one, one.trouble)
        work.commit()
    logger.info("package %d was settled by a person: arrived %s", one.id, arrived)
    with state.reading() as work:
        return work.outbox.get(name)
