"""Releases: the gate, the package, the signature; what an uploader refuses and what it keeps."""

import base64
import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from openpyxl import load_workbook

from helpers.builders import Clock
from icdmapper.export.releasing import ReleaseReport, ReleaseService, Terms
from icdmapper.export.signing import SigningKey
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import IcdMapperError, RefusedError
from icdmapper.model.mapping import Choice, Relation, Target, TargetRole
from icdmapper.model.people import Person
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.keychain import Keychain
from icdmapper.storage.unit_of_work import Storage
from icdmapper.upload.packages import (
    Fault,
    RefusedPackageError,
    ReleaseShelf,
    Trust,
    release_for,
    verify,
)

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
IT = Person("信息科")
TODAY = date(2026, 3, 10)
HOSPITAL = "330100A1"


@pytest.fixture
def releases(storage: Storage, tmp_path: Path) -> ReleaseService:
    return ReleaseService(storage, Clock(), Terms("示例医院", HOSPITAL, 0.9, 13, tmp_path / "keys"))


@pytest.fixture
def decided(resolution: ResolutionService, sets: Sets) -> Sets:
    """Answers that cover more than nine of ten discharges."""
    references, locals_ = sets

    def decide(local: str, relation: Relation, *names: str) -> None:
        targets = tuple(
            Target(
                references[name].id, references[name].code, name,
                TargetRole.MAIN if at == 0 else TargetRole.MORPHOLOGY,
            )
            for at, name in enumerate(names)
        )  # fmt: skip
        resolution.decide(Choice(locals_[local].id, 0, relation, targets), by=IT)

    decide("脑梗塞", Relation.EQUIVALENT, "脑梗死")
    decide("左肺上叶癌", Relation.LOCAL_FINER, "肺上叶恶性肿瘤", "癌")
    decide("胸膜肿瘤", Relation.LOCAL_COARSER, "胸膜交界恶性肿瘤")
    decide("行人与自行车碰撞", Relation.NO_COUNTERPART)
    return sets


@pytest.fixture
def report(releases: ReleaseService, decided: Sets, tmp_path: Path) -> ReleaseReport:
    return releases.make(tmp_path / "out", valid_from=date(2026, 3, 1), by=IT)


@pytest.fixture
def trust(releases: ReleaseService) -> Trust:
    return Trust((releases.key().public,), HOSPITAL)


def fault(attempt: Callable[[], object]) -> Fault:
    with pytest.raises(RefusedPackageError) as refused:
        attempt()
    return refused.value.fault


def test_the_gate_stops_low_coverage_and_open_disputes_are_named(
    releases: ReleaseService, sets: Sets, tmp_path: Path
) -> None:
    items = {item.code: item for item in releases.gate()}
    assert items["coverage_low"].stops
    assert not items["open"].stops
    with pytest.raises(RefusedError, match="covered"):
        releases.make(tmp_path, valid_from=TODAY, by=IT)
    assert releases.releases() == ()
    assert not releases.gate(rehearsal=True)[0].stops


def test_a_release_is_numbered_frozen_and_compared_with_the_last(
    releases: ReleaseService,
    resolution: ResolutionService,
    report: ReleaseReport,
    decided: Sets,
    storage: Storage,
    tmp_path: Path,
) -> None:
    assert (report.release.version, report.release.rows) == (1, 7)
    assert len(report.difference.added) == 6
    assert releases.difference().size == 0
    local = decided[1]["癌 NOS"]
    cancer = decided[0]["癌"]
    target = Target(cancer.id, cancer.code, cancer.name)
    resolution.decide(Choice(local.id, 0, Relation.EQUIVALENT, (target,)), by=IT)
    second = releases.make(tmp_path / "out", valid_from=date(2026, 4, 1), by=IT, note="补")
    assert [(one.code, one.before, one.after) for one in second.difference.changed] == [
        ("M80100/3", "open", "M80100/3 癌")
    ]
    assert [one.version for one in releases.releases()] == [2, 1]
    manifest = json.loads((second.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["previous_manifest"] == report.release.manifest_sha256
    for statement in ("UPDATE release SET note = 'x'", "DELETE FROM release"):
        with (
            pytest.raises(sqlalchemy.exc.IntegrityError, match="never changed"),
            storage._engine.begin() as connection,  # the trigger itself is the subject
        ):
            connection.execute(sqlalchemy.text(statement))


def test_the_loss_report_names_what_a_finer_code_loses(report: ReleaseReport) -> None:
    rows = list(load_workbook(report.folder / "loss_report.xlsx").active.values)
    assert [row[:5] for row in rows[1:]] == [
        ("C34.101", "肺上叶恶性肿瘤", "1", "C34.151", "左肺上叶癌")
    ]


def test_the_uploader_reads_back_exactly_what_was_decided(
    report: ReleaseReport, trust: Trust
) -> None:
    found = {one.name: one for one in verify(report.folder, trust, today=TODAY).mappings}
    lung = found["左肺上叶癌"]
    assert [(one.code, one.role, one.system) for one in lung.targets] == [
        ("C34.101", TargetRole.MAIN, "RC020"),
        ("M80100/3", TargetRole.MORPHOLOGY, "RC021"),
    ]
    assert (lung.relation, found["癌 NOS"].targets) == (Relation.LOCAL_FINER, ())
    assert found["行人与自行车碰撞"].relation is Relation.NO_COUNTERPART


def test_terms_that_do_not_fit_are_refused_each_by_its_name(
    releases: ReleaseService, report: ReleaseReport, trust: Trust, tmp_path: Path
) -> None:
    stranger = SigningKey.kept_in(tmp_path / "other", Keychain()).public
    folder = report.folder
    assert fault(lambda: verify(folder, replace(trust, keys=(stranger,)), today=TODAY)) is (
        Fault.WRONG_KEY
    )
    assert fault(lambda: verify(folder, replace(trust, keys=()), today=TODAY)) is Fault.WRONG_KEY
    other = replace(trust, hospital_id="X")
    assert fault(lambda: verify(folder, other, today=TODAY)) is Fault.OTHER_HOSPITAL
    end = report.release.expires
    assert verify(folder, trust, today=end - timedelta(days=1)).version == 1
    assert fault(lambda: verify(folder, trust, today=end)) is Fault.EXPIRED
    assert fault(lambda: verify(folder, trust, today=TODAY, installed=2)) is Fault.ROLLBACK
    (folder / "extra.txt").write_text("x")
    assert fault(lambda: verify(folder, trust, today=TODAY)) is Fault.INCOMPLETE
    (folder / "extra.txt").unlink()
    (folder / "manifest.sig").write_text("nonsense")
    assert fault(lambda: verify(folder, trust, today=TODAY)) is Fault.UNSIGNED
    rehearsal = releases.make(tmp_path / "r", valid_from=TODAY, by=IT, rehearsal=True)
    assert fault(lambda: verify(rehearsal.folder, trust, today=TODAY)) is Fault.REHEARSAL
    assert verify(rehearsal.folder, replace(trust, rehearsal=True), today=TODAY).rehearsal


def tampered(good: Path, work: Path, chance: random.Random) -> Iterator[tuple[str, Path]]:
    """One package after another with a bit flipped, a file cut, swapped, lost or grown."""
    files = sorted(one.name for one in good.iterdir())
    originals = {name: (good / name).read_bytes() for name in files}
    shutil.copytree(good, work)
    while True:
        name = chance.choice(files)
        content = bytearray(originals[name])
        match chance.randrange(5):
            case 0:
                at = chance.randrange(len(content))
                content[at] ^= 1 << chance.randrange(8)
            case 1:
                del content[chance.randrange(len(content)) :]
            case 2:
                content = bytearray(originals[chance.choice([f for f in files if f != name])])
            case 3:
                content += bytes([chance.randrange(256)])
            case _:
                at = chance.randrange(len(content) - 1)
                content[at : at + 2] = content[at : at + 2][::-1]
        # White space around the Base64 of the signature is no change of what it says.
        same = bytes(content).strip() == originals[name].strip() if name.endswith("sig") else (
            bytes(content) == originals[name]
        )  # fmt: skip
        if not same:
            (work / name).write_bytes(content)
            yield name, work
            (work / name).write_bytes(originals[name])


@pytest.mark.parametrize(
    "packages", [300, pytest.param(10_000, marks=pytest.mark.nightly)], ids="{} packages".format
)
def test_tampered_packages_are_refused_and_the_last_good_stays(
    report: ReleaseReport, trust: Trust, tmp_path: Path, packages: int
) -> None:
    shelf = ReleaseShelf(tmp_path / "shelf", trust)
    shelf.install(report.folder, today=TODAY)
    attempts = tampered(report.folder, tmp_path / "work", random.Random(20261123))
    accepted = []
    for number in range(packages):
        name, package = next(attempts)
        try:
            verify(package, trust, today=TODAY)
        except RefusedPackageError:
            continue
        accepted.append((number, name))
    assert accepted == []
    with pytest.raises(RefusedPackageError):
        shelf.install(next(attempts)[1], today=TODAY)
    assert [one.version for one in shelf.in_use(today=TODAY)] == [1]


def test_the_discharge_date_chooses_the_release(
    releases: ReleaseService, report: ReleaseReport, trust: Trust, tmp_path: Path
) -> None:
    second = releases.make(tmp_path / "out", valid_from=date(2026, 4, 1), by=IT)
    shelf = ReleaseShelf(tmp_path / "shelf", trust)
    for one in (report, second):
        shelf.install(one.folder, today=TODAY)
    assert fault(lambda: shelf.install(report.folder, today=TODAY)) is Fault.ROLLBACK
    in_use = shelf.in_use(today=TODAY)
    chosen = [
        release_for(in_use, day) for day in (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 1))
    ]
    assert [one.version if one else None for one in chosen] == [None, 1, 2]


def test_the_key_is_for_its_owner_alone(releases: ReleaseService, tmp_path: Path) -> None:
    key = releases.key()
    assert releases.key().public == key.public
    assert len(base64.b64decode(key.public)) == 32
    file = tmp_path / "keys" / "release-key.pem"
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o644)
    with pytest.raises(IcdMapperError, match="600"):
        releases.key()


def test_a_folder_that_holds_this_number_already_is_left_alone(
    releases: ReleaseService, decided: Sets, tmp_path: Path
) -> None:
    (tmp_path / "out" / "release-0001").mkdir(parents=True)
    with pytest.raises(RefusedError, match="exists"):
        releases.make(tmp_path / "out", valid_from=TODAY, by=IT)
    assert releases.releases() == ()


def test_every_row_of_the_sssom_file_has_its_columns(report: ReleaseReport) -> None:
    lines = (report.folder / "mapping.sssom.tsv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader([line for line in lines if line[0] != "#"], delimiter="\t"))
    assert [(row["predicate_id"], row["object_id"]) for row in rows] == [
        ("skos:exactMatch", "RC020:I63.902"),
        ("skos:narrowMatch", "RC020:D38.201"),
        ("skos:broadMatch", "RC020:C34.101"),
        ("skos:relatedMatch", "RC021:M80100%2F3"),
        ("skos:exactMatch", "sssom:NoTermFound"),
    ]
