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
    with connection.cursor() as cursor:
        for statement in _postgresql(_schema(cursor)) if connection.vendor == "postgresql" else _sqlite():
            cursor.execute(statement)


def remove(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:  # Any: what the signal sends besides
    """Take the guards away before a migration on SQLite, which cannot remake a table that a trigger names."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in names(connection.vendor):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def missing(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the guards that do not stand in this database as they are written here, or are switched off there."""
    if connection.vendor == "postgresql":
        query = """
            SELECT tgname, pg_get_triggerdef(guard.oid, true), prosrc FROM pg_trigger guard
            JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_class ON pg_class.oid = tgrelid
            JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE NOT tgisinternal AND tgenabled = 'A'
            AND proconfig = ARRAY['search_path=' || quote_ident(nspname) || ', pg_temp']
        """
        expected = {(name, made, body) for name, (_table, made, body) in _pg_triggers().items()}
    else:
        query = "SELECT name, sql, '' FROM sqlite_master WHERE type = 'trigger'"
        expected = {(name, made, "") for name, made in _sqlite_triggers().items()}
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for name, _made, _body in expected - set(cursor.fetchall())}


def _refusals() -> Sequence[tuple[str, str, str]]:
    """Return (name, table, event) for each kind of change that a table never sees."""
    rows = [(f"{t}_no_{e.lower()}", t, e) for t in APPEND_ONLY for e in ("UPDATE", "DELETE")]
    return rows + [(f"{t}_no_delete", t, "DELETE") for t in NEVER_DELETED]


def _schema(cursor: Any) -> str:  # Any: Django's cursors have no common type
    cursor.execute("SELECT quote_ident(current_schema())")
    return str(cursor.fetchone()[0])


def _postgresql(schema: str) -> list[str]:
    statements = [_pg_function("refuse", _pg_body(_pg_refuse(REFUSED)), schema)]
    statements += [_pg_function(name, _pg_check(name), schema) for name in CHECKS]
    for name, (table, made, _body) in _pg_triggers().items():
        statements += [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            made,
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",  # a replica role cannot go round it
        ]
    return statements


def _pg_triggers() -> dict[str, tuple[str, str, str]]:
    """Return for each guard its table, how PostgreSQL spells its trigger, and the body of the function it calls."""
    rows = [(name, table, event, "ROW", "refuse") for name, table, event in _refusals()]
    rows += [(f"{t}_no_truncate", t, "TRUNCATE", "STATEMENT", "refuse") for t in (*APPEND_ONLY, *NEVER_DELETED)]
    rows += [(name, table, event, "ROW", name) for name, (table, event, _condition, _message) in CHECKS.items()]
    return {
        name: (
            table,
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION cashdesk_{function}()",
            _pg_check(function) if function in CHECKS else _pg_body(_pg_refuse(REFUSED)),
        )
        for name, table, event, each, function in rows
    }


def _pg_check(name: str) -> str:
    _table, _event, condition, message = CHECKS[name]
    return _pg_body(f"IF {condition} THEN {_pg_refuse(message)}; END IF; RETURN NEW")


def _pg_refuse(message: str) -> str:
    return f"RAISE EXCEPTION {_quoted(message)} USING ERRCODE = 'integrity_constraint_violation'"


def _pg_body(statements: str) -> str:
    return f" BEGIN {statements}; END "


def _pg_function(name: str, body: str, schema: str) -> str:
    """Return what makes a function that finds its tables in our schema only: temporary ones come first elsewhere."""
    made = f"CREATE OR REPLACE FUNCTION cashdesk_{name}() RETURNS trigger LANGUAGE plpgsql"
    return f"{made} SET search_path = {schema}, pg_temp AS $${body}$$"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sqlite() -> list[str]:
    triggers = _sqlite_triggers().items()
    return [sql for name, made in triggers for sql in (f"DROP TRIGGER IF EXISTS {name}", made)]


def _sqlite_triggers() -> dict[str, str]:
    """Return for each guard the statement that makes it, which SQLite keeps as it is."""
    refuse = f"SELECT RAISE(ABORT, {_quoted(REFUSED)});"
    rows = [(name, table, event, refuse) for name, table, event in _refusals()]
    for name, (table, event, condition, message) in CHECKS.items():
        rows.append((name, table, event, f"SELECT RAISE(ABORT, {_quoted(message)}) WHERE {condition};"))
    return {
        name: f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN {body} END" for name, table, event, body in rows
    }
