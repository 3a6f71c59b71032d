"""The receipt: the answer to a payment, and what prints."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import Operator
from cashdesk.http import OperatorRequest
from customers.models import Customer
from payments.models import Payment
from payments.receipts import read_receipt


@require_safe
def receipt(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Show the receipt of one payment; an unknown key and somebody else's answer the same."""
    payments = Payment.objects.visible_to(request.user).select_related("transaction__till")
    payment = get_object_or_404(payments, key=key)
    asked = request.GET.get("paper", "")
    context = {
        "receipt": read_receipt(payment),
        "paper": asked if asked in Operator.Paper.values else request.user.paper,
        "papers": Operator.Paper.choices,
        "customer": Customer.objects.visible_to(request.user).filter(pk=payment.transaction.customer_id).first(),
        "provider_address": settings.CASHDESK_PROVIDER_ADDRESS,
        "provider_tax_id": settings.CASHDESK_PROVIDER_TAX_ID,
        "receipt_footer": settings.CASHDESK_RECEIPT_FOOTER,
    }
    return render(request, "desk/receipt.html", context)
