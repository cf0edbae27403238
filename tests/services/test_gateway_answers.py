"""What the HTTPS gateway makes of any answer: a raw server says exactly what the test wants."""

import gzip
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from helpers.builders import MOMENT
from helpers.sandboxes import now
from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Environment, Outcome, PackageState, StoredPackage, Trouble
from icdmapper.upload.gateway import UnreachableError, checked_name
from icdmapper.upload.https_gateway import Account, HttpsGateway, HttpsOptions

CONTENT = b"PK package"
ONE = StoredPackage(
    1, "k", "a.zip", hashlib.sha256(CONTENT).hexdigest(), 10, "DBF346", 3,
    PackageState.SENDING, MOMENT,
)  # fmt: skip
TOKEN = json.dumps({"succ": True, "result": {"token": "t0"}})


class RawServer:
    """Answers every request with the same bytes and keeps what it was asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/hqms"
        self.answer = b""
        self.later: list[bytes] = []
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def say(self, status: str, body: str | bytes = b"", **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.answer = "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(self._read(connection))
                answer = self.later.pop(0) if self.later else self.answer
                try:
                    connection.sendall(answer)
                except OSError:
                    continue

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            got += connection.recv(65536)
        head, _blank, body = got.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n")
             if line.lower().startswith(b"content-length")), 0,
        )  # fmt: skip
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[RawServer]:
    opened = RawServer()
    yield opened
    opened.close()


@pytest.fixture
def gateway(server: RawServer) -> Iterator[HttpsGateway]:
    options = HttpsOptions(server.address, "2", "1", Environment.TEST, None, 1.0, 1.0)
    opened = HttpsGateway(options, Account("院号 1", "p&ss=?"), now=now)
    server.say("200 OK", TOKEN)
    opened.token()
    yield opened
    opened.close()


def test_the_requests_are_those_of_the_platforms_demo(
    server: RawServer, gateway: HttpsGateway
) -> None:
    server.say("200 OK", json.dumps({"succ": True, "result": {"id": "9"}}))
    sent = gateway.send(CONTENT, ONE)
    assert (sent.outcome, sent.result_id) == (Outcome.RECEIVED, "9")
    server.say("200 OK", json.dumps({"succ": True, "result": {"id": 9, "status": 4}}))
    feedback = gateway.result(ONE).feedback
    assert feedback is not None
    assert feedback.result_id == "9"
    token, upload, result = server.asked
    assert token.startswith(
        b"GET /hqms/docking/auto/gettoken.shtml?loginid=%E9%99%A2%E5%8F%B7+1&pwd=p%26ss%3D%3F"
        b"&datatype=json&isDev=1 "
    )
    assert upload.startswith(
        b"POST /hqms/autoReqTran.shtml?token=t0&datatype=json&rc020=2&rc021=1 "
    )
    assert upload.endswith(b"\r\n\r\n" + CONTENT)
    assert b"multipart/form-data; boundary=" in upload
    assert result.startswith(b"GET /hqms/docking/auto/findResult.shtml?token=t0&datatype=json ")


ANSWERS = [
    ("200 OK", '{"succ": true, "result": null}', Outcome.RECEIVED, Trouble.NONE),
    ("200 OK", '{"succ": "true"}', Outcome.RECEIVED, Trouble.NONE),
    ("200 OK", '{"succ": false, "errorCode": "E7"}', Outcome.REJECTED, Trouble.REFUSED),
    ("200 OK", '{"succ": false, "errorCode": "TOKEN_EXPIRED"}', Outcome.EXPIRED,
     Trouble.TOKEN_REFUSED),
    ("200 OK", '{"succ": false, "errorCode": "STORAGE_FULL"}', Outcome.RETRY_LATER,
     Trouble.SERVER_ERROR),
    ("200 OK", "{}", Outcome.UNKNOWN, Trouble.UNREADABLE_ANSWER),
    ("200 OK", "[1]", Outcome.UNKNOWN, Trouble.UNREADABLE_ANSWER),
    ("200 OK", "", Outcome.UNKNOWN, Trouble.UNREADABLE_ANSWER),
    ("200 OK", "[" * 100_000, Outcome.UNKNOWN, Trouble.UNREADABLE_ANSWER),
    ("200 OK", "\n<HTML><body>错误</body></HTML>", Outcome.UNKNOWN, Trouble.ERROR_PAGE),
    ("200 OK", "x" * (2 << 20), Outcome.UNKNOWN, Trouble.ANSWER_TOO_LARGE),
    ("302 Found", "", Outcome.UNKNOWN, Trouble.REDIRECTED),
    ("400 Bad Request", "", Outcome.REJECTED, Trouble.REFUSED),
    ("401 Unauthorized", "", Outcome.EXPIRED, Trouble.TOKEN_REFUSED),
    ("408 Request Timeout", "", Outcome.UNKNOWN, Trouble.SERVER_ERROR),
    ("409 Conflict", "", Outcome.UNKNOWN, Trouble.SERVER_ERROR),
    ("413 Too Large", "", Outcome.REJECTED, Trouble.REFUSED),
    ("422 Unprocessable", "", Outcome.REJECTED, Trouble.REFUSED),
    ("429 Too Many", "", Outcome.RETRY_LATER, Trouble.TOO_MANY_REQUESTS),
    ("500 Error", "", Outcome.UNKNOWN, Trouble.SERVER_ERROR),
    ("503 Unavailable", "", Outcome.UNKNOWN, Trouble.SERVER_ERROR),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "outcome", "trouble"), ANSWERS, ids=[f"{a[0]} {a[1][:40]}" for a in ANSWERS]
)
def test_each_answer_to_an_upload_has_one_outcome(
    server: RawServer, gateway: HttpsGateway, status: str, body: str,
    outcome: Outcome, trouble: Trouble,
) -> None:  # fmt: skip
    server.say(status, body, Location="http://elsewhere.invalid/")
    sent = gateway.send(CONTENT, ONE)
    assert (sent.outcome, sent.trouble) == (outcome, trouble)
    assert len(server.asked) == 2


def test_a_packed_answer_is_never_unpacked(server: RawServer, gateway: HttpsGateway) -> None:
    server.say("200 OK", gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip")
    assert gateway.send(CONTENT, ONE).trouble is Trouble.UNREADABLE_ANSWER
    assert b"accept-encoding: identity" in server.asked[-1].lower()


def test_a_cut_answer_is_unknown(server: RawServer, gateway: HttpsGateway) -> None:
    server.say("200 OK", '{"succ": true}')
    server.answer = server.answer[:-4]
    assert gateway.send(CONTENT, ONE).outcome is Outcome.UNKNOWN
    server.answer = b""
    assert gateway.send(CONTENT, ONE).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("-5", None), ("99999999999", 86_400.0), ("", None)],
)
def test_retry_after_in_seconds(
    server: RawServer, gateway: HttpsGateway, text: str, seconds: float | None
) -> None:
    server.say("429 Too Many", Retry_After=text)
    assert gateway.send(CONTENT, ONE).wait_seconds == seconds


def test_retry_after_as_a_date(server: RawServer, gateway: HttpsGateway) -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    server.say("503 Unavailable", Retry_After=format_datetime(later, usegmt=True))
    waits = gateway.send(CONTENT, ONE).wait_seconds
    assert waits is not None
    assert 80 < waits <= 90


def test_a_question_without_a_usable_answer_can_be_asked_again(
    server: RawServer, gateway: HttpsGateway
) -> None:
    for status, body in (("500 Error", ""), ("200 OK", "<html>"), ("302 Found", "")):
        server.say(status, body)
        with pytest.raises(UnreachableError):
            gateway.result(ONE)
        with pytest.raises(UnreachableError):
            gateway.token()


def test_a_token_that_expires_again_at_once_is_no_answer_about_the_package(
    server: RawServer, gateway: HttpsGateway
) -> None:
    server.say("200 OK", TOKEN)
    token = server.answer
    server.say("200 OK", '{"succ": false, "errorCode": "TOKEN_EXPIRED"}')
    server.later = [server.answer, token]
    with pytest.raises(UnreachableError):
        gateway.result(ONE)
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", '{"succ": false, "errorCode": "NO"}'),
        ("401 Unauthorized", ""),
        ("200 OK", '{"succ": true, "result": {"token": ""}}'),
    ],
)
def test_a_refused_account_is_not_tried_again(
    server: RawServer, gateway: HttpsGateway, status: str, body: str
) -> None:
    server.say(status, body)
    with pytest.raises(RefusedError):
        gateway.token()


@pytest.mark.parametrize("name", ["", "../a.zip", "a b.zip", "张三.zip", "a/b", ".zip", "a" * 121])
def test_a_name_that_is_no_plain_file_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        checked_name(name)


@pytest.mark.parametrize("flaw", ["self-signed", "other host", "expired", "old protocol"])
def test_a_bad_certificate_gets_no_byte_of_a_request(tmp_path: Path, flaw: str) -> None:
    """The handshake fails, so the login in the first request never leaves."""
    authority = trustme.CA()
    named = "elsewhere.invalid" if flaw == "other host" else "localhost"
    yesterday = datetime.now(UTC) - timedelta(days=1)
    issued = authority.issue_cert(
        named, not_after=yesterday if flaw == "expired" else None
    ) if flaw != "self-signed" else trustme.CA().issue_cert(named)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    if flaw == "old protocol":
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _peer = listening.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    got.append(secured.recv(100))
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        service = f"https://localhost:{listening.getsockname()[1]}"
        options = HttpsOptions(service, "1", "1", Environment.TEST, tmp_path / "ca.pem", 2.0, 2.0)
        gateway = HttpsGateway(options, Account("a", "b"), now=now)
        with pytest.raises(UnreachableError) as told:
            gateway.token()
        gateway.close()
        thread.join(5)
    assert told.value.trouble is Trouble.NOT_CONNECTED
    assert b"".join(got) == b""


def test_a_missing_authority_file_is_told(tmp_path: Path) -> None:
    options = HttpsOptions("https://localhost", "1", "1", Environment.TEST, tmp_path / "no.pem")
    with pytest.raises(RefusedError, match=r"no\.pem"):
        HttpsGateway(options, Account("a", "b"), now=now)
