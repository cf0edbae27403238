"""What the receiver's result means for one package; pure, and in doubt it says so.

The platform shows the newest result of an account and is not known to take a package's name.
So the id of the newest result is noted before every try: the same id afterwards means that
nothing arrived, another one that the package did, as long as nothing else was tried since.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from icdmapper.model.sending import Feedback, PackageState, StoredPackage, Trouble, state_of
from icdmapper.upload.gateway import Result


class Verdict(Enum):
    """Whether the receiver has a package."""

    HAS = "has"
    ABSENT = "absent"
    CANNOT_SAY = "cannot_say"


@dataclass(slots=True)
class Heard:
    """What was heard while the feedback of one received package was asked for."""

    asks: int
    """So many useless answers end the asking."""
    named: bool = False
    silent: int = 0
    newer: bool = False

    def enough(self, result: Result, verdict: Verdict) -> bool:
        """Whether it is no use to ask on.

        A receiver that cannot say now, or shows something newer, will not say later either.
        """
        self.named = self.named or bool(result.name)
        self.newer = verdict is Verdict.CANNOT_SAY and result.feedback is not None
        self.silent += result.mute or self.newer
        return self.silent >= self.asks

    @property
    def passed_over(self) -> bool:
        """Whether something newer is shown, and this package's feedback never will be again."""
        return self.newer and not self.named and self.silent >= self.asks

    @property
    def pending(self) -> bool:
        """Whether the feedback may still come, as long as nothing newer is sent."""
        return not self.named and self.silent < self.asks


def judge(result: Result, one: StoredPackage, *, newest_try: bool) -> Verdict:
    """Whether a result proves that the receiver has the package, or that it has not."""
    if result.name:
        if result.name != one.name:
            return Verdict.CANNOT_SAY
        return Verdict.ABSENT if result.absent else Verdict.HAS
    if result.absent:
        # Only a receiver that had nothing before the try can be believed to have nothing now.
        return Verdict.ABSENT if one.before == "" and newest_try else Verdict.CANNOT_SAY
    return _by_id(result, one, newest_try=newest_try)


def _by_id(result: Result, one: StoredPackage, *, newest_try: bool) -> Verdict:
    shown = result.feedback.result_id if result.feedback else ""
    receipt = one.feedback.result_id if one.feedback else ""
    if shown and shown == receipt:
        return Verdict.HAS
    if not shown or not newest_try or one.before is None:
        return Verdict.CANNOT_SAY
    return Verdict.ABSENT if shown == one.before else Verdict.HAS


def shown_before(result: Result) -> str | None:
    """What to note before a try: the id of the newest result, "" for none, None for unknown."""
    if result.feedback is not None:
        return result.feedback.result_id or None
    return None if result.mute else ""


def settled(feedback: Feedback, one: StoredPackage) -> tuple[PackageState, Trouble]:
    """What a feedback makes of its package; another count than was sent is for a person."""
    state = state_of(feedback)
    if state is PackageState.ACCEPTED and feedback.total not in (None, one.records):
        return PackageState.UNKNOWN, Trouble.COUNT_DIFFERS
    return state, Trouble.NONE
