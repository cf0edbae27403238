"""When to try again and when to be quiet."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icdmapper.upload.manners import Pace, Window

DAY = datetime(2028, 2, 29)  # noqa: DTZ001 - the window looks at the time of day only
MOMENTS = st.datetimes(DAY, DAY + timedelta(days=2))
TIMES = st.times()


@given(attempt=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_a_pause_is_at_least_a_second_and_never_longer_than_the_longest(
    attempt: int, chance: float
) -> None:
    assert 1.0 <= Pace(first=2, longest=300).pause(attempt, chance) <= 300


def test_pauses_grow_and_use_their_whole_range() -> None:
    pace = Pace(first=2, longest=300)
    assert [pace.pause(attempt, 0.999999) for attempt in range(9)] == pytest.approx(
        [2, 4, 8, 16, 32, 64, 128, 256, 300], rel=1e-3
    )
    assert pace.pause(8, 0.5) == pytest.approx(150)


@given(opens=TIMES, closes=TIMES, moment=MOMENTS, margin=st.floats(0, 300))
def test_what_remains_never_reaches_past_the_closing(
    opens: time, closes: time, moment: datetime, margin: float
) -> None:
    """Judged by walking: whatever begins now and lasts what remains is over, margin included."""
    left = Window(opens, closes, margin).remaining(moment)
    assert left >= 0
    if opens != closes and left:
        assert is_open(opens, closes, moment.time())
        latest = moment + timedelta(seconds=left + margin - 0.001)
        assert is_open(opens, closes, latest.time())


def is_open(opens: time, closes: time, at: time) -> bool:
    if opens < closes:
        return opens <= at < closes
    return at >= opens or at < closes


@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("21:59:59", 0.0), ("22:00:00", 5 * 3600.0), ("23:59:59", 3 * 3600 + 1.0),
        ("00:00:00", 3 * 3600.0), ("02:59:59", 1.0), ("03:00:00", 0.0), ("12:00:00", 0.0),
    ],
)  # fmt: skip
def test_a_window_over_midnight(at: str, left: float) -> None:
    window = Window(time(22), time(3), margin=0)
    assert window.remaining(datetime.combine(DAY, time.fromisoformat(at))) == left


def test_nothing_is_begun_in_the_last_minute() -> None:
    window = Window(time(1), time(2))
    assert window.remaining(datetime.combine(DAY, time(1, 59, 1))) == 0
    assert window.remaining(datetime.combine(DAY, time(1, 58, 59))) == 1


def test_equal_times_mean_the_whole_day() -> None:
    assert Window(time(0), time(0)).remaining(DAY) > 0
