"""What the pictures show: every page of the navigation, and the states of those that have some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from benchmarks import projects
from benchmarks.window import PERSON, settle
from icdmapper import bootstrap, paths
from icdmapper.bootstrap import Services
from icdmapper.desktop.main_window import MainWindow
from icdmapper.desktop.pages.book import PAGES
from icdmapper.desktop.pages.importing import ImportingPage
from icdmapper.desktop.widgets.palette import Palette
from icdmapper.importing.sources import Source
from icdmapper.importing.succession import Signature
from icdmapper.model.codes import CodeSystem, Side
from icdmapper.model.mapping import Choice, Relation, Target
from icdmapper.model.people import Person
from icdmapper.settings import Settings
from icdmapper.storage.stale import changed_meanwhile

LIST = Path("院内编码2026.csv")
COLLEAGUE = Person("编码员乙")
_ACCEPTED, _CHECKED, _DISPUTED = 40, 8, 4
_Act = Callable[[MainWindow], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """A page and how to bring it into one of its states."""

    page: str
    state: str = ""
    act: _Act | None = None

    @property
    def name(self) -> str:
        return f"{self.page}+{self.state}" if self.state else self.page


def page_names() -> list[str]:
    """The pages of the navigation, so that a new one is photographed by itself."""
    return [entry.name for entry in PAGES]


def of_page(page: str, *, plain: bool) -> Iterator[Stage]:
    """A page as it opens, then its states."""
    if page == "import":
        yield Stage(page, "" if plain else "preview", _open_list)
    if plain and page != "import":
        yield Stage(page)
    if not plain:
        yield Stage(page)
        yield from (Stage(page, state, act) for state, act in _STATES.get(page, ()))


def show(window: MainWindow, stage: Stage) -> None:
    """Bring a page to the front in a state of its own."""
    for dialog in window.findChildren(QDialog):
        dialog.reject()
    window.tour.end()
    for palette in window.findChildren(Palette):
        palette.close_up()
    if stage.act is not None and window.page() is not None:
        # Every page is made anew, so that nothing of the last state stays.
        assert window._desk is not None
        window._begin(window._desk.person)
    settle(window)
    window.go_to(stage.page)
    settle(window)
    window.notices.clear()
    if stage.act is not None:
        window.activateWindow()
        QTest.qWaitForWindowActive(window)
        window.page().activate()  # type: ignore[union-attr]
        stage.act(window)
        settle(window)


def photograph(window: MainWindow, file: Path) -> None:
    """The window with whatever lies over it, as a small PNG."""
    window.ensurePolished()
    picture = window.grab()
    dialogs = [one for one in window.findChildren(QDialog) if one.isVisible()]
    if dialogs:
        from PySide6.QtGui import QPainter  # noqa: PLC0415 - for this only

        painter = QPainter(picture)
        for one in dialogs:
            x = (window.width() - one.width()) // 2
            painter.drawPixmap(x, max((window.height() - one.height()) // 2, 0), one.grab())
        painter.end()
    picture.toImage().convertToFormat(QImage.Format.Format_RGB888).save(str(file))


def tell_a_story(project: Path) -> None:
    """Work of two people in a project: decided, checked, disputed, without counterpart, open."""
    services = bootstrap.open_project(project, Settings())
    try:
        rows = [row for row in services.resolution.worklist() if row.proposed]
        safe = [row.local.id for row in rows if row.safe]
        other = [row.local.id for row in rows if not row.safe and not row.contradiction]
        half = len(safe) // 2
        services.resolution.accept_safe(by=COLLEAGUE, local_ids=safe[_ACCEPTED:half])
        decided = [_decide(services, one) for one in safe[:_ACCEPTED]]
        for local_id in [one for one in decided if one][:_CHECKED]:
            version = services.resolution.work_row(local_id).mapping.version
            services.checking.agree(local_id, seen_version=version, by=PERSON)
        for local_id in other[:_DISPUTED]:
            services.disputes.open(
                local_id, seen_version=0, reason="左右侧是否要求分开填报？", by=COLLEAGUE
            )
            services.disputes.say(local_id, "上报库不分左右，建议归类。", by=PERSON)
        none = Choice(other[_DISPUTED], 0, Relation.NO_COUNTERPART, (), "标准中没有这一项")
        services.resolution.decide(none, by=COLLEAGUE)
        for local_id in other[_DISPUTED + 1 :]:
            if _decide_coarser(services, local_id):
                break
    finally:
        services.close()


def project_of_editions(folder: Path) -> Path:
    """The demonstration after two new editions: of the local list, which can be taken back, and
    before it of the procedures, on which somebody has worked since."""
    place = folder / "editions"
    place.mkdir()
    project = projects.demonstration(place)
    services = bootstrap.open_project(project, Settings(hospital=bootstrap.DEMO_HOSPITAL))
    try:
        rows = [row for row in services.resolution.worklist() if row.proposed and row.safe]
        procedures = [one for one in rows if one.local.kind.system is CodeSystem.RC022]
        others = [one for one in rows if one.local.kind.system is CodeSystem.RC020]
        decided = [_decide(services, one.local.id) for one in (*procedures[:3], *others[:6])]
        reworded = {
            target.code
            for one in decided[:3]
            for target in services.resolution.work_row(one).mapping.targets
        }
        procedure_codes = next(paths.shipped("reference_codes", "RC022").glob("*/codes.csv"))
        _store_edition(services, Side.REFERENCE, procedure_codes, place, reworded)
        services.matching.propose_all()
        seen = services.resolution.work_row(decided[0]).mapping.version
        best = services.matching.proposal(decided[0]).candidates[0]
        target = Target(best.reference_id, best.code, best.name)
        choice = Choice(decided[0], seen, best.relation, (target,))
        services.resolution.decide(choice, by=COLLEAGUE)
        local_codes = paths.shipped("resources", "samples", "local_codes_demo.csv")
        renamed = {one.local.code for one in others[:6]}
        _store_edition(services, Side.LOCAL, local_codes, place, renamed)
        services.matching.propose_all()
    finally:
        services.close()
    return project


def blank_project(folder: Path) -> Path:
    """A project in which nothing has been done yet."""
    project = folder / "新项目.icdm"
    bootstrap.open_project(project).close()
    return project


def _store_edition(
    services: Services, side: Side, earlier: Path, folder: Path, renamed: set[str]
) -> None:
    """Store a list once more, some names in it longer than they were and its last row left out."""
    header, *lines = earlier.read_text(encoding="utf-8").splitlines()
    kept = [_longer(line, header) if line.split(",")[0] in renamed else line for line in lines[:-1]]
    file = folder / earlier.name
    file.write_text("\n".join((header, *kept)), encoding="utf-8")
    preview = services.importing.preview(Source(path=file), side=side)
    signature = Signature(PERSON.name, services.importing.compare(preview))
    services.importing.store(
        preview, name=file.stem, edition="2027", by=PERSON, signature=signature
    )


def _longer(line: str, header: str) -> str:
    at = next(at for at, word in enumerate(header.split(",")) if word in {"name", "名称"})
    return ",".join(
        f"{part}，单侧" if place == at else part for place, part in enumerate(line.split(","))
    )


def _decide(services: Services, local_id: int) -> int:
    best = services.matching.proposal(local_id).candidates[0]
    target = Target(best.reference_id, best.code, best.name)
    services.resolution.decide(Choice(local_id, 0, best.relation, (target,)), by=COLLEAGUE)
    return local_id


def _decide_coarser(services: Services, local_id: int) -> bool:
    """Send a code that means more than any entry to its refinement, if it is one."""
    best = next(iter(services.matching.proposal(local_id).candidates), None)
    if best is None or best.relation is not Relation.LOCAL_COARSER:
        return False
    target = (Target(best.reference_id, best.code, best.name),)
    choice = Choice(local_id, 0, Relation.LOCAL_COARSER, target, "标准分得更细")
    services.resolution.decide(choice, by=COLLEAGUE)
    return True


# ---- how a page comes into a state: by its own keys wherever it has one ----


def _pressed(*keys: str, then: str = "") -> _Act:
    """Press keys one after the other, then type."""

    def act(window: MainWindow) -> None:
        for key in keys:
            *held, name = key.split("+")
            modifier = Qt.KeyboardModifier.NoModifier
            for one in held:
                modifier |= getattr(Qt.KeyboardModifier, f"{one}Modifier")
            at = QApplication.focusWidget() or window.page() or window
            if len(name) == 1 and not held:
                QTest.keyClicks(at, name.lower())
            else:
                QTest.keyClick(at, getattr(Qt.Key, f"Key_{name}"), modifier)
            settle(window)
        _typed(window, then)

    return act


def _typed(window: MainWindow, text: str) -> None:
    at = QApplication.focusWidget()
    if text and at is not None:
        if text.isascii():
            QTest.keyClicks(at, text)
        elif hasattr(at, "insert"):
            at.insert(text)
        settle(window)


def _open_list(window: MainWindow) -> None:
    page = window.page()
    assert isinstance(page, ImportingPage)
    page.open_file(Side.LOCAL, LIST)


def _open_nonsense(window: MainWindow) -> None:
    page = window.page()
    assert isinstance(page, ImportingPage)
    wrong = Path("不是名单.xlsx")
    wrong.write_bytes(b"PK\x03\x04 nonsense")
    page.open_file(Side.LOCAL, wrong)


def of_editions() -> Iterator[Stage]:
    """What is seen only where an edition has replaced another."""
    yield Stage("import", "changes", _open_list)
    yield Stage("import", "recall", _pressed("Control+T"))
    yield Stage("import", "recall-stopped", _pressed("Control+T", "Down"))


def _problem(window: MainWindow) -> None:
    window.notices.error(changed_meanwhile("编码员乙"))


_STATES: dict[str, tuple[tuple[str, _Act], ...]] = {
    "overview": (("palette", _pressed("Control+K", then="hd")),),
    "import": (("unreadable", _open_nonsense),),
    "catalog": (
        ("searched", _pressed("Slash", then="fa")),
        ("nothing-found", _pressed("Slash", then="qqqqq")),
    ),
    "workbench": (
        ("keys", _pressed("Question")),
        ("search", _pressed("Slash", then="fa")),
        ("second-candidate", _pressed("Escape", "Down", "Down", "2")),
        ("no-counterpart", _pressed("N")),
        ("note", _pressed("T", then="与临床核对后归入")),
        ("dispute", _pressed("Escape", "D")),
        ("bulk", _pressed("Escape", "Escape", "B")),
        ("nothing-passes", _pressed("Escape", "Control+F", then="qqqqqq")),
        ("problem", _problem),
        ("palette", _pressed("Control+K", then="fa")),
        ("tour", _pressed("Escape", "F1")),
    ),
    "review": (("second-row", _pressed("Down")),),
    "disputes": (("settle", _pressed("Return")),),
    "people": (("adding", _pressed("A")),),
    "upload": (
        ("production", _pressed("P")),
        ("codes", _pressed("P", "2")),
        ("before", _pressed("P", "PageUp")),
        ("way", _pressed("W")),
    ),
}
