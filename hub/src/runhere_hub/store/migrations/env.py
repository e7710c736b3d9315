"""Read by Alembic when `bring_up_to_date` runs revisions."""

from alembic import context

from runhere_hub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
