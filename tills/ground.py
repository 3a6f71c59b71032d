"""What the books need of the database they stand on, besides tables and guards: that what it says is kept is kept."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ISOLATION = "transaction_isolation"
# What a setting must be; the acts read what they decide on after a lock, which only READ COMMITTED shows them.
NEEDED = {
    "postgresql": {"fsync": "on", "full_page_writes": "on", ISOLATION: "read committed"},
    "sqlite": {"foreign_keys": "1", "recursive_triggers": "1"},
}
# What it must not be: a commit that does not wait for the disk. SQLite: 2 is FULL, 3 EXTRA.
FORBIDDEN = {"postgresql": {"synchronous_commit": {"off"}}, "sqlite": {"synchronous": {"0", "1"}}}


def unsafe_settings(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the database's settings, as `name = value`, with which money could be lost or counted twice."""
    return unsafe(connection.vendor, read_settings(connection))


def unsafe(vendor: str, found: Mapping[str, str]) -> list[str]:
    """Return which of these settings are unsafe; one that could not be read is."""
    wrong = [name for name, value in NEEDED[vendor].items() if found.get(name) != value]
    wrong += [name for name, values in FORBIDDEN[vendor].items() if found.get(name, "") in {"", *values}]
    return [f"{name} = {found.get(name) or 'unknown'}" for name in wrong]


def read_settings(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the settings as they are for this connection, and inside a transaction, where an act would run."""
    names = [*NEEDED[connection.vendor], *FORBIDDEN[connection.vendor]]
    if connection.vendor == "sqlite":
        return {name: _pragma(connection, name) for name in names}
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
        return dict(cursor.fetchall())


def _pragma(connection: BaseDatabaseWrapper, name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        row = cursor.fetchone()
    return "" if row is None else str(row[0])
