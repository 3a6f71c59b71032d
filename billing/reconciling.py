"""Comparing our payments with those over there: what was deleted, changed, doubled, or never arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from billing.connectors.protocol import (
    BillingSystem,
    BillingUnavailable,
    DocumentKind,
    Part,
    RemotePayment,
    Unreadable,
)
from billing.gathering import gather_by_id
from billing.models import Difference, Reconciliation
from billing.ordering import with_nothing_on_its_way
from billing.parts import describe_part, with_all_around
from customers.models import WANTED, Customer
from customers.money import plain_amount
from payments.models import Delivery

AT_ONCE = 500
GRACE = timedelta(hours=1)  # a part that has waited for longer is missing over there
PATIENCE = 3  # payments in a row that could not be asked for, after which the billing system is down
CUSTOMER = "allocation__payment__transaction__customer"
Kind, State = Difference.Kind, Delivery.State


class Unread(Exception):
    """Nothing can be said about a payment, since it could not be read; the message says why."""


@dataclass
class Comparison:
    """One comparison while it runs."""

    system: BillingSystem
    record: Reconciliation
    found: list[Difference] = field(default_factory=list)
    by_reference: dict[str, list[RemotePayment]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, RemotePayment] = field(default_factory=dict)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)  # by id, those that were not told of yet
    failures: int = 0  # payments asked for by id in a row without an answer

    def listed(self, remote_id: str) -> RemotePayment | None:
        """Return a payment that was in the list; raises Unread when it was there and could not be read."""
        if remote_id in self.unreadable:
            raise Unread(self.unreadable.pop(remote_id).reason)
        return self.by_id.get(remote_id)

    def payment(self, remote_id: str) -> RemotePayment | None:
        """Return a payment, also one put on another day; raises Unread, and BillingUnavailable after some of them."""
        found = self.listed(remote_id)
        try:
            found = found or self.system.payment(remote_id)
        except BillingUnavailable as fault:
            self.failures += 1
            if self.failures > PATIENCE:
                raise
            raise Unread(str(fault)) from fault
        self.failures = 0
        return found

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
        try:
            _compare(comparison, delivery)
        except Unread as fault:
            comparison.note(Kind.UNREAD, delivery, here=_amount(delivery), there=str(fault))
    _compare_strangers(comparison)
    _note_unreadable(comparison)
    _compare_balances(comparison)
    Difference.objects.bulk_create(comparison.found)
    record.finished_at = timezone.now()
    record.save(update_fields=["finished_at", "compared"])
    return record


def _read_theirs(comparison: Comparison) -> None:
    for page in comparison.system.payments(comparison.record.since):
        comparison.unreadable |= {row.external_id: row for row in page.unreadable}
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
    if delivery.kind == Delivery.Kind.UNDO:
        _compare_undone(comparison, delivery)
        return
    if _undo_of(delivery) or not delivery.remote_id:
        return  # the undo says what must stand there; and what went over in a file has no id to ask for
    payment = comparison.payment(delivery.remote_id)
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
    if not same or payment.amount != delivery.allocation.amount or _is_for_another_document(delivery, payment):
        here = f"{customer.external_id if customer else ''} {_amount(delivery)}{_document(describe_part(delivery))}"
        comparison.note(Kind.CHANGED, delivery, here=here, there=describe(payment) + _document(payment))


def _is_for_another_document(delivery: Delivery, payment: RemotePayment) -> bool:
    """Return whether somebody put the payment on another document, or on none.

    What was on account, the billing system allocates itself, and a paid proforma becomes an invoice there.
    """
    invoice = delivery.allocation.invoice
    if invoice is None:
        return False
    became_an_invoice = invoice.kind == DocumentKind.PROFORMA and payment.document_kind == DocumentKind.INVOICE
    told = (invoice.kind, invoice.external_id)
    return not became_an_invoice and (payment.document_kind, payment.document_id) != told


def _document(of: Part | RemotePayment) -> str:
    return f" ({of.document_kind} {of.document_id})" if of.document_kind else ""


def _compare_undone(comparison: Comparison, undo: Delivery) -> None:
    """Compare a payment taken back: deleted it must not stand, else a payment below zero must stand beside it."""
    apply = Delivery.objects.get(allocation=undo.allocation_id, kind=Delivery.Kind.APPLY)
    under_its = {row.remote_id: row for row in comparison.by_reference.get(apply.reference, [])}
    if not undo.remote_id:
        return  # it went over in a file
    if undo.remote_id == apply.remote_id:
        payment = comparison.listed(undo.remote_id)
        standing = under_its | ({payment.remote_id: payment} if payment else {})
        if standing:  # the deleted one itself, or a copy of it that arrived late
            comparison.note(Kind.CANCELLED, undo, there=", ".join(map(describe, standing.values())))
    else:
        _compare_negative(comparison, undo, apply, list(under_its))


def _compare_negative(comparison: Comparison, undo: Delivery, apply: Delivery, under_its: Sequence[str]) -> None:
    """Compare a payment with the one below zero that took it back."""
    is_undone = comparison.payment(undo.remote_id) is not None
    stands = bool(apply.remote_id) and comparison.payment(apply.remote_id) is not None
    if stands and not is_undone:
        comparison.note(Kind.CANCELLED, undo, there=apply.remote_id)
    elif is_undone and not stands:
        comparison.note(Kind.DELETED, apply, here=_amount(apply))
    elif stands and len(under_its) == 1 and apply.remote_id not in under_its:  # more are noted of the apply itself
        comparison.note(Kind.TWICE, apply, here=_amount(apply), there=", ".join([apply.remote_id, *under_its]))


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


def _note_unreadable(comparison: Comparison) -> None:
    """Tell of payments that could not be read, and of which cannot be said whether they are ours."""
    for row in comparison.unreadable.values():
        comparison.found.append(
            Difference(
                reconciliation=comparison.record,
                kind=Kind.UNREAD,
                customer_id_there=row.customer_id[:64],
                remote_id=row.external_id[:64],
                there=row.reason[:255],
            )
        )


def _compare_balances(comparison: Comparison) -> None:
    """Compare the balances of customers who paid here, unless something happened since their last fetch."""
    paid = Delivery.objects.filter(allocation__payment__paid_on__gte=comparison.record.since).values(CUSTOMER)
    quiet = Customer.objects.filter(pk__in=paid, gone_at=None).exclude(WANTED).filter(with_nothing_on_its_way())
    for some in _in_parts(quiet.order_by("pk").values_list("external_id", flat=True)):
        before = {c.external_id: c for c in Customer.objects.filter(external_id__in=some)}
        gathered = gather_by_id(comparison.system, some)
        for external_id, reason in gathered.unclear.items():
            _note_balance(comparison, before[external_id], kind=Kind.UNREAD, there=reason)
        theirs = {f.external_id: f.balance for f in gathered.figures}
        after = dict(Customer.objects.filter(external_id__in=some).values_list("external_id", "event"))
        for external_id, balance in theirs.items():
            customer = before[external_id]
            if balance != customer.balance and after[external_id] == customer.event:
                _note_balance(comparison, customer, kind=Kind.BALANCE, there=plain_amount(balance))


def _note_balance(comparison: Comparison, customer: Customer, *, kind: Difference.Kind, there: str) -> None:
    comparison.found.append(
        Difference(
            reconciliation=comparison.record,
            kind=kind,
            customer=customer,
            customer_id_there=customer.external_id,
            here=plain_amount(customer.balance),
            there=there[:255],
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
