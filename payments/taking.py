"""Taking a payment: the one act that does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.models import Customer
from payments import rules
from payments.allocating import OpenDocument, Part, allocate
from payments.balances import open_documents, shown_balance
from payments.models import Allocation, Delivery, Payment
from payments.refusals import CustomerGone, FormUnusable, InvoicesRefused, KeyUsedOtherwise
from tills import journal
from tills.days import today
from tills.holders import lock_till
from tills.locking import begin_act
from tills.models import Transaction


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the operator asks to be taken; `paid_on` None is today, `invoices` empty is automatic."""

    key: UUID
    customer_id: int
    amount: Decimal
    method_id: int
    reference: str = ""
    comment: str = ""
    paid_on: date | None = None
    invoices: tuple[int, ...] = ()


def find_own_payment(*, operator: Operator, key: UUID) -> Payment | None:
    """Return the operator's own payment with this key; somebody else's answers like an unknown one."""
    return (
        Payment.objects.select_related("transaction__till", "transaction__customer", "transaction__method")
        .filter(key=key, transaction__operator=operator)
        .first()
    )


def is_same(payment: Payment, order: Order) -> bool:
    """Return whether the payment is what the order asks for: customer, amount, method, day (none given: any)."""
    line = payment.transaction
    return (line.customer_id, line.amount, line.method_id) == (order.customer_id, order.amount, order.method_id) and (
        order.paid_on is None or order.paid_on == payment.paid_on
    )


def take_payment(*, operator: Operator, order: Order) -> Payment:
    """Take one payment and return it; called again with the same key and content it returns the same payment, for ever.

    All or nothing, in a transaction of its own. Raises a PaymentRefused (KeyUsedOtherwise for the same key with other
    content) or PermissionDenied, and has then written nothing.
    """
    try:
        with transaction.atomic(durable=True):
            return _take(operator, order)
    except IntegrityError:
        winner = find_own_payment(operator=operator, key=order.key)  # the unique key had the last word
        if winner is None and not Payment.objects.filter(key=order.key).exists():
            raise
        if winner is None:
            raise FormUnusable from None
        return _same_or_refused(winner, order)


def _same_or_refused(payment: Payment, order: Order) -> Payment:
    if not is_same(payment, order):
        raise KeyUsedOtherwise(payment)
    return payment


def _take(operator: Operator, order: Order) -> Payment:
    """Lock, look the key up once more, decide on what is read after the locks, and write."""
    begin_act()
    till = lock_till(operator)
    customer = _lock_customer(operator, order.customer_id)
    earlier = find_own_payment(operator=operator, key=order.key)
    if earlier is not None:
        return _same_or_refused(earlier, order)
    if not Operator.objects.select_related("reseller").get(pk=operator.pk).may_use_desk:
        raise PermissionDenied
    if customer is None:
        raise CustomerGone(_("This customer is not there any more. Search again."))
    if customer.gone_at is not None:
        raise CustomerGone(_("The billing system no longer has this customer. No payment can be taken."))
    method = rules.check_order(order)
    last = journal.head(till)
    rules.check_till(till, last, method.effect_of(order.amount))
    documents = open_documents(customer, operator)
    parts = allocate(order.amount, _chosen(order.invoices, documents), documents)
    entry = journal.Entry(
        kind=Transaction.Kind.PAYMENT,
        operator=operator,
        customer=customer,
        method=method,
        amount=order.amount,
        effect=method.effect_of(order.amount),
        cash=method.cash_of(order.amount),
        comment=order.comment,
    )
    payment = _build_payment(order, customer)
    details = {"payment": describe(payment), "parts": [describe_part(part) for part in parts]}
    payment.transaction = journal.write(till=till, last=last, entry=entry, details=details)
    payment.save(force_insert=True)
    _write_parts(payment, parts)
    return payment


def _lock_customer(operator: Operator, customer_id: int) -> Customer | None:
    """Return the customer, locked until the transaction ends, or None outside the operator's scope."""
    return Customer.objects.visible_to(operator).select_for_update(of=("self",)).filter(pk=customer_id).first()


def _chosen(ids: Sequence[int], documents: Sequence[OpenDocument]) -> list[OpenDocument]:
    """Return the chosen documents in the order shown; raises InvoicesRefused when one is not open any more."""
    chosen = [document for document in documents if document.invoice.pk in set(ids)]
    if len(chosen) != len(set(ids)):
        raise InvoicesRefused(_("One of the chosen documents has been paid meanwhile. Choose again."))
    return chosen


def _build_payment(order: Order, customer: Customer) -> Payment:
    before = shown_balance(customer)
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
    """Return a part as it is signed: its amount, and the document as it was then."""
    if part.document is None:
        return {"amount": part.amount, "document": None}
    invoice = part.document.invoice
    document = {"id": invoice.pk, "kind": str(invoice.kind), "number": invoice.number}
    return {"amount": part.amount, "document": document}
