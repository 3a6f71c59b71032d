"""The desk as a few dicts, written from the design and not from the code: what must come out of each act.

Amounts are whole ten-thousandths, and every act returns the names of the refusals that are right; none: it is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

CENT = 100
MOST = 50_000 * 10_000


@dataclass
class Document:
    """An invoice or proforma as the billing system last stated it."""

    number: str
    customer: str
    is_proforma: bool
    due_on: date
    total: int
    due: int


@dataclass
class Customer:
    """Somebody who pays, as the billing system last stated it."""

    name: str
    house: str  # the reseller's code, empty for the provider's own
    balance: int = 0
    is_gone: bool = False


@dataclass
class Told:
    """What the billing system must be told of one part: the part applied, or undone again."""

    state: str = "waiting"
    batch: int = 0
    is_reflected: bool = False

    @property
    def counts(self) -> bool:
        """Whether it stands on top of the billing system's own figures."""
        return self.state != "cancelled" and not self.is_reflected


@dataclass
class Part:
    """A part of a payment, on a document or (empty) on account."""

    document: str
    amount: int
    apply: Told = field(default_factory=Told)
    undo: Told | None = None

    @property
    def on_top(self) -> int:
        """What the part adds to the billing system's figures."""
        undone = self.amount if self.undo and self.undo.counts else 0
        return (self.amount if self.apply.counts else 0) - undone


@dataclass
class Payment:
    """Money taken: by whom, from whom, into which till, and in which parts."""

    key: UUID
    operator: str
    house: str
    till: str
    customer: str
    method: str
    amount: int
    parts: list[Part]
    is_reversed: bool = False
    replaced_by: UUID | None = None
    printed: int = 0


@dataclass
class Till:
    """A till: its limit (None: none), its balance, and how many lines it has."""

    limit: int | None
    balance: int = 0
    lines: int = 0


@dataclass
class Model:
    """All of it. An operator is a name with a house; who has every right is a supervisor."""

    operators: dict[str, str]
    supervisors: set[str]
    tills: dict[str, Till]
    customers: dict[str, Customer] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    payments: dict[UUID, Payment] = field(default_factory=dict)
    given_up: set[tuple[str, UUID]] = field(default_factory=set)
    batches: int = 0
    included: int = 0

    # --- What is shown -----------------------------------------------------------------------------------------------

    def till_of(self, operator: str) -> str:
        """Return the name of the till an operator works with."""
        return self.operators[operator] or operator

    def sees_customer(self, operator: str, customer: str) -> bool:
        """Return whether the customer is in the operator's scope."""
        house = self.operators[operator]
        return customer in self.customers and (not house or self.customers[customer].house == house)

    def sees_payment(self, operator: str, key: UUID) -> bool:
        """Return whether the payment is the operator's own, or in the scope of a supervisor."""
        payment, house = self.payments.get(key), self.operators[operator]
        if payment is None:
            return False
        return payment.operator == operator or (operator in self.supervisors and house in ("", payment.house))

    def balance(self, customer: str) -> int:
        """Return the balance shown: the billing system's, and on top what it does not know yet."""
        parts = (part for payment in self.payments.values() if payment.customer == customer for part in payment.parts)
        return self.customers[customer].balance + sum(part.on_top for part in parts)

    def open_due(self, number: str) -> int:
        """Return what is still open on a document, zero for less than a cent."""
        parts = (part for payment in self.payments.values() for part in payment.parts if part.document == number)
        due = self.documents[number].due - sum(part.on_top for part in parts)
        return due if due >= CENT else 0

    def open_documents(self, customer: str) -> list[Document]:
        """Return what can be paid, by due date, and of one day in the order in which they came."""
        found = [d for d in self.documents.values() if d.customer == customer and self.open_due(d.number) > 0]
        return sorted(found, key=lambda document: document.due_on)

    # --- The acts ----------------------------------------------------------------------------------------------------

    def take(self, operator: str, key: UUID, customer: str, method: str, amount: int, chosen: list[str]) -> set[str]:
        """Take a payment, or return why not."""
        earlier = self.payments.get(key)
        if earlier is not None and earlier.operator == operator:
            is_same = (earlier.customer, earlier.method, earlier.amount) == (customer, method, amount)
            return set() if is_same else {"KeyUsedOtherwise"}
        if (operator, key) in self.given_up:
            return {"KeyGivenUp"}
        till = self.till_of(operator)
        refusals = self._refusals(operator, customer, chosen)
        if not 0 < amount <= MOST or amount % CENT:
            refusals.add("AmountRefused")
        if self._passes_limit(till, method, amount):
            refusals.add("TillLimitReached")
        if earlier is not None:
            refusals.add("FormUnusable")
        if not refusals:
            self._record(operator, till, key, customer, method, amount, chosen)
        return refusals

    def _refusals(self, operator: str, customer: str, chosen: list[str]) -> set[str]:
        if not self.sees_customer(operator, customer) or self.customers[customer].is_gone:
            return {"CustomerGone"}
        is_open = {document.number for document in self.open_documents(customer)}
        return set() if set(chosen) <= is_open else {"InvoicesRefused"}

    def _passes_limit(self, till: str, method: str, amount: int) -> bool:
        limit = self.tills[till].limit
        return method in COUNTED and limit is not None and self.tills[till].balance - amount < -limit

    def _record(
        self, operator: str, till: str, key: UUID, customer: str, method: str, amount: int, chosen: list[str]
    ) -> None:
        parts = self.split(customer, amount, chosen)
        house = till if till in self.operators.values() else ""
        self.payments[key] = Payment(key, operator, house, till, customer, method, amount, parts)
        self._write_line(till, -amount if method in COUNTED else 0)

    def _write_line(self, till: str, effect: int) -> None:
        self.tills[till].lines += 1
        self.tills[till].balance += effect

    def split(self, customer: str, amount: int, chosen: list[str]) -> list[Part]:
        """Return the parts: chosen documents first, in the order shown, then invoices by due date, then on account."""
        shown = self.open_documents(customer)
        first = [document for document in shown if document.number in chosen]
        then = [document for document in shown if document.number not in chosen and not document.is_proforma]
        parts = []
        for document in [*first, *then]:
            most = -(-self.open_due(document.number) // CENT) * CENT  # rounded up to the cent
            if amount > 0:
                parts.append(Part(document.number, min(amount, most)))
                amount -= parts[-1].amount
        return [*parts, Part("", amount)] if amount else parts

    def reverse(self, operator: str, key: UUID) -> set[str]:
        """Reverse a payment, or return why not."""
        if not self.sees_payment(operator, key):
            return {"DoesNotExist"}
        payment = self.payments[key]
        if payment.is_reversed:
            return {"AlreadyReversed"}
        if payment.operator != operator and operator not in self.supervisors:
            return {"PermissionDenied"}
        self._undo(payment)
        return set()

    def _undo(self, payment: Payment) -> None:
        payment.is_reversed = True
        self._write_line(payment.till, payment.amount if payment.method in COUNTED else 0)
        for part in payment.parts:
            if part.apply.state == "waiting":
                part.apply.state = "cancelled"
            else:
                part.undo = Told()

    def move(self, operator: str, key: UUID, customer: str, new_key: UUID) -> set[str]:
        """Move a payment to another customer, or return why not; the same form again changes nothing."""
        if not self.sees_payment(operator, key):
            return {"DoesNotExist"}
        payment, earlier = self.payments[key], self.payments.get(new_key)
        if earlier is not None and earlier.operator == operator:
            is_done = payment.replaced_by == new_key and earlier.customer == customer
            return set() if is_done else {"AlreadyReversed", "KeyUsedOtherwise"}
        if (operator, new_key) in self.given_up:
            return {"KeyGivenUp"}
        refusals = self._refusals(operator, customer, [])
        if payment.is_reversed:
            refusals.add("AlreadyReversed")
        is_foreign = customer in self.customers and payment.house not in ("", self.customers[customer].house)
        if customer == payment.customer or is_foreign:
            refusals.add("CustomerGone")
        if earlier is not None:
            refusals.add("FormUnusable")
        if not refusals:
            self._undo(payment)
            self._record(operator, payment.till, new_key, customer, payment.method, payment.amount, [])
            payment.replaced_by = new_key
        return refusals

    def give_up(self, operator: str, key: UUID) -> bool:
        """Give a form up; return whether its payment is there already, and then do nothing."""
        payment = self.payments.get(key)
        if payment is not None and payment.operator == operator:
            return True
        self.given_up.add((operator, key))
        return False

    def export(self) -> int | None:
        """Put what waits into the next batch and return its number, None when nothing waits."""
        waiting = [told for told in self._all_told() if told.state == "waiting"]
        if not waiting:
            return None
        self.batches += 1
        for told in waiting:
            told.state, told.batch = "delivered", self.batches
        return self.batches

    def _all_told(self) -> list[Told]:
        parts = [part for payment in self.payments.values() for part in payment.parts]
        return [told for part in parts for told in (part.apply, part.undo) if told is not None]

    def state(self, customers: list[Customer], documents: list[Document], includes: int) -> None:
        """Take the billing system's new figures, which contain the batches up to this one."""
        self.included = includes
        named = {customer.name for customer in customers}
        stated = {document.number: document for document in documents}
        for customer in self.customers.values():
            customer.is_gone = customer.is_gone or customer.name not in named
        self.customers |= {customer.name: customer for customer in customers}
        for document in self.documents.values():
            document.due = 0 if document.number not in stated else document.due
        self.documents |= stated
        for payment in self.payments.values():
            for told in [told for part in payment.parts for told in (part.apply, part.undo) if told is not None]:
                contained = told.state == "delivered" and told.batch <= includes
                told.is_reflected = told.is_reflected or (contained and payment.customer in named)


COUNTED = {"Cash", "Cheque"}  # methods whose money stays with the operator
