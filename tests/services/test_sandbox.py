"""The look-alike: what it checks with its own eyes, what it refuses, what it shows."""

import http.client
import io
import ssl
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.discharges import frame
from helpers.sandboxes import dbf, now, package, records, sandbox, zipped
from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Stage
from icdmapper.upload.layouts import DBF, layout
from icdmapper.upload.packaging import build
from icdmapper.upload.sandbox.checking import check_upload, read_dictionary
from icdmapper.upload.sandbox.faults import Fault, Faults, parse_faults
from icdmapper.upload.sandbox.ledger import Ledger
from icdmapper.upload.sandbox.reading import UnfitUploadError, read_dbf, unzip
from icdmapper.upload.sandbox.receiver import Habits, Receiver

COLUMNS = [one.code for one in layout(DBF).fields]
DICTIONARIES = {"RC020": {"I63.902": "脑梗死", "1": "1"}}


def uploaded(folder: Path, content: bytes, **more: Any) -> dict[str, Any]:
    receiver = Receiver(Ledger(folder), Habits(polls=0), now=now, **more)
    receiver.upload(content, rc020="1", rc021="1")
    result: dict[str, Any] = receiver.result()["result"]
    return result


def test_two_parts_are_joined_and_each_record_is_graded(tmp_path: Path) -> None:
    rows = records(0, 4)
    rows[1]["P321"] = "X99.999"  # not in the dictionary: the main diagnosis
    rows[2]["P322"] = "脑梗塞"  # not the dictionary's name
    rows[3]["P26"] = ""  # another required field
    first = COLUMNS[:254]
    second = ["P3", "P22", *[name for name in COLUMNS[254:] if name not in ("P3", "P22")]]
    content = zipped(part1=dbf(rows, first), part2=dbf(rows, second))
    said = uploaded(tmp_path, content, dictionaries=DICTIONARIES)
    assert said["status"] == Stage.DONE
    assert said["checkgrade"] == {
        "grade0": 1, "grade1": 1, "grade2": 1, "grade3": 1, "stocked": 3, "total": 4, "grade": 0,
    }  # fmt: skip
    problems = Ledger(tmp_path).uploads[0].problems
    assert sorted(problems) == [
        ("missing", "P26", 1), ("other_name", "P322", 1), ("unknown_code", "P321", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("split", [False, True], ids=["one file", "two parts"])
def test_what_the_uploader_packs_is_read_and_stored_whole(tmp_path: Path, split: bool) -> None:
    """The product's writer against this reader: neither knows the other's code."""
    rows = [{"P3": f"10000{at}", "P2": "1", "P22": "2026-03-01 08:00:00", "P4": "测试甲",
             "P25": "2026-03-05 09:30:00", "P321": "I63.902", "P322": "脑梗死"}
            for at in range(5)]  # fmt: skip
    made = build(frame(*rows), DBF, stamp=now(), hospital_id="330100A1",
                 split=split)  # fmt: skip
    said = uploaded(tmp_path, made.content)
    assert said["status"] == Stage.DONE
    assert said["checkgrade"]["total"] == made.records == 5
    assert len(set((tmp_path / "records.jsonl").read_text().splitlines())) == 5
    assert not {name for kind, name, _count in Ledger(tmp_path).uploads[0].problems
                if name in rows[0]}  # fmt: skip


def test_the_same_file_again_is_status_six_and_stored_once(tmp_path: Path) -> None:
    receiver = Receiver(Ledger(tmp_path), Habits(polls=0), now=now)
    for _twice in range(2):
        receiver.upload(package(1).content, rc020="1", rc021="1")
    assert receiver.result()["result"]["status"] == Stage.REPEATED
    again = Ledger(tmp_path)  # as after a restart
    assert [one.repeat_of for one in again.uploads] == ["", "1"]
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 3


def test_statuses_come_one_after_another(tmp_path: Path) -> None:
    receiver = Receiver(Ledger(tmp_path), Habits(polls=4), now=now)
    receiver.upload(package(1).content, rc020="1", rc021="1")
    seen = [receiver.result()["result"]["status"] for _poll in range(6)]
    assert seen == [0, 1, 2, 3, 4, 4]


def test_without_editions_nothing_is_taken(tmp_path: Path) -> None:
    receiver = Receiver(Ledger(tmp_path), Habits(), now=now)
    assert receiver.upload(package(1).content, rc020="", rc021="1")["errorCode"] == "NO_EDITION"
    assert receiver.ledger.uploads == []


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dbf", b"\0" * (64 << 20))
    return stream.getvalue()


def lying() -> bytes:
    """A directory that says ten bytes where a thousand are."""
    content = bytearray(zipped(a=b"x" * 1000))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no zip", package(1).content[:-30], bomb(), lying(), zipped(), zipped(a=b""),
        zipped(a=b"\x03" * 40), zipped(**{f"n{at}": b"" for at in range(20)}),
        zipped(a=dbf(records(0, 2), COLUMNS[:-1])), zipped(a=dbf(records(0, 2), [*COLUMNS, "P0"])),
        zipped(a=dbf(records(0, 2)), b=dbf(records(0, 2))),
        zipped(a=dbf(records(0, 2))[:20_000]),
        zipped(a=dbf(records(0, 2), COLUMNS[:254]),
               b=dbf(records(0, 3), ["P3", "P22", *COLUMNS[254:]])),
    ],
    ids=lambda content: f"{len(content)} bytes",
)  # fmt: skip
def test_what_cannot_be_read_fails_with_a_reason_and_stores_nothing(
    tmp_path: Path, content: bytes
) -> None:
    said = uploaded(tmp_path, content)
    assert said["status"] == Stage.FAILED
    assert said["errormsg"]
    assert (tmp_path / "records.jsonl").read_text() == ""


@given(at=st.integers(0, 12_000), value=st.integers(0, 255))
def test_a_damaged_dbf_is_refused_or_read_but_never_worse(at: int, value: int) -> None:
    content = bytearray(dbf(records(0, 1)))
    content[at % len(content)] = value
    try:
        found = check_upload(zipped(a=bytes(content)), DICTIONARIES, salt=b"s")
    except UnfitUploadError:
        return
    assert found.total <= 1


def test_what_another_reader_sees_is_what_this_one_sees() -> None:
    rows = records(0, 2)
    content = dbf(rows)
    one = read_dbf("a", content)
    assert [column.name for column in one.columns] == COLUMNS
    column = next(column for column in one.columns if column.name == "P4")
    seen = [row[column.start : column.start + column.width].decode("gbk") for row in one.records()]
    assert [name.strip() for name in seen] == ["测试甲", "测试甲"]
    assert unzip(zipped(a=content)) == [("a.dbf", content)]


def test_faults_are_drawn_alike_from_the_same_seed() -> None:
    one, two = (Faults(parse_faults("drop=0.3, 5xx=0.2"), seed=4) for _twice in range(2))
    drawn = [one.draw() for _request in range(1000)]
    assert drawn == [two.draw() for _request in range(1000)]
    assert 230 < one.counts[Fault.DROP] < 370
    assert 140 < one.counts[Fault.SERVER_ERROR] < 260


@pytest.mark.parametrize("text", ["dorp=0.1", "drop=much", "drop=1.5", "drop=0.6,cut=0.6"])
def test_a_wish_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        Faults(parse_faults(text))


def test_faults_can_be_asked_for_while_it_runs(tmp_path: Path) -> None:
    with sandbox(tmp_path) as place, httpx.Client(base_url=place.address) as client:
        token = "/docking/auto/gettoken.shtml?loginid=sandbox&pwd=sandbox"
        assert client.get(token).status_code == 200
        wish = {"faults": "429=1", "seed": 2}
        assert client.post("/sandbox/faults", json=wish).json() == {"succ": True}
        answer = client.get(token)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        assert client.get("/sandbox/faults").json() == {"requests": 1, "faults": {"429": 1}}
        for broken in ("[]", "{}", "x", '{"faults": "nonsense"}', '{"faults": 3}'):
            assert client.post("/sandbox/faults", content=broken).status_code == 400


def test_requests_without_or_beyond_a_size_are_refused(tmp_path: Path) -> None:
    with sandbox(tmp_path) as place:
        for size, status in ((str(65 << 20), 413), ("-1", 411), ("x", 411), (None, 411)):
            client = http.client.HTTPConnection(place.server.address.removeprefix("http://"))
            client.putrequest("POST", "/autoReqTran.shtml")
            if size is not None:
                client.putheader("Content-Length", size)
            client.endheaders()
            assert client.getresponse().status == status
            client.close()
        with httpx.Client(base_url=place.address) as other:
            assert other.get("/package-99").status_code == 404
            assert other.post("/elsewhere", content=b"x").status_code == 404


def test_the_report_can_be_read_by_a_person(tmp_path: Path) -> None:
    rows = records(0, 3)
    rows[0]["P26"] = ""
    with sandbox(tmp_path) as place, httpx.Client(base_url=place.address) as client:
        receiver = place.server.receiver
        receiver.upload(zipped(hqms=dbf(rows)), rc020="1", rc021="2")
        receiver.upload(b"<script>alert(1)</script>", rc020="1", rc021="1")
        page, first, second = (client.get(path).text for path in ("/", "/package-1", "/package-2"))
    for text in (page, first, second):
        assert text.startswith('<!DOCTYPE html><html lang="zh-CN">')
        assert "测试甲" not in text
        assert "<script" not in text
        assert "http://" not in text
    assert 'href="package-1"' in page
    assert "P26" in first
    assert "RC021 = 2" in first


def test_a_dictionary_may_have_tabs_or_commas(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编码,名称\nA00.900,霍乱\n", encoding="utf-8-sig")
    (tmp_path / "b.tsv").write_text("A00.900\t霍乱\n\n", encoding="utf-8")
    for name in ("a.csv", "b.tsv"):
        assert read_dictionary(tmp_path / name)["A00.900"] == "霍乱"


def test_the_command_serves_over_https_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("I63.902,脑梗死\n", encoding="utf-8")
    command = [sys.executable, "-m", "icdmapper.cli.main", "sandbox", "--port", "0", "--tls"]
    command += ["--folder", str(tmp_path / "box"), "--language", "en"]
    command += ["--dictionary", f"RC020={tmp_path / 'codes.csv'}", "--faults", "slow=0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split(" at ")[1].split(";")[0]
        try:
            trust = ssl.create_default_context(cafile=str(tmp_path / "box" / "sandbox-ca.pem"))
            with urllib.request.urlopen(address, context=trust, timeout=10) as answer:
                assert "Feedback report" in answer.read().decode()
            with pytest.raises(urllib.error.URLError):
                urllib.request.urlopen(address, timeout=10)
        finally:
            process.terminate()
