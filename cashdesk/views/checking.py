"""The open page that says whether a receipt is genuine; it tells no name, login or balance."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cashdesk.addresses import WINDOW_SECONDS, is_within
from payments.models import Printing
from payments.receipts import read_signed
from payments.tokens import NotCheckable, find_by_token, find_reversal

CHECKS_A_MINUTE = 30


@require_safe
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether the receipt with this token is genuine, and what was signed of it; 429 for who asks too often."""
    if not is_within(CHECKS_A_MINUTE, request, "check"):
        answer = render(request, "desk/check.html", {"asked_too_often": True}, status=429)
        answer["Retry-After"] = str(WINDOW_SECONDS)
        return answer
    try:
        payment = find_by_token(token)
        reversal = payment and find_reversal(payment)
    except NotCheckable:
        return render(request, "desk/check.html", {"not_checkable": True}, status=503)
    if payment is None:
        return render(request, "desk/check.html", status=404)
    context = {
        "signed": read_signed(payment.transaction),
        "reversal": reversal and read_signed(reversal.transaction),
        "printings": Printing.objects.filter(payment=payment).count(),
    }
    return render(request, "desk/check.html", context)
