"""What somebody who owns the database can do to the books: columns changed, rows taken away, doubled, swapped, cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from customers.money import MoneyField
from payments.models import Allocation, Delivery, GivenUpKey, Payment, Printing, Reversal
from tills import guard_rules, proofs
from tills.models import EFFECTS, Count, CountRow, Shift, Till, Transaction, UsedForm, WriteOff, ZReport

Row = models.Model
NOTHING_LEADS_TO_IT = "nothing refers to it, it says nothing"
NOT_SIGNED = "no line signs it: the books show that there is a row, and anchors that none is gone"
THE_OTHER_SIDE = "what the billing system was told is compared with the billing system (check_billing), not signed"
SETTING = "a setting that an administrator may change at any time"
UNTIL_THE_CLOSE = "the Z report signs it when the shift is closed; until then, and of a float taken back, nothing does"
NO_LINE_NAMES_IT = "a form that wrote no line: its key only recognises the same form when it is sent again"
NO_ROWS = "a count of nothing: no row refers to it"
SECOND_LINE = "a line that its form did not write first: it is found by its number, and no row refers to its id"

# The money tables, and the columns of which a change need not be found, each with its reason. Every other column, and
# every column that is added later, must be.
NOT_EVIDENCE: dict[type[Row], dict[str, str]] = {
    Transaction: {},
    Payment: {},
    Allocation: {},
    Reversal: {"id": NOTHING_LEADS_TO_IT},
    Printing: {"id": NOTHING_LEADS_TO_IT, "payment": NOT_SIGNED, "operator": NOT_SIGNED, "recorded_at": NOT_SIGNED},
    GivenUpKey: {"id": NOTHING_LEADS_TO_IT, "key": NOT_SIGNED, "operator": NOT_SIGNED, "recorded_at": NOT_SIGNED},
    Delivery: {
        "id": NOTHING_LEADS_TO_IT,
        "state": THE_OTHER_SIDE,
        "reflected": THE_OTHER_SIDE,
        "batch": THE_OTHER_SIDE,
        "attempts": THE_OTHER_SIDE,
        "look_ups": THE_OTHER_SIDE,
        "lease": THE_OTHER_SIDE,
        "remote_id": THE_OTHER_SIDE,
        "error": THE_OTHER_SIDE,
    },
    Till: dict.fromkeys(("limit", "is_active", "requires_shift", "blind", "tolerance"), SETTING),
    Shift: {},
    Count: {},
    CountRow: {"id": NOTHING_LEADS_TO_IT},
    ZReport: {"id": NOTHING_LEADS_TO_IT},
    UsedForm: {"id": NOTHING_LEADS_TO_IT, "recorded_at": NOT_SIGNED},
    WriteOff: {"id": NOTHING_LEADS_TO_IT},
}
# Columns of which a change need not be found in some rows: why, and in which.
NOT_EVIDENCE_IN: dict[type[Row], dict[str, tuple[str, Callable[[Any], bool]]]] = {  # Any: a row of this table
    Transaction: {"id": (SECOND_LINE, lambda line: line.kind in EFFECTS and not _is_referred_to(line))},
    Shift: dict.fromkeys(
        ("blind", "tolerance", "issued_at", "opened_at", "opened_on", "closed_at"),
        (UNTIL_THE_CLOSE, lambda shift: not _is_signed(shift)),
    ),
    Count: {
        **dict.fromkeys(("after_number", "recorded_at"), (UNTIL_THE_CLOSE, lambda count: not _is_signed(count.shift))),
        "id": (NO_ROWS, lambda count: not count.rows.exists()),
    },
    UsedForm: {"key": (NO_LINE_NAMES_IT, lambda form: not _names(form.key))},
}
NOT_HERE = {"billing_settlement": "what a person did about a delivery that the billing system did not take"}
TILL_OF: dict[type[Row], str] = {
    Transaction: "till",
    Payment: "transaction__till",
    Allocation: "payment__transaction__till",
    Reversal: "transaction__till",
    Delivery: "allocation__payment__transaction__till",
    Till: "pk",
    Shift: "till",
    Count: "shift__till",
    CountRow: "count__shift__till",
    ZReport: "till",
    WriteOff: "transaction__till",
}
# What a column that holds nothing is taken to hold before it is changed.
STANDS_FOR_NONE: dict[type[models.Field[Any, Any]], Any] = {  # Any: whatever the column holds
    models.PositiveIntegerField: 1,
    models.DateTimeField: datetime(2026, 3, 10, 12, tzinfo=UTC),
    models.DateField: date(2026, 3, 10),
    MoneyField: Decimal(0),
}
SWAPPED: dict[type[Row], tuple[str, ...]] = {
    Transaction: ("number", "payload", "digest", "amount", "recorded_at"),
    Payment: ("transaction", "key", "customer_name"),
    Allocation: ("payment", "amount"),
    Reversal: ("transaction", "payment"),
    Delivery: ("allocation", "reference"),
    Shift: ("number", "till", "float_amount"),
    Count: ("shift", "operator", "cash"),
    CountRow: ("count", "value", "pieces"),
    ZReport: ("shift", "number", "payload", "digest"),
    UsedForm: ("line", "shift", "content", "act"),
    WriteOff: ("short", "transaction"),
}


def uncovered_tables() -> set[str]:
    """Return the append-only tables about which nothing is said here."""
    return set(guard_rules.APPEND_ONLY) - {model._meta.db_table for model in NOT_EVIDENCE} - set(NOT_HERE)


def sorts() -> set[str]:
    """Return every sort of what is done to rows: each column that is evidence in some row, and what is done to rows."""
    columns = {
        f"{model.__name__}.{field.name}"
        for model, excused in NOT_EVIDENCE.items()
        for field in model._meta.concrete_fields
        if field.name not in excused
    }
    return columns | {"row deleted", "row doubled", "rows swapped", "tail cut", "till cut", "re-hashed forward"}


def evidence(row: Row) -> list[models.Field[Any, Any]]:
    """Return the columns of a row of which every change must be found."""
    model = type(row)
    excused = set(NOT_EVIDENCE[model])
    excused |= {name for name, (_why, holds) in NOT_EVIDENCE_IN.get(model, {}).items() if holds(row)}
    return [field for field in model._meta.concrete_fields if field.name not in excused]


def _is_signed(shift: Shift) -> bool:
    return ZReport.objects.filter(shift=shift).exists()


def _is_referred_to(line: Transaction) -> bool:
    return line.forms.exists() or WriteOff.objects.filter(Q(short=line) | Q(transaction=line)).exists()


def _names(key: UUID) -> bool:
    """Return whether the signed document of some line names the form with this key."""
    return Transaction.objects.filter(payload__contains=str(key)).exists()


# --- The guards, gone ------------------------------------------------------------------------------------------------


def remove_guards() -> None:
    """Take every trigger, check, unique and foreign key from the scratch database, as its owner can."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger"
                " WHERE NOT tgisinternal"
            )
            _run(cursor)
            cursor.execute(
                "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint"
                " WHERE contype IN ('c', 'f', 'u') AND connamespace = 'public'::regnamespace ORDER BY contype <> 'f'"
            )
            _run(cursor)
            cursor.execute(
                "SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index JOIN pg_class ON oid = indexrelid"
                " WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace"
            )
            _run(cursor)
            return
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'")
        _run(cursor)
        for model in NOT_EVIDENCE:
            table = model._meta.db_table
            cursor.execute("SELECT name, type, pk FROM pragma_table_info(%s)", [table])
            columns = ", ".join(f'"{name}" {kind}{" PRIMARY KEY" * pk}' for name, kind, pk in cursor.fetchall())
            cursor.execute(f"CREATE TABLE bare ({columns})")
            cursor.execute(f"INSERT INTO bare SELECT * FROM {table}")
            cursor.execute(f"DROP TABLE {table}")
            cursor.execute(f"ALTER TABLE bare RENAME TO {table}")


def _run(cursor: Any) -> None:  # Any: a cursor
    """Run every statement that the last query returned."""
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


# --- Columns ---------------------------------------------------------------------------------------------------------


def other_value(row: Row, field: models.Field[Any, Any], chance: Random) -> Any:  # Any: whatever the column holds
    """Return another value that this column could plausibly hold."""
    now = getattr(row, field.attname)
    if field.primary_key:
        return now + 1_000_000
    if isinstance(field, models.ForeignKey):
        ids = field.related_model._base_manager.exclude(pk=now).values_list("pk", flat=True)  # type: ignore[union-attr]  # never a name
        others: list[Any] = list(ids[:20]) or [(now or 0) + 1_000_000]
        return chance.choice([*others, None] if field.null and now is not None else others)
    if now is None:
        now = STANDS_FOR_NONE[type(field)]
    if field.choices:
        return chance.choice([value for value, _name in field.choices if value != now])
    return _other_plain(now, row, field, chance)


def _other_plain(now: Any, row: Row, field: models.Field[Any, Any], chance: Random) -> Any:
    match now:
        case bool():
            return not now
        case Decimal():
            return chance.choice([now + Decimal("0.01"), now - 1, now * 10 + 1, -now - Decimal("0.0001")])
        case int():
            return now + chance.choice([1, 2, 1000])
        case UUID():
            return UUID(int=now.int ^ 1 << chance.randrange(128))
        case datetime():
            return now + chance.choice([timedelta(microseconds=1), -timedelta(days=1), timedelta(hours=1)])
        case date():
            return now + timedelta(days=chance.choice([-400, -1, 1]))
        case str() if field.name == "payload":
            return _other_payload(now, chance)
        case str() if field.name.endswith("digest") or field.name == "key_id":
            place = chance.randrange(len(now))
            return now[:place] + ("0" if now[place] != "0" else "1") + now[place + 1 :]
        case str():
            texts = type(row)._base_manager.exclude(**{field.name: now}).values_list(field.name, flat=True)[:20]
            return chance.choice([*texts, f"{now}x", now[:-1] if now else "x"])
    raise TypeError(f"no other value for {field.name}: {now!r}")


def _other_payload(payload: str, chance: Random) -> str:
    """Return the document with another amount, another name, or one sign that does not matter for its meaning."""
    document = json.loads(payload)
    kind = chance.randrange(3)
    if kind == 0 and "z" in document:
        document["z"]["counted"] += 1
    elif kind == 0:
        document["line"]["amount"] += 1
    elif kind == 1:
        (document["z"]["closed_by"] if "z" in document else document["line"]["operator"])["login"] += "x"
    else:
        return payload.replace(":", ": ", 1)
    return proofs.spell(document)


# --- Rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tampering:
    """One thing done to the books: its sort, its place, the till that may show it (None: any), and how it is done."""

    sort: str
    what: str
    till: int | None
    do: Callable[[], object]
    anchored: bool = False  # only anchors can show it


def till_of(row: Row) -> int | None:
    """Return the till in whose journal the row has its place."""
    path = TILL_OF.get(type(row))
    return None if path is None else type(row)._base_manager.filter(pk=row.pk).values_list(path, flat=True).first()


def rows_of(model: type[Row]) -> list[Row]:
    """Return the rows that are evidence: all but tills without a line."""
    rows = model._base_manager.order_by("pk")
    return list(rows.filter(lines__isnull=False).distinct() if model is Till else rows)


def changed_columns(chance: Random) -> Iterator[Tampering]:
    """Yield the change of every column of every row."""
    for model in NOT_EVIDENCE:
        for row in rows_of(model):
            till = till_of(row)
            for field in evidence(row):
                value = other_value(row, field, chance)
                was = getattr(row, field.attname)
                what = f"{model.__name__} {row.pk}: {field.name} {str(was)[:40]} -> {str(value)[:40]}"
                yield Tampering(f"{model.__name__}.{field.name}", what, till, _update(row, field.name, value))


def _update(row: Row, name: str, value: Any) -> Callable[[], object]:
    return lambda: type(row)._base_manager.filter(pk=row.pk).update(**{name: value})


def deleted_rows() -> Iterator[Tampering]:
    """Yield the deletion of every row, and nothing else."""
    for model in NOT_EVIDENCE:
        for row in rows_of(model):
            what, anchored = f"{model.__name__} {row.pk}", model in (Printing, GivenUpKey)
            yield Tampering("row deleted", what, till_of(row), _delete(model, row.pk), anchored)


def _delete(model: type[Row], *pks: int) -> Callable[[], object]:
    rows = model._base_manager.filter(pk__in=pks)
    return lambda: rows._raw_delete(rows.db)  # nothing is cascaded or protected


def doubled_rows() -> Iterator[Tampering]:
    """Yield a copy of every row under another id."""
    for model in NOT_EVIDENCE:
        for row in rows_of(model):
            yield Tampering("row doubled", f"{model.__name__} {row.pk}", till_of(row), _double(model, row.pk))


def _double(model: type[Row], pk: int) -> Callable[[], object]:
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    statement = f"INSERT INTO {table} (id, {names}) SELECT id + 1000000, {names} FROM {table} WHERE id = %s"

    def do() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, [pk])

    return do


def swapped_rows() -> Iterator[Tampering]:
    """Yield two neighbours that change one column with each other."""
    for model, names in SWAPPED.items():
        rows = rows_of(model)
        for one, other in zip(rows[::2], rows[1::2], strict=False):
            for name in names:
                attname = model._meta.get_field(name).attname  # type: ignore[union-attr]  # a column of its own
                if getattr(one, attname) != getattr(other, attname):
                    what = f"{model.__name__} {one.pk} and {other.pk}: {name}"
                    yield Tampering("rows swapped", what, till_of(one), _swap(one, other, name, attname))


def _swap(one: Row, other: Row, name: str, attname: str) -> Callable[[], object]:
    return lambda: [
        _update(one, name, getattr(other, attname))(), _update(other, name, getattr(one, attname))()
    ]  # fmt: skip


# --- Tails, tills, histories -----------------------------------------------------------------------------------------


def cut_tails(longest: int) -> Iterator[Tampering]:
    """Yield the end of every till taken away without a trace: 1 to so many lines with all that belongs to them."""
    for till in rows_of(Till):
        last = Transaction.objects.filter(till=till.pk).count()
        for lines in range(1, min(longest, last - 1) + 1):
            what = f"{till}: the last {lines} lines"
            yield Tampering("tail cut", what, None, _cut(till.pk, last - lines), anchored=True)


def cut_tills() -> Iterator[Tampering]:
    """Yield a whole till taken away with all that belongs to it."""
    for till in rows_of(Till):
        yield Tampering("till cut", str(till), None, _cut_whole(till.pk), anchored=True)


def _cut_whole(till: int) -> Callable[[], object]:
    return lambda: [_cut(till, 0)(), _delete(Till, till)()]


def _cut(till: int, after: int) -> Callable[[], object]:
    """Return what takes away the lines after a number, and makes what they undid as if it had never been undone."""

    def do() -> None:
        lines = Transaction.objects.filter(till=till, number__gt=after)
        ids, payments = list(lines.values_list("pk", flat=True)), Payment.objects.filter(transaction__in=lines)
        paid, undone = list(payments.values_list("pk", flat=True)), Reversal.objects.filter(transaction__in=ids)
        back = Delivery.objects.filter(allocation__payment__reversal__in=undone)
        gone = Delivery.objects.filter(allocation__payment__in=paid)
        remade = list(back.filter(kind="apply", state="cancelled").values_list("pk", flat=True))
        _delete(Delivery, *back.filter(kind="undo").values_list("pk", flat=True))()
        Delivery.objects.filter(pk__in=remade).update(state="waiting")
        _delete(Delivery, *gone.values_list("pk", flat=True))()
        _delete(Reversal, *undone.values_list("pk", flat=True))()
        _delete(Printing, *Printing.objects.filter(payment__in=paid).values_list("pk", flat=True))()
        _delete(Allocation, *Allocation.objects.filter(payment__in=paid).values_list("pk", flat=True))()
        _delete(Payment, *paid)()
        _delete(UsedForm, *UsedForm.objects.filter(line__in=ids).values_list("pk", flat=True))()
        _delete(Transaction, *ids)()

    return do


def rehashed(chance: Random, count: int, *, key: str) -> Iterator[Tampering]:
    """Yield so many lines with another comment, signed and chained anew with this key to the end of their till."""
    for line in chance.sample(list(Transaction.objects.order_by("pk")), count):
        yield Tampering("re-hashed forward", str(line.pk), line.till_id, _rehash(line, key))


def _rehash(line: Transaction, key: str) -> Callable[[], object]:
    def do() -> None:
        Transaction.objects.filter(pk=line.pk).update(comment="somebody else took it")
        previous = line.previous_digest
        for later in Transaction.objects.filter(till=line.till_id, number__gte=line.number).order_by("number"):
            document = json.loads(later.payload)
            document["line"]["comment"] = later.comment
            payload = proofs.spell(document)
            digest = proofs.digest_by(key.encode(), payload=payload, previous=previous)
            Transaction.objects.filter(pk=later.pk).update(payload=payload, digest=digest, previous_digest=previous)
            previous = digest

    return do


def keep_backup() -> Callable[[], object]:
    """Copy all money tables as they are, and return what puts the copies in their place: an old backup restored."""
    tables = [model._meta.db_table for model in NOT_EVIDENCE]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TABLE old_{table} AS SELECT * FROM {table}")

    def do() -> None:
        with connection.cursor() as cursor:
            for table in tables:
                names = ", ".join(f'"{f.column}"' for f in _model(table)._meta.concrete_fields)
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table}")

    return do


def _model(table: str) -> type[Row]:
    return next(model for model in apps.get_models() if model._meta.db_table == table)
