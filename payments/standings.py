"""Where many customers stand, for lists: each balance as shown, and how many invoices are unpaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Operator
from customers.models import Customer, Invoice
from customers.money import ZERO, MoneyField, unit
from payments.balances import NOT_YET_THERE, SIGNED_AMOUNT
from payments.models import Delivery


@dataclass(frozen=True)
class Standing:
    """One customer of a list."""

    customer: Customer
    balance: Decimal
    unpaid: int


def standings(customers: Sequence[Customer], operator: Operator) -> list[Standing]:
    """Return where these customers stand, in their order and in one query; what was paid here is counted."""
    paid_here = _not_yet_there("allocation__payment__transaction__customer")
    reopened = Delivery.objects.filter(NOT_YET_THERE, kind=Delivery.Kind.UNDO).values("allocation__invoice")
    unpaid = (
        Invoice.objects.visible_to(operator)
        .filter(customer=OuterRef("pk"), kind=Invoice.Kind.INVOICE)
        .annotate(open=F("due") - _not_yet_there("allocation__invoice"))
        .filter(Q(due__gt=0) | Q(pk__in=reopened), open__gte=unit())
        .order_by()
        .values("customer")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = Customer.objects.visible_to(operator).filter(pk__in=[customer.pk for customer in customers]).order_by()
    found = {pk: (here, count) for pk, here, count in rows.values_list("pk", paid_here, Coalesce(Subquery(unpaid), 0))}
    return [
        Standing(customer, customer.balance + found[customer.pk][0], found[customer.pk][1]) for customer in customers
    ]


def _not_yet_there(path: str) -> Coalesce:
    """Return what was paid here for the row of the outer query and is not in the billing system's figures yet."""
    amount = (
        Delivery.objects.filter(NOT_YET_THERE, **{path: OuterRef("pk")})
        .order_by()
        .values(path)
        .annotate(amount=Sum(SIGNED_AMOUNT))
        .values("amount")
    )
    return Coalesce(Subquery(amount), ZERO, output_field=MoneyField())
