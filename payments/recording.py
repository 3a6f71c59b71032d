"""Writing a payment or a reversal into the books: what the acts share. Needs an open transaction and the locks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.models import Customer
from payments.allocating import OpenDocument, Part, allocate
from payments.balances import what_is_owed
from payments.models import Allocation, Delivery, Payment, Reversal
from payments.orders import Order
from payments.refusals import CustomerGone, InvoicesRefused
from tills import journal
from tills.days import today
from tills.models import PaymentMethod, Till, Transaction


def lock_customers(operator: Operator, *ids: int, of_payment: Payment | None = None) -> dict[int, Customer]:
    """Return those of the customers that the operator may see, and the payment's own, locked in the order of ids.

    A payment stays in its line's scope wherever its customer has gone since, and its customer must be locked all the
    same.
    """
    mine = Q(pk__in=Customer.objects.visible_to(operator).filter(pk__in=ids).values("pk"))
    if of_payment is not None:
        mine |= Q(pk=of_payment.transaction.customer_id)
    locked = Customer.objects.select_for_update(of=("self",)).filter(mine).order_by("pk")
    return {customer.pk: customer for customer in locked}


def check_customer(customer: Customer | None) -> Customer:
    """Return a locked customer from whom money can be taken; raises CustomerGone for one who is not there any more."""
    if customer is None:
        raise CustomerGone(_("This customer is not there any more. Search again."))
    if customer.gone_at is not None:
        raise CustomerGone(_("The billing system no longer has this customer. No payment can be taken."))
    if customer.paid_through:
        raise CustomerGone(_("This account is billed through another one. Search again and open that one."))
    return customer


def record_payment(
    *, till: Till, last: Transaction | None, operator: Operator, customer: Customer, method: PaymentMethod, order: Order
) -> Payment:
    """Split the order on what is read under the locks of till and customer, write the payment, and return it.

    The caller has asked the rules and has read `last`, the till's last line, under the lock. Raises InvoicesRefused.
    """
    balance, documents = what_is_owed(customer, operator)
    parts = allocate(order.amount, _chosen(order.invoices, documents), documents)
    payment = _build_payment(order, customer, balance)
    details = {"payment": describe(payment), "parts": [describe_part(part) for part in parts]}
    entry = _payment_entry(operator, customer, method, order)
    payment.transaction = journal.write(till=till, last=last, entry=entry, details=details)
    payment.save(force_insert=True)
    _write_parts(payment, parts)
    return payment


def _chosen(ids: Sequence[int], documents: Sequence[OpenDocument]) -> list[OpenDocument]:
    """Return the chosen documents in the order shown; raises InvoicesRefused when one is not open any more."""
    chosen = [document for document in documents if document.invoice.pk in set(ids)]
    if len(chosen) != len(set(ids)):
        raise InvoicesRefused(_("One of the chosen documents has been paid meanwhile. Choose again."))
    return chosen


def _payment_entry(operator: Operator, customer: Customer, method: PaymentMethod, order: Order) -> journal.Entry:
    return journal.Entry(
        kind=Transaction.Kind.PAYMENT,
        operator=operator,
        customer=customer,
        method=method,
        amount=order.amount,
        effect=method.effect_of(order.amount),
        cash=method.cash_of(order.amount),
        comment=order.comment,
    )


def _build_payment(order: Order, customer: Customer, before: Decimal) -> Payment:
    return Payment(
        key=order.key,
        reference=order.reference,
        paid_on=order.paid_on or today(),
        customer_name=customer.shown_name,
        customer_login=customer.login,
        customer_balance_before=before,
        customer_balance_after=before + order.amount,
    )


def _write_parts(payment: Payment, parts: Sequence[Part]) -> None:
    """Write the parts, and for each what the billing system must be told."""
    allocations = Allocation.objects.bulk_create(
        Allocation(payment=payment, invoice=part.document.invoice if part.document else None, amount=part.amount)
        for part in parts
    )
    number = payment.transaction.document_number
    Delivery.objects.bulk_create(
        Delivery(allocation=allocation, reference=f"{number}/{place}")
        for place, allocation in enumerate(allocations, start=1)
    )


def describe(payment: Payment) -> dict[str, object]:
    """Return the payment as it is signed: every column but its line's."""
    return {
        "key": str(payment.key),
        "reference": payment.reference,
        "paid_on": payment.paid_on,
        "customer_name": payment.customer_name,
        "customer_login": payment.customer_login,
        "customer_balance_before": payment.customer_balance_before,
        "customer_balance_after": payment.customer_balance_after,
    }


def describe_part(part: Part) -> dict[str, object]:
    """Return a part as it is signed: its amount, and the document as it was then.

    `due` is what the billing system had last said, `open` what was left of it here: so the books show for ever that no
    part was larger than what it paid.
    """
    if part.document is None:
        return {"amount": part.amount, "document": None}
    invoice = part.document.invoice
    document = {"id": invoice.pk, "kind": str(invoice.kind), "number": invoice.number}
    return {"amount": part.amount, "document": document | {"due": invoice.due, "open": part.document.due}}


def record_reversal(
    *, till: Till, operator: Operator, payment: Payment, reason: Reversal.Reason, comment: str, new_key: UUID | None
) -> Reversal:
    """Write the line that undoes a payment into the till that took it, and return the unsaved reversal.

    The caller holds the locks of till and customer and has seen that there is no reversal yet. It saves the reversal,
    with the payment that replaces it, if any: its key is signed here.
    """
    taken = payment.transaction
    entry = journal.Entry(
        kind=Transaction.Kind.REVERSAL,
        operator=operator,
        customer=taken.customer,
        method=taken.method,
        amount=taken.amount,
        effect=-taken.effect,
        cash=-taken.cash,
        comment=comment,
    )
    details = {"reversal": describe_reversal(payment, reason, new_key)}
    line = journal.write(till=till, last=journal.head(till), entry=entry, details=details)
    return Reversal(payment=payment, transaction=line, reason=reason)


def describe_reversal(payment: Payment, reason: Reversal.Reason, new_key: UUID | None) -> dict[str, object]:
    """Return a reversal as it is signed: what it undoes, why, and the key of the payment that replaces it, if any."""
    return {
        "document": payment.transaction.document_number,
        "key": str(payment.key),
        "reason": str(reason),
        "replacement": None if new_key is None else str(new_key),
    }


def save_reversal(reversal: Reversal) -> None:
    """Save a reversal, and only then take back what it undoes: the database lets nothing else be undone.

    What the billing system has not been told is cancelled; what it may have been told gets an undo with the reversal's
    number and the same part.
    """
    reversal.save(force_insert=True)
    number = reversal.transaction.document_number
    told = Delivery.objects.select_for_update().filter(
        allocation__payment=reversal.payment_id, kind=Delivery.Kind.APPLY
    )
    for delivery in told.order_by("pk"):
        if delivery.state in {Delivery.State.WAITING, Delivery.State.REFUSED}:
            delivery.state = Delivery.State.CANCELLED
            delivery.save(update_fields=["state"])
        else:
            part = delivery.reference.rpartition("/")[2]
            Delivery.objects.create(
                allocation_id=delivery.allocation_id, kind=Delivery.Kind.UNDO, reference=f"{number}/{part}"
            )
