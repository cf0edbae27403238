"""Deliveries behind the network gap: whole, in order, once; nothing deleted."""

import json
import os
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from helpers.invented_months import discharges
from icdmapper.model.errors import RefusedError, UnreadableSourceError
from icdmapper.upload.dbf import write_dbf
from icdmapper.upload.drops import ASIDE, DONE, LEDGER, MANIFEST, DropFolder, Held, manifest_for
from icdmapper.upload.layouts import DBF, layout

CONTENT = '病案号,姓名\r\n1,测试患者\r\n2,"测试,二"\r\n'
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drops(tmp_path: Path, clock: Clock) -> DropFolder:
    return DropFolder(tmp_path, clock)


def put(
    folder: Path,
    sequence: int,
    content: bytes = CONTENT.encode("gb18030"),
    *,
    name: str = "",
    rows: int = 2,
    manifest: bool = True,
) -> str:
    name = name or f"首页{sequence}.csv"
    (folder / name).write_bytes(content)
    if manifest:
        said = manifest_for(name, content, sequence=sequence, rows=rows)
        (folder / f"{name}{MANIFEST}").write_text(said, encoding="utf-8")
    for one in folder.iterdir():
        os.utime(one, (START.timestamp(), START.timestamp()))
    return name


def held(drops: DropFolder) -> list[tuple[str, Held]]:
    return [(one.file, one.reason) for one in drops.scan().waiting]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_whole_delivery_is_read_and_moved_when_confirmed(
    tmp_path: Path, drops: DropFolder, encoding: str
) -> None:
    content = CONTENT.encode(encoding)
    name = put(tmp_path, 1, content)
    (delivery,) = drops.scan().ready
    frame = drops.read(delivery)
    assert frame.columns.tolist() == ["病案号", "姓名"]
    assert frame.to_numpy().tolist() == [["1", "测试患者"], ["2", "测试,二"]]
    assert drops.scan().ready == (delivery,)
    drops.confirm(delivery)
    assert drops.scan() == type(drops.scan())((), (), ())
    kept = {one.name: one.read_bytes() for one in (tmp_path / DONE).iterdir()}
    assert kept[f"000001_{name}"] == content
    assert set(kept) == {f"000001_{name}", f"000001_{name}{MANIFEST}", LEDGER}


def test_a_dbf_delivery_is_read(tmp_path: Path, drops: DropFolder) -> None:
    month = discharges(30)
    fields = [one for one in layout(DBF).fields if one.code in ("P3", "P4", "P22", "P782")]
    put(tmp_path, 1, write_dbf(month, fields, written_on=date(2026, 3, 1)), name="a.DBF", rows=30)
    (delivery,) = drops.scan().ready
    frame = drops.read(delivery)
    assert frame[["P3", "P4", "P22"]].equals(month[["P3", "P4", "P22"]].astype(object))


def test_a_file_without_manifest_waits_and_is_overdue_at_last(
    tmp_path: Path, drops: DropFolder, clock: Clock
) -> None:
    put(tmp_path, 1, manifest=False)
    (waiting,) = drops.scan().waiting
    assert (waiting.reason, waiting.overdue) == (Held.NO_MANIFEST, False)
    clock.time += timedelta(hours=1)
    (waiting,) = drops.scan().waiting
    assert waiting.overdue
    put(tmp_path, 1)
    assert len(drops.scan().ready) == 1


@pytest.mark.parametrize("kept", [0, 1, 20, -1])
def test_a_half_written_file_waits_until_it_is_whole(
    tmp_path: Path, drops: DropFolder, kept: int
) -> None:
    name = put(tmp_path, 1)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:kept])
    assert held(drops) == [(name, Held.INCOMPLETE)]
    assert not drops.scan().ready
    (tmp_path / name).write_bytes(whole)
    assert len(drops.scan().ready) == 1


def test_a_changed_byte_is_never_taken(tmp_path: Path, drops: DropFolder) -> None:
    name = put(tmp_path, 1)
    whole = (tmp_path / name).read_bytes()
    for at in range(len(whole)):
        (tmp_path / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not drops.scan().ready


def test_a_file_that_changes_after_the_scan_is_not_used(tmp_path: Path, drops: DropFolder) -> None:
    name = put(tmp_path, 1)
    (delivery,) = drops.scan().ready
    with (tmp_path / name).open("ab") as stream:
        stream.write(b"3,x\r\n")
    with pytest.raises(UnreadableSourceError, match="changed while it was read"):
        drops.read(delivery)
    assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    "said",
    [
        "", "{", "[]", "null", '{"sequence": 1}', '{"sequence": true}',
        json.dumps({"sequence": 1, "file": "../x.csv", "sha256": "0" * 64, "rows": 1}),
        json.dumps({"sequence": -1, "file": "首页1.csv", "sha256": "0" * 64, "rows": 1}),
        json.dumps({"sequence": 1, "file": "首页1.csv", "sha256": "0" * 63, "rows": 1}),
        json.dumps({"sequence": 1, "file": "首页1.csv", "sha256": None, "rows": 1}),
        json.dumps({"sequence": 1, "file": "首页1.csv", "sha256": "0" * 64, "rows": "1"}),
        " " * (1 << 17),
    ],
)  # fmt: skip
def test_a_bad_manifest_waits(tmp_path: Path, drops: DropFolder, said: str) -> None:
    name = put(tmp_path, 1)
    (tmp_path / f"{name}{MANIFEST}").write_text(said, encoding="utf-8")
    assert held(drops) == [(f"{name}{MANIFEST}", Held.BAD_MANIFEST)]


def test_a_renamed_file_is_not_taken_for_another(tmp_path: Path, drops: DropFolder) -> None:
    name = put(tmp_path, 1)
    (tmp_path / name).rename(tmp_path / "other.csv")
    assert held(drops) == [
        ("other.csv", Held.NO_MANIFEST), (f"{name}{MANIFEST}", Held.NO_DATA),
    ]  # fmt: skip


def test_a_doubled_delivery_is_skipped_and_said(tmp_path: Path, drops: DropFolder) -> None:
    put(tmp_path, 1)
    drops.confirm(drops.scan().ready[0])
    name = put(tmp_path, 1, name="again.csv")
    scan = drops.scan()
    assert not scan.ready
    assert held(drops) == [(name, Held.DOUBLED)]
    drops.set_aside(scan.waiting[0])
    assert not drops.scan().waiting
    assert len(list((tmp_path / ASIDE).iterdir())) == 2


def test_only_doubled_deliveries_are_put_aside(tmp_path: Path, drops: DropFolder) -> None:
    put(tmp_path, 1, manifest=False)
    with pytest.raises(RefusedError, match="taken before"):
        drops.set_aside(drops.scan().waiting[0])


def test_a_number_with_another_content_is_never_taken(tmp_path: Path, drops: DropFolder) -> None:
    put(tmp_path, 1)
    drops.confirm(drops.scan().ready[0])
    name = put(tmp_path, 1, CONTENT.replace("1", "9").encode(), name="other.csv")
    assert held(drops) == [(name, Held.NUMBER_REUSED)]
    put(tmp_path, 2, name="a.csv")
    put(tmp_path, 2, CONTENT.replace("1", "9").encode(), name="b.csv")
    assert not drops.scan().ready
    assert {one.file for one in drops.scan().waiting if one.sequence == 2} == {"a.csv", "b.csv"}


def test_numbers_out_of_order_wait_for_the_missing_one(tmp_path: Path, drops: DropFolder) -> None:
    for sequence in (5, 2, 4):
        put(tmp_path, sequence)
    scan = drops.scan()
    assert not scan.ready
    assert scan.missing == (1, 3)
    assert [one.sequence for one in scan.waiting] == [2, 4, 5]
    put(tmp_path, 1)
    scan = drops.scan()
    assert [one.sequence for one in scan.ready] == [1, 2]
    assert scan.missing == (3,)
    for one in scan.ready:
        drops.confirm(one)
    put(tmp_path, 3)
    assert [one.sequence for one in drops.scan().ready] == [3, 4, 5]


def test_an_unfinished_number_holds_up_the_later_ones(tmp_path: Path, drops: DropFolder) -> None:
    name = put(tmp_path, 1)
    (tmp_path / name).write_bytes(b"")
    put(tmp_path, 2)
    (tmp_path / name).write_bytes(b"")
    scan = drops.scan()
    assert not scan.ready
    assert scan.missing == ()
    assert [one.reason for one in scan.waiting] == [Held.INCOMPLETE, Held.EARLY]


def test_a_kill_before_the_move_does_not_deliver_twice(tmp_path: Path, drops: DropFolder) -> None:
    """The number is noted first: what is still in the folder is then a doubled delivery."""
    name = put(tmp_path, 1)
    content = (tmp_path / name).read_bytes()
    manifest = (tmp_path / f"{name}{MANIFEST}").read_bytes()
    drops.confirm(drops.scan().ready[0])
    (tmp_path / name).write_bytes(content)
    (tmp_path / f"{name}{MANIFEST}").write_bytes(manifest)
    assert held(drops) == [(name, Held.DOUBLED)]


@pytest.mark.parametrize(("content", "rows", "match"), [
    (CONTENT.encode(), 3, "has 2 rows"),
    (b"a,b\r\n1\r\n", 1, "CSV"),
    (b"a\r\n\"x\r\n", 1, "CSV"),
    ("a\r\n\ufffd\r\n".encode(), 1, "lost before"),
    (b"a\r\n\xff\xff\r\n", 1, "CSV"),
])  # fmt: skip
def test_a_whole_file_with_wrong_content_is_refused(
    tmp_path: Path, drops: DropFolder, content: bytes, rows: int, match: str
) -> None:
    put(tmp_path, 1, content, rows=rows)
    (delivery,) = drops.scan().ready
    with pytest.raises(UnreadableSourceError, match=match):
        drops.read(delivery)


def test_a_dbf_that_is_none_is_refused(tmp_path: Path, drops: DropFolder) -> None:
    put(tmp_path, 1, b"x" * 100, name="a.dbf")
    with pytest.raises(UnreadableSourceError):
        drops.read(drops.scan().ready[0])


def test_other_files_and_folders_are_left_alone(tmp_path: Path, drops: DropFolder) -> None:
    (tmp_path / "readme.md").write_text("x", encoding="utf-8")
    (tmp_path / "x.csv.part").write_text("x", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()
    assert drops.scan().waiting == ()


def test_a_damaged_list_of_taken_deliveries_stops_everything(
    tmp_path: Path, drops: DropFolder
) -> None:
    put(tmp_path, 1)
    drops.confirm(drops.scan().ready[0])
    (tmp_path / DONE / LEDGER).write_text("{", encoding="utf-8")
    with pytest.raises(RefusedError, match="damaged"):
        drops.scan()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(RefusedError, match="cannot be used"):
        DropFolder(tmp_path / "absent", clock).scan()


def test_numbers_may_begin_anywhere(tmp_path: Path, clock: Clock) -> None:
    drops = DropFolder(tmp_path, clock, first=41)
    put(tmp_path, 41)
    put(tmp_path, 7)
    scan = drops.scan()
    assert [one.sequence for one in scan.ready] == [41]
    assert [one.reason for one in scan.waiting] == [Held.NUMBER_REUSED]


def test_empty_days_are_deliveries_too(tmp_path: Path, drops: DropFolder) -> None:
    for sequence in (1, 2):
        put(tmp_path, sequence, "病案号\r\n".encode(), rows=0)
    first, second = drops.scan().ready
    assert isinstance(drops.read(first), pd.DataFrame)
    assert drops.read(second).empty


class Carrier:
    """What goes wrong on the way across the gap, by chance; `truth` is what should arrive."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._unfinished: list[tuple[str, bytes]] = []
        self.truth: dict[int, bytes] = {}

    def carry(self, sequence: int) -> None:
        content = f"病案号\r\n{sequence}\r\n".encode()
        name = f"d{sequence}.csv"
        said = manifest_for(name, content, sequence=sequence, rows=1).encode()
        self.truth[sequence] = content
        parts = [(name, content), (f"{name}{MANIFEST}", said)]
        self._chance.shuffle(parts)
        for part in parts:
            self._arrive(*part)
        if self._chance.random() < 0.2:
            again = manifest_for(f"copy{name}", content, sequence=sequence, rows=1)
            (self._folder / f"copy{name}").write_bytes(content)
            (self._folder / f"copy{name}{MANIFEST}").write_text(again, encoding="utf-8")

    def finish(self, share: float) -> None:
        self._chance.shuffle(self._unfinished)
        for _turn in range(round(len(self._unfinished) * share)):
            name, content = self._unfinished.pop()
            (self._folder / name).write_bytes(content)

    def _arrive(self, name: str, content: bytes) -> None:
        fate = self._chance.random()
        if fate < 0.5:
            (self._folder / name).write_bytes(content)
            return
        self._unfinished.append((name, content))
        if fate < 0.65:
            (self._folder / name).write_bytes(content[: self._chance.randrange(len(content))])
        elif fate < 0.75:
            at = self._chance.randrange(len(content))
            (self._folder / name).write_bytes(content[:at] + b"~" + content[at + 1 :])
        elif fate < 0.85:
            (self._folder / name).write_bytes(b"")


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_on_the_way_each_delivery_is_taken_once_whole_and_in_order(
    tmp_path: Path, clock: Clock, seed: int
) -> None:
    """Also when the uploader is killed after any step: every look is by a new one."""
    carrier = Carrier(tmp_path, seed)
    order = list(range(1, 41))
    chance = random.Random(seed)
    chance.shuffle(order)
    taken: list[tuple[int, list[str]]] = []
    for sequence in [*order, None]:
        if sequence is None:
            carrier.finish(1.0)
        else:
            carrier.carry(sequence)
            carrier.finish(0.3)
        drops = DropFolder(tmp_path, clock)
        scan = drops.scan()
        done = {number for number, _cells in taken}
        seen = done | {one.sequence for one in scan.ready}
        seen |= {one.sequence for one in scan.waiting if one.sequence}
        assert set(scan.missing) == set(range(1, max(seen, default=0))) - seen
        for one in scan.ready:
            taken.append((one.sequence, drops.read(one).iloc[:, 0].tolist()))
            DropFolder(tmp_path, clock).confirm(one)
    assert taken == [(number, [str(number)]) for number in sorted(carrier.truth)]
    drops = DropFolder(tmp_path, clock)
    for waiting in drops.scan().waiting:
        drops.set_aside(waiting)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == []
    kept = [one.read_bytes() for one in (tmp_path / DONE).glob("*.csv")]
    assert sorted(kept) == sorted(carrier.truth.values())
