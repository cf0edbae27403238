"""The receiver behind the endpoints: accounts, tokens, uploads, results."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from icdmapper.model.sending import Stage
from icdmapper.texts import _
from icdmapper.upload.sandbox.checking import Checked, Dictionaries, check_upload
from icdmapper.upload.sandbox.ledger import Ledger, Upload
from icdmapper.upload.sandbox.reading import UnfitUploadError

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Habits:
    """How this receiver behaves where the platform's habits are not known.

    `knows_repeats`: the same bytes again are answered with status 6 instead of being stored again.
    `remembers`: `findResult` shows the newest result; otherwise it cannot say. `gives_receipts`:
    the upload's answer carries the id of its result. `polls` is how many times a result is asked
    for before it is final.
    """

    login: str = "sandbox"
    password: str = field(default="sandbox", repr=False)
    knows_repeats: bool = True
    remembers: bool = True
    gives_receipts: bool = True
    polls: int = 1
    token_life: timedelta = timedelta(minutes=30)


class Receiver:
    """One account's platform. Safe to call from many connections at once."""

    def __init__(
        self,
        ledger: Ledger,
        habits: Habits,
        *,
        now: Callable[[], datetime],
        dictionaries: Dictionaries | None = None,
    ) -> None:
        self.ledger = ledger
        self.habits = habits
        self._now = now
        self._dictionaries = dictionaries or {}
        self._tokens: dict[str, datetime] = {}
        self._polls: dict[str, int] = {}
        self._lock = threading.Lock()

    def token(self, login: str, password: str) -> Answer:
        """`gettoken`: a token for the account."""
        known = hmac.compare_digest(
            f"{login}\0{password}".encode(),
            f"{self.habits.login}\0{self.habits.password}".encode(),
        )
        if not known:
            return _failed("LOGIN_REFUSED", _("login or password is wrong"))
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens[token] = self._now() + self.habits.token_life
        return _succeeded({"token": token})

    def expire(self, token: str) -> Answer:
        """Forget a token before its time."""
        with self._lock:
            self._tokens.pop(token, None)
        return _failed("TOKEN_EXPIRED", _("the token has expired"))

    def knows(self, token: str) -> bool:
        """Whether a token is valid now."""
        with self._lock:
            return self._tokens.get(token, self._now()) > self._now()

    def upload(self, content: bytes, *, rc020: str, rc021: str) -> Answer:
        """`autoReqTran`: take one package; the caller has checked the token."""
        if rc020 not in ("1", "2") or rc021 not in ("1", "2"):
            return _failed("NO_EDITION", _("rc020 and rc021 must say which dictionary is used"))
        with self._lock:
            upload, checked = self._examined(content, rc020, rc021)
            stores = upload.stage == Stage.DONE and checked is not None
            self.ledger.add(upload, checked.records if checked is not None and stores else ())
            self._polls[upload.id] = 0
        return _succeeded({"id": upload.id} if self.habits.gives_receipts else {})

    def result(self) -> Answer:
        """`findResult`: the newest result, one stage further each time it is asked for."""
        if not self.habits.remembers:
            return _failed("NOT_AVAILABLE", _("results cannot be asked for here"))
        with self._lock:
            if not self.ledger.uploads:
                return _failed("NO_RESULT", _("nothing was uploaded with this account"))
            newest = self.ledger.uploads[-1]
            asked = self._polls.get(newest.id, self.habits.polls)
            self._polls[newest.id] = asked + 1
        if asked < self.habits.polls:
            stage = min(Stage.STORING, round(4 * asked / max(self.habits.polls, 1)))
            return _succeeded({**_head(newest), "status": int(stage)})
        return _succeeded({**_head(newest), **_outcome(newest)})

    def _examined(self, content: bytes, rc020: str, rc021: str) -> tuple[Upload, Checked | None]:
        sha256 = hashlib.sha256(content).hexdigest()
        before = self.ledger.stored(sha256)
        number, at = self.ledger.next_id(), self._now().isoformat(timespec="seconds")
        if before is not None and self.habits.knows_repeats:
            again = replace(
                before, id=number, at=at, repeat_of=before.id, stage=int(Stage.REPEATED)
            )
            return again, None
        upload = Upload(number, at, sha256, len(content), rc020, rc021, int(Stage.FAILED))
        try:
            checked = check_upload(content, self._dictionaries, salt=self.ledger.salt)
        except UnfitUploadError as error:
            return replace(upload, error=error.reason), None
        one, two, three, four = checked.grades
        return replace(
            upload,
            stage=int(Stage.DONE),
            grades=(one, two, three, four),
            grade=checked.grade,
            stocked=checked.stocked,
            total=checked.total,
            files=checked.files,
            problems=tuple(
                (kind, name, count) for (kind, name), count in checked.problems.most_common()
            ),
        ), checked


def _head(upload: Upload) -> Answer:
    return {"id": upload.id, "loaddate": upload.at}


def _outcome(upload: Upload) -> Answer:
    grades = {f"grade{level}": count for level, count in enumerate(upload.grades)}
    return {
        "status": upload.stage,
        "errormsg": _(upload.error) if upload.error else "",
        "hasErrorMsg": bool(upload.error or upload.problems),
        "checkgrade": {
            **grades,
            "stocked": upload.stocked,
            "total": upload.total,
            "grade": upload.grade,
        },
    }


def _succeeded(result: Answer) -> Answer:
    return {"succ": True, "errMsg": "", "errorCode": "", "errorStack": "", "result": result}


def _failed(code: str, message: str) -> Answer:
    return {"succ": False, "errMsg": message, "errorCode": code, "errorStack": "", "result": None}
