"""A billing system in memory: it keeps its own books, and does what a network does to a call when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Literal

from billing.connectors.protocol import (
    BillingUnavailable,
    Delivered,
    DocumentKind,
    Finding,
    NotSent,
    Outcome,
    Page,
    Part,
    Refused,
    RemoteBalance,
    RemoteCustomer,
    RemoteDocument,
    RemoteName,
    RemotePayment,
    Severity,
    Unanswered,
    Undo,
    Unreadable,
)

Fault = str  # "": none; "not sent", "before", "after", "late", "refused"
ISSUED, DUE = date(2026, 1, 1), date(2026, 1, 15)


@dataclass
class Account:
    """A customer over there with a balance and documents of their own."""

    customer: RemoteCustomer
    balance: Decimal = Decimal(0)
    documents: dict[tuple[DocumentKind, str], RemoteDocument] = field(default_factory=dict)
    pays_through: str = ""


@dataclass
class Ledger:
    """The books over there. `faults` are used up call by call; `late` are calls that take effect afterwards."""

    accounts: dict[str, Account] = field(default_factory=dict)
    entered: dict[str, RemotePayment] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    late: list[Callable[[], object]] = field(default_factory=list)
    is_down: bool = False
    per_page: int = 500
    between: Callable[[str], object] = lambda what: None  # called before each answer, to let other things happen
    longest_call: float = 5.0
    questions_at_once: int = 8
    partner_field: Literal["external_id"] = "external_id"
    told: list[str] = field(default_factory=list)  # references in the order they were told
    asked: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)  # there, but the list does not name them
    silent: set[str] = field(default_factory=set)  # customers whose balance is not answered
    odd: set[str] = field(default_factory=set)  # payments that cannot be read
    lock: threading.RLock = field(default_factory=threading.RLock)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    # --- Set up ------------------------------------------------------------------------------------------------------
    def add(self, external_id: str, balance: str = "0", **changes: str) -> Account:
        """Add a customer."""
        fields = {"login": f"login{external_id}", "name": f"Customer {external_id}", "company": "", "partner_id": ""}
        account = Account(RemoteCustomer(external_id=external_id, **{**fields, **changes}), Decimal(balance))
        self.accounts[external_id] = account
        return account

    def issue(self, external_id: str, number: str, total: str, *, kind: DocumentKind = DocumentKind.INVOICE) -> None:
        """Issue a document; an invoice charges the account."""
        amount = Decimal(total)
        account = self.accounts[external_id]
        account.documents[kind, number] = RemoteDocument(number, kind, external_id, number, ISSUED, DUE, amount, amount)
        if kind == DocumentKind.INVOICE:
            account.balance -= amount

    def standing(self, reference: str) -> list[RemotePayment]:
        """Return the payments that stand under a reference."""
        return [payment for payment in self.entered.values() if payment.reference == reference and not payment.deleted]

    # --- Customers ---------------------------------------------------------------------------------------------------
    def count_customers(self) -> int:
        """Return how many there are."""
        return len(self.accounts)

    def customers(self) -> Iterator[Page[RemoteCustomer]]:
        """Yield the list."""
        self._answer("customers")
        names = sorted(set(self.accounts) - self.unlisted)
        for start in range(0, len(names), self.per_page):
            page = [self.accounts[name].customer for name in names[start : start + self.per_page]]
            yield Page(
                [customer for customer in page if customer.external_id not in self.unreadable],
                [Unreadable(c.external_id, c.external_id, "odd") for c in page if c.external_id in self.unreadable],
            )

    def changed_customers(self, since: datetime) -> Iterator[Sequence[str]]:
        """Yield what a test says has changed."""
        self._answer("changed")
        yield list(self.changed)

    def customer(self, customer_id: str) -> RemoteCustomer | None:
        """Return one customer."""
        self._answer(f"customer {customer_id}")
        account = self.accounts.get(customer_id)
        return account.customer if account else None

    def balance(self, customer: RemoteCustomer) -> RemoteBalance | None:
        """Return the balance as it is before others are let in: the answer is on its way already."""
        if customer.external_id in self.silent:
            raise BillingUnavailable("no answer")
        account = self.accounts.get(customer.external_id)
        answer = RemoteBalance(customer.external_id, account.balance, account.pays_through) if account else None
        self._answer(f"balance {customer.external_id}")
        return answer

    def documents(self, customer_ids: Sequence[str]) -> Page[RemoteDocument]:
        """Return what is open."""
        documents = [
            d for name in customer_ids if name in self.accounts for d in self.accounts[name].documents.values()
        ]
        self._answer("documents")
        return Page([document for document in documents if document.due > 0])

    # --- Payments ----------------------------------------------------------------------------------------------------
    def deliver(self, part: Part) -> Outcome:
        """Enter a part, with the next fault."""

        def enter() -> str:
            return self._enter(part)

        self.told.append(part.reference)
        return self._with_fault(enter)

    def undo(self, undo: Undo) -> Outcome:
        """Delete a payment, with the next fault."""

        def delete() -> str:
            return self._delete(undo.remote_id)

        self.told.append(undo.reference)
        return self._with_fault(delete)

    def look_up(self, reference: str, customer_id: str) -> Sequence[RemotePayment]:
        """Return what stands under the reference, deleted ones too."""
        self._answer(f"look up {reference}")
        return [payment for payment in self.entered.values() if payment.reference == reference]

    def look_up_undo(self, undo: Undo) -> str | None:
        """Return the deleted payment's id."""
        self._answer(f"look up {undo.reference}")
        return undo.remote_id if self.entered[undo.remote_id].deleted else None

    def payment(self, remote_id: str) -> RemotePayment | None:
        """Return one that stands."""
        self._answer(f"payment {remote_id}")
        if remote_id in self.odd:
            raise BillingUnavailable("odd amount")
        payment = self.entered.get(remote_id)
        return payment if payment and not payment.deleted else None

    def payments(self, since: date) -> Iterator[Page[RemotePayment]]:
        """Yield those that stand."""
        self._answer("payments")
        standing = [payment for payment in self.entered.values() if not payment.deleted]
        shown = [payment for payment in standing if payment.paid_on is None or payment.paid_on >= since]
        yield Page(
            [payment for payment in shown if payment.remote_id not in self.odd],
            [Unreadable(p.remote_id, p.customer_id, "odd amount") for p in shown if p.remote_id in self.odd],
        )

    # --- The connection ----------------------------------------------------------------------------------------------
    def partners(self) -> Sequence[RemoteName]:
        """Return one for each that customers have."""
        return [RemoteName(partner, partner) for partner in {a.customer.partner_id for a in self.accounts.values()}]

    def methods(self) -> Sequence[RemoteName]:
        """Return cash."""
        return [RemoteName("1", "Cash")]

    def check(self) -> Iterator[Finding]:
        """Say that all is well, or not."""
        yield Finding(Severity.STOPS, "down") if self.is_down else Finding(Severity.FINE, "up")

    # --- Inside ------------------------------------------------------------------------------------------------------
    def _answer(self, what: str) -> None:
        with self.lock:
            self.asked.append(what)
        if self.is_down:
            raise BillingUnavailable("connection refused")
        self.between(what)

    def _with_fault(self, act: Callable[[], str]) -> Outcome:
        self.between("told")
        fault = "not sent" if self.is_down else self.faults.pop(0) if self.faults else ""
        if fault == "not sent":
            return NotSent("connection refused")
        if fault == "refused":
            return Refused("Customer is not there")
        if fault == "before":
            return Unanswered("timed out")
        if fault == "late":
            self.late.append(act)
            return Unanswered("timed out")
        remote_id = act()
        return Unanswered("timed out") if fault == "after" else Delivered(remote_id)

    def arrive(self) -> None:
        """Let the calls that came too late take effect now."""
        for act in self.late:
            act()
        self.late.clear()

    def _enter(self, part: Part) -> str:
        with self.lock:
            remote_id = str(next(self.ids))
            self.entered[remote_id] = RemotePayment(
                remote_id=remote_id,
                customer_id=part.customer_id,
                reference=part.reference,
                amount=part.amount,
                paid_on=part.paid_on,
                method_id=part.method_id,
                document_kind=part.document_kind,
                document_id=part.document_id,
            )
            self._book(part.customer_id, part.document_kind, part.document_id, part.amount)
            return remote_id

    def _delete(self, remote_id: str) -> str:
        with self.lock:
            payment = self.entered[remote_id]
            if not payment.deleted:
                self.entered[remote_id] = replace(payment, deleted=True)
                self._book(payment.customer_id, payment.document_kind, payment.document_id, -payment.amount)
            return remote_id

    def _book(self, customer_id: str, kind: DocumentKind | None, document_id: str, amount: Decimal) -> None:
        account = self.accounts[customer_id]
        account.balance += amount
        if kind is not None and (kind, document_id) in account.documents:
            document = account.documents[kind, document_id]
            account.documents[kind, document_id] = replace(document, due=document.due - amount)
