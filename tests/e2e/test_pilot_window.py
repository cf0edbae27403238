"""试点医院的主线，在真实窗口里只用键盘走一遍：对照、争议、复核、裁定、发布关口、审计。"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from benchmarks import projects
from PySide6.QtCore import QSettings

from helpers.screen import MISSING, RealWindow, virtual_screen, wait_until
from helpers.staff import CHECKER, CLINICIAN, CODER, COORDINATOR, EVERYBODY
from icdmapper import settings
from icdmapper.model.people import Person
from icdmapper.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.window,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]

PIN = "428571"
REASON = "which one is meant"
PICTURES = projects.ROOT / "build" / "pilot-window"
DECIDED, AGREED = 5, 3
# 第一候选照原样；规则要理由时改为等同；再试其余候选。
ANSWERS = (("Return",), ("e", "Return"), ("2", "Return"), ("2", "e", "Return"), ("3", "Return"))


@dataclass
class Pilot:
    """一个项目文件、它的控制台和屏幕；文件里写着什么，绕过程序直接读。"""

    project: Path
    home: Path
    window: RealWindow = field(init=False)
    steps: int = 0

    def look(self, query: str) -> list[tuple[str, ...]]:
        connection = sqlite3.connect(f"file:{self.project}?mode=ro", uri=True, timeout=60)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def count(self, state: str) -> int:
        return len([one for (one,) in self.look("SELECT state FROM mapping") if one == state])

    def console(self, person: Person, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "ICDMAPPER_DATA_DIR": str(self.home),
            "ICDMAPPER_PIN": PIN,
            "ICDMAPPER_NEW_PIN": PIN,
        }
        command = [sys.executable, "-m", "icdmapper.cli.main", *words]
        command += ["--project", str(self.project), "--person", person.name, "--json"]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def photograph(self, name: str) -> None:
        self.steps += 1
        self.window.photograph_still(PICTURES / f"{self.steps:02d}-{name}.png")

    def sign_in(self, person: Person) -> None:
        """在口令栏里用上下键选人；看窗口标题是否换成此人。"""
        place = sorted(one.name for one in EVERYBODY).index(person.name)
        for _attempt in range(3):
            self.window.key(*["Up"] * len(EVERYBODY), *["Down"] * place)
            self.window.type(PIN)
            self.window.key("Return")
            with suppress(AssertionError):
                wait_until(lambda: person.name in self.window.title, seconds=15)
                return
        pytest.fail(f"{person.name} cannot sign in")

    def sign_out(self) -> None:
        self.window.key("ctrl+shift+l")
        wait_until(lambda: "·" not in self.window.title, seconds=15)

    def press_until(self, is_so: Callable[[], bool], *ways: tuple[str, ...]) -> None:
        """按键，看文件里变了没有；程序拒绝了就换下一种按法。"""
        for _attempt in range(4):
            for keys in ways:
                self.window.key(*keys)
                with suppress(AssertionError):
                    wait_until(is_so, seconds=4)
                    return
        pytest.fail(f"nothing came of {ways}")

    def one_more(self, state: str, *ways: tuple[str, ...]) -> None:
        before = self.count(state)
        self.press_until(lambda: self.count(state) > before, *ways)


@pytest.fixture
def pilot(tmp_path: Path) -> Iterator[Pilot]:
    chosen = Settings(hospital="试点医院", hospital_id="330100A1", release_coverage=0.0001)
    settings.save(tmp_path / "settings.toml", chosen)
    memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    memory.setValue("release_folder", str(tmp_path / "发布"))
    memory.setValue("tour_seen", "yes")
    memory.sync()
    made = Pilot(projects.demonstration(tmp_path), tmp_path)
    # 一、控制台登记人员
    for one in EVERYBODY:
        added = made.console(COORDINATOR, "people", "add", one.name, one.role.value, "--pin")
        assert added.returncode == 0, added.stderr
    with virtual_screen() as display:
        made.window = RealWindow(display, made.project, tmp_path, page="")
        yield made
        made.window.kill()


def test_the_pilot_hospital_by_keys_in_the_real_window(pilot: Pilot) -> None:
    the_coder_decides_and_asks(pilot)
    the_checker_agrees_and_differs(pilot)
    the_clinician_settles_one(pilot)
    the_gate_refuses_for_the_other(pilot)
    the_clinician_settles_one(pilot)
    the_release_is_made(pilot)
    the_log_is_whole(pilot)


def the_coder_decides_and_asks(pilot: Pilot) -> None:
    """二、编码员逐条对照；拿不准的一条按 D 写明理由。"""
    pilot.sign_in(CODER)
    while pilot.count("decided") < DECIDED:
        pilot.one_more("decided", *ANSWERS, ("Down",))
    pilot.photograph("编码员已对照")
    pilot.window.key("d")
    pilot.window.type(REASON)
    pilot.one_more("disputed", ("Return",))
    pilot.photograph("编码员提出争议")
    assert pilot.look("SELECT by, text FROM dispute_message") == [(CODER.name, REASON)]
    pilot.sign_out()


def the_checker_agrees_and_differs(pilot: Pilot) -> None:
    """三、复核员同意三条，一条另选候选。"""
    pilot.sign_in(CHECKER)
    for _row in range(AGREED):
        pilot.one_more("checked", ("a",))
    pilot.photograph("复核员已同意")
    pilot.one_more("disputed", ("2", "Return"), ("3", "Return"), ("4", "Return"), ("n", "Return"))
    pilot.photograph("复核员意见不同")
    assert pilot.count("disputed") == 2
    agreed = pilot.look("SELECT decided_by, checked_by FROM mapping WHERE state = 'checked'")
    assert agreed == [(CODER.name, CHECKER.name)] * AGREED
    pilot.sign_out()


def the_clinician_settles_one(pilot: Pilot) -> None:
    """四、医师在屏幕上裁定一条：选项、常用理由、回车。"""
    before = pilot.count("settled")
    pilot.sign_in(CLINICIAN)
    pilot.photograph("医师的争议")
    pilot.one_more("settled", *[("alt+1", number, "Return") for number in "123"])
    pilot.photograph("医师已裁定")
    assert pilot.count("settled") == before + 1
    pilot.sign_out()


def the_gate_refuses_for_the_other(pilot: Pilot) -> None:
    """五、协调员要发布，还有一条争议：窗口不发布，关口说明为什么。"""
    assert pilot.count("disputed") == 1
    pilot.sign_in(COORDINATOR)
    pilot.window.key("ctrl+8", "r")
    pilot.photograph("关口拒绝")
    pilot.window.key("ctrl+Return")
    pilot.photograph("仍未发布")
    assert not pilot.look("SELECT version FROM release")
    checked = pilot.console(COORDINATOR, "release", "check", "--rehearsal")
    assert stops(checked.stdout) == [("disputed", 1)]
    pilot.sign_out()


def stops(answer: str) -> list[tuple[str, int]]:
    return [(one["code"], one["count"]) for one in json.loads(answer) if one["stops"]]


def the_release_is_made(pilot: Pilot) -> None:
    """六、争议都已裁定，同样的键就发布了：上一次没有发布，不是因为按错了键。"""
    pilot.sign_in(COORDINATOR)
    pilot.window.key("ctrl+8", "r")
    pilot.press_until(lambda: bool(pilot.look("SELECT version FROM release")), ("ctrl+Return",))
    pilot.photograph("已发布")
    assert pilot.look("SELECT version, made_by FROM release") == [(1, COORDINATOR.name)]
    assert list((pilot.home / "发布").rglob("mapping.csv"))


def the_log_is_whole(pilot: Pilot) -> None:
    """七、窗口正常关闭，控制台核验日志，文件里的状态正是这些键做出来的。"""
    pilot.window.key("ctrl+q")
    wait_until(lambda: pilot.window.process.poll() is not None, seconds=30)
    verified = pilot.console(COORDINATOR, "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    states = dict(
        pilot.look("SELECT state, count(*) FROM mapping WHERE state <> 'open' GROUP BY 1")
    )
    assert states == {"checked": AGREED, "decided": DECIDED - AGREED - 1, "settled": 2}
    acts = dict(pilot.look("SELECT act, count(*) FROM event GROUP BY 1"))
    assert (acts["disputed"], acts["settled"], acts["released"]) == (2, 2, 1)
