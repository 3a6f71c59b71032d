"""Many at once, each with a connection of its own; and the guards that a control takes away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from customers.models import Customer
from payments import balances, recording, taking

Act = Callable[[], Any]
PATIENCE = 30  # seconds; a barrier that somebody misses is a fault of the test, not of the desk


class Crowd:
    """A number of threads that keep their connections from one race to the next, as a server's do."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *fault: object) -> None:
        self.hang_up()
        self.pool.shutdown()

    def hang_up(self) -> None:
        """Close the connection of every thread."""
        self.at_once([lambda: connection.close()] * self.size)  # each its own: it belongs to a thread

    def at_once(self, acts: Sequence[Act]) -> list[Any]:
        """Start the acts at one moment, one per thread; return their results and exceptions in order."""
        start = Barrier(len(acts))

        def run(act: Act) -> Any:
            start.wait(timeout=PATIENCE)
            return outcome(act)

        return list(self.pool.map(run, acts))


def outcome(act: Act) -> Any:
    """Return what an act returns or raises."""
    try:
        return act()
    except Exception as refusal:  # noqa: BLE001  # what came out is what the race is about
        return refusal


def at_once(acts: Sequence[Act]) -> list[Any]:
    """Start all acts at one moment, each in a thread with its own connection; return results and exceptions."""
    with Crowd(len(acts)) as crowd:
        return crowd.at_once(acts)


def let_the_other_try(over: Event) -> None:
    """Return when somebody waits for a lock of this transaction, or is over, since nothing held them up."""
    held_up = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    ends = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while not over.wait(0.01) and time.monotonic() < ends:
            cursor.execute(held_up)
            if cursor.fetchone():
                return


# --- Guards taken away: only here, only for as long as a control runs ------------------------------------------------


def meet_after_reading_dues(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Make every act wait, after it has read the open documents, until all the others have read them too."""
    read, together = balances.what_is_owed, Barrier(count)

    def meeting(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        together.wait(timeout=PATIENCE)
        return found

    monkeypatch.setattr(recording, "what_is_owed", meeting)


def without_customer_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let takers read their customer without locking it."""
    monkeypatch.setattr(
        taking, "lock_customers", lambda operator, *ids: Customer.objects.visible_to(operator).in_bulk(ids)
    )


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away both look-ups of the key, so that only the unique key stands between two copies of a form."""
    monkeypatch.setattr(taking, "find_own_payment", lambda **_: None)


def drop_unique(table: str, column: str) -> None:
    """Let the scratch database store the same value twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND conkey = ARRAY[attnum]"
            " WHERE conrelid = %s::regclass AND contype = 'u' AND attname = %s",
            [table, column],
        )
        (name,) = cursor.fetchone()
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def drop_unique_key() -> None:
    """Let the scratch database store a form's key twice."""
    drop_unique("payments_payment", "key")
