"""Reversals by operator, for who looks after them: how many, how much, what share, and how long after the payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Sum

from payments.history import Lines
from tills.models import Transaction

TAKEN_BY = "reversal__payment__transaction__operator"
AFTER = ExpressionWrapper(
    F("recorded_at") - F("reversal__payment__transaction__recorded_at"), output_field=DurationField()
)


@dataclass(frozen=True, kw_only=True)
class ReversalFigures:
    """What was reversed of one operator's payments; `share` is in percent of the payments they took."""

    operator: str
    payments: int
    reversals: int
    amount: Decimal
    after: timedelta

    @property
    def share(self) -> int | None:
        """The reversals in percent of the payments, None where there are no payments in these days."""
        return round(100 * self.reversals / self.payments) if self.payments else None

    @property
    def minutes(self) -> int:
        """The mean time from payment to reversal, in whole minutes."""
        return round(self.after.total_seconds() / 60)


def reversal_figures(lines: Lines, taken_by: int | None = None) -> list[ReversalFigures]:
    """Return the figures of every operator whose payments were reversed in these lines, most reversals first.

    Lines of one operator are also what that one reversed of others, without what the others took: name the operator in
    `taken_by`, and nobody's share is figured from half of it.
    """
    payments = lines.filter(kind=Transaction.Kind.PAYMENT).order_by()
    taken = dict(payments.values_list("operator").annotate(count=Count("pk")))
    of_theirs = {} if taken_by is None else {TAKEN_BY: taken_by}
    undone = (
        lines.filter(kind=Transaction.Kind.REVERSAL, **of_theirs)
        .order_by()
        .values_list(TAKEN_BY, f"{TAKEN_BY}__name", f"{TAKEN_BY}__username")
        .annotate(count=Count("pk"), amount=Sum("amount"), after=Avg(AFTER))
        .order_by("-count", TAKEN_BY)
    )
    return [
        ReversalFigures(operator=name or login, payments=taken.get(pk, 0), reversals=count, amount=amount, after=after)
        for pk, name, login, count, amount, after in undone
    ]
