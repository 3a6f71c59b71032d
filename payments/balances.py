"""What is shown as balance and as due: the billing system's figures, and what it does not know yet on top."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, F, Q, Sum, When

from accounts.models import Operator
from customers.models import Customer, Invoice
from customers.money import ZERO, MoneyField, round_up
from payments.allocating import OpenDocument
from payments.models import Delivery

NOT_YET_THERE = Q(reflected=False) & ~Q(state=Delivery.State.CANCELLED)
SIGNED_AMOUNT = Case(
    When(kind=Delivery.Kind.UNDO, then=-1 * F("allocation__amount")),
    default=F("allocation__amount"),
    output_field=MoneyField(),
)


def shown_balances(customers: Iterable[Customer]) -> dict[int, Decimal]:
    """Return the balance of each customer by id, in one query: what was fetched, plus what is not reflected in it."""
    found = {customer.pk: customer.balance for customer in customers}
    rows = (
        Delivery.objects.filter(NOT_YET_THERE, allocation__payment__transaction__customer__in=found)
        .values_list("allocation__payment__transaction__customer")
        .annotate(amount=Sum(SIGNED_AMOUNT))
        .order_by()
    )
    for customer_id, amount in rows:
        found[customer_id] += amount
    return found


def what_is_owed(customer: Customer, operator: Operator) -> tuple[Decimal, list[OpenDocument]]:
    """Return the balance as shown and the unpaid documents by due date, both of one moment.

    Below zero the customer owes; a due below one unit counts as paid.
    """
    paid = _paid_meanwhile(customer)
    # What was undone here is still paid in the fetched figures.
    reopened = [pk for pk, amount in paid.items() if pk is not None and amount < 0]
    unpaid = Invoice.objects.visible_to(operator).filter(Q(due__gt=0) | Q(pk__in=reopened), customer=customer)
    invoices = unpaid.order_by("due_on", "pk")
    documents = (OpenDocument(invoice, invoice.due - paid.get(invoice.pk, ZERO)) for invoice in invoices)
    return customer.balance + sum(paid.values(), ZERO), [document for document in documents if document.takes > 0]


def shown_balance(customer: Customer) -> Decimal:
    """Return the customer's balance as shown; below zero the customer owes."""
    return customer.balance + sum(_paid_meanwhile(customer).values(), ZERO)


def open_documents(customer: Customer, operator: Operator) -> list[OpenDocument]:
    """Return the customer's unpaid documents by due date; a due below one unit counts as paid."""
    return what_is_owed(customer, operator)[1]


def _paid_meanwhile(customer: Customer) -> dict[int | None, Decimal]:
    """Return by invoice (None: on account) what was paid and is not yet in the billing system's figures."""
    rows = (
        Delivery.objects.filter(NOT_YET_THERE, allocation__payment__transaction__customer=customer)
        .values_list("allocation__invoice")
        .annotate(amount=Sum(SIGNED_AMOUNT))
        .order_by()
    )
    return dict(rows)


def invoices_sum(documents: Iterable[OpenDocument]) -> Decimal:
    """Return what the open invoices sum to; a proforma is never part of what is owed."""
    return sum((document.due for document in documents if not document.is_proforma), ZERO)


def prefilled_amount(balance: Decimal, documents: Iterable[OpenDocument]) -> Decimal:
    """Return the amount to begin with: the smaller of what the balance owes and the invoices sum to, rounded up."""
    return round_up(max(ZERO, min(-balance, invoices_sum(documents))))
