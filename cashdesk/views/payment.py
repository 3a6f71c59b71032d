"""The receipt: the answer to a payment, and what prints; and what becomes of a key that no payment has."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Operator
from cashdesk.http import OperatorRequest, see_other
from cashdesk.pdf_files import pdf_of, weasyprint
from cashdesk.receipt_check import check_address, check_code
from customers.models import Customer
from payments.giving_up import give_up, is_given_up
from payments.models import Payment, Printing
from payments.printing import print_receipt
from payments.reaching import reaches
from payments.receipts import Receipt, read_receipt
from payments.reversing import may_reverse
from tills.models import IN_PROGRESS
from tills.once import find_used

ABOUT_A_SHIFT = {"issue", "open", "take_back", "count", "close", "force_close"}  # all others are about a line


@require_safe
def receipt(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Show the receipt of one payment; an unknown key and somebody else's answer the same."""
    payment = find_receipt(request, key)
    if payment is None:
        return till_form(request, key) or not_saved(request, key)
    return show_receipt(request, payment, None)


@require_safe
def receipt_pdf(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Download the receipt as a PDF, which says Copy; without WeasyPrint there is no such page."""
    payment = find_receipt(request, key) if weasyprint() else None
    if payment is None:
        raise Http404
    context = told(request, payment, None)
    sheet = (settings.BASE_DIR / "static" / "receipt_pdf.css").read_text(encoding="utf-8")
    made = pdf_of(render_to_string("desk/receipt_pdf.html", context, request), sheet)
    name = f"receipt-{payment.transaction.document_number}.pdf"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    headers = {"Content-Disposition": disposition or "attachment", "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@require_POST
def printed(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Count one printing and answer the page for the paper: Original the first time, then Copy 2, Copy 3."""
    try:
        printing = print_receipt(operator=request.user, key=key)
    except Payment.DoesNotExist:
        raise Http404 from None
    payment = find_receipt(request, key)
    if payment is None:
        raise Http404
    return show_receipt(request, payment, printing)


@require_POST
def abandon(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Give the form up and lead to what became of it: its receipt, or the page that says nothing was recorded."""
    give_up(operator=request.user, key=key)
    return see_other("receipt", key)


def find_receipt(request: OperatorRequest, key: UUID) -> Payment | None:
    """Return the payment with all that its receipt tells, or None outside the operator's scope."""
    payments = Payment.objects.visible_to(request.user).select_related(
        "transaction__till", "reversal__transaction__operator", "reversal__transaction__till",
        "reversal__replacement__transaction__till", "replaces__payment__transaction__till",
    )  # fmt: skip
    return payments.filter(key=key).first()


def show_receipt(request: OperatorRequest, payment: Payment, printing: Printing | None) -> HttpResponse:
    """Return the receipt's page; without a counted printing the paper says Copy."""
    return render(request, "desk/receipt.html", told(request, payment, printing))


def told(request: OperatorRequest, payment: Payment, printing: Printing | None) -> dict[str, object]:
    """Return what the receipt's templates show."""
    asked = request.GET.get("paper", "")
    shown = read_receipt(payment)
    return {
        "receipt": shown,
        "printing": printing,
        "may_reverse": shown.reversal is None and may_reverse(request.user, payment),
        "paper": asked if asked in Operator.Paper.values else request.user.paper,
        "papers": Operator.Paper.choices,
        "customer": Customer.objects.visible_to(request.user).filter(lines=payment.transaction).first(),
        "may_open": visible_links(request, shown),
        "reach": reaches([payment.pk]).get(shown.line.pk) if settings.CASHDESK_BILLING != "files" else None,
        "check_address": check_address(payment),
        "check_code": check_code(payment),
        "provider_address": settings.CASHDESK_PROVIDER_ADDRESS,
        "provider_tax_id": settings.CASHDESK_PROVIDER_TAX_ID,
        "receipt_footer": settings.CASHDESK_RECEIPT_FOOTER,
        "has_pdf": weasyprint() is not None,
    }


def visible_links(request: OperatorRequest, shown: Receipt) -> set[UUID]:
    """Return the keys of those payments before and after a move that this operator may open."""
    linked = [shown.reversal.replacement_id] if shown.reversal else []
    linked += [shown.replaces.payment_id] if shown.replaces else []
    ids = [pk for pk in linked if pk is not None]
    return (
        set(Payment.objects.visible_to(request.user).filter(pk__in=ids).values_list("key", flat=True)) if ids else set()
    )


def till_form(request: OperatorRequest, key: UUID) -> HttpResponse | None:
    """Lead to what the operator's form about a till did; None where none was carried out with this key."""
    used = find_used(operator=request.user, key=key)
    if used is None:
        return None
    if used.shift is None or used.act not in ABOUT_A_SHIFT:
        return redirect("movement", used.line_id)
    is_own = used.shift.till.operator_id == request.user.pk
    return redirect("shift") if is_own and used.shift.state in IN_PROGRESS else redirect("shift_report", used.shift_id)


def not_saved(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Return 404 and what can be done; only of a form that was given up it says that nothing was recorded."""
    context = {"key": key, "is_given_up": is_given_up(operator=request.user, key=key)}
    return render(request, "desk/not_saved.html", context, status=404)
