"""Comparing our payments with those over there: what was deleted, changed, doubled, or never arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from billing.connectors.protocol import BillingSystem, RemotePayment
from billing.gathering import gather_by_id
from billing.models import Difference, Reconciliation
from billing.ordering import with_nothing_on_its_way
from billing.parts import with_all_around
from customers.models import WANTED, Customer
from customers.money import plain_amount
from payments.models import Delivery

AT_ONCE = 500
GRACE = timedelta(hours=1)  # a part that has waited for longer is missing over there
CUSTOMER = "allocation__payment__transaction__customer"
Kind, State = Difference.Kind, Delivery.State


@dataclass
class Comparison:
    """One comparison while it runs."""

    system: BillingSystem
    record: Reconciliation
    found: list[Difference] = field(default_factory=list)
    by_reference: dict[str, list[RemotePayment]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, RemotePayment] = field(default_factory=dict)

    def note(self, kind: Difference.Kind, delivery: Delivery | None, *, here: str = "", there: str = "") -> None:
        """Keep a difference in one of our parts."""
        reference = delivery.reference if delivery else ""
        remote_id = delivery.remote_id if delivery else ""
        customer = delivery.allocation.payment.transaction.customer if delivery else None
        self.found.append(
            Difference(
                reconciliation=self.record,
                kind=kind,
                delivery=delivery,
                reference=reference,
                customer_id_there=customer.external_id if customer else "",
                remote_id=remote_id,
                here=here[:255],
                there=there[:255],
            )
        )


def reconcile(system: BillingSystem, *, since: date) -> Reconciliation:
    """Compare the payments dated since this day and the balances of their customers; return what was found, stored.

    Nothing is changed, here or there. Raises BillingUnavailable.
    """
    record = Reconciliation.objects.create(since=since, started_at=timezone.now())
    comparison = Comparison(system, record)
    _read_theirs(comparison)  # before ours: a part delivered meanwhile is found when it is asked for by id
    for delivery in _ours(since):
        record.compared += 1
        _compare(comparison, delivery)
    _compare_strangers(comparison)
    _compare_balances(comparison)
    Difference.objects.bulk_create(comparison.found)
    record.finished_at = timezone.now()
    record.save(update_fields=["finished_at", "compared"])
    return record


def _read_theirs(comparison: Comparison) -> None:
    for page in comparison.system.payments(comparison.record.since):
        for payment in page.rows:
            if payment.deleted:
                continue
            comparison.by_id[payment.remote_id] = payment
            if payment.reference:
                comparison.by_reference[payment.reference].append(payment)


def _ours(since: date) -> Iterator[Delivery]:
    """Yield what we have told, or have still to tell, of payments dated since this day, applies before their undoes."""
    mine = with_all_around(Delivery.objects.filter(allocation__payment__paid_on__gte=since))
    yield from mine.order_by("allocation", "kind").iterator(chunk_size=AT_ONCE)


def _compare(comparison: Comparison, delivery: Delivery) -> None:
    there = comparison.by_reference.get(delivery.reference, [])
    if len(there) > 1:
        ids = ", ".join(payment.remote_id for payment in there)
        comparison.note(Kind.TWICE, delivery, here=_amount(delivery), there=ids)
    elif delivery.state == State.DELIVERED:
        _compare_delivered(comparison, delivery)
    elif delivery.state in {State.CANCELLED, State.REFUSED, State.WAITING} and there:
        comparison.note(Kind.CANCELLED, delivery, here=str(delivery.state), there=describe(there[0]))
    elif delivery.state == State.REFUSED or (delivery.state == State.WAITING and _is_late(delivery)):
        comparison.note(Kind.MISSING, delivery, here=delivery.error or str(delivery.state))


def _compare_delivered(comparison: Comparison, delivery: Delivery) -> None:
    payment = comparison.by_id.get(delivery.remote_id)
    if delivery.kind == Delivery.Kind.UNDO:
        _compare_undone(comparison, delivery, payment)
        return
    if _undo_of(delivery) or not delivery.remote_id:
        return  # the undo says what must stand there; and what went over in a file has no id to ask for
    payment = payment or comparison.system.payment(delivery.remote_id)  # its day may have been changed
    under_ours = comparison.by_reference.get(delivery.reference, [])
    others = [other.remote_id for other in under_ours if other.remote_id != delivery.remote_id]
    if payment is None:
        comparison.note(Kind.DELETED, delivery, here=_amount(delivery), there=", ".join(map(describe, under_ours)))
    elif others:
        comparison.note(Kind.TWICE, delivery, here=_amount(delivery), there=", ".join([payment.remote_id, *others]))
    else:
        _compare_content(comparison, delivery, payment)


def _compare_content(comparison: Comparison, delivery: Delivery, payment: RemotePayment) -> None:
    """Compare a part with the payment that stands under its id."""
    customer = delivery.allocation.payment.transaction.customer
    same = customer is not None and payment.customer_id == customer.external_id
    if not same or payment.amount != delivery.allocation.amount:
        here = f"{customer.external_id if customer else ''} {_amount(delivery)}"
        comparison.note(Kind.CHANGED, delivery, here=here, there=describe(payment))


def _compare_undone(comparison: Comparison, undo: Delivery, payment: RemotePayment | None) -> None:
    """Compare a payment taken back: deleted it must not stand, else a payment below zero must stand beside it."""
    apply = Delivery.objects.get(allocation=undo.allocation_id, kind=Delivery.Kind.APPLY)
    under_its = {row.remote_id: row for row in comparison.by_reference.get(apply.reference, [])}
    if not undo.remote_id:
        if undo.batch is None:  # in no file either: nothing says what was taken back
            comparison.note(Kind.CANCELLED, undo, here=str(undo.state))
    elif undo.remote_id == apply.remote_id:
        standing = under_its | ({payment.remote_id: payment} if payment else {})
        if standing:  # the deleted one itself, or a copy of it that arrived late
            comparison.note(Kind.CANCELLED, undo, there=", ".join(map(describe, standing.values())))
    else:
        _compare_negative(comparison, undo, apply, list(under_its))


def _compare_negative(comparison: Comparison, undo: Delivery, apply: Delivery, under_its: Sequence[str]) -> None:
    """Compare a payment with the one below zero that took it back."""
    is_undone, stands = _stands(comparison, undo.remote_id), _stands(comparison, apply.remote_id)
    if stands and not is_undone:
        comparison.note(Kind.CANCELLED, undo, there=apply.remote_id)
    elif is_undone and not stands:
        comparison.note(Kind.DELETED, apply, here=_amount(apply))
    elif stands and len(under_its) == 1 and apply.remote_id not in under_its:  # more are noted of the apply itself
        comparison.note(Kind.TWICE, apply, here=_amount(apply), there=", ".join([apply.remote_id, *under_its]))


def _stands(comparison: Comparison, remote_id: str) -> bool:
    return remote_id in comparison.by_id or comparison.system.payment(remote_id) is not None


def _undo_of(apply: Delivery) -> bool:
    undone = Delivery.objects.filter(allocation=apply.allocation_id, kind=Delivery.Kind.UNDO)
    return undone.exclude(state__in=[State.CANCELLED, State.WAITING, State.REFUSED]).exists()


def _compare_strangers(comparison: Comparison) -> None:
    """Find references of our own making that nobody here knows: a desk put back to an older state would have them."""
    for some in _in_parts(sorted(comparison.by_reference)):
        known = set(Delivery.objects.filter(reference__in=some).values_list("reference", flat=True))
        for reference in some:
            if reference not in known and is_ours(reference):
                for payment in comparison.by_reference[reference]:
                    comparison.found.append(
                        Difference(
                            reconciliation=comparison.record,
                            kind=Kind.UNKNOWN,
                            reference=reference[:64],
                            customer_id_there=payment.customer_id[:64],
                            remote_id=payment.remote_id[:64],
                            there=describe(payment)[:255],
                        )
                    )


def _compare_balances(comparison: Comparison) -> None:
    """Compare the balances of customers who paid here, unless something happened since their last fetch."""
    paid = Delivery.objects.filter(allocation__payment__paid_on__gte=comparison.record.since).values(CUSTOMER)
    quiet = Customer.objects.filter(pk__in=paid, gone_at=None).exclude(WANTED).filter(with_nothing_on_its_way())
    for some in _in_parts(quiet.order_by("pk").values_list("external_id", flat=True)):
        before = {c.external_id: c for c in Customer.objects.filter(external_id__in=some)}
        theirs = {f.external_id: f.balance for f in gather_by_id(comparison.system, some).figures}
        after = dict(Customer.objects.filter(external_id__in=some).values_list("external_id", "event"))
        for external_id, balance in theirs.items():
            customer = before[external_id]
            if balance != customer.balance and after[external_id] == customer.event:
                comparison.found.append(
                    Difference(
                        reconciliation=comparison.record,
                        kind=Kind.BALANCE,
                        customer=customer,
                        customer_id_there=external_id,
                        here=plain_amount(customer.balance),
                        there=plain_amount(balance),
                    )
                )


def is_ours(reference: str) -> bool:
    """Return whether a reference looks like one of ours: A1-000123/2."""
    number, slash, part = reference.rpartition("/")
    digits = number.rpartition("-")[2]
    return bool(slash) and part.isdecimal() and len(digits) >= 6 and digits.isdecimal()


def describe(payment: RemotePayment) -> str:
    """Return a payment over there in a few signs: its id, customer, amount and day."""
    return f"{payment.remote_id}: {payment.customer_id} {plain_amount(payment.amount)} {payment.paid_on or ''}".strip()


def _amount(delivery: Delivery) -> str:
    return plain_amount(delivery.allocation.amount)


def _is_late(delivery: Delivery) -> bool:
    return delivery.allocation.payment.transaction.recorded_at < timezone.now() - GRACE


def _in_parts(things: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = list(things)
    for start in range(0, len(rest), AT_ONCE):
        yield rest[start : start + AT_ONCE]
