"""Runs the migrations on the connection that `app.migrate` hands over.

Migrations are written as SQL: there are no models to compare the database with.
"""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


if "connection" not in context.config.attributes:
    raise SystemExit("migrations are run with: make migrate")

run(context.config.attributes["connection"])
