"""What an account of the PostgreSQL server needs to work in a project; run by its administrator."""

from __future__ import annotations

import re

from icdmapper.model.errors import RefusedError
from icdmapper.storage.tables import PROJECT_TABLES, chain_head, event, release
from icdmapper.texts import _

_ACCOUNT = re.compile(r"[a-z_][a-z0-9_$]{0,62}")
_APPEND_ONLY = {event.name, release.name}


def grants(account: str) -> tuple[str, ...]:
    """The statements that let an account read and write, but neither change nor cut the log.

    Who may do what is then up to the triggers on the tables; the account owns nothing.

    Raises:
        RefusedError: the name is no plain account name.
    """
    if not _ACCOUNT.fullmatch(account):
        raise RefusedError(_("{name} is no plain account name.").format(name=account))
    statements = [f"GRANT USAGE ON SCHEMA public TO {account}"]
    for table in PROJECT_TABLES:
        rights = "SELECT, INSERT, UPDATE, DELETE"
        if table.name in _APPEND_ONLY:
            rights = "SELECT, INSERT"
        if table is chain_head:
            rights = "SELECT"
        statements.append(f"GRANT {rights} ON {table.name} TO {account}")
    statements.append(f"GRANT SELECT ON alembic_version, state_step, role_right TO {account}")
    statements.append(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {account}")
    return tuple(statements)
