"""Splynx as a billing system: the protocol, put together from the modules beside this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal

from billing.connectors.protocol import (
    BillingUnavailable,
    Finding,
    Outcome,
    Page,
    Part,
    RemoteBalance,
    RemoteCustomer,
    RemoteDocument,
    RemoteName,
    RemotePayment,
    Undo,
)
from billing.connectors.splynx import connection, customers, documents, payments, writing
from billing.connectors.splynx.access import Access
from billing.connectors.splynx.changes import Changes
from billing.connectors.splynx.customers import is_number
from billing.connectors.splynx.lists import walk
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, identifier, is_on, text

METHODS = "admin/finance/payment-methods"
PARTNERS = "admin/administration/partners"
LONGEST_NAME = 255


class Splynx:
    """One Splynx; to be made once in a process and used by all its threads."""

    questions_at_once = 8  # a billing system is busy with its own people as well
    partner_field: Literal["external_id"] = "external_id"

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = Session(access)
        self._changes = Changes(self._session)

    @property
    def longest_call(self) -> float:
        """See BillingSystem."""
        return self._session.longest_call

    def count_customers(self) -> int:
        """See BillingSystem."""
        return self._session.total(customers.CUSTOMERS)

    def customers(self) -> Iterator[Page[RemoteCustomer]]:
        """See BillingSystem."""
        return customers.all_customers(self._session)

    def changed_customers(self, since: datetime) -> Iterator[Sequence[str]]:
        """See BillingSystem."""
        return self._changes.since(since)

    def customer(self, customer_id: str) -> RemoteCustomer | None:
        """See BillingSystem."""
        return customers.one_customer(self._session, customer_id)

    def balance(self, customer: RemoteCustomer) -> RemoteBalance | None:
        """See BillingSystem."""
        return customers.balance_of(self._session, customer)

    def documents(self, customer_ids: Sequence[str]) -> Page[RemoteDocument]:
        """See BillingSystem."""
        return documents.open_documents(self._session, customer_ids)

    def deliver(self, part: Part) -> Outcome:
        """See BillingSystem."""
        return writing.deliver(self._session, part)

    def undo(self, undo: Undo) -> Outcome:
        """See BillingSystem."""
        act = writing.delete if self._access.undo == "delete" else writing.enter_negative
        return act(self._session, undo)

    def look_up(self, reference: str, customer_id: str) -> Sequence[RemotePayment]:
        """See BillingSystem."""
        return payments.under_reference(self._session, reference, customer_id)

    def look_up_undo(self, undo: Undo) -> str | None:
        """See BillingSystem."""
        if self._access.undo == "delete":
            is_gone = is_number(undo.remote_id) and payments.one_payment(self._session, undo.remote_id) is None
            return undo.remote_id if is_gone else None
        found = payments.under_reference(self._session, undo.reference, undo.part.customer_id)
        return next((payment.remote_id for payment in found if not payment.deleted), None)

    def payment(self, remote_id: str) -> RemotePayment | None:
        """See BillingSystem."""
        return payments.one_payment(self._session, remote_id)

    def payments(self, since: date) -> Iterator[Page[RemotePayment]]:
        """See BillingSystem."""
        return payments.payments_since(self._session, since)

    def partners(self) -> Sequence[RemoteName]:
        """See BillingSystem."""
        return [_name(row) for page in walk(self._session, PARTNERS) for row in page]

    def methods(self) -> Sequence[RemoteName]:
        """See BillingSystem."""
        return [_name(row) for page in walk(self._session, METHODS) for row in page]

    def check(self) -> Iterator[Finding]:
        """See BillingSystem."""
        return connection.check(self._session, self._access)


def _name(row: Row) -> RemoteName:
    try:
        is_active = is_on(row, "is_active") if "is_active" in row else True
        return RemoteName(identifier(row, "id"), text(row, "name", LONGEST_NAME), is_active)
    except Unexpected as fault:
        raise BillingUnavailable(str(fault)) from None
