"""Taking a part in hand, and letting go of it: every step of a delivery is made here, under the customer's lock.

A worker that takes a part in hand gives it a lease. Whoever ends it must still hold that lease: a worker that was
asleep for too long finds that its part is somebody else's by now, or a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from billing.ordering import CUSTOMER, ON_ITS_WAY, note_event
from billing.parts import with_all_around
from customers.models import Customer
from payments.models import Delivery
from tills.locking import require_transaction, run_act
from tills.models import PaymentMethod

MARGIN = timedelta(seconds=30)  # what a commit and a busy machine may take on top of the longest call
LOOKED_AT = 20  # waiting parts of which the customers are tried for one that nobody has locked
NOTED_AT_ONCE = 500
METHOD = "allocation__payment__transaction__method"
LOOK_UPS = 2  # that must find nothing before a part is sent again
State = Delivery.State


@dataclass(frozen=True)
class Claim:
    """A part in hand: its row with everything around it, whose it is, and until when."""

    delivery: Delivery
    customer_id: int
    lease: datetime


def settle_time() -> timedelta:
    """Return how long a call that was not answered may still take effect over there."""
    return timedelta(seconds=settings.CASHDESK_BILLING_SETTLE)


def claim_waiting(longest_call: float) -> Claim | None:
    """Take the first waiting part of a customer of whom nothing is on its way; None when there is none to take.

    The part is marked as being sent and the event stored, committed: only then the call may go out. Any number of
    workers may claim at once; a customer whom another one has locked is passed over.
    """
    if not Delivery.objects.filter(state=State.WAITING).exists():
        return None  # asked several times a second by idle workers: without a transaction
    return run_act(lambda: _claim_waiting(timedelta(seconds=longest_call) + MARGIN))


def _claim_waiting(duration: timedelta) -> Claim | None:
    waiting = without_unmapped(Delivery.objects.filter(state=State.WAITING))
    for customer in _free_customers(_customers_in_turn(waiting)):
        delivery = waiting.filter(**{CUSTOMER: customer}).order_by("pk").select_for_update(of=("self",)).first()
        held = _of(customer).filter(ON_ITS_WAY).exists()  # another worker may have been faster before the lock
        if delivery is None or held or (delivery.lease and delivery.lease > timezone.now()):
            continue
        if delivery.kind == Delivery.Kind.UNDO and not _apply_of(delivery).filter(state=State.DELIVERED).exists():
            continue  # its apply is about to be told, or has ended otherwise and takes it along
        lease = timezone.now() + duration
        _write(delivery, state=State.SENDING, lease=lease, attempts=delivery.attempts + 1, look_ups=0)
        note_event(customer)
        return Claim(_read(delivery), customer.pk, lease)
    return None


def claim_look_up(longest_call: float) -> Claim | None:
    """Take an unknown part whose look-up is due; None when there is none. It stays unknown meanwhile."""
    if not Delivery.objects.filter(state=State.UNKNOWN, lease__lte=timezone.now()).exists():
        return None
    return run_act(lambda: _claim_look_up(timedelta(seconds=longest_call) + MARGIN))


def _claim_look_up(duration: timedelta) -> Claim | None:
    due = Delivery.objects.filter(state=State.UNKNOWN, lease__lte=timezone.now()).order_by("lease", "pk")
    for customer in _free_customers(due.values_list(CUSTOMER, flat=True)[:LOOKED_AT]):
        mine = _of(customer).filter(state=State.UNKNOWN, lease__lte=timezone.now())
        delivery = mine.order_by("lease", "pk").select_for_update(of=("self",)).first()
        if delivery is not None:
            lease = timezone.now() + duration
            _write(delivery, lease=lease)
            return Claim(_read(delivery), customer.pk, lease)
    return None


def without_unmapped(parts: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return the parts without payments by methods that the billing system does not know: nobody waits for those."""
    unmapped = list(PaymentMethod.objects.filter(external_id="").values_list("pk", flat=True))
    return parts.exclude(kind=Delivery.Kind.APPLY, **{f"{METHOD}__in": unmapped}) if unmapped else parts


def note_unmapped(reason: str) -> None:
    """Write on waiting parts that their method is why they wait; whoever is at one of them now is left alone."""
    waiting = Delivery.objects.filter(state=State.WAITING, kind=Delivery.Kind.APPLY, **{f"{METHOD}__external_id": ""})
    if not waiting.exclude(error=reason).exists():
        return

    def act() -> None:
        rows = waiting.exclude(error=reason).order_by("pk").select_for_update(of=("self",), skip_locked=True)
        ids = list(rows.values_list("pk", flat=True)[:NOTED_AT_ONCE])
        Delivery.objects.filter(pk__in=ids).update(error=reason)

    run_act(act)


def expire_leases() -> int:
    """Make parts unknown whose worker never came back with an outcome; return how many there were."""
    late = Delivery.objects.filter(state=State.SENDING, lease__lt=timezone.now()).order_by("pk")
    return sum(run_act(partial(_expire, pk)) for pk in late.values_list("pk", flat=True))


def _expire(pk: int) -> bool:
    customer, delivery = lock_part(pk)
    if delivery.state != State.SENDING or delivery.lease is None or delivery.lease >= timezone.now():
        return False
    end(customer, delivery, state=State.UNKNOWN, lease=timezone.now() + settle_time(), error="the worker was lost")
    return True


def finish(claim: Claim, change: Callable[[Customer, Delivery], None]) -> bool:
    """Make the last change of a part in hand and return True; False, and nothing written, when its lease is gone."""

    def act() -> bool:
        customer, delivery = _lock(claim.customer_id, claim.delivery.pk)
        if delivery.state != claim.delivery.state or delivery.lease != claim.lease:
            return False
        change(customer, delivery)
        return True

    return run_act(act)


def lock_part(pk: int) -> tuple[Customer, Delivery]:
    """Return a part and its customer, locked in the order of locks, as they are under the lock."""
    require_transaction("locking a part")
    customer_id: int = Delivery.objects.values_list(CUSTOMER, flat=True).get(pk=pk)
    return _lock(customer_id, pk)


def _lock(customer_id: int, pk: int) -> tuple[Customer, Delivery]:
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
    return customer, Delivery.objects.select_for_update(of=("self",)).get(pk=pk)


def end(customer: Customer, delivery: Delivery, **columns: object) -> None:
    """Write how a part has ended for now, and the event, on locked rows.

    Whatever was surely not applied needs no undo: then both are cancelled.
    """
    _write(delivery, **columns)
    if delivery.kind == Delivery.Kind.APPLY and delivery.state in {State.WAITING, State.REFUSED}:
        undo = Delivery.objects.filter(allocation=delivery.allocation_id, kind=Delivery.Kind.UNDO, state=State.WAITING)
        if undo.update(state=State.CANCELLED, error=""):
            _write(delivery, state=State.CANCELLED, lease=None)
    note_event(customer)


def _write(delivery: Delivery, **columns: object) -> None:
    for name, value in columns.items():
        setattr(delivery, name, value[:255] if name == "error" and isinstance(value, str) else value)
    delivery.save(update_fields=list(columns))


def _of(customer: Customer) -> QuerySet[Delivery]:
    return Delivery.objects.filter(**{CUSTOMER: customer})


def _apply_of(undo: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(allocation=undo.allocation_id, kind=Delivery.Kind.APPLY)


def _customers_in_turn(waiting: QuerySet[Delivery]) -> Iterable[int]:
    """Return the customers whose part has waited longest, without those who must wait themselves."""
    held = Delivery.objects.filter(ON_ITS_WAY).values(CUSTOMER)  # two questions, since each has an index of its own
    resting = Delivery.objects.filter(lease__gt=timezone.now()).values(CUSTOMER)
    waiting = waiting.exclude(**{f"{CUSTOMER}__in": held}).exclude(**{f"{CUSTOMER}__in": resting})
    return waiting.order_by("pk").values_list(CUSTOMER, flat=True)[:LOOKED_AT]


def _free_customers(customer_ids: Iterable[int | None]) -> Iterable[Customer]:
    """Yield those of the customers whom nobody has locked, each locked when it is yielded."""
    for customer_id in dict.fromkeys(customer_ids):
        rows = Customer.objects.filter(pk__in=[customer_id]).select_for_update(of=("self",), skip_locked=True)
        yield from rows


def _read(delivery: Delivery) -> Delivery:
    return with_all_around(Delivery.objects.filter(pk=delivery.pk)).get()
