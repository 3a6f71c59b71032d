"""The shifts of a period, with what their counts were over or short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from accounts.models import Operator
from customers.money import ZERO
from tills.blindness import blind_shift
from tills.days import business_date
from tills.models import Shift, Till, Transaction

DIFFERENCES = (Transaction.Kind.OVER, Transaction.Kind.SHORT)


@dataclass(frozen=True, kw_only=True)
class ShiftRow:
    """One shift; `difference` is above zero for over, below for short, None where it was not closed in these days."""

    till: str
    operator: str
    number: int
    day: date
    closed_on: date | None
    state: str
    difference: Decimal | None


def read_shifts(operator: Operator, since: date, until: date) -> list[ShiftRow]:
    """Return the shifts that went on during these business days in scope, without the operator's own blind one.

    Who sees all payments in scope sees its shifts, too: their overs and shorts are lines of the same journal. What a
    shift was over or short stands on the day on which it was closed, so that the days sum to their period.
    """
    shifts = _about_these_days(operator, since, until)
    blind = blind_shift(operator)
    if blind is not None:
        shifts = shifts.exclude(pk=blind.pk)
    differences = Transaction.objects.visible_to(operator).filter(kind__in=DIFFERENCES, shift__in=shifts.values("pk"))
    off = dict(differences.order_by().values_list("shift").annotate(off=Sum("cash")))
    rows = (_row(shift, off.get(shift.pk, ZERO), until) for shift in shifts.order_by("till__code", "number"))
    return [row for row in rows if row.closed_on is None or row.closed_on >= since]


def _about_these_days(operator: Operator, since: date, until: date) -> QuerySet[Shift, Shift]:
    """Return the shifts opened by the last day and not closed before the first, or at most a few hours before."""
    earliest = datetime.combine(since - timedelta(days=1), time(), tzinfo=UTC)  # wherever the desk is
    going_on = Q(closed_at=None) | Q(closed_at__gte=earliest)
    found = Shift.objects.filter(going_on, till__in=Till.objects.in_scope_of(operator), opened_on__lte=until)
    return found.select_related("till__operator")


def _row(shift: Shift, off: Decimal, until: date) -> ShiftRow:
    closed_on = business_date(shift.closed_at) if shift.closed_at else None
    return ShiftRow(
        till=shift.till.code,
        operator=shift.till.operator.get_full_name() if shift.till.operator else "",
        number=shift.number,
        day=shift.opened_on or until,
        closed_on=closed_on,
        state=shift.get_state_display(),
        difference=off if closed_on is not None and closed_on <= until else None,
    )
