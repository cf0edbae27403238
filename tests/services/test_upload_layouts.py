"""Both layouts by both transports: what was packed is what arrives, checked, and never doubled."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from helpers.discharges import frame
from helpers.hospitals import Hospital, discharges
from helpers.sandboxes import now, sandbox
from icdmapper.model.sending import PackageState, Stage, StoredPackage
from icdmapper.upload.folder_gateway import READY
from icdmapper.upload.layouts import CSV, DBF, layout
from icdmapper.upload.packaging import build, read_package
from icdmapper.upload.sandbox.checking import check_upload
from icdmapper.upload.sandbox.reading import UnfitUploadError
from icdmapper.upload.service import Verified

DICTIONARIES = {"RC020": {"I63.902": "脑梗死"}, "RC022": {}}


def written(*rows: dict[str, str], head: list[str] | None = None) -> bytes:
    """A CSV of the 811 columns, every required field filled; written apart from the product."""
    fields = layout(CSV).fields
    names = [one.code for one in fields] if head is None else head
    filled = {one.code: "1" for one in fields if one.always_required}
    coded = {"C01C": "-", "C02N": "-", "C05C": "-", "C14x01C": "-", "C15x01N": "-",
             "C03C": "I63.902", "C04N": "脑梗死"}  # fmt: skip
    stream = io.StringIO(newline="")
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(names)
    for row in rows:
        table.writerow([(filled | coded | row).get(name, "") for name in names])
    return stream.getvalue().encode("gb18030")


def test_each_record_of_a_csv_is_graded_by_its_own_columns() -> None:
    content = written(
        {"A48": "1", "A11": "欧阳，\n测试"}, {"A48": "2", "C03C": "X99.999"},
        {"A48": "3", "C04N": "脑梗塞"}, {"A48": "4", "B16C": ""}, {"A48": "-"},
        {"A48": "6", "C03C": "-", "C04N": "-"},
    )  # fmt: skip
    found = check_upload(content, DICTIONARIES, salt=b"s")
    assert found.grades == [2, 1, 1, 2]
    assert dict(found.problems) == {
        ("unknown_code", "C03C"): 1, ("other_name", "C04N"): 1, ("missing", "B16C"): 1,
        ("missing", "A48"): 1,
    }  # fmt: skip
    assert len({key for key, _content in found.records}) == 6


def test_bytes_that_are_no_gbk_are_counted_where_they_stand() -> None:
    content = written({"A48": "1", "C04N": "NAME"}).replace(b"NAME", b"\xff\xff")
    found = check_upload(content, DICTIONARIES, salt=b"s")
    assert dict(found.problems) == {("bytes", "C03C"): 1}


@pytest.mark.parametrize(
    "content",
    [
        written(head=[one.code for one in layout(CSV).fields][:-1]),
        written(head=[*(one.code for one in layout(CSV).fields), "Z99"]),
        written(head=[*(one.code for one in layout(CSV).fields), "A01"]),
        written({}) + b"1,2,3\r\n",
        written({"A11": "测试甲"}) + b'"open',
        written({}).decode("gb18030").encode("utf-16"),
        b",",
    ],
    ids=["missing", "added", "twice", "short row", "open quote", "utf-16", "comma"],
)
def test_a_csv_with_other_columns_or_torn_rows_is_refused(content: bytes) -> None:
    with pytest.raises(UnfitUploadError) as refused:
        check_upload(content, DICTIONARIES, salt=b"s")
    assert "测试甲" not in refused.value.reason


def test_what_the_uploader_packs_is_read_whole_record_by_record() -> None:
    rows = [{"P3": f"{at}", "P2": "1", "P25": "2026-03-05 09:30:00", "P4": '㐀"测,试',
             "P321": "I63.902", "P322": "脑梗死"} for at in range(7)]  # fmt: skip
    made = build(frame(*rows), CSV, stamp=now(), hospital_id="330100A1")
    found = check_upload(made.content, DICTIONARIES, salt=b"s")
    assert (found.total, len(set(found.records))) == (7, 7)
    assert {kind for kind, _field in found.problems} == {"missing"}


def told(one: Hospital, old: str, new: str) -> None:
    """Change a line of the uploader's settings."""
    file = one.folder / "upload.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def layouts(one: Hospital, name: str) -> None:
    told(one, "[package]\n", f'[package]\nlayout = "{name}"\n')


def outbox(one: Hospital) -> tuple[StoredPackage, ...]:
    return one.uploader().packages(10)


def test_a_night_of_the_csv_layout_arrives_over_https_and_is_reported(hospital: Hospital) -> None:
    layouts(hospital, CSV)
    hospital.enter(discharges(30, dashes=True), date(2026, 3, 1))
    report = hospital.uploader().run()
    assert report.states == {"accepted": (2, 30)}, report
    assert hospital.uploader().verify() == Verified(2)
    uploads = hospital.sandbox.server.receiver.ledger.uploads
    assert [(one.stage, one.total) for one in uploads] == [(Stage.DONE, 20), (Stage.DONE, 10)]
    assert {one.sha256 for one in uploads} == {one.sha256 for one in outbox(hospital)}
    hospital.night.day += timedelta(days=1)
    assert hospital.uploader().run().counts["packed"] == 0
    assert len(hospital.sandbox.uploads()) == 2


def test_the_report_names_the_columns_of_the_csv_layout(tmp_path: Path) -> None:
    with sandbox(tmp_path, authority=None) as place, httpx.Client(base_url=place.address) as client:
        token = client.get("/gettoken.shtml?loginid=sandbox&pwd=sandbox").json()["result"]["token"]
        client.post(f"/autoReqTran.shtml?token={token}&rc020=2&rc021=2",
                    content=written({"B16C": ""}))  # fmt: skip
        assert client.get(f"/findResult.shtml?token={token}").json()["succ"]
        result = client.get(f"/findResult.shtml?token={token}").json()["result"]
        page = client.get("/package-1").text
    assert (result["status"], result["checkgrade"]["grade1"]) == (Stage.DONE, 1)
    (title,) = (one.title for one in layout(CSV).fields if one.code == "B16C")
    assert "B16C" in page
    assert title in page


@pytest.mark.parametrize("name", [DBF, CSV])
def test_the_outgoing_folder_gets_each_package_once_with_its_mark(
    hospital: Hospital, name: str
) -> None:
    layouts(hospital, name)
    out = hospital.folder / "out-folder"
    kind = '[test]\ntransport = "{}"\n'
    told(hospital, kind.format("https"), kind.format("folder") + f'folder = "{out}"\n')
    hospital.enter(discharges(30, dashes=name == CSV), date(2026, 3, 1))
    assert hospital.uploader().run().states == {"received": (2, 30)}
    packed = {one.name: one for one in outbox(hospital)}
    given = {one.name: one for one in out.iterdir() if one.is_file()}
    assert set(given) == {*packed, *(f"{one}{READY}" for one in packed)}
    rows = 0
    for one in packed.values():
        content = given[one.name].read_bytes()
        assert one.sha256 in given[f"{one.name}{READY}"].read_text()
        assert check_upload(content, {}, salt=b"s").total == one.records
        rows += len(read_package(content, name))
    assert rows == 30
    # The carrier takes them; the same night again, and the next, bring nothing a second time.
    for one in given.values():
        one.unlink()
    for name_of in packed:
        (out / "answers" / f"{name_of}.json").write_text('{"status": 4}', encoding="utf-8")
    for _night in range(2):
        hospital.uploader().run()
        hospital.night.day += timedelta(days=1)
    assert not [one for one in out.iterdir() if one.is_file()]
    assert {one.state for one in outbox(hospital)} == {PackageState.ACCEPTED}
    assert hospital.uploader().records_sent() == 30
