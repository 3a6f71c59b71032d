"""Columns read as they are signed: text and whole numbers, written by the database, since Python would be slower."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, ExpressionWrapper, F, Func, TextField, Value

SQLITE_GROUPS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 100))  # the last to the end: nothing is cut off unseen


class _Signed(Func):
    """One column as text, spelled as in a signed document on both databases."""

    on_postgresql: str
    on_sqlite = "CAST(%(expressions)s AS text)"  # a bare day would be made a date on the way
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """Return the SQL for PostgreSQL. Any: Django's own signature."""
        return super().as_sql(compiler, connection, template=self.on_postgresql, **extra)

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """Return the SQL for SQLite. Any: Django's own signature."""
        return super().as_sql(compiler, connection, template=self.on_sqlite, **extra)


class Moment(_Signed):
    """A moment in UTC to the microsecond; SQLite stores the text, without a fraction where there is none."""

    on_postgresql = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    on_sqlite = (
        "replace(%(expressions)s, ' ', 'T') || CASE WHEN instr(%(expressions)s, '.') THEN '' ELSE '.000000' END || 'Z'"
    )


class Day(_Signed):
    """A day, as PostgreSQL spells it in the DateStyle that psycopg2 and the snapshot set."""

    on_postgresql = "%(expressions)s::text"


class Key(_Signed):
    """A UUID with its hyphens; SQLite stores it without."""

    on_postgresql = "%(expressions)s::text"
    on_sqlite = " || '-' || ".join(f"substr(%(expressions)s, {at}, {long})" for at, long in SQLITE_GROUPS)


class Ledger(ExpressionWrapper):  # type: ignore[type-arg]  # it takes its argument only in the stubs
    """An amount as whole ten-thousandths, as both databases return it: nothing is made of it on the way."""

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        """Return nothing to be done; Django would call int() for each of a million values. Any: Django's own."""
        return []


def money(name: str) -> Ledger:
    """Return an amount as whole ten-thousandths."""
    return Ledger(F(name), output_field=BigIntegerField())


class AmongThese(Func):
    """Whether a column holds one of many ids, as one array of PostgreSQL's: quicker than a list of parameters."""

    template = "%(expressions)s"
    arg_joiner = " = ANY"
    output_field = BooleanField()

    def __init__(self, column: F, ids: list[int]) -> None:
        super().__init__(column, Ids(ids))


class Ids(Value):
    """A list of ids as one parameter."""

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Return the array's place and the array. Any: Django's own signature."""
        return "(%s::bigint[])", [self.value]
