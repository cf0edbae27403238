"""The uploader joined: a HIS in SQLite, a signed release, a sandbox over HTTPS, nights on end."""

import csv
import importlib
import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import trustme

from helpers.hospitals import IT, Hospital, decide, discharges
from icdmapper.cli.main import main
from icdmapper.model.errors import ConflictError, IcdMapperError, NotFoundError, RefusedError
from icdmapper.model.sending import Environment, PackageState
from icdmapper.texts import choose_language
from icdmapper.upload import alerts, mapping_file, readiness
from icdmapper.upload.packages import RefusedPackageError
from icdmapper.upload.promotion import checklists, is_clean
from icdmapper.upload.run_report import Choice, Exit
from icdmapper.upload.sandbox.faults import parse_faults
from icdmapper.upload.sandbox.server import _Handler
from icdmapper.upload.service import Verified

# Commands are read when they are asked. Read under the clock of a test, this one would keep it.
importlib.import_module("icdmapper.cli.commands.upload")


def test_a_night_sends_translated_records(hospital: Hospital) -> None:
    hospital.enter(discharges(30), date(2026, 3, 1))
    report = hospital.uploader().run()
    assert report.exit is Exit.DONE, report
    assert (report.counts["extracted"], report.counts["packed"]) == (30, 30)
    assert report.states == {"accepted": (2, 30)}
    received = hospital.received()
    assert set(received["P321"]) == {"I63.902"}
    assert set(received["P322"]) == {"脑梗死"}


def test_the_same_night_again_sends_nothing(hospital: Hospital) -> None:
    hospital.enter(discharges(5), date(2026, 3, 1))
    hospital.uploader().run()
    hospital.night.day += timedelta(days=1)
    again = hospital.uploader().run()
    assert (again.counts["unchanged"], again.counts["packed"], again.exit) == (5, 0, Exit.DONE)
    assert len(hospital.sandbox.uploads()) == 1


def test_late_edited_and_back_dated_records_are_found(hospital: Hospital) -> None:
    first = discharges(5)
    hospital.enter(first, date(2026, 3, 1))
    hospital.uploader().run()
    edited = first.iloc[:2].copy()
    edited["P801"] = "更正后的地址"
    hospital.enter(edited, date(2026, 3, 2))
    hospital.enter(discharges(3, start=100), date(2026, 3, 2))
    hospital.night.day += timedelta(days=1)
    report = hospital.uploader().run()
    assert (report.counts["changed"], report.counts["new"]) == (2, 3)
    assert hospital.uploader().records_sent() == 8


def test_what_cannot_be_translated_is_held_and_goes_out_once_it_can(hospital: Hospital) -> None:
    records = discharges(6)
    records.loc[records.index[:2], ["P321", "P322"]] = ["D38.201", "胸膜肿瘤"]
    records.loc[records.index[2], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    hospital.enter(records, date(2026, 3, 1))
    report = hospital.uploader().run()
    assert report.exit is Exit.LOOK
    assert (report.counts["held"], report.counts["packed"]) == (3, 3)
    assert (report.held["undecided"], report.held["unmapped"]) == (2, 1)
    assert report.rules == {"HQ-077": 3}
    codes = {(one.code, one.name, one.records) for one in hospital.uploader().unknown_codes()}
    assert {("D38.201", "胸膜肿瘤", 2), ("Q99.999", "名单上没有", 1)} <= codes
    decide(hospital.resolution, hospital.sets, "胸膜肿瘤", "胸膜交界恶性肿瘤")
    hospital.release()
    hospital.night.day += timedelta(days=40)  # beyond the overlap: held records are asked for again
    later = hospital.uploader().run()
    assert later.counts["packed"] == 2, later
    assert hospital.uploader().records_held() == 1
    assert {one.code for one in hospital.uploader().unknown_codes()} == {"Q99.999"}


def test_two_runs_of_one_second_give_their_packages_two_names(hospital: Hospital) -> None:
    for address in ("一号", "二号"):
        records = discharges(25)
        records["P801"] = address
        hospital.enter(records, date(2026, 3, 1))
        report = hospital.uploader().run()
        assert (report.counts["packed"], report.exit) == (25, Exit.DONE)
    names = {one.name for one in hospital.uploader().packages(10)}
    assert len(names) == len(hospital.sandbox.uploads()) == 4


def test_problems_are_listed_by_record_field_and_department_for_the_account_alone(
    hospital: Hospital,
) -> None:
    records = discharges(5)
    records["P26"] = ["0101", "0101", "0202", "0202", "=0303"]
    records.loc[records.index[4], "P5"] = "3"
    records.loc[records.index[0], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    records.loc[records.index[1:3], "P5"] = "3"
    hospital.enter(records, date(2026, 3, 1))
    folder = hospital.folder / "问题"
    for _twice in range(2):
        report = hospital.uploader().run(Choice(dry=True, problems=folder))

    def rows(name: str) -> list[list[str]]:
        with (folder / name).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.reader(stream))[1:]

    number = dict(enumerate(records["P3"]))
    told = {(row[0], row[2], row[3], row[4]) for row in rows("by-record.csv")}
    assert (number[0], "0101", "HQ-077", "P321") in told
    assert [row[6] for row in rows("by-record.csv") if row[3] == "HQ-077"] == ["Q99.999"]
    (rule,) = {one[2] for one in told if (one[0], one[3]) == (number[2], "P5")}
    assert (number[1], "0101", rule, "P5") in told
    assert {row[0] for row in rows("by-record.csv")} <= {*number.values()}
    fields = {(row[0], row[1]): int(row[3]) for row in rows("by-field.csv")}
    assert fields[rule, "P5"] == 3
    assert "'=0303" in {row[2] for row in rows("by-record.csv")}
    departments = {(row[0], row[1]): int(row[3]) for row in rows("by-department.csv")}
    for department in ("0101", "0202"):
        listed = [one for one in rows("by-record.csv") if (one[2], one[3]) == (department, rule)]
        assert departments[department, rule] == len(listed) > 0
    assert report.rules["HQ-077"] == 1
    assert {one.stat().st_mode & 0o077 for one in folder.iterdir()} == {0}


def test_no_release_holds_by_its_rule(hospital: Hospital) -> None:
    records = discharges(2)
    records["P25"] = "2026-01-15 10:00:00"
    hospital.enter(records, date(2026, 3, 1))
    report = hospital.uploader().run(Choice(since=date(2026, 1, 15)))
    assert (report.held["no_release"], report.rules) == (2, {"HQ-078": 2})


def test_a_release_that_breaks_a_rule_of_the_table_is_not_taken_into_use(
    hospital: Hospital,
) -> None:
    (hospital.folder / "grey.txt").write_text("Z99.901\nI63.902\n", encoding="utf-8")
    file = hospital.folder / "upload.toml"
    written = file.read_text("utf-8")
    named = written.replace("[releases]", '[releases]\ngrey_codes_file = "grey.txt"')
    file.write_text(named, encoding="utf-8")
    with pytest.raises(RefusedError, match="HQ-087"):
        hospital.release()
    assert [one.version for one in hospital.uploader().releases()] == [1]
    file.write_text(named + '[severities]\n"HQ-087" = "warn"\n', encoding="utf-8")
    hospital.release()
    assert [one.version for one in hospital.uploader().releases()] == [1, 3]


def test_every_rule_is_listed_with_its_place(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--config", str(hospital.folder / "upload.toml"), "--json", "--language", "en"]
    assert main(["upload", "rules", *words]) == 0
    told = {one["rule"]: one for one in json.loads(capsys.readouterr().out)}
    assert len([one for one in told if one.startswith("HQ-")]) == 87
    stages = {one: told[one]["stage"] for one in ("HQ-001", "HQ-015", "HQ-077", "HQ-084")}
    assert list(stages.values()) == ["record", "package", "translation", "release"]
    unasked = {one["rule"]: one["note"] for one in told.values() if not one["asked"]}
    assert "grey codes" in unasked["HQ-087"]
    assert all(unasked.values())
    assert main(["upload", "rules", *words[:2], "--language", "zh_CN"]) == 0
    assert "HQ-077   编码转换  阻止 (block)" in capsys.readouterr().out


def test_a_dry_run_stores_and_sends_nothing(hospital: Hospital) -> None:
    hospital.enter(discharges(4), date(2026, 3, 1))
    report = hospital.uploader().run(Choice(dry=True))
    assert (report.counts["packed"], report.dry) == (4, True)
    assert hospital.sandbox.uploads() == []
    assert hospital.uploader().packages(10) == ()
    assert hospital.uploader().run().counts["packed"] == 4


def test_a_person_may_send_records_again(hospital: Hospital) -> None:
    records = discharges(4)
    hospital.enter(records, date(2026, 3, 1))
    hospital.uploader().run()
    hospital.night.day += timedelta(days=1)
    number = str(records["P3"].iloc[0])
    again = hospital.uploader().run(
        Choice(since=date(2026, 3, 1), until=date(2026, 3, 2), records=frozenset({number}))
    )
    assert again.counts["packed"] == 1
    assert hospital.uploader().records_sent() == 4


def test_two_runs_at_once_are_refused(hospital: Hospital) -> None:
    one = hospital.uploader()
    with one._state().one_instance(), pytest.raises(ConflictError):
        one.run()


def test_without_a_release_nothing_is_read_or_sent(hospital: Hospital) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    hospital.night.day = date(2029, 1, 1)
    with pytest.raises(RefusedPackageError, match="expired"):
        hospital.uploader().run()
    assert hospital.sandbox.uploads() == []


def test_production_waits_for_a_clean_test_and_its_checklists(hospital: Hospital) -> None:
    with pytest.raises(RefusedError, match="approved"):
        hospital.uploader(Environment.PRODUCTION).run()
    promotion = hospital.uploader().promotion
    passed = [
        step.tested for _title, steps in checklists().values() for step in steps if step.tested
    ]
    with pytest.raises(RefusedError, match=r"docking\.apply"):
        promotion.approve(passed, by=IT.name)
    proof = hospital.folder / "批复.pdf"
    proof.write_bytes(b"%PDF")
    for _title, steps in checklists().values():
        for step in steps:
            if not step.tested:
                promotion.tick(step.name, by=IT.name, files=[proof])
    with pytest.raises(RefusedError, match=r"docking\.read_feedback"):
        promotion.approve([name for name in passed if name != "test_clean"], by=IT.name)
    with pytest.raises(NotFoundError):
        promotion.tick("docking.nothing", by=IT.name)
    assert not promotion.approved
    promotion.approve(passed, by=IT.name)
    assert promotion.approved
    assert dict(promotion.ticked()["docking.apply"].files)["批复.pdf"]


def test_records_the_platform_did_not_store_are_told(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.enter(discharges(5), date(2026, 3, 1))
    hospital.sandbox.server.receiver._dictionaries = {"RC020": {"A00.000": "霍乱"}}
    report = hospital.uploader().run()
    assert report.states == {"accepted": (1, 5)}
    assert (report.not_stored, report.exit) == (5, Exit.LOOK)
    alert = alerts.of_run(report, "test")
    assert alert is not None
    assert alert.facts["not stored by the platform"] == 5
    assert main(["upload", "status", "--config", str(hospital.folder / "upload.toml"),
                 "--language", "en"]) == 0  # fmt: skip
    assert "did not store 5 of 5 records" in capsys.readouterr().out


def test_a_letter_is_written_in_the_language_of_those_who_read_it(hospital: Hospital) -> None:
    records = discharges(3)
    records.loc[records.index[0], ["P321", "P322"]] = ["Q99.999", "名单上没有"]
    hospital.enter(records, date(2026, 3, 1))
    hospital.sandbox.server.faults.change(parse_faults("full"), seed=1)
    alert = alerts.of_run(hospital.uploader().run(), "test")
    assert alert is not None
    choose_language("zh_CN")
    lines = alert.text.splitlines()[2:]
    assert len(lines) > 8
    assert [one for one in lines if re.search("[A-Za-z]", one)] == []
    assert "暂缓：不在发布版中：1" in lines


def test_production_is_tried_with_its_own_settings_and_nothing_is_sent(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("service", "readiness"):
        monkeypatch.setattr(f"icdmapper.upload.{module}.local_now", hospital.night)

    def tried() -> readiness.Tried:
        wanted = ("production_configured",)
        (one,) = readiness.try_all(hospital.uploader(), only=wanted)
        return one

    assert not tried().passed  # what is released for rehearsal is none for production
    made = hospital.releases.make(hospital.folder / "out", valid_from=date(2026, 2, 2), by=IT)
    hospital.uploader(Environment.PRODUCTION).install_release(made.folder)
    assert tried().passed, tried().sentence
    assert "01:30" in tried().sentence
    file = hospital.folder / "upload.toml"
    written = file.read_text("utf-8")
    (hospital.folder / "other.txt").write_text("wrong", encoding="utf-8")
    (hospital.folder / "other.txt").chmod(0o600)
    trustme.CA().cert_pem.write_to_path(hospital.folder / "other.pem")
    test, _mark, production = written.partition("[production]")
    for old, new, word in (
        ('"password.txt"', '"other.txt"', "LOGIN_REFUSED"),
        (f'"{hospital.sandbox.ca_file}"', '"other.pem"', "not trusted"),
        ("https://", "http://", "https://"),
    ):
        file.write_text(f"{test}[production]{production.replace(old, new)}", encoding="utf-8")
        assert (tried().passed, word in tried().sentence) == (False, True), tried().sentence
    file.write_text(written + '[schedule]\nopens = "02:00"\ncloses = "05:00"\n', encoding="utf-8")
    assert (tried().passed, "01:30" in tried().sentence) == (False, True)
    assert hospital.sandbox.uploads() == []
    assert not (hospital.folder / "upload-production.sqlite").exists()


def test_a_clock_that_differs_from_the_receivers_is_told(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        _Handler, "date_time_string", lambda *_rest: "Mon, 02 Mar 2026 01:30:00 GMT"
    )
    (one,) = readiness.try_all(hospital.uploader(), only=("gateway",))
    assert not one.passed
    monkeypatch.undo()
    (one,) = readiness.try_all(hospital.uploader(), only=("gateway",))
    assert one.passed, one.sentence


@pytest.mark.parametrize(
    ("grades", "clean"),
    [
        ((0, 0, 0, 30), True),
        ((0, 30, 30, 30), True),  # counted under every grade that is reached
        ((1, 0, 0, 29), False),
        ((0, 1, 0, 29), False),
        ((0, 0, 2, 28), False),
    ],
)
def test_only_a_feedback_without_anything_to_mend_is_clean(
    hospital: Hospital, grades: tuple[int, int, int, int], clean: bool
) -> None:
    hospital.enter(discharges(20), date(2026, 3, 1))
    hospital.uploader().run()
    (one,) = hospital.uploader().packages(10)
    assert is_clean([one])
    assert one.feedback is not None
    found = replace(one.feedback, grades=grades, stocked=30)
    assert is_clean([replace(one, records=30, feedback=found)]) is clean


def test_the_stored_packages_can_be_read_back(hospital: Hospital) -> None:
    hospital.enter(discharges(3), date(2026, 3, 1))
    hospital.uploader().run()
    assert hospital.uploader().verify() == Verified(1)
    with sqlite3.connect(hospital.folder / "upload-test.sqlite") as state:
        state.execute("UPDATE package_content SET content = substr(content, 1, 100)")
    state.close()
    found = hospital.uploader().verify()
    assert (found.packages, len(found.damaged)) == (1, 1)
    with sqlite3.connect(hospital.folder / "upload-test.sqlite") as state:
        state.execute("DELETE FROM package_content")
    state.close()
    assert hospital.uploader().verify() == found


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda text: text.replace("[source]", "[sauce]"), IcdMapperError),
        (lambda text: text.replace('kind = "sql"', 'kind = "ftp"'), IcdMapperError),
        (lambda text: text.replace("rc020", "rc20"), IcdMapperError),
        (lambda text: text.replace('rc020 = "2"\n', ""), IcdMapperError),
        (lambda text: text.replace("columns.toml", "nowhere.toml"), NotFoundError),
        (lambda text: text + "[", IcdMapperError),
    ],
)
def test_wrong_settings_are_named(
    hospital: Hospital, change: Callable[[str], str], error: type[Exception]
) -> None:
    file = hospital.folder / "upload.toml"
    file.write_text(change(file.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(error):
        hospital.uploader()


def test_a_secret_that_others_may_read_is_refused(hospital: Hospital) -> None:
    (hospital.folder / "password.txt").chmod(0o644)
    with pytest.raises(RefusedError, match="chmod 600"):
        hospital.uploader()


def test_the_console_ends_a_run_with_one_line(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    monkeypatch.setattr("icdmapper.upload.service.local_now", hospital.night)
    words = ["--config", str(hospital.folder / "upload.toml"), "--json", "--language", "en"]
    assert main(["upload", "run", *words, "--dry-run"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["counts"]["packed"], told["exit_code"], told["dry"]) == (2, 0, True)
    assert main(["upload", "status", *words]) == 0
    assert json.loads(capsys.readouterr().out)["releases"] == [1]
    assert main(["upload", "install", str(hospital.folder / "units"), *words]) == 0
    timer = (hospital.folder / "units" / "icdmapper-upload-test.timer").read_text("utf-8")
    assert "OnCalendar=*-*-* 01:30:00" in timer
    assert main(["upload", "month", "2026-03", *words]) == 0


def test_the_columns_are_proposed_and_checked_from_the_console(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.enter(discharges(5), date(2026, 3, 1))
    monkeypatch.setattr("icdmapper.cli.commands.upload_setup.local_now", hospital.night)
    out = hospital.folder / "proposed.toml"
    words = [
        "upload", "columns", "--url-file", str(hospital.folder / "url.txt"),
        "--select", str(hospital.folder / "select.sql"), "--out", str(out),
        "--json", "--language", "en",
    ]  # fmt: skip
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["usable"]
    assert len(mapping_file.load(out.read_text("utf-8")).fields) > 300
    out.write_text('[fields.P3]\ncolumn = "NOWHERE"\n', encoding="utf-8")
    assert main(words) == 1
    assert not json.loads(capsys.readouterr().out)["usable"]


def test_an_example_of_the_settings_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "upload.toml"
    assert main(["upload", "init", "--config", str(file), "--language", "en"]) == 0
    assert "hospital" in file.read_text("utf-8")
    assert main(["upload", "init", "--config", str(file), "--language", "en"]) == 3
    capsys.readouterr()


def test_states_are_told(hospital: Hospital) -> None:
    hospital.enter(discharges(2), date(2026, 3, 1))
    hospital.uploader().run()
    days = hospital.uploader().by_discharge(date(2026, 3, 1), date(2026, 3, 31))
    assert days == {date(2026, 3, 1): {PackageState.ACCEPTED: 2}}
