"""Small books with a row in every guarded table, and statements that go round the Python to change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import Error, connection, models, transaction
from django.utils import timezone

from accounts.models import Operator, Reseller
from billing.models import Batch, Counter, Import, Missed, Pull, Settlement
from customers.models import Customer, Invoice, SearchKey
from payments.models import Delivery, GivenUpKey, Payment, Printing, Reversal
from payments.reversing import reverse_payment
from tests.factories import (
    CustomerFactory,
    InvoiceFactory,
    OperatorFactory,
    ResellerFactory,
    card,
    cash,
    give_room,
    pay,
)
from tests.shifts.desk import cash_of, closed, counted, issued, opened, till_with_shifts
from tills import guard_rules
from tills.closing import write_off_short
from tills.models import Booking, Count, Kind, Shift, Till, Transaction

OURS = ("accounts", "billing", "customers", "payments", "tills")


@dataclass(frozen=True)
class Books:
    """The rows that the statements name."""

    alice: Operator
    north: Reseller
    customer: Customer
    invoice: Invoice
    payment: Payment
    second: Payment
    reversal: Reversal
    delivery: Delivery

    def fill(self, statement: str) -> str:
        """Return the statement with the ids of the rows in the places that name them."""
        return statement.format(
            alice=self.alice.pk,
            north=self.north.pk,
            customer=self.customer.pk,
            other_customer=Customer.objects.exclude(pk=self.customer.pk).values_list("pk", flat=True)[0],
            invoice=self.invoice.pk,
            foreign_invoice=Invoice.objects.exclude(customer=self.customer).values_list("pk", flat=True)[0],
            payment=self.payment.pk,
            second=self.second.pk,
            line=self.payment.transaction_id,
            reversal=self.reversal.pk,
            reversal_line=self.reversal.transaction_id,
            till=self.payment.transaction.till_id,
            norths_till=Till.objects.get(reseller=self.north).pk,
            drawer=Till.objects.get(operator__username="dave").pk,
            cash=self.payment.transaction.method_id,
            delivery=self.delivery.pk,
            shift=Shift.objects.order_by("pk").values_list("pk", flat=True)[0],
            counted=Count.objects.filter(purpose="closing").order_by("pk").values_list("pk", flat=True)[0],
        )


def write_books() -> Books:
    """Write two payments, two that were reversed, the rows that belong to them, and two of whatever is unique."""
    alice, north = OperatorFactory.create(username="alice"), ResellerFactory.create()
    give_room(north)
    OperatorFactory.create(username="bob", reseller=north)
    ResellerFactory.create(external_id="7")
    customer = CustomerFactory.create()
    invoice = InvoiceFactory.create(customer=customer)
    InvoiceFactory.create(customer=customer)
    InvoiceFactory.create()
    payment = pay(alice, customer, "70.00", invoices=(invoice.pk,))
    second = pay(alice, customer, "60.00")
    for _ in range(2):
        wrong = pay(alice, customer, "60.00")
        reversal = reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    Till.objects.create(code="SAFE")
    now = timezone.now()
    for number in (1, 2):
        Printing.objects.create(payment=payment, number=number, operator=alice, recorded_at=now)
        GivenUpKey.objects.create(key=uuid4(), operator=alice, recorded_at=now)
        Batch.objects.create(number=number, made_at=now)
        ended = now if number == 1 else None
        Import.objects.create(number=number, includes_batch=number, as_of=now, started_at=now, finished_at=ended)
        Pull.objects.create(number=number, is_full=True, started_at=now)
        Missed.objects.create(external_id=f"missed{number}")
        SearchKey.objects.create(key=f"word{number}", customer=customer)
    Counter.objects.filter(name="fetch").update(value=5)
    Booking.objects.create(kind=Kind.PAYMENT, method=cash(), debit="211", credit="311")
    Booking.objects.create(kind=Kind.PAYMENT, method=card(), debit="261", credit="311")
    Booking.objects.create(kind=Kind.OVER, debit="211", credit="668")
    Booking.objects.create(kind=Kind.PAY_OUT, debit="548", credit="211")
    run_two_shifts()
    delivery = Delivery.objects.get(allocation__payment=payment, allocation__invoice=invoice)
    for step in (Settlement.Step.RETRY, Settlement.Step.ENTERED):
        Settlement.objects.create(delivery=delivery, operator=alice, step=step, comment="seen", recorded_at=now)
    settle()
    return Books(alice, north, customer, invoice, payment, second, reversal, delivery)


def run_two_shifts() -> None:
    """Close two shifts of another till, each short, and write both shorts off."""
    chief = OperatorFactory.create(username="chief", is_superuser=True)
    carol = OperatorFactory.create(username="carol")
    till_with_shifts(carol)
    for _ in range(2):
        closed(carol, counted(carol, opened(chief, carol), cash_of("90.00")), "lost")
    for short in Transaction.objects.filter(kind=Kind.SHORT):
        write_off_short(operator=chief, line_id=short.pk, comment="forgiven", key=uuid4())
    issued(chief, OperatorFactory.create(username="dave"))  # a shift without a line


def settle() -> None:
    """Check now what waits for the end of the transaction: PostgreSQL alters and empties no table before."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def run(statement: str) -> None:
    """Run one statement in a savepoint."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def refusal_of(statement: str) -> str:
    """Run one statement that the database must refuse, and return what it says."""
    try:
        run(statement)
    except Error as error:
        return str(error)
    raise AssertionError(f"not refused: {statement}")


def delivery_step(begin: str, end: str) -> dict[str, str]:
    """Return the columns, with SQL for their values, that a delivery must change to go this step."""
    more = {}
    if end == "sending":
        more = {"lease": "'2026-11-23 12:00:00'"}
    elif end == "delivered":
        more = {"batch": "1"} if begin == "waiting" else {"remote_id": "'17'"}
    return {"state": f"'{end}'", **more}


def pretend_reversed(books: Books) -> None:
    """Write a reversal of the payment past its guard, which stays away until the transaction is undone."""
    settle()
    drop_guard("reversal_line")
    mistaken = {"payment_id": "{payment}", "transaction_id": "{line}"}
    run(books.fill(copied("payments_reversal", "id = {reversal}", **mistaken)))


@contextmanager
def undone() -> Iterator[None]:
    """Undo whatever is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def switch_off_triggers(table: str) -> None:
    """Take a table's triggers away until the surrounding transaction is undone."""
    settle()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            return
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


def take_out(table: str) -> dict[str, Any]:  # Any: what a database gives
    """Delete a table's last row past its guard, which stays away until the transaction is undone; return the row."""
    settle()
    guard = f"{table}_no_delete"
    run(f"DROP TRIGGER {guard} ON {table}" if connection.vendor == "postgresql" else f"DROP TRIGGER {guard}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1")
        row = dict(zip([column[0] for column in cursor.description], cursor.fetchone() or (), strict=True))
    run(f"DELETE FROM {table} WHERE id = {row['id']}")
    return row


def put_in(table: str, row: dict[str, Any]) -> None:  # Any: what a database takes
    """Insert a row as it is given."""
    columns, places = ", ".join(f'"{column}"' for column in row), ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))


def count_on_from(table: str, number: int) -> None:
    """Let a table's next row have the number after this one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, number])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])


def drop_guard(name: str) -> None:
    """Take one of the named checks away."""
    run(
        f"DROP TRIGGER {name} ON public.{guard_rules.CHECKS[name][0]}"
        if connection.vendor == "postgresql"
        else f"DROP TRIGGER {name}"
    )


def content(table: str) -> list[tuple[object, ...]]:
    """Return every row of a table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        return list(cursor.fetchall())


def our_models() -> list[type[models.Model]]:
    """Return every model of the house."""
    return [model for app in OURS for model in apps.get_app_config(app).get_models()]


def columns_of(table: str) -> list[str]:
    """Return a table's columns in their order."""
    model = next(model for model in our_models() if model._meta.db_table == table)
    return [field.column for field in model._meta.concrete_fields]


def copied(table: str, which: str, **changes: str) -> str:
    """Return the INSERT of a copy of one row with a new id; `changes` are SQL for single columns."""
    columns = [column for column in columns_of(table) if column != "id"]
    quoted = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changes.get(column, f'"{column}"') for column in columns)
    return f"INSERT INTO {table} ({quoted}) SELECT {values} FROM {table} WHERE {which}"
