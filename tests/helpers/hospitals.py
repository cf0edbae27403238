"""One hospital with its uploader: a HIS in SQLite, a signed release, a sandbox as receiver."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from helpers.sandboxes import Sandbox
from icdmapper.export.releasing import ReleaseService
from icdmapper.model.codes import CodeKind, LocalCode, ReferenceCode
from icdmapper.model.mapping import Choice as Decision
from icdmapper.model.mapping import Relation, Target
from icdmapper.model.people import Person
from icdmapper.model.sending import Environment
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage
from icdmapper.upload import config, mapping_file
from icdmapper.upload.invented.lists import ListedCode
from icdmapper.upload.layouts import DBF, canonical_fields
from icdmapper.upload.manners import Pace
from icdmapper.upload.mapping_file import FieldSource, MappingFile
from icdmapper.upload.packaging import read_package
from icdmapper.upload.sending import Clockwork
from icdmapper.upload.service import Uploader
from icdmapper.upload.synthetic import Wanted, month

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
IT, HOSPITAL = Person("信息科"), "TEST0000000"
PACE = Pace(first=0.01, longest=0.05, tries=8, settle=0.01, poll=0.01, polls=50)
SELECT = "SELECT * FROM front_page WHERE P25 >= :from AND P25 < :to OR entered >= :changed_since"


class Night:
    """A clock that stands at half past one of a day."""

    def __init__(self) -> None:
        self.day = date(2026, 3, 2)

    def __call__(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 1, 30).astimezone()


@dataclass
class Hospital:
    """One hospital with its uploader, its HIS and the receiver."""

    folder: Path
    night: Night
    sandbox: Sandbox
    storage: Storage
    resolution: ResolutionService
    releases: ReleaseService
    sets: Sets

    def uploader(self, environment: Environment = Environment.TEST) -> Uploader:
        chance = Clockwork(self.night, lambda _seconds: None, lambda: 0.5)
        found = config.load(self.folder / "upload.toml", environment)
        return Uploader(found, pace=PACE, clockwork=chance)

    def enter(self, records: pd.DataFrame, at: date) -> None:
        """Somebody enters or corrects front pages."""
        columns = ", ".join(f'"{name}"' for name in canonical_fields())
        with sqlite3.connect(self.folder / "his.db") as his:
            places = ", ".join("?" * (len(canonical_fields()) + 1))
            his.executemany(
                f"INSERT OR REPLACE INTO front_page ({columns}, entered) VALUES ({places})",
                [(*row, f"{at} 12:00:00") for row in records.to_numpy().tolist()],
            )
        his.close()

    def release(self) -> None:
        """IT makes the next release and installs it."""
        number = len(self.releases.releases()) + 1
        made = self.releases.make(
            self.folder / "out", valid_from=date(2026, 2, number), by=IT, rehearsal=True
        )
        self.uploader().install_release(made.folder)

    def received(self) -> pd.DataFrame:
        """The newest package of the outbox as its bytes say."""
        (newest, *_others) = self.uploader().packages(1)
        with sqlite3.connect(self.folder / "upload-test.sqlite") as state:
            (content,) = state.execute(
                "SELECT content FROM package_content ORDER BY package_id DESC"
            ).fetchone()
        state.close()
        assert newest.layout == DBF
        return read_package(content, DBF)


def decide(resolution: ResolutionService, sets: Sets, local: str, entry: str) -> None:
    """Map a local name to an entry."""
    reference = sets[0][entry]
    target = (Target(reference.id, reference.code, reference.name),)
    resolution.decide(Decision(sets[1][local].id, 0, Relation.LOCAL_FINER, target, "归类"), by=IT)


def write_settings(one: Hospital) -> None:
    """Settings with secrets in files, and an empty HIS."""
    columns = MappingFile(tuple(FieldSource(name, name) for name in canonical_fields()))
    secrets = {
        "columns.toml": mapping_file.dump(columns),
        "select.sql": SELECT,
        "url.txt": f"sqlite:///{one.folder / 'his.db'}",
        "password.txt": "sandbox",
    }
    for name, text in secrets.items():
        (one.folder / name).write_text(text, encoding="utf-8")
        (one.folder / name).chmod(0o600)
    target = (
        f'transport = "https"\nservice = "{one.sandbox.address}/"\n'
        f'ca_file = "{one.sandbox.ca_file}"\nrc020 = "2"\nrc021 = "2"\n'
        'login = "sandbox"\npassword_file = "password.txt"\n'
    )
    (one.folder / "upload.toml").write_text(
        f'[hospital]\nid = "{HOSPITAL}"\n[source]\nkind = "sql"\nurl_file = "url.txt"\n'
        'select_file = "select.sql"\ncolumns_file = "columns.toml"\nfirst_day = 2026-03-01\n'
        f'[releases]\nkeys = ["{one.releases.key().public}"]\n[package]\nrecords = 20\n'
        f"[test]\n{target}[production]\n{target}",
        encoding="utf-8",
    )
    names = ", ".join(f'"{name}" TEXT' for name in canonical_fields())
    with sqlite3.connect(one.folder / "his.db") as his:
        his.execute(f"CREATE TABLE front_page ({names}, entered TEXT, PRIMARY KEY (P3, P2))")
    his.close()


def discharges(
    count: int, *, start: int = 1, day: date = date(2026, 3, 1), dashes: bool = False
) -> pd.DataFrame:
    """Invented front pages of one day with the local code of 脑梗塞; `dashes` as the CSV wants."""
    codes = [ListedCode("I63.951", "脑梗塞", CodeKind.DIAGNOSIS, 1)]
    wanted = Wanted(day, 1, count, 3, hospital_id=HOSPITAL, start=start, dashes=dashes)
    return month(codes, wanted)
