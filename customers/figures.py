"""What a billing system says about customers, as plain values, and how that differs from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from customers.models import Customer, Invoice


@dataclass(frozen=True, slots=True)
class DocumentFigures:
    """An invoice or proforma as the billing system states it."""

    kind: str
    external_id: str
    number: str
    issued_on: date
    due_on: date
    total: Decimal
    due: Decimal

    def differs_from(self, invoice: Invoice) -> bool:
        """Return whether the stored document says anything else."""
        return any(getattr(self, name) != getattr(invoice, name) for name in DOCUMENT_FIELDS)


DOCUMENT_FIELDS = tuple(column.name for column in fields(DocumentFigures))


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """A customer as the billing system states it, with all documents; one it does not name is paid or withdrawn."""

    external_id: str
    login: str
    name: str
    company: str
    reseller_id: int | None
    balance: Decimal
    documents: Sequence[DocumentFigures] = ()
    paid_through: str = ""  # external id of the account that pays for this one; empty: it pays for itself

    def differ_from(self, customer: Customer) -> bool:
        """Return whether the stored customer says anything else, or is gone."""
        if self.rename(customer):
            return True
        return (self.balance, self.paid_through) != (customer.balance, customer.paid_through)

    def rename(self, customer: Customer) -> bool:
        """Return whether search must find the customer otherwise from now on."""
        stored = (customer.login, customer.name, customer.company, customer.reseller_id)
        return (self.login, self.name, self.company, self.reseller_id) != stored or customer.gone_at is not None


@dataclass
class Changes:
    """How many rows were written, or would be, by what happened to them."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    returned: int = 0  # of the changed: they were gone
    gone: int = 0
    newer: int = 0  # left alone: a later fetch has written them
    left_alone: int = 0  # one of their payments is on its way; they are asked for again
    documents_created: int = 0
    documents_changed: int = 0
    documents_unchanged: int = 0
    documents_closed: int = 0

    def __iadd__(self, other: Changes) -> Changes:
        for column in fields(self):
            setattr(self, column.name, getattr(self, column.name) + getattr(other, column.name))
        return self

    @property
    def written(self) -> int:
        """How many customers and documents were written at all."""
        customers = self.created + self.changed + self.gone
        return customers + self.documents_created + self.documents_changed + self.documents_closed


@dataclass
class Difference:
    """What must be written for a number of customers, so that the stored rows say what the billing system says."""

    customers: list[tuple[Customer, CustomerFigures]] = field(default_factory=list)
    new_documents: list[tuple[Customer, DocumentFigures]] = field(default_factory=list)
    documents: list[tuple[Invoice, DocumentFigures]] = field(default_factory=list)
    closed: list[Invoice] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)


def compare(
    stored: Mapping[str, Customer], invoices: Sequence[Invoice], figures: Sequence[CustomerFigures]
) -> Difference:
    """Return what differs for the stored customers (by external id), given all of their stored documents."""
    difference = Difference()
    by_customer: dict[int, dict[tuple[str, str], Invoice]] = {}
    for invoice in invoices:
        by_customer.setdefault(invoice.customer_id, {})[invoice.kind, invoice.external_id] = invoice
    for stated in figures:
        customer = stored[stated.external_id]
        _compare_customer(difference, customer, stated)
        _compare_documents(difference, customer, stated, by_customer.get(customer.pk, {}))
    return difference


def _compare_customer(difference: Difference, customer: Customer, stated: CustomerFigures) -> None:
    if not stated.differ_from(customer):
        difference.changes.unchanged += 1
        return
    difference.customers.append((customer, stated))
    difference.changes.changed += 1
    difference.changes.returned += customer.gone_at is not None


def _compare_documents(
    difference: Difference, customer: Customer, stated: CustomerFigures, stored: dict[tuple[str, str], Invoice]
) -> None:
    for document in stated.documents:
        invoice = stored.pop((document.kind, document.external_id), None)
        if invoice is None:
            difference.new_documents.append((customer, document))
        elif document.differs_from(invoice):
            difference.documents.append((invoice, document))
        else:
            difference.changes.documents_unchanged += 1
    unnamed = [invoice for invoice in stored.values() if invoice.due > 0]
    difference.closed += unnamed
    difference.changes.documents_closed += len(unnamed)
    difference.changes.documents_created = len(difference.new_documents)
    difference.changes.documents_changed = len(difference.documents)
