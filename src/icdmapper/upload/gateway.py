"""What a way to the platform can do, and what its answers mean: one shape for every transport."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Feedback, Outcome, Stage, StoredPackage, Trouble
from icdmapper.texts import _

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class Sent:
    """How one try ended. `wait_seconds` is what the receiver asked for, `result_id` its receipt."""

    outcome: Outcome
    trouble: Trouble = Trouble.NONE
    wait_seconds: float | None = None
    result_id: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the receiver shows when it is asked.

    `feedback` is its newest result, or None when it shows none. `name` is the package the result
    is about, "" where the receiver does not say. `absent` means that the receiver says it has
    nothing; `mute` that it cannot say.
    """

    feedback: Feedback | None = None
    name: str = ""
    absent: bool = False
    mute: bool = False


class UnreachableError(Exception):
    """The receiver gave no usable answer to a question; asking later may help. Never for people."""

    def __init__(self, trouble: Trouble, wait_seconds: float | None = None) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.wait_seconds = wait_seconds


class Gateway(Protocol):
    """A way to the platform.

    `receiver_time` is what the receiver's clock showed in its last answer, with its zone; None
    where it does not say.
    """

    receiver_time: datetime | None

    def token(self) -> None:
        """Sign in, forgetting the token in use.

        Raises:
            UnreachableError: try later.
            RefusedError: the account was refused; trying again would change nothing.
        """

    def send(self, content: bytes, one: StoredPackage) -> Sent:
        """Hand over a package. Never raises for what the receiver or the network does."""

    def result(self, one: StoredPackage) -> Result:
        """What the receiver says of its newest package, or of this one where it can tell.

        Raises:
            UnreachableError: try later.
        """

    def close(self) -> None:
        """Give connections back."""


def checked_name(name: str) -> str:
    """A package's name, safe as a file name on both sides.

    Raises:
        RefusedError: it holds anything but letters, digits, dot, dash and underscore.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise RefusedError(
            _("A package's name may hold letters, digits, dot, dash and underscore only.")
        )
    return name


def read_feedback(result: Any) -> Feedback | None:
    """The platform's `result` object as feedback; None when it is none.

    Numbers may come as text: both were seen. What cannot be read counts as not said.
    """
    if not isinstance(result, dict):
        return None
    stage = _number(result.get("status"))
    if stage is None or stage not in set(Stage):
        return None
    grades = result.get("checkgrade")
    grades = grades if isinstance(grades, dict) else {}
    counted = tuple(_number(grades.get(f"grade{level}")) for level in range(4))
    first, second, third, fourth = counted
    whole = None
    if first is not None and second is not None and third is not None and fourth is not None:
        whole = (first, second, third, fourth)
    message = result.get("errormsg")
    return Feedback(
        stage=Stage(stage),
        grades=whole,
        stocked=_number(grades.get("stocked")),
        total=_number(grades.get("total")),
        grade=_number(grades.get("grade")),
        result_id=safe_code(result.get("id")),
        error_code=safe_code(result.get("errorCode")),
        message=message if isinstance(message, str) else "",
    )


def safe_code(value: Any) -> str:
    """An id or error code fit for a log: short and printable, otherwise nothing."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if re.fullmatch(rf"[A-Za-z0-9._-]{{1,{_LONGEST_CODE}}}", text) else ""


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip()):
        return int(value)
    return None
