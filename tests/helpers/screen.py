"""A real virtual screen and a real keyboard: Xvfb and xdotool."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_GRAB = (
    "import sys; from PySide6.QtGui import QGuiApplication;"
    "app = QGuiApplication([]); app.primaryScreen().grabWindow(0).save(sys.argv[1])"
)
MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]


@contextmanager
def virtual_screen() -> Iterator[str]:
    """A running X server of its own; yields its display name."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1600x1000x24",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


class RealWindow:
    """The program in a process of its own, driven by keys as a person would."""

    def __init__(self, display: str, project: Path, home: Path, *, page: str = "workbench") -> None:
        self._environment = {
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "ICDMAPPER_DATA_DIR": str(home),
        }
        command = [
            sys.executable,
            "-m",
            "icdmapper.desktop.app",
            str(project),
            *(("--page", page) if page else ()),
        ]
        self.process = subprocess.Popen(command, env=self._environment)
        self._window = self._wait_for_window()

    def key(self, *keys: str) -> None:
        """Press keys, one after another."""
        self._tool("key", "--delay", "40", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tool("type", "--delay", "30", text)

    @property
    def title(self) -> str:
        """What stands on the task bar."""
        words = ["xdotool", "getwindowname", self._window]
        answer = subprocess.run(
            words, env=self._environment, capture_output=True, text=True, check=True, timeout=60
        )
        return answer.stdout.strip()

    def photograph_still(self, file: Path) -> None:
        """Save what is on the screen once two pictures in a row are the same."""
        before = b""

        def is_still() -> bool:
            nonlocal before
            self.photograph(file)
            seen, before = before, file.read_bytes()
            return seen == before

        wait_until(is_still, seconds=60)

    def photograph(self, file: Path) -> None:
        """Save what is on the screen as a PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-c", _GRAB, str(file)], env=self._environment, check=True, timeout=60
        )

    def kill(self) -> None:
        """End it the hard way: no handler runs, nothing is flushed."""
        self.process.kill()
        self.process.wait()

    def _wait_for_window(self) -> str:
        def found() -> str:
            pid = str(self.process.pid)
            search = ["xdotool", "search", "--onlyvisible", "--pid", pid]
            answer = subprocess.run(
                search, env=self._environment, capture_output=True, text=True, check=False
            )
            return answer.stdout.split("\n")[0]

        window = wait_until(found, seconds=30)
        self._window = window
        self._tool("windowfocus", "--sync", window)
        return window

    def _tool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._environment, check=True, timeout=60)


def wait_until(look: Callable[[], T], *, seconds: float) -> T:
    """Look again and again until there is something to see."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"nothing to see after {seconds} s"
        time.sleep(0.05)
    return seen
