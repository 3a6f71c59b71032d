"""How the tests of the evidence look at the books, and how they go round every guard."""

from pathlib import Path

from django.db import connection

from payments.verifying import Asked, Report, verify_books


def execute(statement: str, *values: str | bool | int) -> None:
    """Run a statement as the owner of the database can."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def verified(anchors: Path | None = None) -> Report:
    """Return what a verification finds."""
    return verify_books(Asked(anchors=anchors))


def faults(anchors: Path | None = None) -> list[str]:
    """Return what is wrong, in the words of the report."""
    return [str(fault) for fault in verified(anchors).faults]
