"""The sandbox on the wire: HTTP or HTTPS, the platform's endpoints, a report, faults on request."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _
from icdmapper.upload.sandbox import pages
from icdmapper.upload.sandbox.faults import Fault, Faults, parse_faults
from icdmapper.upload.sandbox.reading import LARGEST_UPLOAD
from icdmapper.upload.sandbox.receiver import Answer, Receiver

TOKEN, UPLOAD, RESULT = "/gettoken.shtml", "/autoReqTran.shtml", "/findResult.shtml"
CONTROL = "/sandbox/faults"
_PAGE, _JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"
_LARGEST_CONTROL = 4096
_IDLE_SECONDS = 60.0
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_RESET = struct.pack("ii", 1, 0)

logger = logging.getLogger(__name__)


class SandboxServer(ThreadingHTTPServer):
    """Listens on one port; `serve_forever` until `shutdown`.

    `pauses` are the seconds of the faults delay and slow.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        receiver: Receiver,
        faults: Faults,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Path | None = None,
        pauses: float = 2.0,
    ) -> None:
        self.receiver = receiver
        self.faults = faults
        self.pauses = pauses
        self._context = _context(certificate) if certificate else None
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise RefusedError(
                _("Port {port} on {host} cannot be used: {reason}.").format(
                    port=port, host=host, reason=error.strerror
                )
            ) from None

    @property
    def address(self) -> str:
        """Where it can be reached."""
        scheme = "https" if self._context else "http"
        return f"{scheme}://{self.server_address[0]!s}:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """A new connection; its handshake happens in its own thread, on first use."""
        connection, peer = super().get_request()
        connection.settimeout(_IDLE_SECONDS)
        if self._context is not None:
            connection = self._context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, peer

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - its shape
        """Broken connections are this server's trade; they are counted, not shown."""
        logger.debug("a connection broke")

    def start(self) -> Callable[[], None]:
        """Serve in a thread of its own; returns what stops it."""
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()

        def stop() -> None:
            self.shutdown()
            thread.join()
            self.server_close()

        return stop


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    # Head and content leave in two steps; together they would wait for each other.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Token, result, or a page of the report."""
        path, query = self._asked()
        if path.endswith(TOKEN):
            self._with_faults(
                lambda: self.server.receiver.token(query.get("loginid", ""), query.get("pwd", "")),
                "",
            )
        elif path.endswith(RESULT):
            token = query.get("token", "")
            self._with_faults(lambda: self._for_token(token, self.server.receiver.result), token)
        else:
            self._show(path)

    def do_POST(self) -> None:
        """An upload, or other faults from now on."""
        path, query = self._asked()
        control = path.endswith(CONTROL)
        body = self._body(_LARGEST_CONTROL if control else LARGEST_UPLOAD)
        if body is None:
            return
        if control:
            self._control(body)
        elif path.endswith(UPLOAD):
            receiver, token = self.server.receiver, query.get("token", "")
            self._with_faults(
                lambda: self._for_token(
                    token,
                    lambda: receiver.upload(
                        body, rc020=query.get("rc020", ""), rc021=query.get("rc021", "")
                    ),
                ),
                token,
            )
        else:
            self._answer(404, _JSON, b"{}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
        """Say nothing: the request line holds the password."""

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, dict(parse_qsl(parts.query, max_num_fields=20))

    def _body(self, largest: int) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            self._answer(411, _JSON, b"{}")
            return None
        if int(length) > largest:
            self.close_connection = True
            self._answer(413, _JSON, b"{}")
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _for_token(self, token: str, work: Callable[[], Answer]) -> Answer:
        receiver = self.server.receiver
        return work() if receiver.knows(token) else receiver.expire(token)

    def _with_faults(self, work: Callable[[], Answer], token: str) -> None:
        fault, worked_on = self.server.faults.draw()
        if fault is Fault.EXPIRED and token:
            self._send(self.server.receiver.expire(token))
            return
        if fault is Fault.TOO_MANY:
            self._answer(429, _JSON, b"{}", {"Retry-After": "1"})
            return
        if fault is Fault.FULL:
            self._answer(507, _JSON, b"{}")
            return
        if fault is Fault.DELAY:
            time.sleep(self.server.pauses)
        answer: Answer = {}
        if worked_on or fault not in (Fault.DROP, Fault.SERVER_ERROR, Fault.HTML):
            answer = work()
        if fault is Fault.DUPLICATE:
            answer = work()
        self._answer_faulty(fault, answer)

    def _answer_faulty(self, fault: Fault | None, answer: Answer) -> None:
        if fault is Fault.DROP:
            self._cut_off()
        elif fault is Fault.SERVER_ERROR:
            self._answer(503, _JSON, b"{}")
        elif fault is Fault.HTML:
            self._answer(200, _PAGE, pages.error_page().encode())
        elif fault in (Fault.CUT, Fault.SLOW):
            content = json.dumps(answer).encode()
            self._head(200, _JSON, len(content), {})
            self.wfile.write(content[: len(content) // 2])
            if fault is Fault.CUT:
                self._cut_off()
                return
            time.sleep(self.server.pauses)
            self.wfile.write(content[len(content) // 2 :])
        else:
            self._send(answer)

    def _show(self, path: str) -> None:
        uploads = self.server.receiver.ledger.uploads
        if path in ("/", "/index.html"):
            self._answer(200, _PAGE, pages.overview(uploads, self.server.faults).encode())
            return
        number = path.removeprefix("/package-")
        if number.isdigit() and 0 < int(number) <= len(uploads):
            self._answer(200, _PAGE, pages.details(uploads[int(number) - 1]).encode())
        elif path.endswith(CONTROL):
            faults = self.server.faults
            made = {fault.value: count for fault, count in faults.counts.items()}
            self._send({"requests": faults.requests, "faults": made})
        else:
            self._answer(404, _PAGE, b"")

    def _control(self, body: bytes) -> None:
        if self.client_address[0] not in _LOOPBACK:
            self._answer(403, _JSON, b"{}")
            return
        try:
            wish = json.loads(body)
            self.server.faults.change(parse_faults(wish["faults"]), seed=int(wish.get("seed", 1)))
        except (ValueError, KeyError, TypeError, AttributeError, RefusedError):
            self._answer(400, _JSON, b"{}")
            return
        self._send({"succ": True})

    def _send(self, answer: Answer) -> None:
        self._answer(200, _JSON, json.dumps(answer, ensure_ascii=False).encode())

    def _answer(
        self, status: int, kind: str, content: bytes, more: dict[str, str] | None = None
    ) -> None:
        self._head(status, kind, len(content), more or {})
        self.wfile.write(content)

    def _head(self, status: int, kind: str, length: int, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **more}.items():
            self.send_header(name, value)
        if kind == _PAGE:
            self.send_header(
                "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"
            )
        self.end_headers()

    def _cut_off(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.shutdown(socket.SHUT_RDWR)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError):
        raise RefusedError(
            _("{file} must hold a certificate and its key in PEM.").format(file=certificate)
        ) from None
    return context
