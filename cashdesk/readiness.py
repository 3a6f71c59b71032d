"""Whether this desk may take money: the database answers, keeps what it says, and has every table and guard."""

import logging
from threading import Event

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from tills import ground, guards

log = logging.getLogger(__name__)
READY = "cashdesk.ready"
READY_SECONDS = 30  # a good answer is kept this long; reading all migrations takes a while
NO_DATABASE = "database"
_not_looked_at = Event()  # set while the database has not answered since the start of this process


def unready() -> str:
    """Return in one word what is not ready (database, settings, migrations, guards), empty when everything is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        found = "" if cache.get(READY) else _look()
    except (OperationalError, InterfaceError):
        return NO_DATABASE
    if not found:
        cache.add(READY, value=True, timeout=READY_SECONDS)
    return found


def refuse_to_start() -> None:
    """Raise ImproperlyConfigured, and so end the start, on a database that may lose money or lets it be changed.

    One that does not answer yet is only logged: it may come back, and until it is looked at every page says so.
    """
    word = unready()
    connection.close()
    told = f"The desk is not ready ({word}). Look with: manage.py check --database default"
    if word == NO_DATABASE:
        log.error(told)
        _not_looked_at.set()
    elif word:
        raise ImproperlyConfigured(told)


def may_work() -> bool:
    """Return whether the database was looked at, now at the latest: it may have come back as one that loses money."""
    if not _not_looked_at.is_set():
        return True
    word = unready()
    if not word:
        _not_looked_at.clear()
    elif word != NO_DATABASE:
        log.error("The database came back, and the desk is not ready (%s). Look with: manage.py check", word)
    return not word


def _look() -> str:
    if ground.unsafe_settings(connection):
        return "settings"
    if pending_migrations(connection):
        return "migrations"
    return "guards" if guards.missing(connection) else ""


def pending_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the migrations that this version has and this database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
