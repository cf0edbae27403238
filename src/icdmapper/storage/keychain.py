"""The keyring of the operating system: used where there is one, never waited for.

Windows has the Credential Manager, a Linux desktop the Secret Service. A server that works
unattended usually has neither; whoever asks here then falls back to a protected file and says so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from icdmapper.model.errors import RefusedError
from icdmapper.texts import _

SERVICE = "icdmapper"
WAIT_SECONDS = 15.0
"""A locked keyring asks for a password in a window that nobody may see; longer is not waited."""
_LEAST_PRIORITY = 1
"""Below it the package `keyring` itself does not recommend a backend: plain text files, say."""
logger = logging.getLogger(__name__)


class Keychain:
    """Secrets in the system's keyring under names of our own."""

    def __init__(self, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._backend: Any = self._within(_recommended)

    @property
    def name(self) -> str:
        """What the system calls its keyring; "" when there is none that may be used."""
        return "" if self._backend is None else str(self._backend.name)

    def read(self, entry: str) -> str | None:
        """A secret; None when it is not there, or the keyring does not answer."""
        backend = self._backend
        if backend is None:
            return None
        found = self._within(lambda: backend.get_password(SERVICE, entry))
        return found if isinstance(found, str) else None

    def keep(self, entry: str, secret: str) -> bool:
        """Store a secret; whether it could be read back equal."""
        backend = self._backend
        if backend is None:
            return False
        self._within(lambda: backend.set_password(SERVICE, entry, secret))
        return self.read(entry) == secret

    def required(self, entry: str) -> str:
        """A secret that must be there.

        Raises:
            RefusedError: there is no keyring, it does not answer, or has no such entry.
        """
        found = self.read(entry)
        if found is None:
            raise RefusedError(
                _("The system keyring does not give “{entry}”: {reason}.").format(
                    entry=entry,
                    reason=_("this account has no keyring that answers")
                    if not self.name
                    else _("the entry is missing, or the keyring is locked"),
                )
            )
        return found

    def _within(self, ask: Callable[[], Any]) -> Any:
        """The answer, or None: a keyring that fails or waits for a person is one that is not."""
        found: list[Any] = []

        def work() -> None:
            try:
                found.append(ask())
            except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
                logger.info("the system keyring does not serve: %s", type(error).__name__)

        thread = threading.Thread(target=work, name="keyring", daemon=True)
        thread.start()
        thread.join(self._wait_seconds)
        if thread.is_alive():
            logger.warning("the system keyring did not answer in %d s", self._wait_seconds)
        return found[0] if found else None


def _recommended() -> Any:
    # Loading it looks through every backend; only who needs a secret waits for that.
    import keyring  # noqa: PLC0415

    backend = keyring.get_keyring()
    return backend if backend.priority >= _LEAST_PRIORITY else None
