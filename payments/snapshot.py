"""Reading everything as of one moment, without a lock that a desk would wait for, and without a way to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

OPEN = {
    "postgresql": [
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        # Whoever shares a moment reads it in parts: each part by its indexes, without further processes for it.
        "SET LOCAL random_page_cost = 1.1; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL DateStyle = 'ISO'",
    ],
    # Not Django's atomic: it is IMMEDIATE here, and the desk would wait for the end of the reading.
    "sqlite": ["PRAGMA query_only = ON", "BEGIN DEFERRED"],
}
CLOSE = {"postgresql": ["ROLLBACK"], "sqlite": ["ROLLBACK", "PRAGMA query_only = OFF"]}


@contextmanager
def one_moment(*, shared_by: str | None = None) -> Iterator[None]:
    """Read all that is asked in the block as of one moment; on PostgreSQL as of the moment that another has shared.

    Inside a transaction the caller has chosen the moment already, and nothing is changed.
    """
    if connection.in_atomic_block:
        yield
        return
    _run(OPEN[connection.vendor])
    try:
        if shared_by is not None:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [shared_by])  # before the first question
        yield
    finally:
        _run(CLOSE[connection.vendor])


def share_moment() -> str:
    """Return the name under which other connections read as of this moment, on PostgreSQL; lasts as long as it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
    return str(name)


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
