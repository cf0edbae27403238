"""What a child process says aloud: letters and hooks through real servers, and its own /proc."""

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from helpers.forked_runs import ForkedRuns


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a letter needs."""

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(b"".join(lines))  # type: ignore[attr-defined]
            self._say("221 bye" if line == b"QUIT" else "250 fine")
            if line == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.letters.append(self.rfile.read(length))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Standard library: says nothing."""


@contextmanager
def listeners() -> Iterator[tuple[int, int, list[bytes], list[bytes]]]:
    """Ports of a mail server and a webhook, and what each of them got."""
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    hook = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    for one in (mail, hook):
        one.letters = []  # type: ignore[attr-defined]
        threading.Thread(target=one.serve_forever, daemon=True).start()
    try:
        yield mail.server_address[1], hook.server_port, mail.letters, hook.letters  # type: ignore[attr-defined]
    finally:
        for one in (mail, hook):
            one.shutdown()
            one.server_close()


def opened(letter: bytes) -> bytes:
    """A letter with its text decoded behind its raw form."""
    message = message_from_bytes(letter, policy=default)
    assert isinstance(message, EmailMessage)
    return letter + str(message["Subject"]).encode() + message.get_content().encode()


def watched(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, bytes]:
    """Run a command; everything it printed, and every command line and environment of it."""
    seen: set[bytes] = set()
    with (folder / "printed").open("wb") as printed:
        running = subprocess.Popen(command, stdout=printed, stderr=printed, env=environment)
        while running.poll() is None:
            seen |= in_process_list(running.pid)
            threading.Event().wait(0.1)
    return running.returncode, (folder / "printed").read_bytes() + b"\n".join(seen)


def watched_fork(runs: ForkedRuns, arguments: list[str], folder: Path) -> tuple[int, bytes]:
    """The same of a run that is forked."""
    seen: set[bytes] = set()
    number = runs.start(folder / "printed", arguments)
    # It stays in the list of processes until its own parent has asked for its exit code.
    while psutil.pid_exists(number):
        seen |= in_process_list(number)
        threading.Event().wait(0.02)
    return runs.ended(), (folder / "printed").read_bytes() + b"\n".join(seen)


def in_process_list(number: int) -> set[bytes]:
    """Command lines and environments of a process and of those it started, as long as they run."""
    seen = set()
    try:
        own = psutil.Process(number)
        for one in (own, *own.children(recursive=True)):
            for name in ("cmdline", "environ"):
                seen.add(Path(f"/proc/{one.pid}/{name}").read_bytes())
    except (psutil.Error, OSError):
        return seen
    return seen
