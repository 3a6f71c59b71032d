"""How fast verify_books is: a large ledger, signed as the acts sign, written in bulk, verified by the command.

    python tests/postgres.py -- python -m benchmarks.books [--lines 200000] [--processes 1 2]

prints one JSON line per run. The ledger is written into a scratch database, with all guards standing.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from tests import environment

environment.set_environment()

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from accounts.models import Operator  # noqa: E402
from customers.models import Customer, Invoice  # noqa: E402
from payments import recording  # noqa: E402
from payments.allocating import OpenDocument, Part  # noqa: E402
from payments.models import Allocation, Delivery, Payment, Reversal  # noqa: E402
from payments.verifying import Asked, verify_books  # noqa: E402
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory  # noqa: E402
from tills import journal, proofs  # noqa: E402
from tills.models import PaymentMethod, Till, Transaction  # noqa: E402

AT_ONCE = 2000
TILLS, CUSTOMERS = 20, 2000
BEGAN = datetime(2026, 1, 1, 7, tzinfo=UTC)


@dataclass
class Rows:
    """What is written next; ids are given here, so that everything can be written in bulk."""

    lines: list[Transaction] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    parts: list[Allocation] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    told: list[int] = field(default_factory=list)  # the deliveries that the billing system's figures contain
    undos: list[Delivery] = field(default_factory=list)
    reversals: list[Reversal] = field(default_factory=list)

    def write(self) -> None:
        """Write everything and forget it."""
        self._write(self.lines, self.payments, self.parts, self.deliveries)
        told = Delivery.objects.filter(pk__in=self.told)  # each begins with waiting, as the guard asks
        told.update(state="delivered", batch=1)
        told.update(reflected=True)
        self.told.clear()
        self._write(self.reversals, self.undos)

    @staticmethod
    def _write(*tables: list[Any]) -> None:  # Any: rows of one model each
        for rows in tables:
            if rows:
                type(rows[0])._default_manager.bulk_create(rows, batch_size=500)
                rows.clear()


@dataclass
class Ledger:
    """A shop of twenty tills: every tenth payment has two parts more, every ninth line undoes the one before."""

    chance: Random = field(default_factory=lambda: Random(1))
    rows: Rows = field(default_factory=Rows)
    cancelled: list[int] = field(default_factory=list)
    made: dict[int, tuple[list[Delivery], bool]] = field(default_factory=dict)  # for a reversal: whether it was told
    written: int = 0

    def fill(self, lines: int) -> None:
        """Write so many lines."""
        self.methods = list(PaymentMethod.objects.order_by("pk"))
        self.customers = Customer.objects.bulk_create(CustomerFactory.build_batch(CUSTOMERS), batch_size=500)
        documents = [
            InvoiceFactory.build(customer=customer, total=Decimal(10**8))
            for customer in self.customers
            for _n in range(2)
        ]
        self.invoices: dict[int, list[Invoice]] = defaultdict(list)
        for invoice in Invoice.objects.bulk_create(documents, batch_size=500):
            self.invoices[invoice.customer_id].append(invoice)
        operators: list[Operator] = OperatorFactory.create_batch(TILLS)
        tills = [Till.objects.create(code=f"B{n}", operator=operator) for n, operator in enumerate(operators)]
        journals = [self.lines_of(till) for till in tills]
        while self.written < lines:
            for one in journals:
                for _line in islice(one, 100):
                    pass
            if len(self.rows.lines) >= AT_ONCE:
                self.rows.write()
        self.rows.write()
        Delivery.objects.filter(pk__in=self.cancelled).update(state="cancelled")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def lines_of(self, till: Till) -> Iterator[Transaction]:
        """Make a till's lines one after the other, for ever."""
        last: Transaction | None = None
        taken: Payment | None = None
        while True:
            if taken is not None and self.chance.random() < 1 / 9:
                last, taken = self.reversal(till, last, taken), None
            else:
                taken = self.payment(till, last)
                last = taken.transaction
            yield last

    def line(self, till: Till, last: Transaction | None, kind: str, **facts: object) -> Transaction:
        """Return the next line of the till, not signed yet."""
        self.written += 1
        before = last.balance_after if last else Decimal(0)
        moment = BEGAN + timedelta(seconds=self.written, microseconds=self.written)
        line = Transaction(
            pk=self.written, till=till, number=journal.next_number(last), kind=kind, operator=till.operator,
            balance_before=before, recorded_at=moment, business_date=moment.date(), key_id=proofs.current_key_id(),
            previous_digest=last.digest if last else proofs.FIRST, **facts,
        )  # fmt: skip
        line.balance_after = before + line.effect
        self.rows.lines.append(line)
        return line

    def sign(self, line: Transaction, **details: object) -> None:
        """Sign the line as the journal does."""
        line.payload = proofs.canonical({"line": journal.describe(line), **details})
        line.digest = proofs.digest(payload=line.payload, previous=line.previous_digest)

    def payment(self, till: Till, last: Transaction | None) -> Payment:
        """Make a payment with one to three parts."""
        customer, method = self.chance.choice(self.customers), self.chance.choice(self.methods)
        amount = Decimal(self.chance.randint(300, 20000)).scaleb(-2)
        facts = {"amount": amount, "effect": method.effect_of(amount), "cash": method.cash_of(amount)}
        line = self.line(
            till, last, "payment", customer=customer, method=method, comment="October, at the door", **facts
        )
        payment = Payment(
            pk=line.pk, transaction=line, key=UUID(int=self.chance.getrandbits(128), version=4), reference="VS 2026",
            paid_on=line.business_date, customer_name=customer.name, customer_login=customer.login,
            customer_balance_before=Decimal(-60), customer_balance_after=amount - 60,
        )  # fmt: skip
        documents: list[OpenDocument | None] = [OpenDocument(i, i.due) for i in self.invoices[customer.pk]]
        parts = [Part(self.chance.choice([documents[0], None]), amount)]
        if self.chance.random() < 0.1:
            parts = [Part(documents[0], Decimal(1)), Part(documents[1], Decimal(1)), Part(None, amount - 2)]
        self.rows.payments.append(payment)
        self._write_parts(line, payment, parts)
        self.sign(line, payment=recording.describe(payment), parts=[recording.describe_part(part) for part in parts])
        return payment

    def _write_parts(self, line: Transaction, payment: Payment, parts: list[Part]) -> None:
        made = []
        for place, part in enumerate(parts, start=1):
            invoice = part.document.invoice if part.document else None
            pk = 3 * line.pk + place
            self.rows.parts.append(Allocation(pk=pk, payment=payment, invoice=invoice, amount=part.amount))
            made.append(Delivery(pk=pk, allocation_id=pk, reference=f"{line.document_number}/{place}"))
        self.rows.deliveries += made
        is_told = self.chance.random() < 0.9
        if is_told:
            self.rows.told += [delivery.pk for delivery in made]
        self.made[payment.pk] = made, is_told

    def reversal(self, till: Till, last: Transaction | None, taken: Payment) -> Transaction:
        """Undo the payment of the line before."""
        was = taken.transaction
        facts = {"amount": was.amount, "effect": -was.effect, "cash": -was.cash}
        line = self.line(
            till, last, "reversal", customer=was.customer, method=was.method, comment="counted again", **facts
        )
        self.rows.reversals.append(Reversal(pk=line.pk, payment=taken, transaction=line, reason="amount"))
        self.sign(line, reversal=recording.describe_reversal(taken, Reversal.Reason.WRONG_AMOUNT, None))
        made, is_told = self.made[taken.pk]
        for delivery in made:
            if not is_told:
                self.cancelled.append(delivery.pk)
                continue
            part = delivery.reference.rpartition("/")[2]
            undo = Delivery(
                allocation_id=delivery.allocation_id, kind="undo", reference=f"{line.document_number}/{part}"
            )
            undo.pk = 3 * line.pk + int(part)
            self.rows.undos.append(undo)
        return line


def cpu_seconds() -> float:
    """Return how long processors have worked for this process and its ended children: says more on a busy machine.

    What the database itself worked is not in it.
    """
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Fill a scratch database and verify it with each number of processes asked for."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--lines", type=int, default=200_000)
    options.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]
    made = setup_databases(verbosity=0, interactive=False, serialized_aliases={})
    try:
        Ledger().fill(asked.lines)
        for processes in asked.processes:
            for _round in range(asked.rounds):
                before = cpu_seconds()
                report = verify_books(Asked(processes=processes))
                del report.faults[3:]
                plain = report.plain()
                plain["cpu_seconds"] = round(cpu_seconds() - before, 3)
                plain |= {"database": connection.vendor, "processes": processes}
                sys.stdout.write(json.dumps(plain) + "\n")
    finally:
        teardown_databases(made, verbosity=0)


if __name__ == "__main__":
    main()
