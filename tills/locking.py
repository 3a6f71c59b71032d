"""How every act begins: in a transaction, with bounded waiting, and a commit that reaches the disk."""

from django.db import connection, transaction

BOUNDS = "SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = '10s'; SET LOCAL synchronous_commit = on"


def require_transaction(what: str) -> None:
    """Raise TransactionManagementError unless a transaction is open: locks would end with each statement."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{what} needs an open transaction")


def begin_act() -> None:
    """Set the bounds of this transaction on PostgreSQL. Needs an open transaction."""
    require_transaction("an act")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(BOUNDS)
