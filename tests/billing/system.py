"""A billing system that lives on files: it reads batches, and states its figures when asked."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tests.billing.files import Files, invoice, write


@dataclass
class BillingSystem:
    """What it believes: balances by customer, and what is open on each invoice of 60.00."""

    folder: Path
    balances: dict[str, Decimal] = field(default_factory=dict)
    dues: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def bill(self, customer: str, *numbers: str) -> None:
        """Send invoices of 60.00."""
        for number in numbers:
            self.balances[customer] = self.balances.get(customer, Decimal(0)) - 60
            self.dues[customer, number] = Decimal(60)

    def read(self, batch: Path) -> None:
        """Take over the payments of a batch."""
        with batch.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                amount = Decimal(row["amount"])
                self.balances[row["customer"]] += amount
                if row["document"]:
                    self.dues[row["customer"], row["document"]] -= amount

    def state(self) -> Files:
        """Write the two files as of now."""
        return write(
            self.folder,
            [f"{customer},login{customer},Name {customer},,,{balance}" for customer, balance in self.balances.items()],
            [invoice(number, customer, due=str(due)) for (customer, number), due in self.dues.items()],
        )
