"""Whether this desk may take money: the database answers, has every table, and every guard stands in it."""

import logging

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from tills import guards

log = logging.getLogger(__name__)
READY = "cashdesk.ready"
READY_SECONDS = 30  # a good answer is kept this long; reading all migrations takes a while


def unready() -> str:
    """Return in one word what is not ready (database, migrations, guards), empty when everything is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        found = "" if cache.get(READY) else _look()
    except (OperationalError, InterfaceError):
        return "database"
    if not found:
        cache.add(READY, value=True, timeout=READY_SECONDS)
    return found


def report_at_start() -> None:
    """Write into the log what is not ready, for whoever has just started the desk; it starts all the same."""
    word = unready()
    if word:
        log.error("The desk is not ready (%s). Look with: manage.py check --database default", word)
    connection.close()


def _look() -> str:
    if pending_migrations(connection):
        return "migrations"
    return "guards" if guards.missing(connection) else ""


def pending_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the migrations that this version has and this database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
