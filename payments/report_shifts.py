"""The shifts of a period, with what their counts were over or short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Operator
from customers.money import ZERO
from tills.blindness import blind_shift
from tills.models import Shift, Till, Transaction

DIFFERENCES = (Transaction.Kind.OVER, Transaction.Kind.SHORT)


@dataclass(frozen=True, kw_only=True)
class ShiftRow:
    """One shift; `difference` is above zero for over, below for short, None while it is not closed."""

    till: str
    operator: str
    number: int
    day: date
    state: str
    difference: Decimal | None


def read_shifts(operator: Operator, since: date, until: date) -> list[ShiftRow]:
    """Return the shifts that were opened on these business days in scope, without the operator's own blind one.

    Who sees all payments in scope sees its shifts, too: their overs and shorts are lines of the same journal.
    """
    found = Shift.objects.filter(
        till__in=Till.objects.in_scope_of(operator), opened_on__gte=since, opened_on__lte=until
    )
    blind = blind_shift(operator)
    shifts = (found if blind is None else found.exclude(pk=blind.pk)).select_related("till__operator")
    differences = Transaction.objects.visible_to(operator).filter(kind__in=DIFFERENCES, shift__in=shifts.values("pk"))
    off = dict(differences.order_by().values_list("shift").annotate(off=Sum("cash")))
    return [
        ShiftRow(
            till=shift.till.code,
            operator=shift.till.operator.get_full_name() if shift.till.operator else "",
            number=shift.number,
            day=shift.opened_on,
            state=shift.get_state_display(),
            difference=off.get(shift.pk, ZERO) if shift.state == Shift.State.CLOSED else None,
        )
        for shift in shifts.order_by("till__code", "number")
        if shift.opened_on is not None
    ]
