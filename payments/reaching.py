"""Whether a payment, or its reversal, has reached the billing system."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from payments.models import Delivery

State = Delivery.State
PAYMENT = "allocation__payment"


class Reach(TextChoices):
    """How far a payment has come, by the part that has come least far."""

    STUCK = "stuck", _("Not in the billing system")
    UNKNOWN = "unknown", _("Unknown whether in the billing system")
    WAITING = "waiting", _("On its way to the billing system")
    THERE = "there", _("In the billing system")


BY_STATE = {
    State.REFUSED: Reach.STUCK,
    State.UNKNOWN: Reach.UNKNOWN,
    State.WAITING: Reach.WAITING,
    State.SENDING: Reach.WAITING,
    State.DELIVERED: Reach.THERE,
}
WORST_FIRST = list(Reach)


def reaches(payment_ids: Iterable[int]) -> dict[int, Reach]:
    """Return by journal line how far payments and their reversals have come, in one query, without cancelled parts."""
    rows = (
        Delivery.objects.filter(allocation__payment__in=list(payment_ids))
        .exclude(state=State.CANCELLED)
        .values_list("kind", "state", f"{PAYMENT}__transaction", f"{PAYMENT}__reversal__transaction")
        .order_by()
        .distinct()
    )
    found: dict[int, Reach] = {}
    for kind, state, taken, undone in rows:
        line = undone if kind == Delivery.Kind.UNDO else taken
        reach = BY_STATE[State(state)]
        found[line] = min(found.get(line, reach), reach, key=WORST_FIRST.index)
    return found
