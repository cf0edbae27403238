"""The platform over HTTPS, as two unrelated uploaders speak to it (HQMS.md 2.1).

Certificates are always verified, redirects never followed, answers limited in size. A password
goes out in the query of the token call because the platform takes it nowhere else; therefore no
address ever reaches a log or an error.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from icdmapper.model.errors import RefusedError
from icdmapper.model.sending import Environment, Outcome, StoredPackage, Trouble
from icdmapper.texts import _
from icdmapper.upload.gateway import (
    Result,
    Sent,
    UnreachableError,
    checked_name,
    read_feedback,
    safe_code,
)

TOKEN_PATH = "docking/auto/gettoken.shtml"
UPLOAD_PATH = "autoReqTran.shtml"
RESULT_PATH = "docking/auto/findResult.shtml"
CONTENT_TYPE = "multipart/form-data; boundary=---------------------------icdmapper"
"""What the platform's demo sends although the body is the bare ZIP."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LARGEST_ANSWER = 1 << 20
_LONGEST_WAIT = 24 * 3600.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """The hospital's account at one environment."""

    login: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpsOptions:
    """Where the platform is and how it is spoken to; times in seconds.

    `rc020` and `rc021` are the editions of the diagnosis and morphology dictionaries: 1 national,
    2 Beijing. They are always sent, because the platform takes 2 when they are missing.
    The platform's error codes are not public: `expired_codes` (the token is too old),
    `absent_codes` (no package of this account is known) and `later_codes` (not taken now) start
    with those of the sandbox.
    Time-outs of connecting and reading are those of the platform's demo, 10 min and 50 s, the
    first shortened: a server that takes a minute to answer a connection is not there.
    """

    service: str
    rc020: str
    rc021: str
    environment: Environment
    ca_file: Path | None = None
    connect_seconds: float = 60.0
    answer_seconds: float = 50.0
    expired_codes: frozenset[str] = frozenset({"TOKEN_EXPIRED"})
    absent_codes: frozenset[str] = frozenset({"NO_RESULT"})
    later_codes: frozenset[str] = frozenset({"STORAGE_FULL"})


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer read to its end, or what kind of trouble came instead."""

    status: int = 0
    content: dict[str, Any] | None = None
    trouble: Trouble = Trouble.NONE
    wait_seconds: float | None = None
    arrived: bool = True
    """Whether the question may have reached the receiver."""


class HttpsGateway:
    """The platform over HTTPS."""

    def __init__(
        self, options: HttpsOptions, account: Account, *, now: Callable[[], datetime]
    ) -> None:
        self._options = options
        self._account = account
        self._now = now
        self._token = ""
        self.receiver_time: datetime | None = None
        self._service = _checked_service(options)
        _silence(("httpx", "httpcore"))
        self._client = httpx.Client(
            verify=_trust(options.ca_file),
            follow_redirects=False,
            # Proxies and certificate files of the environment are not the hospital's choice.
            trust_env=False,
            timeout=httpx.Timeout(options.answer_seconds, connect=options.connect_seconds),
            # Unpacked answers could be of any size; answers are short anyway.
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "icdmapper",
            },
        )

    def token(self) -> None:
        """Fetch a token; see `Gateway.token`."""
        self._token = ""
        answer = self._call(
            "GET",
            TOKEN_PATH,
            {
                "loginid": self._account.login,
                "pwd": self._account.password,
                "datatype": "json",
                "isDev": "1",
            },
        )
        content = answer.content or {}
        token = _inside(content, "token")
        if _succeeded(content) and isinstance(token, str) and token:
            self._token = token
            return
        if answer.trouble is Trouble.TOKEN_REFUSED or (answer.content is not None):
            code = safe_code(content.get("errorCode"))
            raise RefusedError(
                _("The platform refused the account ({code}). Check login and password.").format(
                    code=code or answer.status
                )
            )
        raise UnreachableError(answer.trouble, answer.wait_seconds)

    def send(self, content: bytes, one: StoredPackage) -> Sent:
        """Upload the bare ZIP; see `Gateway.send`."""
        checked_name(one.name)
        if not self._token:
            return Sent(Outcome.EXPIRED, Trouble.TOKEN_REFUSED)
        answer = self._call(
            "POST",
            UPLOAD_PATH,
            {
                "token": self._token,
                "datatype": "json",
                "rc020": self._options.rc020,
                "rc021": self._options.rc021,
            },
            content,
        )
        if answer.content is not None:
            return _understood(answer.content, self._options)
        return Sent(_without_content(answer), answer.trouble, answer.wait_seconds)

    def result(self, one: StoredPackage) -> Result:  # noqa: ARG002 - other ways can name it
        """The account's newest result: the platform is not known to take a name."""
        if not self._token:
            self.token()
        answer = self._ask()
        if self._expired(answer):
            self.token()
            answer = self._ask()
        if answer.content is None or self._expired(answer):
            raise UnreachableError(answer.trouble, answer.wait_seconds)
        feedback = read_feedback(answer.content.get("result"))
        if feedback is not None:
            return Result(feedback)
        absent = safe_code(answer.content.get("errorCode")) in self._options.absent_codes
        return Result(absent=absent, mute=not absent and not _succeeded(answer.content))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self) -> _Answer:
        return self._call("GET", RESULT_PATH, {"token": self._token, "datatype": "json"})

    def _expired(self, answer: _Answer) -> bool:
        code = safe_code((answer.content or {}).get("errorCode"))
        return answer.trouble is Trouble.TOKEN_REFUSED or code in self._options.expired_codes

    def _call(
        self, method: str, path: str, query: dict[str, str], body: bytes | None = None
    ) -> _Answer:
        headers = {"Content-Type": CONTENT_TYPE} if body is not None else {}
        try:
            with self._client.stream(
                method, f"{self._service}{path}", params=query, content=body, headers=headers
            ) as response:
                self.receiver_time = _date(response.headers.get("Date", ""))
                answer = _read(response, self._now)
        except _NOT_SENT as error:
            _tell(error)
            answer = _Answer(trouble=Trouble.NOT_CONNECTED, arrived=False)
        except httpx.TimeoutException:
            answer = _Answer(trouble=Trouble.TIMED_OUT)
        except (httpx.HTTPError, ssl.SSLError):
            # The exception's text may repeat the address with the password.
            answer = _Answer(trouble=Trouble.CONNECTION_LOST)
        if answer.trouble is not Trouble.NONE:
            logger.info("%s: %s (status %d)", path, answer.trouble.value, answer.status)
        return answer


def _checked_service(options: HttpsOptions) -> str:
    parts = urlsplit(options.service)
    local = parts.hostname in _LOOPBACK and options.environment is Environment.TEST
    if parts.username or parts.password or parts.query or not parts.hostname:
        raise RefusedError(
            _("The platform's address is a host and a path, without account or parameters.")
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise RefusedError(
            _(
                "The platform's address must begin with https://. Only the sandbox on this "
                "machine may be spoken to without, and only for the test environment."
            )
        )
    return options.service.rstrip("/") + "/"


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise RefusedError(
            _("The certificate authority file {file} cannot be read.").format(file=ca_file)
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _silence(names: tuple[str, ...]) -> None:
    """These loggers write whole addresses, and with them the password and the token."""
    for name in names:
        quiet = logging.getLogger(name)
        quiet.setLevel(logging.CRITICAL + 1)
        quiet.propagate = False


def _tell(error: Exception) -> None:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        logger.warning("the receiver's certificate is not trusted; nothing was sent")


def _read(response: httpx.Response, now: Callable[[], datetime]) -> _Answer:
    wait = _wait_seconds(response, now)
    status = response.status_code
    content = bytearray()
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            return _Answer(status, trouble=Trouble.ANSWER_TOO_LARGE, wait_seconds=wait)
    trouble = _status_trouble(status)
    if trouble is not Trouble.NONE:
        return _Answer(status, trouble=trouble, wait_seconds=wait)
    try:
        value = json.loads(bytes(content))
    except (ValueError, RecursionError):
        page = b"<html" in content[:2048].lower() or b"<!doctype" in content[:2048].lower()
        kind = Trouble.ERROR_PAGE if page else Trouble.UNREADABLE_ANSWER
        return _Answer(status, trouble=kind, wait_seconds=wait)
    if not isinstance(value, dict):
        return _Answer(status, trouble=Trouble.UNREADABLE_ANSWER, wait_seconds=wait)
    return _Answer(status, content=value, wait_seconds=wait)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _status_trouble(status: int) -> Trouble:
    if status == 200:
        return Trouble.NONE
    if status in (401, 403):
        return Trouble.TOKEN_REFUSED
    if status == 429:
        return Trouble.TOO_MANY_REQUESTS
    if 300 <= status < 400:
        return Trouble.REDIRECTED
    # 408 and 409 do not say whether the package was taken.
    if 400 <= status < 500 and status not in (408, 409):
        return Trouble.REFUSED
    return Trouble.SERVER_ERROR


def _wait_seconds(response: httpx.Response, now: Callable[[], datetime]) -> float | None:
    """`Retry-After` as seconds, given as a number or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return min(max((when - now()).total_seconds(), 0.0), _LONGEST_WAIT)


def _understood(content: dict[str, Any], options: HttpsOptions) -> Sent:
    code = safe_code(content.get("errorCode"))
    if _succeeded(content):
        return Sent(Outcome.RECEIVED, result_id=safe_code(_inside(content, "id")))
    if code in options.expired_codes:
        return Sent(Outcome.EXPIRED, Trouble.TOKEN_REFUSED)
    if code in options.later_codes:
        return Sent(Outcome.RETRY_LATER, Trouble.SERVER_ERROR, error_code=code)
    if content.get("succ") in (False, "false"):
        return Sent(Outcome.REJECTED, Trouble.REFUSED, error_code=code)
    return Sent(Outcome.UNKNOWN, Trouble.UNREADABLE_ANSWER)


def _without_content(answer: _Answer) -> Outcome:
    if not answer.arrived or answer.trouble is Trouble.TOO_MANY_REQUESTS:
        return Outcome.RETRY_LATER
    if answer.trouble is Trouble.TOKEN_REFUSED:
        return Outcome.EXPIRED
    if answer.trouble is Trouble.REFUSED:
        return Outcome.REJECTED
    return Outcome.UNKNOWN


def _succeeded(content: dict[str, Any]) -> bool:
    return content.get("succ") in (True, "true")


def _inside(content: dict[str, Any], key: str) -> Any:
    result = content.get("result")
    return result.get(key) if isinstance(result, dict) else None
