"""试点医院的全过程：导入、对照、复核、争议、裁定、细化、发布、审计，一步一步走完。"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from icdmapper import bootstrap
from icdmapper.bootstrap import Services
from icdmapper.importing.sources import Source
from icdmapper.model.codes import Side
from icdmapper.model.errors import RefusedError
from icdmapper.model.mapping import Choice, Mapping, Relation, State, Target
from icdmapper.model.packets import AnswerState
from icdmapper.model.people import Person, Role
from icdmapper.model.proposals import Candidate
from icdmapper.model.refinement import Refinement
from icdmapper.resolution.packets import PacketOrder
from icdmapper.settings import Settings
from icdmapper.upload.packages import Trust, verify

ROOT = Path(__file__).parents[2]
HEAD = Person("协调员丁", Role.COORDINATOR)
CODER, CHECKER = Person("编码员甲"), Person("复核员乙", Role.CHECKER)
DOCTOR = Person("临床医师丙", Role.CLINICIAN)
DECIDED, DISPUTED, REFINED = 60, 5, 3


class Pilot:
    """试点医院的一个项目；每个方法是流程中的一步。"""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.folder = folder

    def add_people(self) -> None:
        people = self.services.people
        people.add(HEAD.name, HEAD.role, by=HEAD, pin="428571")
        for one in (CODER, CHECKER, DOCTOR):
            people.add(one.name, one.role, by=HEAD, pin="314159")
        assert people.sign_in(CODER.name, "314159") == CODER

    def import_lists(self, references: list[Path], local: Path) -> None:
        importing = self.services.importing
        for file, side in [*((one, Side.REFERENCE) for one in references), (local, Side.LOCAL)]:
            preview = importing.preview(Source(path=file), side=side)
            importing.store(preview, name=file.stem, edition="试点", by=HEAD)

    def coder_decides(self, wanted: int) -> list[Mapping]:
        """取第一个可用的候选；规则不允许的留给别的办法。"""
        decided: list[Mapping] = []
        for row in self.services.resolution.worklist():
            if len(decided) == wanted:
                break
            for candidate in self.candidates(row.local.id)[:3]:
                with suppress(RefusedError):
                    choice = choice_of(row.local.id, 0, candidate)
                    decided.append(self.services.resolution.decide(choice, by=CODER))
                    break
        return decided

    def candidates(self, local_id: int) -> list[Candidate]:
        found = self.services.matching.proposal(local_id).candidates
        return [one for one in found if not one.heading and not one.contradictions]

    def checker_checks(self, mappings: list[Mapping], differ: int) -> list[int]:
        """前几条另有看法，其余同意；一律盲法。"""
        disputed: list[int] = []
        for mapping in mappings:
            other = next(
                (
                    one
                    for one in self.candidates(mapping.local_id)
                    if one.code != mapping.targets[0].code and len(disputed) < differ
                ),
                None,
            )
            if other is None:
                assert mapping.relation is not None
                same = Choice(mapping.local_id, mapping.version, mapping.relation, mapping.targets)
                after = self.services.checking.check(same, by=CHECKER, blind=True)
                assert after.state is State.CHECKED
                continue
            choice = choice_of(mapping.local_id, mapping.version, other, "应更具体")
            after = self.services.checking.check(choice, by=CHECKER, blind=True)
            assert after.state is State.DISPUTED
            disputed.append(mapping.local_id)
        return disputed

    def clinician_fills_a_packet(self, rows: int) -> int:
        """协调员制表，医师在 Excel 里填四条，协调员收回。"""
        order = PacketOrder("呼吸内科")
        files = self.services.packets.make(self.folder / "裁定表", order, by=HEAD).files
        book = load_workbook(files[0])
        sheet = book.worksheets[0]
        titles = {cell.value: cell.column for cell in sheet[3]}
        for line in range(4, 4 + rows):
            sheet.cell(line, titles["选择"]).value = "A"
            sheet.cell(line, titles["理由"]).value = "符合病理与影像"
            sheet.cell(line, titles["医师"]).value = DOCTOR.name
        book.save(files[0])
        returned = self.services.packets.preview(files[0])
        assert returned.counts[AnswerState.READY] == rows
        return len(self.services.packets.take(returned, by=HEAD).settled)

    def clinician_settles_on_screen(self) -> Mapping:
        (dispute,) = self.services.disputes.open_disputes()
        chosen = dispute.options[0].opinion
        assert chosen.relation is not None
        choice = Choice(
            dispute.local.id, dispute.mapping.version, chosen.relation, chosen.targets, "会诊意见"
        )
        return self.services.disputes.settle(choice, by=DOCTOR)

    def refine(self, wanted: int) -> list[Refinement]:
        signed: list[Refinement] = []
        for row in self.services.resolution.worklist():
            if len(signed) == wanted:
                break
            if row.mapping.state is not State.OPEN:
                continue
            with suppress(RefusedError):
                signed.append(self.refine_one(row.local.id, row.local.name))
        return signed

    def refine_one(self, local_id: int, name: str) -> Refinement:
        refining = self.services.refining
        entries = [one.id for one in refining.offers(local_id) if not one.heading][:2]
        if len(entries) < 2:
            raise RefusedError(name)
        version = self.services.resolution.work_row(local_id).mapping.version
        plan = refining.start(
            local_id, entries, seen_version=version, by=CODER, effective=date(2026, 4, 1)
        )
        try:
            renamed = [
                replace(child, name=f"{name}（{child.name}）", relation=Relation.LOCAL_FINER)
                for child in plan.children
            ]
            plan = refining.edit(plan.id, renamed, seen_revision=plan.revision, by=CODER)
            return refining.sign(
                plan.id, seen_revision=plan.revision, by=CHECKER, accept_style=True
            )
        except RefusedError:
            refining.drop(plan.id, by=CODER)
            raise


def choice_of(local_id: int, version: int, candidate: Candidate, note: str = "试点") -> Choice:
    target = (Target(candidate.reference_id, candidate.code, candidate.name),)
    return Choice(local_id, version, candidate.relation, target, note)


@pytest.fixture
def pilot(tmp_path: Path) -> Iterator[Pilot]:
    settings = Settings(
        hospital="试点医院", hospital_id="330100A1", person=CODER.name, release_coverage=0.0001
    )
    services = bootstrap.open_project(tmp_path / "试点.icdm", settings)
    yield Pilot(services, tmp_path)
    services.close()


def play(pilot: Pilot, references: list[Path], local: Path) -> None:
    services = pilot.services
    # 一、登记人员，导入标准集和院内编码
    pilot.add_people()
    pilot.import_lists(references, local)
    services.matching.propose_all()
    # 二、编码员对照六十条，复核员盲法复核，五条意见不同
    mappings = pilot.coder_decides(DECIDED)
    assert len(mappings) == DECIDED
    disputed = pilot.checker_checks(mappings, DISPUTED)
    assert len(disputed) == DISPUTED
    figures = services.checking.figures()
    assert (figures.blind.pairs, figures.blind.agreed) == (DECIDED, DECIDED - DISPUTED)
    # 三、医师在裁定表里裁定四条
    assert pilot.clinician_fills_a_packet(DISPUTED - 1) == DISPUTED - 1
    # 四、还有一条争议，发布被拒绝
    stops = [one.code for one in services.releases.gate(rehearsal=True) if one.stops]
    assert stops == ["disputed"]
    with pytest.raises(RefusedError):
        services.releases.make(
            pilot.folder / "发布", valid_from=date(2026, 4, 1), by=HEAD, rehearsal=True
        )
    # 五、医师在屏幕上裁定最后一条
    assert pilot.clinician_settles_on_screen().state is State.SETTLED
    # 六、三条过粗的编码细化
    refined = pilot.refine(REFINED)
    assert len(refined) == REFINED
    assert len(services.his_changes.changes()) >= REFINED * 4
    # 七、发布，上报程序能够验签使用
    report = services.releases.make(
        pilot.folder / "发布", valid_from=date(2026, 4, 1), by=HEAD, rehearsal=True
    )
    trust = Trust((services.releases.key().public,), "330100A1", rehearsal=True)
    found = verify(report.folder, trust, today=date(2026, 4, 2))
    children = [one for one in found.mappings if one.parent]
    assert len(children) == sum(len(one.children) for one in refined)
    # 八、审计：日志完整，与各留存值相符
    assert services.audit.verify([services.audit.head().anchor]).sound


def test_the_pilot_hospital_on_the_demonstration_sets(pilot: Pilot) -> None:
    references = sorted((ROOT / "reference_codes").glob("*/*/codes.csv"))
    play(pilot, references, ROOT / "resources" / "samples" / "local_codes_demo.csv")


@pytest.mark.nightly
def test_the_pilot_hospital_on_real_lists(pilot: Pilot, evaluation_data: Path) -> None:
    references = [
        evaluation_data / "reference" / "ICD-10北京临床版v601.xlsx",
        evaluation_data / "reference" / "ICD-9-CM-3手术操作编码_国临_含操作类别.csv",
    ]
    play(pilot, references, evaluation_data / "local" / "zlhis_sichuan_all.csv")
