"""Put the test database back as the migrations left it, after a test that really committed.

Django's own reset empties the tables, which the append-only triggers refuse and which would lose the rows that
migrations insert. So a base is copied right after the migrations, and the whole database is put back from it.
"""

import gc
import sqlite3
from contextlib import closing
from urllib.parse import quote

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_kept: set[str] = set()  # only what keep_base copied is ever dropped


def database_url(wrapper: BaseDatabaseWrapper = connection) -> str:
    """Return the DATABASE_URL under which another process reaches this database."""
    settings = wrapper.settings_dict
    if wrapper.vendor == "sqlite":
        return f"sqlite:///{quote(str(settings['NAME']))}"
    login = ":".join(quote(str(settings[part]), safe="") for part in ("USER", "PASSWORD"))
    return f"postgres://{login}@{settings['HOST']}:{settings['PORT']}/{quote(settings['NAME'])}"


def keep_base() -> None:
    """Copy the freshly migrated test database, once per session."""
    name = connection.settings_dict["NAME"]
    connections.close_all()  # PostgreSQL copies no database that somebody is connected to
    if connection.vendor == "sqlite":
        copy_sqlite(name, base_of(name))
    else:
        create_from_template(base_of(name), template=name)
    _kept.add(name)


def restore_base() -> None:
    """Make the test database equal to the base again, whoever is still connected to it."""
    name = connection.settings_dict["NAME"]
    if name not in _kept:
        raise RuntimeError(f"{name} is not a test database of this session.")
    connections.close_all()
    gc.collect()  # the connections of ended threads sit in reference cycles
    if connection.vendor == "sqlite":
        copy_sqlite(base_of(name), name)
    else:
        create_from_template(name, template=base_of(name))


def drop_base() -> None:
    """Remove the base at the end of the session; on SQLite its temporary folder goes with it."""
    if connection.vendor == "postgresql":
        run_beside_it(f"DROP DATABASE IF EXISTS {quoted(base_of(connection.settings_dict['NAME']))}")


def base_of(name: str) -> str:
    """Return where the base of the test database `name` is kept."""
    return f"{name}_base"


def copy_sqlite(source: str, target: str) -> None:
    """Copy a file database page by page, through SQLite's locks and its write-ahead log.

    A plain file copy is not enough: a connection left open in a thread or in the desk's server would remove the
    new file's log when it closes.
    """
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target, timeout=20)) as copy:
        original.backup(copy)


def create_from_template(name: str, *, template: str) -> None:
    """Make a PostgreSQL database anew as a copy of another, ending every session of ours in it first.

    DROP DATABASE ... WITH (FORCE) is refused to a role that is no superuser while autovacuum looks at the database; a
    plain one sends autovacuum away by itself.
    """
    run_beside_it(
        f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}' AND usename = user",
        f"DROP DATABASE IF EXISTS {quoted(name)}",
        f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}",
    )


def run_beside_it(*statements: str) -> None:
    """Run statements on PostgreSQL from a database that is not the one they are about."""
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def quoted(name: str) -> str:
    """Return a name as PostgreSQL wants it in a statement."""
    return connection.ops.quote_name(name)
