"""Faults that really happen to a process or its database connection, at a chosen statement or at COMMIT."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import psycopg2
from django.db import OperationalError, connection

from tills import locking

LOCK = 815
EXIT = 9


class Struck(Exception):
    """A fault that no code foresees."""


@dataclass
class Strike:
    """One fault on its way: it happens when the statement `at` is about to be sent (0: at no statement)."""

    at: int = 0
    hit: Callable[[Any], None] | None = None
    always: bool = False  # at every later statement as well
    before_commit: Callable[[], None] | None = None
    after_commit: Callable[[], None] | None = None
    seen: int = 0
    commits: int = 0
    statements: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:  # as Django calls it
        """Let the statement through, after the fault if its place has come."""
        self.seen += 1
        self.statements.append(sql)
        if self.hit is not None and (self.seen == self.at or (self.always and self.seen > self.at)):
            self.hit(lambda statement: execute(statement, None, False, context))
        return execute(sql, params, many, context)

    @property
    def attempts(self) -> int:
        """How often the act began, as its first statement on PostgreSQL shows."""
        return self.statements.count(locking.BOUNDS)

    @property
    def watches_attempts(self) -> bool:
        """Whether the attempts were seen here: on PostgreSQL, in this process."""
        return connection.vendor == "postgresql" and self.seen > 0

    @contextmanager
    def on_its_way(self) -> Iterator[None]:
        """Watch this thread's connection for the block."""
        commit = connection._commit  # type: ignore[attr-defined]  # COMMIT passes by no execute wrapper

        def committing() -> None:
            self.commits += 1
            if self.before_commit is not None:
                self.before_commit()
            commit()
            if self.after_commit is not None:
                self.after_commit()

        with connection.execute_wrapper(self), patch.object(connection, "_commit", committing):
            yield


def fail(send: Any = None) -> None:
    """Raise what nobody foresees."""
    raise Struck


def leave(send: Any = None) -> None:
    """End the process as kill -9 does: nothing is tidied up."""
    os._exit(EXIT)


def lose_the_answer() -> None:
    """Say what the driver says when the connection breaks after the server has committed."""
    raise OperationalError("server closed the connection unexpectedly")


def run_out_of_time(send: Callable[[str], object]) -> None:
    """Let the server itself cancel a statement that takes too long."""
    send("SET LOCAL statement_timeout = '1ms'")
    send("SELECT pg_sleep(30)")


def wait_in_vain(send: Callable[[str], object]) -> None:
    """Let the server itself give up waiting for a lock that somebody else holds."""
    send("SET LOCAL lock_timeout = '5ms'")
    send(f"SELECT pg_advisory_xact_lock({LOCK})")


class Neighbour:
    """Another session on the same PostgreSQL: it holds locks, and ends sessions."""

    def __init__(self) -> None:
        self.session = psycopg2.connect(**connection.get_connection_params())
        self.ask("SET lock_timeout = '5s'")  # what waits for us must never be waited for
        self.ask("SELECT pg_advisory_lock(%s)", LOCK)

    def ask(self, statement: str, *values: object) -> None:
        """Run one statement."""
        with self.session.cursor() as cursor:
            cursor.execute(statement, values)

    def cut(self, send: Any = None) -> None:
        """End the session of this thread's connection and wait until it is gone."""
        self.ask("SELECT pg_terminate_backend(%s, 5000)", connection.connection.info.backend_pid)

    def blocking(self, table: str, times: int = 99) -> Callable[[], None]:
        """Return what to do before a COMMIT so that it waits in vain, so many times, and then no more.

        The rows of this table are what the act's deferred foreign keys look up at COMMIT; the wait ends after 20 ms.
        """
        calls = iter(range(times))

        def block() -> None:
            if next(calls, None) is None:
                self.session.rollback()  # the rows are given back; the other lock is the session's
                return
            self.ask(f"SELECT id FROM {table} FOR UPDATE")
            with connection.connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '20ms'")

        return block

    def close(self) -> None:
        """End this session."""
        self.session.close()


@contextmanager
def neighbour() -> Iterator[Neighbour | None]:
    """Yield another session on PostgreSQL, nobody on SQLite."""
    with ExitStack() as stack:
        found = Neighbour() if connection.vendor == "postgresql" else None
        if found is not None:
            stack.callback(found.close)
        yield found
