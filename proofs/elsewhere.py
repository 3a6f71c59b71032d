"""The billing system of a shop that exists only in a proof: it answers by chance, and writes files like a real one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.db.models import F, Max

from billing.connectors.protocol import Delivered, NotSent, Outcome, Part, Refused, RemotePayment, Unanswered, Undo
from billing.importing import import_files
from billing.models import Batch, Import
from customers.models import Customer, Invoice
from customers.money import plain_amount
from payments.models import Delivery

CUSTOMER_HEAD = ("external_id", "login", "name", "company", "reseller", "balance")
INVOICE_HEAD = ("number", "kind", "customer", "issued_on", "due_on", "total", "due")


class Elsewhere:
    """Takes parts, refuses them, is busy, or does not answer; asked later, it may know the part after all."""

    longest_call = 5.0

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def _outcome(self) -> Outcome:
        outcomes: list[Outcome] = [Delivered("17"), Refused("no such customer"), NotSent("busy"), Unanswered("silence")]
        return self.chance.choices(outcomes, weights=[6, 1, 1, 3])[0]

    def deliver(self, part: Part) -> Outcome:
        """Return an outcome drawn by chance."""
        return self._outcome()

    def undo(self, undo: Undo) -> Outcome:
        """Return an outcome drawn by chance."""
        return self._outcome()

    def look_up(self, reference: str, customer_id: str) -> Sequence[RemotePayment]:
        """Return the payment with this reference, or nothing."""
        told = Delivery.objects.filter(reference=reference).values_list("allocation__amount", flat=True)
        known = self.chance.random() < 0.5
        return [RemotePayment("18", customer_id, reference, amount, paid_on=None) for amount in told if known]

    def look_up_undo(self, undo: Undo) -> str | None:
        """Return the id of the undoing, or nothing."""
        return "19" if self.chance.random() < 0.5 else None


def bring_files_in(chance: Random) -> None:
    """Import files that contain some batches: balances moved, documents paid, customers renamed, gone and back."""
    before = Import.objects.aggregate(most=Max("includes_batch"))["most"] or 0
    up_to = chance.randint(before, Batch.objects.count())
    with TemporaryDirectory() as folder:
        customers, invoices = Path(folder, "customers.csv"), Path(folder, "invoices.csv")
        named = list(_customers(chance, before, up_to))
        _write(customers, CUSTOMER_HEAD, named)
        _write(invoices, INVOICE_HEAD, _invoices({row[0] for row in named}, before, up_to))
        import_files(customers=customers, invoices=invoices, includes_batch=up_to, allow_vanished=True)


def _customers(chance: Random, before: int, up_to: int) -> Iterator[list[Any]]:
    """Return the rows of those who are still there; some have another name or another reseller."""
    for customer in Customer.objects.select_related("reseller").order_by("pk"):
        moved, renamed, gone = (chance.random() < often for often in (0.05, 0.2, 0.1))
        code = customer.reseller.code if customer.reseller and not moved else ""
        name = f"{customer.name} II" if renamed else customer.name
        balance = customer.balance + _contained(before, up_to, transaction_of=customer)
        if not gone:
            yield [customer.external_id, customer.login, name[-200:], customer.company, code, plain_amount(balance)]


def _invoices(named: set[str], before: int, up_to: int) -> Iterator[list[Any]]:
    for invoice in Invoice.objects.filter(customer__external_id__in=named).select_related("customer").order_by("pk"):
        due = min(invoice.total, max(Decimal(0), invoice.due - _contained(before, up_to, invoice=invoice)))
        row = [invoice.number, invoice.kind, invoice.customer.external_id, invoice.issued_on, invoice.due_on]
        if due:
            yield [*row, plain_amount(invoice.total), plain_amount(due)]


def _contained(before: int, up_to: int, **asked: Any) -> Decimal:
    """Return what the batches after one and up to another brought to a customer or a document."""
    if "transaction_of" in asked:
        asked = {"payment__transaction__customer": asked["transaction_of"]}
    told = Delivery.objects.filter(batch__gt=before, batch__lte=up_to)
    parts = told.filter(**{f"allocation__{name}": value for name, value in asked.items()})
    signed = parts.values_list("kind", F("allocation__amount"))
    return sum((-amount if kind == Delivery.Kind.UNDO else amount for kind, amount in signed), Decimal(0))


def _write(path: Path, head: Sequence[str], rows: Iterator[list[Any]] | list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(head), *rows])
