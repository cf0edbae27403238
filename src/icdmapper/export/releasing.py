"""Make a numbered, signed release: the gate, the package, the record in the project."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icdmapper import __version__
from icdmapper.export import (
    difference,
    his_changes,
    interchange,
    loss_report,
    rules,
    snapshot,
    writers,
)
from icdmapper.export.difference import Difference
from icdmapper.export.rules import GateItem
from icdmapper.export.service import TITLES, word
from icdmapper.export.snapshot import Snapshot
from icdmapper.export.table import MappingTable
from icdmapper.export.writers import ExportedFile
from icdmapper.model.errors import ConflictError, IcdMapperError, RefusedError
from icdmapper.model.events import Act, NewEvent
from icdmapper.model.people import Person, Right
from icdmapper.model.releases import (
    FORMAT,
    MANIFEST,
    SIGNATURE,
    TABLE,
    Release,
)
from icdmapper.storage.keychain import Keychain
from icdmapper.storage.unit_of_work import Storage
from icdmapper.texts import N_, _
from icdmapper.texts.words import gate_sentence

if TYPE_CHECKING:
    from icdmapper.export.signing import SigningKey

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
_STEPS = 7
_LOSS_TITLES = {
    "shared_by": N_("Local codes on this entry"),
    "lost": N_("What is lost"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Under whose name and on what terms releases are made."""

    hospital: str
    hospital_id: str
    coverage: float
    months: int
    key_folder: Path


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What was released and where its package stands."""

    release: Release
    folder: Path
    files: tuple[ExportedFile, ...]
    difference: Difference


class ReleaseService:
    """Releases of the mapping: gate, make, compare, list."""

    def __init__(self, storage: Storage, now: Callable[[], datetime], terms: Terms) -> None:
        self._storage = storage
        self._now = now
        self._terms = terms

    def gate(self, *, rehearsal: bool = False) -> tuple[GateItem, ...]:
        """What stops a release now, and what its signer should know."""
        with self._storage.reading() as work:
            return self._gate(snapshot.read(work), rehearsal=rehearsal)

    def releases(self) -> tuple[Release, ...]:
        """Every release, newest first."""
        with self._storage.reading() as work:
            return work.releases.all()

    def difference(self) -> Difference:
        """What a release made now would change against the last one."""
        with self._storage.reading() as work:
            seen = snapshot.read(work)
        return difference.compare(
            seen.last_content or snapshot.header(), snapshot.as_csv(snapshot.mapping_table(seen))
        )

    def key(self) -> SigningKey:
        """The key that signs; made on first use."""
        from icdmapper.export.signing import SigningKey  # noqa: PLC0415 - brings cryptography

        return SigningKey.kept_in(self._terms.key_folder, Keychain())

    def make(
        self,
        folder: Path,
        *,
        valid_from: date,
        by: Person,
        note: str = "",
        rehearsal: bool = False,
        progress: Progress | None = None,
    ) -> ReleaseReport:
        """Make the next release and write its package into a new folder in `folder`.

        Raises:
            RefusedError: the gate stops it, or `by` may not; the sentences say why.
            ConflictError: another release was made meanwhile.
            IcdMapperError: the folder cannot be written to.
        """
        with self._storage.reading() as work:
            work.people.require(by, Right.RELEASE)
            seen = snapshot.read(work)
        _refuse(self._gate(seen, rehearsal=rehearsal))
        at, key = self._now(), self.key()
        release = Release(
            seen.last_version + 1, at, by.name, valid_from,
            _months_later(at.date(), self._terms.months), "", 0, note.strip(),
        )  # fmt: skip
        final = folder / f"release-{release.version:04d}"
        if final.exists():
            raise RefusedError(_("{folder} exists already; choose another place.").format(
                folder=final))  # fmt: skip
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with writers.folder_aside(final) as aside:
                built = snapshot.mapping_table(seen)
                files = self._write(seen, built, release, aside, rehearsal, progress)
                manifest = self._manifest(seen, built, release, files, rehearsal=rehearsal)
                writers.write_manifest(manifest | {"key_id": key.id}, aside / MANIFEST)
                content = (aside / MANIFEST).read_bytes()
                (aside / SIGNATURE).write_text(key.sign(content) + "\n", encoding="ascii")
                release = _sealed(release, content, len(built.rows))
                self._keep(release, (aside / TABLE).read_text(encoding="utf-8"))
        except OSError as error:
            raise IcdMapperError(
                _("{folder} cannot be written to: {reason}").format(
                    folder=folder, reason=error.strerror or type(error).__name__
                )
            ) from error
        logger.info("release %d made with %d rows", release.version, release.rows)
        changed = difference.compare(seen.last_content or snapshot.header(), snapshot.as_csv(built))
        return ReleaseReport(release, final, files, changed)

    def _gate(self, seen: Snapshot, *, rehearsal: bool) -> tuple[GateItem, ...]:
        return rules.gate(
            snapshot.readiness(seen),
            seen.code_sets,
            coverage=self._terms.coverage,
            rehearsal=rehearsal,
        )

    def _keep(self, release: Release, content: str) -> None:
        with self._storage.writing() as work:
            if work.releases.newest_version() != release.version - 1:
                raise ConflictError(_("Another release was made meanwhile; look at it first."))
            work.releases.add(release, content)
            detail = f"{release.version} {release.manifest_sha256}"
            batch = f"release-{release.version}"
            work.events.add(
                [NewEvent(Act.RELEASED, release.made_by, release.made_at, batch, detail=detail)]
            )
            work.commit()

    def _write(
        self,
        seen: Snapshot,
        built: MappingTable,
        release: Release,
        aside: Path,
        rehearsal: bool,
        progress: Progress | None,
    ) -> tuple[ExportedFile, ...]:
        report = progress or (lambda _done, _total: None)
        origin = interchange.Origin(
            self._terms.hospital, self._terms.hospital_id, release.version, release.made_at,
            {one.system.value: one.edition for one in seen.code_sets if one.system},
        )  # fmt: skip
        writers.write_csv(built, aside / TABLE)
        report(1, _STEPS)
        titles = [_(TITLES[column]) for column in built.columns]
        writers.write_xlsx(built, aside / "mapping.xlsx", titles=titles, words=word)
        report(2, _STEPS)
        losses = loss_report.build(seen.local_codes, seen.mappings, seen.lost)
        titles = [_({**TITLES, **_LOSS_TITLES}[column]) for column in losses.columns]
        writers.write_xlsx(losses, aside / "loss_report.xlsx", titles=titles, words=word)
        report(3, _STEPS)
        signed = [one for one in seen.refinements if one.signed]
        if signed:
            by_id = {local.id: local for local in seen.local_codes}
            his_changes.write(his_changes.as_table(his_changes.build(signed, by_id)), aside)
        mappings = snapshot.released(seen)
        (aside / "mapping.sssom.tsv").write_text(
            interchange.sssom(mappings, origin), encoding="utf-8", newline="\n"
        )
        report(4, _STEPS)
        for step, fhir in enumerate(("R4", "R5"), start=5):
            content = interchange.concept_map(mappings, origin, fhir=fhir)
            writers.write_manifest(content, aside / f"conceptmap-{fhir.lower()}.json")
            report(step, _STEPS)
        (aside / "README.txt").write_text(self._readme(release, rehearsal), encoding="utf-8")
        report(_STEPS, _STEPS)
        return tuple(writers.describe(file) for file in sorted(aside.iterdir()))

    def _manifest(
        self,
        seen: Snapshot,
        built: MappingTable,
        release: Release,
        files: tuple[ExportedFile, ...],
        *,
        rehearsal: bool,
    ) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "program": f"icdmapper {__version__}",
            "hospital": self._terms.hospital,
            "hospital_id": self._terms.hospital_id,
            "version": release.version,
            "made_at": release.made_at.isoformat(),
            "made_by": release.made_by,
            "valid_from": release.valid_from.isoformat(),
            "expires": release.expires.isoformat(),
            "rehearsal": rehearsal,
            "note": release.note,
            "previous_manifest": seen.last_manifest,
            # The log as it was: kept outside the project, so that a cut tail is found.
            "audit": {"project": seen.head.project, "anchor": seen.head.anchor},
            "notices": list(rules.notices(seen.code_sets)),
            "code_sets": [
                {
                    "side": one.side.value,
                    "system": one.system.value if one.system else None,
                    "name": one.name,
                    "edition": one.edition,
                    "codes": one.size,
                    "sha256": one.sha256,
                }
                for one in seen.code_sets
            ],
            "counts": built.counts,
            "rows": len(built.rows),
            "files": {file.name: {"bytes": file.size, "sha256": file.sha256} for file in files},
        }

    def _readme(self, release: Release, rehearsal: bool) -> str:
        lines = [
            f"{self._terms.hospital} 编码对照发布版 {release.version:04d}",
            f"发布：{release.made_by} {release.made_at.astimezone():%Y-%m-%d %H:%M}",
            f"自 {release.valid_from} 出院的病案起使用，{release.expires} 起失效。",
            "仅供演练，不得用于正式上报。" if rehearsal else "",
            "",
            "mapping.csv         机器使用，逐字准确；上传程序只读这个文件",
            "mapping.xlsx        供人查阅",
            "loss_report.xlsx    归类（院内较细）损失了什么",
            "his_changes.xlsx    细化后 HIS 需要增加、停用和改名的编码（有细化时才有）",
            "mapping.sssom.tsv   SSSOM 格式",
            "conceptmap-r4.json、conceptmap-r5.json   FHIR ConceptMap",
            "manifest.json       版本、医院、文件清单与校验值；manifest.sig 为其签名",
            "",
            "请勿改动任何文件：签名不符的包会被上传程序拒绝，继续使用上一发布版。",
            "核验：icdmapper-cli release verify 文件夹 --key 公钥",
        ]
        return "\n".join(lines) + "\n"


def _refuse(items: tuple[GateItem, ...]) -> None:
    stops = [item for item in items if item.stops]
    if stops:
        raise RefusedError(
            " ".join(gate_sentence(item.code, item.count, item.of) for item in stops)
        )


def _sealed(release: Release, manifest: bytes, rows: int) -> Release:
    return Release(
        release.version, release.made_at, release.made_by, release.valid_from, release.expires,
        hashlib.sha256(manifest).hexdigest(), rows, release.note,
    )  # fmt: skip


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    # The first of the month exists in every month.
    return date(day.year + years, month + 1, 1)
