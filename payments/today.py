"""What an operator did today, for the start page; one's own payments are always visible."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum

from accounts.models import Operator
from customers.models import Customer
from customers.money import ZERO
from payments.history import KINDS, SIGNED
from tills import blindness
from tills.days import today
from tills.models import Transaction


@dataclass(frozen=True)
class Takings:
    """How many payments, and what they sum to."""

    count: int
    total: Decimal


def takings_today(operator: Operator) -> Takings | None:
    """Return what this operator took on this business day, less what was reversed, as the history sums it.

    None while the operator counts blind: who works without shifts is not asked about one.
    """
    own = Q(operator=operator) | Q(reversal__payment__transaction__operator=operator)
    lines = Transaction.objects.filter(own, business_date=today(), kind__in=KINDS)
    sums = lines.aggregate(
        count=Count("pk", filter=Q(kind=Transaction.Kind.PAYMENT)), total=Sum(SIGNED), shift=Max("shift")
    )
    if sums["shift"] is not None and blindness.blind_shift(operator) is not None:
        return None
    return Takings(sums["count"], sums["total"] or ZERO)


def served_today(operator: Operator, most: int) -> list[Customer]:
    """Return the customers this operator served last on this business day and may still see, the latest first."""
    own = Q(lines__operator=operator, lines__business_date=today(), lines__kind=Transaction.Kind.PAYMENT)
    served = Customer.objects.visible_to(operator).filter(own).annotate(latest=Max("lines__pk", filter=own))
    return list(served.order_by("-latest")[:most])
