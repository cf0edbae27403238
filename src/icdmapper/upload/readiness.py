"""What can be tried before a night depends on it: machine, secrets, source, release, receiver."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pandas as pd
from cryptography import x509

from icdmapper.model.errors import IcdMapperError
from icdmapper.model.sending import Environment, Trouble
from icdmapper.storage.his import HisQuery, describe_source
from icdmapper.texts import N_, _
from icdmapper.texts.words import environment_word, transport_word, trouble_word
from icdmapper.upload import config as configuration
from icdmapper.upload import mapping_check, mapping_file
from icdmapper.upload.drops import DropFolder
from icdmapper.upload.gateway import UnreachableError
from icdmapper.upload.promotion import Promotion, Step, Ticked, checklists, is_clean
from icdmapper.upload.rule_list import broken_rules
from icdmapper.upload.service import Uploader, local_now

_LEAST_FREE = 2 << 30
_WARN_DAYS = 30
_LARGEST_SKEW = 60.0
"""Seconds between two clocks (RELIABILITY.md 1.9)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One check: its name in the checklists, whether it passed, and a sentence."""

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A step of a checklist and where it stands: tried, or ticked off by a person."""

    title: str
    """Of its list."""
    step: Step
    done: bool
    tried: Tried | None = None
    ticked: Ticked | None = None


def standing(promotion: Promotion, tried: Sequence[Tried]) -> tuple[Standing, ...]:
    """Every step of every list, in order; a step that is tested and was not tried is not done.

    Raises:
        RefusedError: the file of the ticks is damaged.
    """
    found, ticks = {one.name: one for one in tried}, promotion.ticked()
    return tuple(
        Standing(title, step, check.passed if check else False, check, None)
        if step.tested
        else Standing(title, step, step.name in ticks, None, ticks.get(step.name))
        for title, steps in checklists().values()
        for step in steps
        for check in (found.get(step.tested),)
    )


def try_all(
    uploader: Uploader,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    only: Collection[str] = (),
) -> tuple[Tried, ...]:
    """Try everything that stands in the settings; nothing is sent, nothing is changed.

    `only` names the checks to make, all of them when empty. `progress` hears how many checks were
    done of how many; it may raise to stop.
    """
    checks: dict[str, Callable[[Uploader], str]] = {
        "machine": _machine,
        "secrets": _secrets,
        "source": _source,
        "release": _release,
        "gateway": _gateway,
        "certificate": _certificate,
        "test_configured": _configured,
        "test_sent": _test_sent,
        "test_clean": _test_clean,
        "production_configured": _production,
    }
    checks = {name: check for name, check in checks.items() if not only or name in only}
    found = []
    for at, (name, check) in enumerate(checks.items()):
        progress(at, len(checks))
        found.append(_tried(name, check, uploader))
    return tuple(found)


class _NotReadyError(IcdMapperError):
    """A check that did not pass; the sentence says what to do."""


def _tried(name: str, check: Callable[[Uploader], str], uploader: Uploader) -> Tried:
    try:
        return Tried(name, True, check(uploader))
    except UnreachableError as error:
        return Tried(name, False, _("The receiver cannot be reached: {kind}.").format(
            kind=trouble_word(error.trouble.value)))  # fmt: skip
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason
        return Tried(name, False, _("The receiver's certificate is not trusted: {reason}.").format(
            reason=reason))  # fmt: skip
    except (socket.gaierror, ConnectionError, TimeoutError):
        return Tried(name, False, _("The receiver cannot be reached: {kind}.").format(
            kind=trouble_word(Trouble.NOT_CONNECTED.value)))  # fmt: skip
    except (IcdMapperError, OSError) as error:
        # A message of the operating system names no patient; it may name a path.
        return Tried(name, False, str(error))


def _machine(uploader: Uploader) -> str:
    free = shutil.disk_usage(uploader.config.file.parent).free
    if free < _LEAST_FREE:
        raise _NotReadyError(_("Only {free} MB are free on the disk.").format(free=free >> 20))
    return _("{free} MB are free on the disk.").format(free=f"{free >> 20:,}")


def _secrets(uploader: Uploader) -> str:
    # Reading the settings refused every secret that others may read.
    state = uploader.config.state_file
    if state.exists() and state.stat().st_mode & 0o077:
        raise _NotReadyError(_("{file} may be read by others; run: chmod 600").format(file=state))
    return _("Secrets and state may be read by their owner only.")


def _source(uploader: Uploader) -> str:
    source, now = uploader.config.source, local_now().replace(tzinfo=None)
    columns = mapping_file.load(source.columns)
    if source.kind == "folder":
        scan = DropFolder(source.folder, local_now).scan()
        return _("{count} deliveries are ready.").format(count=len(scan.ready))
    found = describe_source(HisQuery(source.url, source.select), now - timedelta(days=7), now)
    layout, nothing = uploader.config.layout, pd.DataFrame(columns=list(found.columns))
    findings = mapping_check.check(columns, found.columns, nothing, layout_name=layout)
    blocking = [one for one in findings if one.blocks]
    if blocking:
        raise _NotReadyError(mapping_check.sentence(blocking[0]))
    return _("{count} rows of the last seven days could be read.").format(count=found.sampled_rows)


def _release(uploader: Uploader) -> str:
    newest = uploader.releases()[-1]
    left = (newest.expires - local_now().date()).days
    if left < _WARN_DAYS:
        raise _NotReadyError(
            _("Release {version} expires in {days} days.").format(version=newest.version, days=left)
        )
    broken = broken_rules(uploader.config, newest)
    if any(one.stops for one in broken):
        raise _NotReadyError("\n".join(one.words for one in broken))
    valid = _("Release {version}, valid until {day}.").format(
        version=newest.version, day=newest.expires
    )
    return "\n".join((valid, *(one.words for one in broken)))


def _gateway(uploader: Uploader) -> str:
    with closing(uploader.gateway()) as gateway:
        gateway.token()
        shown = gateway.receiver_time
    skew = (datetime.now(UTC) - shown).total_seconds() if shown else 0.0
    if abs(skew) > _LARGEST_SKEW:
        raise _NotReadyError(
            _("The clocks of this machine and of the receiver differ by {seconds} seconds.").format(
                seconds=round(abs(skew))
            )
        )
    return _("The receiver answered and took the account.")


def _certificate(uploader: Uploader) -> str:
    target = uploader.config.target
    if target.transport != "https" or urlsplit(target.service).scheme != "https":
        return _("There is no certificate to look at.")
    expires = certificate_expiry(uploader)
    left = (expires - datetime.now(UTC)).days
    if left < _WARN_DAYS:
        raise _NotReadyError(
            _("The receiver's certificate expires in {days} days.").format(days=left)
        )
    return _("The receiver's certificate is valid until {day}.").format(day=expires.date())


def certificate_expiry(uploader: Uploader) -> datetime:
    """The last moment of the receiver's certificate; errors of the connection are raised."""
    parts = urlsplit(uploader.config.target.service)
    ca_file = uploader.config.target.ca_file
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    address = (parts.hostname or "", parts.port or 443)
    with (
        socket.create_connection(address, timeout=15) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
    ):
        content = secure.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(content or b"").not_valid_after_utc


def _configured(uploader: Uploader) -> str:
    found = configuration.load(uploader.config.file, Environment.TEST)
    return _("{environment}: {transport}").format(
        environment=environment_word(found.environment.value),
        transport=transport_word(found.target.transport),
    )


def _production(uploader: Uploader) -> str:
    """Everything a night in production needs, tried with its own settings; nothing is sent."""
    one = Uploader.open(uploader.config.file, Environment.PRODUCTION)
    checks = (_machine, _secrets, _outbox, _release, _certificate, _gateway, _schedule)
    return "\n".join(dict.fromkeys(check(one) for check in checks))


def _outbox(uploader: Uploader) -> str:
    folder = uploader.config.state_file.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _NotReadyError(_("{folder} cannot be written to.").format(folder=folder))
    if not uploader.config.state_file.exists():
        return _("The outbox is made by the first run.")
    unknown = uploader.status().unknown
    if unknown:
        raise _NotReadyError(
            _("unknown, ask the platform: {name}").format(name=", ".join(o.name for o in unknown))
        )
    return _("The outbox can be opened, and nothing in it is unknown.")


def _schedule(uploader: Uploader) -> str:
    at, window = uploader.config.at, uploader.config.window
    if not window.remaining(datetime.combine(local_now().date(), at)):
        raise _NotReadyError(
            _("The run begins at {time}, outside the time in which the platform takes records.")
            .format(time=f"{at:%H:%M}")
        )  # fmt: skip
    return _("The run begins at {time}.").format(time=f"{at:%H:%M}")


def _test_sent(uploader: Uploader) -> str:
    packages = Uploader.open(uploader.config.file, Environment.TEST).packages(1)
    if not packages:
        raise _NotReadyError(_("Nothing was sent to the test environment yet."))
    return _("The newest package to the test environment is of {day}.").format(
        day=packages[0].made_at.date()
    )


def _test_clean(uploader: Uploader) -> str:
    if not is_clean(Uploader.open(uploader.config.file, Environment.TEST).packages(1_000)):
        raise _NotReadyError(
            _("The newest feedback of the test environment has problems, or is not final.")
        )
    return _("The newest feedback of the test environment is clean.")


CHECKS = {
    "machine": N_("machine"),
    "secrets": N_("secrets"),
    "source": N_("source"),
    "release": N_("release"),
    "gateway": N_("receiver"),
    "certificate": N_("certificate"),
    "test_configured": N_("test environment"),
    "test_sent": N_("sent to test"),
    "test_clean": N_("test feedback"),
    "production_configured": N_("production environment"),
}
"""The names of the checks for people."""
