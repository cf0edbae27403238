"""A packet goes to clinicians and comes back: filled, half filled, stale, tampered with."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from helpers.builders import Clock
from icdmapper.model.codes import LocalCode, ReferenceCode
from icdmapper.model.errors import ConflictError, NotFoundError, RefusedError, UnreadableSourceError
from icdmapper.model.events import Act
from icdmapper.model.mapping import Choice, Relation, State, Target
from icdmapper.model.packets import AnswerState, Packet
from icdmapper.model.people import Person, Role
from icdmapper.resolution import packet_pages
from icdmapper.resolution.disputes import DisputeService
from icdmapper.resolution.packets import PacketOrder, PacketProgress, PacketService
from icdmapper.resolution.people import PeopleService
from icdmapper.resolution.service import ResolutionService
from icdmapper.storage.unit_of_work import Storage

Sets = tuple[dict[str, ReferenceCode], dict[str, LocalCode]]
HEAD = Person("协调员丁", Role.COORDINATOR)
CODER, CHECKER = Person("编码员甲"), Person("复核员乙", Role.CHECKER)
DOCTOR = Person("临床医师丙", Role.CLINICIAN)
DISPUTED = ("脑梗塞", "胸膜肿瘤", "左肺上叶癌")


@pytest.fixture
def disputes(storage: Storage, resolution: ResolutionService, sets: Sets) -> DisputeService:
    """Three disputes with two options each, among people with roles."""
    clock = Clock()
    people, service = PeopleService(storage, clock), DisputeService(storage, clock)
    people.add(HEAD.name, HEAD.role, by=HEAD, account="head")
    for one in (CODER, CHECKER, DOCTOR):
        people.add(one.name, one.role, by=HEAD)
    for name in DISPUTED:
        resolution.decide(choice(sets, name, "脑梗死"), by=CODER)
        other = choice(sets, name, "肺上叶恶性肿瘤", version=1)
        service.open(
            sets[1][name].id, seen_version=1, reason=f"{name}？", by=CHECKER, instead=other
        )
    return service


@pytest.fixture
def packets(storage: Storage, disputes: DisputeService) -> PacketService:
    """Workbooks only: reading a Chinese font takes longer than everything else here."""
    return PacketService(storage, disputes, Clock(), font="none")


@pytest.fixture
def printing(storage: Storage, disputes: DisputeService) -> PacketService:
    return PacketService(storage, disputes, Clock())


def choice(sets: Sets, local: str, entry: str, *, version: int = 0) -> Choice:
    reference = sets[0][entry]
    target = Target(reference.id, reference.code, reference.name)
    return Choice(sets[1][local].id, version, Relation.LOCAL_COARSER, (target,))


@pytest.fixture
def made(packets: PacketService, tmp_path: Path) -> tuple[Packet, Path]:
    order = PacketOrder("呼吸内科", deadline=date(2026, 4, 1))
    made = packets.make(tmp_path / "packets", order, by=HEAD)
    return made.packet, made.files[0]


def fill(file: Path, cells: dict[tuple[int, str], str]) -> None:
    """Type into the workbook as a person would: by the row's number and the column's title."""
    book = load_workbook(file)
    sheet = book.worksheets[0]
    titles = {cell.value: cell.column for cell in sheet[3]}
    for (number, title), value in cells.items():
        sheet.cell(3 + number, titles[title]).value = value
    book.save(file)


def answered(number: int, letter: str = "A") -> dict[tuple[int, str], str]:
    return {(number, "选择"): letter, (number, "理由"): "影像支持", (number, "医师"): DOCTOR.name}


def states(packets: PacketService, file: Path) -> list[AnswerState]:
    return [one.state for one in packets.preview(file).answers]


def test_a_filled_packet_settles_what_is_filled(
    packets: PacketService, made: tuple[Packet, Path], disputes: DisputeService
) -> None:
    fill(made[1], answered(1) | answered(2, "b"))
    returned = packets.preview(made[1])
    assert returned.counts == {AnswerState.READY: 2, AnswerState.EMPTY: 1}
    taken = packets.take(returned, by=HEAD)
    assert [one.targets[0].code for one in taken.settled] == ["I63.902", "C34.101"]
    assert {one.decided_by for one in taken.settled} == {DOCTOR.name}
    assert {one.note for one in taken.settled} == {"影像支持"}
    assert len(disputes.open_disputes()) == 1
    assert states(packets, made[1]) == [AnswerState.ALREADY, AnswerState.ALREADY, AnswerState.EMPTY]


def test_everything_but_the_answers_is_protected(made: tuple[Packet, Path]) -> None:
    book = load_workbook(made[1])
    sheet = book.worksheets[0]
    assert sheet.protection.sheet
    titles = {cell.value: cell.column for cell in sheet[3]}
    locked = {title: sheet.cell(4, column).protection.locked for title, column in titles.items()}
    assert {title for title, shut in locked.items() if not shut} == {
        "选择", "都不合适时请写明", "理由", "医师", "日期",
    }  # fmt: skip
    assert len(sheet.data_validations.dataValidation) == 3
    assert book["packet"].sheet_state == "veryHidden"


def test_half_filled_rows_are_named(packets: PacketService, made: tuple[Packet, Path]) -> None:
    fill(made[1], {(1, "选择"): "A", (2, "选择"): "X", (3, "选择"): "X"})
    fill(made[1], {(3, "都不合适时请写明"): "应为肺泡癌", (3, "医师"): DOCTOR.name})
    assert states(packets, made[1]) == [
        AnswerState.INCOMPLETE, AnswerState.INCOMPLETE, AnswerState.OTHER,
    ]  # fmt: skip
    assert packets.take(packets.preview(made[1]), by=HEAD).remarks == 1


@pytest.mark.parametrize("title", ["院内名称", "院内编码", "选项 A", "选项 B"])
def test_a_changed_question_is_not_taken(
    packets: PacketService, made: tuple[Packet, Path], title: str
) -> None:
    fill(made[1], answered(1) | {(1, title): "改过"})
    assert states(packets, made[1])[0] is AnswerState.CHANGED


def test_swapped_or_doubled_rows_are_not_taken(
    packets: PacketService, made: tuple[Packet, Path]
) -> None:
    fill(made[1], answered(1) | {(1, "序号"): "2"})
    assert states(packets, made[1])[:2] == [AnswerState.UNKNOWN, AnswerState.UNKNOWN]
    fill(made[1], {(1, "序号"): "77"})
    assert states(packets, made[1])[0] is AnswerState.UNKNOWN


def test_a_code_changed_meanwhile_is_a_conflict_with_both_answers(
    packets: PacketService, made: tuple[Packet, Path], resolution: ResolutionService, sets: Sets
) -> None:
    local = made[0].rows[0].local_id
    name = next(one.name for one in sets[1].values() if one.id == local)
    resolution.decide(choice(sets, name, "胸膜交界恶性肿瘤", version=2), by=CODER)
    fill(made[1], answered(1) | answered(2))
    returned = packets.preview(made[1])
    assert [one.state for one in returned.answers][:2] == [AnswerState.CONFLICT, AnswerState.READY]
    conflict = returned.answers[0]
    assert conflict.now is not None
    assert conflict.chosen is not None
    assert conflict.now.targets[0].code == "D38.201"
    packets.take(returned, by=HEAD)
    assert resolution.work_row(local).mapping.state is State.DECIDED


def test_a_change_after_the_preview_stops_all(
    packets: PacketService, made: tuple[Packet, Path], resolution: ResolutionService, sets: Sets
) -> None:
    fill(made[1], answered(1) | answered(2))
    returned = packets.preview(made[1])
    local = made[0].rows[1].local_id
    resolution.reopen(local, seen_version=2, by=CHECKER)
    with pytest.raises(ConflictError):
        packets.take(returned, by=HEAD)
    assert resolution.work_row(made[0].rows[0].local_id).mapping.state is State.DISPUTED


def test_only_a_coordinator_for_a_clinician(
    packets: PacketService, made: tuple[Packet, Path]
) -> None:
    fill(made[1], answered(1) | {(1, "医师"): CODER.name})
    returned = packets.preview(made[1])
    for somebody in (CODER, CHECKER, DOCTOR):
        with pytest.raises(RefusedError):
            packets.take(returned, by=somebody)
    with pytest.raises(RefusedError, match="not a clinician"):
        packets.take(returned, by=HEAD)


def test_other_files_and_other_projects_are_refused(
    packets: PacketService, made: tuple[Packet, Path], tmp_path: Path
) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    with pytest.raises(UnreadableSourceError):
        packets.preview(tmp_path / "x.xlsx")
    book = load_workbook(made[1])
    book["packet"]["B1"].value = "0" * 32
    book.save(made[1])
    with pytest.raises(NotFoundError):
        packets.preview(made[1])


def test_the_pages_hold_every_question(printing: PacketService, tmp_path: Path) -> None:
    made = printing.make(tmp_path, PacketOrder(deadline=date(2026, 4, 1)), by=HEAD)
    if made.fault:
        pytest.skip("no Chinese font is installed here")
    text = "".join(page.extract_text() for page in PdfReader(made.files[1]).pages)
    words = "".join(text.replace("\0", "").split())
    for row in made.packet.rows:
        assert row.code in words
        assert packet_pages.row_mark(made.packet, row) in words
        for option in row.options:
            assert all(one.code in words and one.name in words for one in option.opinion.targets)
    assert words.count("都不合适，应为") == words.count("医师签名") == len(made.packet.rows)
    assert "请于2026-04-01前交回" in words
    assert made.packet.id in words


def test_every_question_can_have_its_page(printing: PacketService, tmp_path: Path) -> None:
    made = printing.make(tmp_path, PacketOrder(one_per_page=True), by=HEAD)
    if made.fault:
        pytest.skip("no Chinese font is installed here")
    assert len(PdfReader(made.files[1]).pages) == len(DISPUTED)


def test_without_a_font_the_workbook_is_made_and_the_lack_is_said(
    storage: Storage, disputes: DisputeService, tmp_path: Path
) -> None:
    packets = PacketService(storage, disputes, Clock(), font=str(tmp_path / "none.ttf"))
    made = packets.make(tmp_path, PacketOrder(), by=HEAD)
    assert [file.suffix for file in made.files] == [".xlsx"]
    assert "none.ttf" in made.fault


def test_no_dispute_no_packet(storage: Storage, packets: PacketService, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no open dispute"):
        packets.make(tmp_path, PacketOrder(local_ids=()), by=HEAD)


def test_who_may_not_hand_out_leaves_no_file(packets: PacketService, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        packets.make(tmp_path / "out", PacketOrder(), by=CODER)
    assert not (tmp_path / "out").exists()


def test_a_packet_keeps_its_deadline_and_counts_what_waits(
    packets: PacketService, made: tuple[Packet, Path], disputes: DisputeService
) -> None:
    assert packets.progress() == (PacketProgress(made[0], 3),)
    assert made[0].deadline == date(2026, 4, 1)
    (group,) = packets.departments()
    assert (group.department, len(group.local_ids), group.handed_out) == ("", 3, 3)
    fill(made[1], answered(1))
    packets.take(packets.preview(made[1]), by=HEAD)
    assert packets.progress()[0].waiting == 2
    (group,) = packets.departments()
    assert (len(group.local_ids), group.handed_out) == (2, 2)


def test_the_most_frequent_so_many_of_those_named(
    packets: PacketService, disputes: DisputeService, tmp_path: Path
) -> None:
    (group,) = packets.departments()
    order = PacketOrder(local_ids=group.local_ids[1:], count=1)
    made = packets.make(tmp_path, order, by=HEAD)
    assert [row.local_id for row in made.packet.rows] == [group.local_ids[1]]


def test_only_the_chosen_answers_are_taken(
    packets: PacketService, made: tuple[Packet, Path], disputes: DisputeService
) -> None:
    fill(made[1], answered(1) | answered(2))
    returned = packets.preview(made[1])
    taken = packets.take(returned.only({returned.answers[1].filled.line}), by=HEAD)
    assert [one.local_id for one in taken.settled] == [made[0].rows[1].local_id]
    assert len(disputes.open_disputes()) == 2


def test_a_packet_is_written_again_as_it_was(
    packets: PacketService, made: tuple[Packet, Path], tmp_path: Path
) -> None:
    again = packets.write_again(made[0].id, tmp_path / "again")
    assert again.packet == made[0]
    assert packets.preview(again.files[0]).packet == made[0]


def test_a_packet_goes_back_until_somebody_has_answered(
    resolution: ResolutionService, packets: PacketService, made: tuple[Packet, Path], tmp_path: Path
) -> None:
    packet, file = made
    assert [one.handed_out for one in packets.departments()] == [3]
    assert resolution.undo(by=HEAD).of is Act.PACKET_MADE
    assert packets.progress() == ()
    assert [one.handed_out for one in packets.departments()] == [0]
    for look in (lambda: packets.preview(file), lambda: packets.write_again(packet.id, tmp_path)):
        with pytest.raises(RefusedError, match="was taken back"):
            look()
    resolution.redo(by=HEAD)
    assert [one.packet for one in packets.progress()] == [packet]
    fill(file, answered(2))
    packets.take(packets.preview(file), by=HEAD)
    resolution.undo(by=HEAD)  # The settlement.
    with pytest.raises(ConflictError, match="answered or changed since"):
        resolution.undo(by=HEAD)
    assert [one.packet for one in packets.progress()] == [packet]
