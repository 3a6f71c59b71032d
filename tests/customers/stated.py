"""What a billing system might state, for tests that write it through the only door."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count

from django.utils import timezone

from accounts.models import Reseller
from customers.figures import Changes, CustomerFigures, DocumentFigures
from customers.models import Customer
from customers.projecting import AfterWrite, write_customers

fetches = count(1)


def document(number: str, due: str = "60", *, kind: str = "invoice", total: str = "60") -> DocumentFigures:
    return DocumentFigures(kind, number, number, date(2026, 10, 1), date(2026, 10, 15), Decimal(total), Decimal(due))


def stated(
    external_id: str,
    name: str = "",
    *documents: DocumentFigures,
    login: str = "",
    company: str = "",
    reseller: Reseller | None = None,
    balance: str = "0",
) -> CustomerFigures:
    return CustomerFigures(
        external_id=external_id,
        login=login or f"login{external_id}",
        name=name or ("" if company else f"Name {external_id}"),
        company=company,
        reseller_id=reseller.pk if reseller else None,
        balance=Decimal(balance),
        documents=documents,
    )


def nothing(ids: Sequence[int]) -> None:
    """Do nothing after the figures are written."""


def write(*figures: CustomerFigures, fetch: int | None = None, after_write: AfterWrite = nothing) -> Changes:
    number = next(fetches) if fetch is None else fetch
    return write_customers(figures=figures, fetch=number, as_of=timezone.now(), after_write=after_write)


def customer(external_id: str) -> Customer:
    return Customer.objects.get(external_id=external_id)
