"""The rules the database itself keeps (tills/guard_rules.py), by triggers made after every migrate and by nothing else.

SQLite drops a table's triggers whenever a migration remakes the table, so they are not part of any migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tills.guard_rules import APPEND_ONLY, CHECKS, NEVER_DELETED, REFUSED


def names(vendor: str) -> set[str]:
    """Return the names of all guards that must stand in a database of this vendor; only PostgreSQL can truncate."""
    truncated = (*APPEND_ONLY, *NEVER_DELETED) if vendor == "postgresql" else ()
    return {name for name, _, _ in _refusals()} | {f"{table}_no_truncate" for table in truncated} | set(CHECKS)


def install(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:  # Any: what the signal sends besides
    """Make every guard anew, for a database that has all tables; does nothing before that."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    if not {*APPEND_ONLY, *NEVER_DELETED} <= present:
        return
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:  # Any: what the signal sends besides
    """Take the guards away before a migration on SQLite, which cannot remake a table that a trigger names."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in names(connection.vendor):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the guards that do not stand in this database, or stand there switched off."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return names(connection.vendor) - {row[0] for row in cursor.fetchall()}


def _refusals() -> Sequence[tuple[str, str, str]]:
    """Return (name, table, event) for each kind of change that a table never sees."""
    rows = [(f"{t}_no_{e.lower()}", t, e) for t in APPEND_ONLY for e in ("UPDATE", "DELETE")]
    return rows + [(f"{t}_no_delete", t, "DELETE") for t in NEVER_DELETED]


def _postgresql() -> list[str]:
    statements = [
        _pg_function("refuse", f"RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'")
    ]
    for name, table, event in _refusals():
        statements += _pg_trigger(
            name, table, f"BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION cashdesk_refuse()"
        )
    for table in (*APPEND_ONLY, *NEVER_DELETED):
        statements += _pg_trigger(
            f"{table}_no_truncate", table, f"BEFORE TRUNCATE ON {table} EXECUTE FUNCTION cashdesk_refuse()"
        )
    for name, (table, event, condition, message) in CHECKS.items():
        refuse = f"RAISE EXCEPTION {_quoted(message)} USING ERRCODE = 'integrity_constraint_violation'"
        statements.append(_pg_function(name, f"IF {condition} THEN {refuse}; END IF; RETURN NEW"))
        statements += _pg_trigger(
            name, table, f"BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION cashdesk_{name}()"
        )
    return statements


def _pg_function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION cashdesk_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _pg_trigger(name: str, table: str, rest: str) -> list[str]:
    """Return the statements that make one trigger, which a replica role cannot go round."""
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} {rest}",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    ]


def _sqlite() -> list[str]:
    statements = []
    for name, table, event in _refusals():
        statements += _sqlite_trigger(name, f"BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END")
    for name, (table, event, condition, message) in CHECKS.items():
        body = f"SELECT RAISE(ABORT, {_quoted(message)}) WHERE {condition};"
        statements += _sqlite_trigger(name, f"BEFORE {event} ON {table} BEGIN {body} END")
    return statements


def _sqlite_trigger(name: str, rest: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {rest}"]
