"""How delivery and pull stand, for the billing page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet

from accounts.models import Operator
from billing.models import Contact, Pull, Settlement
from billing.parts import with_all_around
from payments.balances import NOT_YET_THERE
from payments.models import Delivery
from tills.blindness import hidden_lines
from tills.models import document_number

State = Delivery.State
SHOWN = 100
STUCK = Q(state__in=[State.UNKNOWN, State.REFUSED]) | Q(state=State.WAITING) & ~Q(error="")
TAKEN = "allocation__payment__transaction__"


@dataclass(frozen=True)
class StuckPart:
    """A part that has not reached the billing system, as the page shows it."""

    delivery: Delivery
    entering: Settlement | None = None

    @property
    def amount(self) -> Decimal:
        """The part's amount; below zero for what is to be taken back."""
        amount = self.delivery.allocation.amount
        return -amount if self.delivery.kind == Delivery.Kind.UNDO else amount

    @property
    def receipt_number(self) -> str:
        """The document number of the payment."""
        line = self.delivery.allocation.payment.transaction
        return document_number(line.till, line.number)

    @property
    def may_try_again(self) -> bool:
        """Whether a person may let it be sent or looked for again."""
        if self.delivery.state == State.UNKNOWN:
            return self.delivery.lease is None and self.entering is None
        return self.delivery.state == State.REFUSED

    @property
    def may_enter(self) -> bool:
        """Whether a person may begin to enter it by hand."""
        return self.delivery.state in {State.REFUSED, State.UNKNOWN} and self.entering is None


@dataclass(frozen=True)
class Overview:
    """Everything on the billing page that an operator may see."""

    contacts: Sequence[Contact]
    last_pull: Pull | None
    last_full: Pull | None
    waiting: int
    oldest: datetime | None
    counts: dict[str, int]
    stuck: Sequence[StuckPart]
    more: int

    @property
    def is_down(self) -> bool:
        """Whether the last thing heard of the billing system is that it does not answer."""
        return any(contact.failures for contact in self.contacts)


def read_overview(operator: Operator) -> Overview:
    """Return how things stand, in a bounded number of queries; what the operator counts blind is counted nowhere."""
    mine = Delivery.objects.settled_by(operator).filter(NOT_YET_THERE)  # what has an index, however old the books are
    shown = mine.exclude(hidden_lines(operator, TAKEN))
    counts = dict(shown.values_list("state").annotate(count=Count("pk")).order_by())
    waiting = shown.filter(state__in=[State.WAITING, State.SENDING])
    finished = Pull.objects.filter(finished_at__isnull=False)
    stuck = mine.filter(STUCK)
    return Overview(
        contacts=list(Contact.objects.all()) if settings.CASHDESK_BILLING != "files" else [],
        last_pull=finished.first(),
        last_full=finished.filter(is_full=True).first(),
        waiting=counts.get(State.WAITING, 0) + counts.get(State.SENDING, 0),
        oldest=waiting.aggregate(oldest=Min(f"{TAKEN}recorded_at"))["oldest"],
        counts=counts,
        stuck=read_stuck(stuck.order_by("pk")[:SHOWN]),
        more=max(0, stuck.count() - SHOWN),
    )


def read_stuck(deliveries: QuerySet[Delivery]) -> list[StuckPart]:
    """Return parts with who is entering them, in as many queries however many there are."""
    rows = list(with_all_around(deliveries))
    last: dict[int, Settlement] = {}
    settlements = Settlement.objects.filter(delivery__in=[row.pk for row in rows]).select_related("operator")
    for settlement in settlements.order_by("pk"):
        last[settlement.delivery_id] = settlement
    return [StuckPart(row, _entering(row, last.get(row.pk))) for row in rows]


def _entering(delivery: Delivery, last: Settlement | None) -> Settlement | None:
    is_entering = last is not None and last.step == Settlement.Step.ENTERING and delivery.state == State.UNKNOWN
    return last if is_entering else None
