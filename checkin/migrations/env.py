"""Alembic's entry: migrates as the owner of the tables (MIGRATE_URL), which the application is not."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from checkin.db import Model, is_day

config = current_app.extensions["checkin_config"]


def belongs(name: str | None, kind: str, _parents: object) -> bool:
    """False for the table of one day, which the database makes itself."""
    return not (kind == "table" and name and is_day(name))


def run() -> None:
    """Migrate over a connection of our own."""
    engine = sa.create_engine(config.migrate_url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            render_as_batch=True,
            compare_type=True,
            include_name=belongs,
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                # Two servers that start at once migrate one after the other.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(727)"))
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database, not as a script")
run()
