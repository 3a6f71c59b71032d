"""What a billing system outside must be able to do for the desk, in plain values.

Figures come from a `FigureSource`: files and live systems are one. Payments go to a `BillingSystem`, which is a source
that also answers: it takes a payment, finds it by our reference, and takes it back. Files cannot, and do not claim to.

A connector decides nothing about money: it asks, it tells, and it says what is certain about the outcome. Ids are
texts, amounts are Decimals, and nothing that the desk must not show is in any of these values.

Every method of a BillingSystem may be called from several threads at once and never inside a database transaction: it
waits for a network. Whatever asks raises BillingUnavailable when there is no answer to work with; deliver and undo
never do, they return an outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

Row = TypeVar("Row", covariant=True)


class BillingUnavailable(Exception):
    """There is no answer to work with; the message says why, in words for an administrator, without secrets."""


class DocumentKind(StrEnum):
    """What sort of document it is; the values are those of Invoice.Kind."""

    INVOICE = "invoice"
    PROFORMA = "proforma"


@dataclass(frozen=True, slots=True)
class RemoteCustomer:
    """A customer as the billing system states it. The balance is asked for separately."""

    external_id: str
    login: str
    name: str
    company: str
    partner_id: str  # of the reseller, in the source's partner_field; empty: of no partner
    parent_id: str = ""  # whose sub-account it is; only RemoteBalance says whether it is also billed through it


@dataclass(frozen=True, slots=True)
class RemoteBalance:
    """What a customer owes (below zero) or has, and through whom a sub-account is billed."""

    customer_id: str
    amount: Decimal
    pays_through: str = ""  # the parent: its account is shown and paid, its id is the payment's customer; empty: itself


@dataclass(frozen=True, slots=True)
class RemoteDocument:
    """An open invoice or proforma: 0 < due <= total. Paid, withdrawn and deleted ones are not stated."""

    external_id: str
    kind: DocumentKind
    customer_id: str
    number: str
    issued_on: date
    due_on: date
    total: Decimal
    due: Decimal


@dataclass(frozen=True, slots=True)
class RemotePayment:
    """A payment that stands in the billing system, whoever entered it; below zero for a refund."""

    remote_id: str
    customer_id: str
    reference: str  # ours, when it is one of ours
    amount: Decimal
    paid_on: date | None
    method_id: str = ""
    document_kind: DocumentKind | None = None
    document_id: str = ""
    unallocated: Decimal = Decimal(0)  # what is on account
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class RemoteName:
    """A partner or a payment method over there: its id, its name, whether it is in use."""

    external_id: str
    name: str
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is there but cannot be understood: its customer is left alone, never taken for gone."""

    external_id: str  # empty when not even this can be read
    customer_id: str  # the customer concerned; empty when unknown
    reason: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list."""

    rows: Sequence[Row]
    unreadable: Sequence[Unreadable] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a payment, as it is told to the billing system."""

    reference: str  # the document number and part, A1-000123/2; at most 32 characters
    receipt_number: str  # the document number on paper, A1-000123
    customer_id: str
    amount: Decimal  # above zero
    method_id: str
    paid_on: date
    operator: str
    comment: str = ""
    document_kind: DocumentKind | None = None  # None: on account
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Undo:
    """The taking back of a part that was delivered."""

    reference: str  # of the undo: the reversal's number and the part
    remote_id: str  # what the billing system called the part
    part: Part  # as it was delivered
    paid_on: date  # the day of the reversal
    operator: str  # who reversed
    comment: str = ""  # the reversal's reason


@dataclass(frozen=True, slots=True)
class Delivered:
    """It stands over there under this id; after an undo by deletion the id is the deleted one's."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The billing system will never take this (a validation, no such customer): stop, and show the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly did not reach the books over there; it may be tried again at once, with back-off."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody knows whether it stands over there: it must never be repeated before look-ups have decided."""

    reason: str


Outcome = Delivered | Refused | NotSent | Unanswered


class Severity(StrEnum):
    """What a finding of a check means."""

    FINE = "fine"
    WARNING = "warning"
    STOPS = "stops"  # pull or delivery would not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a connection."""

    severity: Severity
    text: str


class FigureSource(Protocol):
    """Where customers and what they owe come from."""

    @property
    def questions_at_once(self) -> int:
        """How many questions may be asked at the same time; with one, all come from one thread."""

    @property
    def partner_field(self) -> Literal["external_id", "code"]:
        """The column of Reseller in which the partners of this source stand."""

    def count_customers(self) -> int:
        """Return how many customers there are, for a progress bar and for noticing that a list was cut short."""

    def customers(self) -> Iterator[Page[RemoteCustomer]]:
        """Yield all customers in pages; whoever is there throughout is in one of them.

        Whoever is missing may have been unreadable or just been made: ask `customer` before calling one gone.
        """

    def changed_customers(self, since: datetime) -> Iterator[Sequence[str]]:
        """Yield ids of customers of whom anything may have changed since (name, document, payment); some repeat.

        What was deleted over there leaves no trace in it: only a full pull or a hook tells.
        """

    def customer(self, customer_id: str) -> RemoteCustomer | None:
        """Return one customer; None when there is none or when it belongs to a partner we may not see."""

    def balance(self, customer: RemoteCustomer) -> RemoteBalance | None:
        """Return what the customer owes; None when the customer is not there (any more)."""

    def documents(self, customer_ids: Sequence[str]) -> Page[RemoteDocument]:
        """Return all open invoices and proformas of these customers, at most 500 customers at once.

        A row of which not even the customer can be read is unreadable for each of them.
        """

    def check(self) -> Iterator[Finding]:
        """Try the connection without changing anything over there; never raises, says what is missing."""


class BillingSystem(FigureSource, Protocol):
    """A billing system outside that is asked and told while the desk works."""

    @property
    def longest_call(self) -> float:
        """The seconds after which deliver and undo surely do nothing over there any more; a lease is longer."""

    # --- Payments ----------------------------------------------------------------------------------------------------
    def deliver(self, part: Part) -> Outcome:
        """Enter one part over there; called again with the same part it would enter it again."""

    def undo(self, undo: Undo) -> Outcome:
        """Take one delivered part back, by deleting it or by a payment below zero."""

    def look_up(self, reference: str, customer_id: str) -> Sequence[RemotePayment]:
        """Return every payment that stands over there under this reference, deleted ones marked as such.

        Raises BillingUnavailable when the answer does not decide it (the system did not filter by it).
        """

    def look_up_undo(self, undo: Undo) -> str | None:
        """Return the id under which the undo stands over there, as Delivered would; None when it does not.

        Raises BillingUnavailable when the answer does not decide it.
        """

    def payment(self, remote_id: str) -> RemotePayment | None:
        """Return one payment; None when it is not there or was deleted."""

    def payments(self, since: date) -> Iterator[Page[RemotePayment]]:
        """Yield all payments dated on this day or later, whoever entered them, in pages."""

    # --- The connection ----------------------------------------------------------------------------------------------
    def partners(self) -> Sequence[RemoteName]:
        """Return all partners, each with the id that its customers name."""

    def methods(self) -> Sequence[RemoteName]:
        """Return all payment methods; one of ours is mapped by its external_id."""
