"""Alembic environment: runs on the connection handed in by `storage.schema`."""

from alembic import context

from icdmapper.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
