"""Payments that stand over there: one, all since, and those under a reference of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from billing.connectors.protocol import BillingUnavailable, DocumentKind, Page, RemotePayment, Unreadable
from billing.connectors.splynx.customers import is_number
from billing.connectors.splynx.lists import walk
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, amount, day, identifier, is_on, optional_identifier, text

PAYMENTS = "admin/finance/payments"
MOST_PAGES = 200  # of one customer: more comes only from a server that does not filter
LONGEST_REFERENCE = 32  # receipt_number
DOCUMENTS = {DocumentKind.INVOICE: "invoice_id", DocumentKind.PROFORMA: "request_id"}


def read_payment(row: Row) -> RemotePayment:
    """Return a payment as a row states it; raises Unexpected."""
    kind, document_id = _document(row)
    return RemotePayment(
        remote_id=identifier(row, "id"),
        customer_id=identifier(row, "customer_id"),
        reference=text(row, "receipt_number", LONGEST_REFERENCE + 1),  # one longer than ours is not ours
        amount=amount(row, "amount"),
        paid_on=day(row, "date"),
        method_id=optional_identifier(row, "payment_type"),
        document_kind=kind,
        document_id=document_id,
        unallocated=amount(row, "remind_amount") if row.get("remind_amount") is not None else Decimal(0),
        deleted=is_on(row, "deleted") or row.get("status") == "deleted",
    )


def one_payment(session: Session, remote_id: str) -> RemotePayment | None:
    """Return one payment; None when Splynx itself says that there is none, or that it is deleted.

    What another partner's payment hides is not certain, so it raises BillingUnavailable: after a change of the key's
    partner every payment would look deleted.
    """
    if not is_number(remote_id):
        return None
    answer = session.read("GET", f"{PAYMENTS}/{remote_id}")
    if answer.is_of_other_partner:
        raise BillingUnavailable(session.tell(answer))
    row = session.row_in(answer, PAYMENTS)
    if row is None:
        return None
    try:
        payment = read_payment(row)
    except Unexpected as fault:
        raise BillingUnavailable(str(fault)) from None
    if payment.remote_id != remote_id:
        raise BillingUnavailable(f"{payment.remote_id} != {remote_id}")
    return None if payment.deleted else payment


def payments_since(session: Session, since: date) -> Iterator[Page[RemotePayment]]:
    """Yield all payments dated on this day or later, in pages."""
    for rows in walk(session, PAYMENTS, {"date": [">=", since.isoformat()]}):
        found, unreadable = [], []
        for row in rows:
            try:
                payment = read_payment(row)
                if payment.paid_on is None or payment.paid_on >= since:
                    found.append(payment)
            except Unexpected as fault:
                unreadable.append(Unreadable(_id(row, "id"), _id(row, "customer_id"), str(fault)))
        yield Page(found, unreadable)


def under_reference(session: Session, reference: str, customer_id: str) -> Sequence[RemotePayment]:
    """Return every payment under this reference; raises BillingUnavailable when that cannot be decided.

    Splynx may ignore a filter and give everybody's payments: then the customer's are asked for and looked through.
    """
    rows: list[Row] = []
    for page in walk(session, PAYMENTS, {"receipt_number": reference}, most_pages=MOST_PAGES):
        if any(_text(row, "receipt_number") != reference for row in page):
            return _matching(_of_customer(session, customer_id), reference)
        rows += page
    return _matching(rows, reference)


def _of_customer(session: Session, customer_id: str) -> list[Row]:
    if not is_number(customer_id):
        return []
    pages = walk(session, PAYMENTS, {"customer_id": customer_id}, most_pages=MOST_PAGES)
    return [row for page in pages for row in page]


def _matching(rows: Sequence[Row], reference: str) -> Sequence[RemotePayment]:
    """Return the payments under the reference; one that cannot be read leaves it undecided."""
    try:
        return [read_payment(row) for row in rows if _text(row, "receipt_number") == reference]
    except Unexpected as fault:
        raise BillingUnavailable(str(fault)) from None


def _document(row: Row) -> tuple[DocumentKind | None, str]:
    for kind, column in DOCUMENTS.items():
        document_id = optional_identifier(row, column)
        if document_id:
            return kind, document_id
    return None, ""


def _text(row: Row, name: str) -> str:
    try:
        return text(row, name, LONGEST_REFERENCE + 1)
    except Unexpected:
        return ""


def _id(row: Row, name: str) -> str:
    try:
        return identifier(row, name)
    except Unexpected:
        return ""
