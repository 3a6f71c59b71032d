"""Customers, their balances, and who may have changed."""

from __future__ import annotations

from collections.abc import Iterator

from billing.connectors.protocol import BillingUnavailable, Page, RemoteBalance, RemoteCustomer, Unreadable
from billing.connectors.splynx.lists import walk
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Row, Unexpected, amount, identifier, optional_identifier, text
from customers.models import Customer

CUSTOMERS = "admin/customers/customer"
BILLING = "admin/customers/customer-billing"
LONGEST_NAME = Customer._meta.get_field("name").max_length or 0
LONGEST_LOGIN = Customer._meta.get_field("login").max_length or 0


def read_customer(row: Row) -> RemoteCustomer:
    """Return a customer as a row states it; raises Unexpected. For a company, `name` is the company's (4.6)."""
    external_id = identifier(row, "id")
    login = text(row, "login", LONGEST_LOGIN)
    name = text(row, "name", LONGEST_NAME) or login or external_id
    is_company = row.get("category") == "company"
    return RemoteCustomer(
        external_id=external_id,
        login=login,
        name="" if is_company else name,
        company=name if is_company else "",
        partner_id=optional_identifier(row, "partner_id"),
        parent_id=optional_identifier(row, "parent_id"),
    )


def all_customers(session: Session) -> Iterator[Page[RemoteCustomer]]:
    """Yield all customers in pages."""
    for rows in walk(session, CUSTOMERS):
        customers, unreadable = [], []
        for row in rows:
            try:
                customers.append(read_customer(row))
            except Unexpected as fault:
                unreadable.append(_unreadable(row, fault))
        yield Page(customers, unreadable)


def one_customer(session: Session, customer_id: str) -> RemoteCustomer | None:
    """Return one customer; None when there is none for us, or the id is not one of Splynx."""
    row = session.row(f"{CUSTOMERS}/{customer_id}") if is_number(customer_id) else None
    if row is None:
        return None
    try:
        customer = read_customer(row)
    except Unexpected as fault:
        raise BillingUnavailable(str(fault)) from None
    if customer.external_id != customer_id:
        raise BillingUnavailable(f"{customer.external_id} != {customer_id}")
    return customer


def balance_of(session: Session, customer: RemoteCustomer) -> RemoteBalance | None:
    """Return what a customer owes or has, and the parent through whom a sub-account is billed."""
    row = session.row(f"{BILLING}/{customer.external_id}") if is_number(customer.external_id) else None
    if row is None:
        return None
    try:
        if optional_identifier(row, "customer_id") not in ("", customer.external_id):
            raise Unexpected(f"customer_id != {customer.external_id}")
        is_aggregated = row.get("sub_billing_mode") == "aggregated"
        return RemoteBalance(
            customer_id=customer.external_id,
            amount=amount(row, "deposit"),
            pays_through=customer.parent_id if is_aggregated else "",
        )
    except Unexpected as fault:
        raise BillingUnavailable(str(fault)) from None


def is_number(external_id: str) -> bool:
    """Return whether Splynx can have given this id: nothing else ever stands in an address."""
    return external_id.isascii() and external_id.isdigit()


def _unreadable(row: Row, fault: Unexpected) -> Unreadable:
    try:
        external_id = identifier(row, "id")
    except Unexpected:
        external_id = ""
    return Unreadable(external_id, external_id, str(fault))
