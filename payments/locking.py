"""How every act begins: bounded waiting, and a commit that is on the disk before it is answered."""

from django.db import connection, transaction

POSTGRESQL_BOUNDS = "SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = '10s'; SET LOCAL synchronous_commit = on"


def begin_act() -> None:
    """Set the bounds of this transaction on PostgreSQL. Needs an open transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an act needs an open transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_BOUNDS)
