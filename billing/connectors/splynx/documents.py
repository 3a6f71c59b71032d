"""Open invoices and proformas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from billing.connectors.protocol import DocumentKind, Page, RemoteDocument, Unreadable
from billing.connectors.splynx.customers import is_number
from billing.connectors.splynx.lists import walk
from billing.connectors.splynx.query import Nested
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, amount, day, identifier, text
from customers.models import Invoice

PATHS = {DocumentKind.INVOICE: "admin/finance/invoices", DocumentKind.PROFORMA: "admin/finance/proforma-invoices"}
OPEN = "not_paid"
AT_ONCE = 50  # ids in one address: longer ones are cut by web servers
MOST_PAGES = 200  # of one customer: more comes only from a server that does not filter
LONGEST_NUMBER = Invoice._meta.get_field("number").max_length or 0


def open_documents(session: Session, customer_ids: Sequence[str]) -> Page[RemoteDocument]:
    """Return the open documents of these customers; rows of others, which an ignored filter lets in, are dropped."""
    asked = [customer_id for customer_id in customer_ids if is_number(customer_id)]
    documents: list[RemoteDocument] = []
    unreadable: list[Unreadable] = []
    for kind, path in PATHS.items():
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            for row in _open_rows(session, path, some):
                try:
                    documents += read_document(row, kind)
                except Unexpected as fault:
                    unreadable += _unreadable(row, fault, some)
    return Page(documents, unreadable)


def read_document(row: Row, kind: DocumentKind) -> list[RemoteDocument]:
    """Return the document that a row states, or none when there is nothing to pay; raises Unexpected.

    A proforma has no `due`: it is paid as a whole. A due above the total is a rounding over there.
    """
    total = amount(row, "total")
    due = min(amount(row, "due"), total) if row.get("due") is not None else total
    if row.get("status") != OPEN or due <= 0:
        return []
    issued = day(row, "date_created") or day(row, "real_create_datetime")
    due_on = day(row, "date_till") or issued
    if due_on is None:
        raise Unexpected(_("%(field)s is not a day") % {"field": "date_created"})
    external_id = identifier(row, "id")
    return [
        RemoteDocument(
            external_id=external_id,
            kind=kind,
            customer_id=identifier(row, "customer_id"),
            number=text(row, "number", LONGEST_NUMBER) or external_id,
            issued_on=issued or due_on,
            due_on=due_on,
            total=total,
            due=due,
        )
    ]


def _open_rows(session: Session, path: str, customer_ids: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of these customers; where a filter by several is not understood, ask for each alone."""
    if len(customer_ids) > 1:
        wanted: Nested = ["IN", list(customer_ids)]
        rows: list[Row] = []
        for page in walk(session, path, {"customer_id": wanted, "status": OPEN}):
            if any(_owner(row) not in ("", *customer_ids) for row in page):
                break
            rows += page
        else:
            yield from rows
            return
    for customer_id in customer_ids:
        for page in walk(session, path, {"customer_id": customer_id, "status": OPEN}, most_pages=MOST_PAGES):
            yield from (row for row in page if _owner(row) in ("", customer_id))


def _owner(row: Row) -> str:
    try:
        return identifier(row, "customer_id")
    except Unexpected:
        return ""  # unreadable, told as such


def _unreadable(row: Row, fault: Unexpected, customer_ids: Sequence[str]) -> list[Unreadable]:
    """Return the row as unreadable for its customer; where not even that can be read, for each who was asked for."""
    try:
        external_id = identifier(row, "id")
    except Unexpected:
        external_id = ""
    owner = _owner(row)
    return [Unreadable(external_id, customer_id, str(fault)) for customer_id in ([owner] if owner else customer_ids)]
