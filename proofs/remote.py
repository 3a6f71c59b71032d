"""The billing system of the stateful proof: books of its own, which read batches and are stated in files."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from billing.importing import import_files
from proofs.model import Customer, Document, Model

FIRST_DUE = date(2026, 1, 1)


class Remote:
    """What the billing system holds: its own customers and documents, and the last batch it has read."""

    def __init__(self, mark: str) -> None:
        self.mark, self.read, self.made = mark, 0, 0
        self.customers: dict[str, Customer] = {}
        self.documents: dict[str, Document] = {}

    def add_customer(self, house: str) -> None:
        """Begin to serve somebody."""
        name = f"{self.mark}c{len(self.customers)}"
        self.customers[name] = Customer(name, house)

    def bill(self, customer: str, total: int, *, is_proforma: bool) -> None:
        """Send a document; an invoice is owed at once."""
        self.made += 1
        number = f"{self.mark}d{self.made}"
        due_on = FIRST_DUE + timedelta(days=self.made * 7 % 31)
        self.documents[number] = Document(number, customer, is_proforma, due_on, total, total)
        self.customers[customer].balance -= 0 if is_proforma else total

    def receive(self, number: str) -> None:
        """Take the money for a document somewhere else."""
        document = self.documents[number]
        self.customers[document.customer].balance += document.due
        document.due = 0

    def turn_away_or_back(self, name: str) -> None:
        """End serving a customer, who is not the last one, or serve one again."""
        customer = self.customers[name]
        others = sum(not other.is_gone for other in self.customers.values() if other is not customer)
        customer.is_gone = not customer.is_gone and others > 0

    def read_batches(self, model: Model, up_to: int) -> None:
        """Apply the parts of the batches that were not read yet, as the files with them say."""
        for payment in model.payments.values():
            for part in payment.parts:
                for told, sign in ((part.apply, 1), (part.undo, -1)):
                    if told is not None and self.read < told.batch <= up_to:
                        self._apply(payment.customer, part.document, sign * part.amount)
        self.read = up_to

    def _apply(self, customer: str, number: str, amount: int) -> None:
        self.customers[customer].balance += amount
        if number:
            document = self.documents[number]
            document.due = min(document.total, max(0, document.due - amount))

    def import_into(self, model: Model) -> None:
        """State everything in files and import them; the model takes the same figures."""
        customers = [replace(customer) for customer in self.customers.values() if not customer.is_gone]
        named = {customer.name for customer in customers}
        documents = [replace(d) for d in self.documents.values() if d.customer in named and d.due > 0]
        with TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in ("customers.csv", "invoices.csv")]
            write(files[0], "external_id,login,name,company,reseller,balance", (
                [c.name, c.name, f"Somebody {c.name}", "", c.house, decimal(c.balance)] for c in customers
            ))  # fmt: skip
            write(files[1], "number,kind,customer,issued_on,due_on,total,due", (
                [d.number, "proforma" if d.is_proforma else "invoice", d.customer, FIRST_DUE, d.due_on,
                 decimal(d.total), decimal(d.due)] for d in documents
            ))  # fmt: skip
            import_files(customers=files[0], invoices=files[1], includes_batch=self.read, allow_vanished=True)
        model.state(customers, documents, self.read)


def write(path: Path, head: str, rows: Iterable[list[object]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])


def decimal(amount: int) -> str:
    """Return ten-thousandths as a decimal number."""
    return f"{'-' * (amount < 0)}{abs(amount) // 10_000}.{abs(amount) % 10_000:04d}"
