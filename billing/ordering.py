"""Order, not clocks, decides what a fetch contains: one counter numbers fetches and delivery events.

A delivery event (a part starts being sent, or ends in any way) stores its number on the customer, under the customer's
lock, committed before the call goes out. A fetch draws its number before it asks. What it was told is written only if
nothing of the customer is on its way and the last event and the last written fetch are both below its number; then
every delivered part is in the figures, and is marked so in the same transaction. So no payment of ours is counted
twice, and none is missing, whatever the order in which things happen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence, Set

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from billing.counting import draw
from customers.models import Customer
from payments.balances import NOT_YET_THERE
from payments.models import Delivery
from tills.locking import require_transaction

ON_ITS_WAY = Q(state__in=[Delivery.State.SENDING, Delivery.State.UNKNOWN])
CUSTOMER = "allocation__payment__transaction__customer"


def begin_fetch() -> int:
    """Return the number of a fetch that asks from now on, committed."""
    with transaction.atomic(durable=True):
        return draw("fetch")


def note_event(customer: Customer) -> None:
    """Store on a locked customer that a delivery of theirs has just begun or ended."""
    require_transaction("a delivery event")
    customer.event = draw("fetch")
    customer.save(update_fields=["event"])


def ask_again(external_ids: Collection[str]) -> int:
    """Mark customers so that the next pull asks for them whatever is being fetched now; return how many there are."""
    with transaction.atomic(durable=True):
        known = Customer.objects.filter(external_id__in=external_ids).order_by("pk").select_for_update(of=("self",))
        ids = [customer.pk for customer in known.only("pk")]
        return Customer.objects.filter(pk__in=ids).update(asked=draw("fetch")) if ids else 0


def left_alone_by(fetch: int) -> Callable[[Sequence[Customer]], Set[int]]:
    """Return what tells, of locked customers, whose figures this fetch may not write.

    They need no mark to be asked for again: their last event is above their last written fetch.
    """

    def left_alone(customers: Sequence[Customer]) -> Set[int]:
        ids = [customer.pk for customer in customers]
        held = Delivery.objects.filter(ON_ITS_WAY, **{f"{CUSTOMER}__in": ids}).values_list(CUSTOMER, flat=True)
        return {*held, *(customer.pk for customer in customers if customer.event >= fetch)}

    return left_alone


def mark_reflected(customer_ids: Sequence[int]) -> int:
    """Mark the delivered parts of locked customers, whose figures are being written, as contained in them."""
    require_transaction("marking parts as reflected")
    delivered = Delivery.objects.filter(
        NOT_YET_THERE, state=Delivery.State.DELIVERED, **{f"{CUSTOMER}__in": customer_ids}
    )
    ids = list(delivered.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=ids).update(reflected=True)


def with_nothing_on_its_way() -> Q:
    """Return the condition on customers of whom no part is being sent or unknown."""
    return ~Q(Exists(Delivery.objects.filter(ON_ITS_WAY, **{CUSTOMER: OuterRef("pk")})))
