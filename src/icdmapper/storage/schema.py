"""The schema of a project and its migrations; a newer project is refused, an older one upgraded."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from icdmapper.model.errors import ProjectError
from icdmapper.storage.engine import WRITES
from icdmapper.texts import _

HEAD = "0020"
"""The newest migration; a test keeps it equal to what Alembic finds."""

logger = logging.getLogger(__name__)


def upgrade(engine: Engine) -> None:
    """Bring the project to today's schema, in one transaction.

    Raises:
        ProjectError: the project was made by a newer version of the program.
    """
    present = _present_revision(engine)
    if present == HEAD:
        return
    # Alembic is slow to import and only needed when there is something to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {
        script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()
    }
    if present is not None and present not in known:
        raise ProjectError(
            _("The project was made by a newer version of the program (schema {revision}).").format(
                revision=present
            )
        )
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    logger.info("schema upgraded from %s to %s", present, HEAD)


def _present_revision(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
