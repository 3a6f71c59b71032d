"""Two files as a source of figures: what they state comes in by the same way as the answers of a live system.

They state and answer nothing else. Nobody can ask them whether a payment stands over there, so payments go out in
batches (`billing.exporting`), and which of them the figures contain is said by whoever imports (`--includes-batch`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from django.utils.translation import gettext as _

from billing.connectors.protocol import (
    DocumentKind,
    Finding,
    Page,
    RemoteBalance,
    RemoteCustomer,
    RemoteDocument,
    Severity,
)
from billing.faults import FilesFaulty
from billing.reading import read_files
from billing.staging import Staging
from customers.money import SCALE


class Files:
    """What two files say that were read and found without fault; belongs to one thread."""

    questions_at_once = 1
    partner_field: Literal["code"] = "code"  # files name a reseller as the administration here does

    def __init__(self, staging: Staging) -> None:
        self._staging = staging

    def count_customers(self) -> int:
        """See FigureSource."""
        return self._staging.customers

    def customers(self) -> Iterator[Page[RemoteCustomer]]:
        """See FigureSource."""
        for rows in self._staging.customer_rows():
            yield Page([_customer(row) for row in rows])

    def changed_customers(self, since: datetime) -> Iterator[Sequence[str]]:
        """Yield everybody: files state all, and of nothing when it changed."""
        for rows in self._staging.customer_rows():
            yield [row["external_id"] for row in rows]

    def customer(self, customer_id: str) -> RemoteCustomer | None:
        """See FigureSource."""
        row = self._staging.customer_row(customer_id)
        return _customer(row) if row else None

    def balance(self, customer: RemoteCustomer) -> RemoteBalance | None:
        """See FigureSource; files know of no sub-accounts."""
        row = self._staging.customer_row(customer.external_id)
        return RemoteBalance(customer.external_id, _money(row["balance"])) if row else None

    def documents(self, customer_ids: Sequence[str]) -> Page[RemoteDocument]:
        """See FigureSource."""
        return Page([_document(row) for row in self._staging.invoice_rows(customer_ids)])

    def check(self) -> Iterator[Finding]:
        """See FigureSource."""
        counts = {"customers": self._staging.customers, "documents": self._staging.invoices}
        said = _("The files can be read: %(customers)d customers, %(documents)d documents.")
        yield Finding(Severity.FINE, said % counts)


def check_files(*, customers: Path, invoices: Path) -> Iterator[Finding]:
    """Yield every fault of both files, or that there is none."""
    try:
        with read_files(customers=customers, invoices=invoices) as staging:
            yield from Files(staging).check()
    except FilesFaulty as faulty:
        yield from (Finding(Severity.STOPS, str(fault)) for fault in faulty.faults)


def _customer(row: sqlite3.Row) -> RemoteCustomer:
    return RemoteCustomer(
        external_id=row["external_id"],
        login=row["login"],
        name=row["name"],
        company=row["company"],
        partner_id=row["reseller"],
    )


def _document(row: sqlite3.Row) -> RemoteDocument:
    """Return a document; in files its number is its identity."""
    return RemoteDocument(
        external_id=row["number"],
        kind=DocumentKind(row["kind"]),
        customer_id=row["customer"],
        number=row["number"],
        issued_on=date.fromisoformat(row["issued_on"]),
        due_on=date.fromisoformat(row["due_on"]),
        total=_money(row["total"]),
        due=_money(row["due"]),
    )


def _money(ten_thousandths: int) -> Decimal:
    return Decimal(ten_thousandths).scaleb(-SCALE)
