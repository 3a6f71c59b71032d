"""What is told about one part: the row with everything around it, as plain values for a connector."""

from __future__ import annotations

from django.db.models import QuerySet

from billing.connectors.protocol import DocumentKind, Part, Undo
from payments.models import Delivery, Reversal

JOINED = ("allocation__invoice", "allocation__payment__transaction__till")
APART = (
    "allocation__payment__transaction__customer",
    "allocation__payment__transaction__operator",
    "allocation__payment__transaction__method",
)


def with_all_around(parts: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Return parts that are read with everything that is told about them, in four questions.

    As one join of eight tables PostgreSQL needs longer to plan it than to deliver the part.
    """
    return parts.select_related(*JOINED).prefetch_related(*APART)


def describe_part(delivery: Delivery) -> Part:
    """Return what an apply tells; its method id is empty when the method has not been mapped."""
    payment = delivery.allocation.payment
    line, invoice = payment.transaction, delivery.allocation.invoice
    return Part(
        reference=delivery.reference,
        receipt_number=line.document_number,
        customer_id=line.customer.external_id if line.customer else "",
        amount=delivery.allocation.amount,
        method_id=line.method.external_id if line.method else "",
        paid_on=payment.paid_on,
        operator=line.operator.get_username(),
        comment=line.comment,
        document_kind=DocumentKind(invoice.kind) if invoice else None,
        document_id=invoice.external_id if invoice else "",
    )


def describe_undo(delivery: Delivery) -> Undo:
    """Return what an undo tells: the delivered part, and who took it back."""
    told = Delivery.objects.filter(allocation=delivery.allocation_id, kind=Delivery.Kind.APPLY)
    apply = with_all_around(told).get()
    reversal = Reversal.objects.select_related("transaction__operator").get(payment=delivery.allocation.payment_id)
    return Undo(
        reference=delivery.reference,
        remote_id=apply.remote_id,
        part=describe_part(apply),
        paid_on=reversal.transaction.business_date,
        operator=reversal.transaction.operator.get_username(),
        comment=reversal.transaction.comment,
    )
