"""The two files a billing system hands over, as tests write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Model

from billing.importing import Run, import_files
from billing.models import Batch, Import
from customers.models import Customer, Invoice, SearchKey
from payments.models import Delivery

CUSTOMERS = "external_id,login,name,company,reseller,balance"
INVOICES = "number,kind,customer,issued_on,due_on,total,due"
WRITTEN: tuple[type[Model], ...] = (Customer, Invoice, SearchKey, Import, Batch, Delivery)


@dataclass(frozen=True)
class Files:
    """Two CSV files in a folder."""

    customers: Path
    invoices: Path

    def run(self, **options: Any) -> Run:
        """Import them."""
        return import_files(customers=self.customers, invoices=self.invoices, **options)

    @property
    def arguments(self) -> list[str]:
        """The files as the command takes them."""
        return ["--customers", str(self.customers), "--invoices", str(self.invoices)]


def write(folder: Path, customers: Iterable[str] = (), invoices: Iterable[str] = ()) -> Files:
    """Write both files with their headers, from rows as they stand in them."""
    files = Files(folder / "customers.csv", folder / "invoices.csv")
    files.customers.write_text("\n".join([CUSTOMERS, *customers, ""]), encoding="utf-8")
    files.invoices.write_text("\n".join([INVOICES, *invoices, ""]), encoding="utf-8")
    return files


def invoice(number: str, customer: str = "1", due: str = "60.00", total: str = "60.00", kind: str = "invoice") -> str:
    """Return the row of a document."""
    return f"{number},{kind},{customer},2026-10-01,2026-10-15,{total},{due}"


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all rows that an import or an export may write."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in WRITTEN}
