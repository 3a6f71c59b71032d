"""How every act runs: in a transaction, with bounded waiting, and a commit that reaches the disk."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

BOUNDS = "SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = '10s'; SET LOCAL synchronous_commit = on"
PASSING = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available: nothing was written
ATTEMPTS = 3

Result = TypeVar("Result")


def run_act(act: Callable[[], Result]) -> Result:
    """Run an act in a durable transaction of its own and return its result.

    When PostgreSQL gives up waiting for a lock the act runs again from its beginning, at most three times in all.
    Nothing was written then, and a payment looks its key up anew. Every other error goes to the caller.
    """
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _once(act)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in PASSING:
                raise
    return _once(act)


def _once(act: Callable[[], Result]) -> Result:
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(BOUNDS)
        return act()


def require_transaction(what: str) -> None:
    """Raise TransactionManagementError unless a transaction is open: locks would end with each statement."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{what} needs an open transaction")
