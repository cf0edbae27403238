"""New, changed, unchanged: every delivered row in exactly one place."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.invented_months import discharges
from icdmapper.upload.extract import (
    LastRead,
    Rescan,
    fingerprints,
    gather,
    next_window,
    rows_at,
    salted,
    sort_out,
)

HASHER = salted(b"0" * 32)
cells = st.text(st.sampled_from("ab\x1b\x1e\x1f"), max_size=3)
records = st.fixed_dictionaries(
    {"P3": st.sampled_from(["1", "2", "3", ""]), "P2": st.sampled_from(["1", "2"]),
     "P4": cells, "P5": cells}
)  # fmt: skip


def canonical(rows: list[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["P3", "P2", "P4", "P5"], dtype=object).fillna("")


@given(st.lists(records, max_size=8), st.lists(records, max_size=8))
def test_every_row_has_one_place_and_the_right_one(
    before: list[dict[str, str]], now: list[dict[str, str]]
) -> None:
    """Against the same question asked with dictionaries and no hashes."""
    held = {(one["P3"], one["P2"]): one for one in before if one["P3"]}
    old = fingerprints(canonical(list(held.values())), HASHER)
    known = dict(zip(old.keys, old.contents, strict=True))
    sorted_out = sort_out(fingerprints(canonical(now), HASHER), known, expected=known)

    places = [*sorted_out.to_send, *sorted_out.unchanged, *sorted_out.repeated]
    places += [*sorted_out.unkeyed, *(row for group in sorted_out.conflicting for row in group)]
    assert sorted(places) == list(range(len(now)))
    assert sorted_out.rows == len(now)
    for row in sorted_out.new:
        assert (now[row]["P3"], now[row]["P2"]) not in held
    for row in sorted_out.changed:
        assert held[now[row]["P3"], now[row]["P2"]] != now[row]
    for row in sorted_out.unchanged:
        assert held[now[row]["P3"], now[row]["P2"]] == now[row]
    for group in sorted_out.conflicting:
        assert len({(now[row]["P3"], now[row]["P2"]) for row in group}) == 1
        assert len({tuple(now[row].values()) for row in group}) > 1
    delivered = {(one["P3"], one["P2"]) for one in now if one["P3"]}
    assert len(sorted_out.gone) == len(held.keys() - delivered)


@given(st.lists(records, max_size=6), st.lists(records, max_size=8), st.integers(1, 4))
def test_frames_that_arrive_in_parts_give_what_the_whole_gives(
    before: list[dict[str, str]], now: list[dict[str, str]], size: int
) -> None:
    old = fingerprints(canonical(before), HASHER)
    known = {key: content for key, content in zip(old.keys, old.contents, strict=True) if key}
    asked: list[str] = []

    def latest(keys: Sequence[str]) -> dict[str, str]:
        asked.extend(keys)
        return {key: known[key] for key in keys if key in known}

    whole = canonical(now)
    parts = [whole.iloc[at : at + size] for at in range(0, len(whole), size)]
    found = gather(parts, HASHER, latest)
    prints = fingerprints(whole, HASHER)
    expected = sort_out(prints, known)
    assert found.sorted == expected
    assert found.records.to_dict("records") == [now[row] for row in expected.to_send]
    assert found.prints.keys == tuple(prints.keys[row] for row in expected.to_send)
    assert found.prints.contents == tuple(prints.contents[row] for row in expected.to_send)
    assert sum(found.changed) == len(expected.changed)
    assert "" not in asked


@given(st.lists(cells, min_size=2, max_size=2), st.lists(cells, min_size=2, max_size=2))
def test_no_two_records_read_alike(one: list[str], other: list[str]) -> None:
    made = fingerprints(
        canonical([{"P3": "1", "P2": "1", "P4": four, "P5": five} for four, five in (one, other)]),
        "\0".join,
    )
    assert (made.contents[0] == made.contents[1]) == (one == other)


def test_an_empty_field_more_changes_no_record() -> None:
    frame = canonical([{"P3": "1", "P2": "1", "P4": "a", "P5": ""}])
    wider = frame.assign(P999="")
    assert fingerprints(frame, HASHER).contents == fingerprints(wider, HASHER).contents
    turned = frame[["P5", "P4", "P3", "P2"]]
    assert fingerprints(frame, HASHER).contents == fingerprints(turned, HASHER).contents


def test_the_salt_hides_what_was_hashed() -> None:
    frame = canonical([{"P3": "1", "P2": "1", "P4": "a", "P5": ""}])
    first, second = (fingerprints(frame, salted(salt * 32)) for salt in (b"a", b"b"))
    assert first.keys != second.keys
    assert first.contents != second.contents


def test_any_hasher_will_do() -> None:
    """The state file's own hash, for one."""

    def plain(texts: object) -> str:
        return hashlib.sha256(repr(list(texts)).encode()).hexdigest()  # type: ignore[call-overload]

    made = fingerprints(discharges(20), plain)
    assert len({*made.keys, *made.contents}) == 40


def test_rows_are_taken_by_position() -> None:
    frame = canonical([{"P3": str(one), "P2": "1", "P4": "", "P5": ""} for one in range(4)])
    assert rows_at(frame, (3, 1))["P3"].tolist() == ["3", "1"]
    assert rows_at(frame, ()).empty


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2)  # noqa: DTZ001 - local time of the HIS


FIRST = date(2026, 1, 1)


def test_the_first_run_begins_at_the_beginning() -> None:
    asked = next_window(None, date(2026, 3, 1), first=FIRST)
    assert (asked.since.date(), asked.until.date()) == (FIRST, date(2026, 3, 1))
    assert asked.deep


def test_a_run_asks_again_for_the_overlap() -> None:
    last = LastRead(date(2026, 6, 1), at(date(2026, 6, 1)), date(2026, 6, 1))
    asked = next_window(last, date(2026, 6, 2), first=FIRST, rescan=Rescan(overlap_days=10))
    assert asked.since.date() == date(2026, 5, 22)
    assert not asked.deep
    assert asked.changed_since == at(date(2026, 5, 31))


@pytest.mark.parametrize("delay", [0, 10])
def test_youngest_discharges_may_be_left_for_later(delay: int) -> None:
    last = LastRead(date(2026, 6, 1), at(date(2026, 6, 1)), date(2026, 6, 1))
    asked = next_window(last, date(2026, 6, 2), first=FIRST, rescan=Rescan(delay_days=delay))
    assert asked.until.date() == date(2026, 6, 2) - timedelta(days=delay)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(0, 40))
def test_no_day_is_ever_left_out(pauses: list[int], delay: int) -> None:
    """Whatever days the machine was off: each window begins before the last one ended."""
    rescan = Rescan(overlap_days=5, delay_days=delay)
    today, last, covered = date(2026, 3, 1), None, FIRST
    for pause in pauses:
        asked = next_window(last, today, first=FIRST, rescan=rescan)
        assert FIRST <= asked.since.date() <= max(covered, FIRST)
        assert asked.since <= asked.until
        assert asked.deep == (last is None or asked.until.date() - last.deep >= timedelta(days=7))
        covered = max(covered, asked.until.date())
        last = asked.read(last, at(today))
        assert last.until == covered
        today += timedelta(days=pause)
