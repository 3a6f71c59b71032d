"""Where many customers stand, for lists: each balance as shown, and how many invoices are unpaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Operator
from customers.models import Customer, Invoice
from customers.money import ZERO, MoneyField, unit
from customers.payers import payers_of
from payments.balances import NOT_YET_THERE, SIGNED_AMOUNT
from payments.models import Delivery


@dataclass(frozen=True)
class Standing:
    """One customer of a list; a sub-account stands where the account stands that it is billed through.

    Where that one may not be seen there is no balance: the sub-account's own figures say nothing about what is owed.
    """

    customer: Customer
    balance: Decimal | None
    unpaid: int
    payer: Customer | None = None


def standings(customers: Sequence[Customer], operator: Operator) -> list[Standing]:
    """Return where these customers stand, in their order; what was paid here is counted.

    One query, and one more when there is a sub-account among them.
    """
    payers = payers_of(customers, operator)
    accounts = {customer.pk: payers.get(customer.pk, customer) for customer in customers}
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
    rows = Customer.objects.visible_to(operator).filter(pk__in={a.pk for a in accounts.values()}).order_by()
    found = {pk: (here, count) for pk, here, count in rows.values_list("pk", paid_here, Coalesce(Subquery(unpaid), 0))}
    return [_standing(customer, accounts[customer.pk], found) for customer in customers]


def _standing(customer: Customer, account: Customer, found: Mapping[int, tuple[Decimal, int]]) -> Standing:
    if account.paid_through:
        return Standing(customer, None, 0)
    here, unpaid = found[account.pk]
    return Standing(customer, account.balance + here, unpaid, account if account != customer else None)


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
