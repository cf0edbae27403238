"""When to try again and when to be quiet; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the sender is; times in seconds.

    Pauses grow as `first · 2ⁿ` up to `longest`, drawn evenly from the whole range ("full jitter")
    so that hospitals that failed together do not come back together; never under one second.
    `settle` is how long a package whose answer was lost is given to arrive before the receiver
    is asked, and `asks` how often it must deny having it. The feedback is asked for `polls` times
    with `poll` between. `longest_wait` is the longest
    Retry-After a run sits out; a longer one is left to the next run.
    """

    first: float = 2.0
    longest: float = 300.0
    tries: int = 6
    settle: float = 30.0
    asks: int = 2
    poll: float = 2.0
    polls: int = 150
    longest_wait: float = 900.0

    def pause(self, attempt: int, chance: float) -> float:
        """Seconds before the try after `attempt` (from 0); `chance` is from [0, 1)."""
        return max(1.0, chance * min(self.longest, self.first * 2.0 ** min(attempt, 30)))


@dataclass(frozen=True, slots=True)
class Window:
    """The daily time in which bytes may be sent, in the hospital's own time.

    `closes` before `opens` means over midnight; equal means the whole day. Nothing new is begun in
    the last `margin` seconds, so that what was begun is over when the window closes.
    """

    opens: time
    closes: time
    margin: float = 60.0

    def is_open(self, moment: datetime) -> bool:
        """Whether what was begun may go on."""
        return replace(self, margin=0.0).remaining(moment) > 0

    def remaining(self, moment: datetime) -> float:
        """Seconds left to begin something; 0 when the window is closed."""
        if self.opens == self.closes:
            return timedelta(days=1).total_seconds()
        now = _seconds(moment.time())
        opened = (now - _seconds(self.opens)) % 86_400
        length = (_seconds(self.closes) - _seconds(self.opens)) % 86_400
        return max(0.0, length - opened - self.margin) if opened < length else 0.0


def _seconds(value: time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
