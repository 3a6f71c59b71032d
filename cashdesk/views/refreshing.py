"""The live card: it answers at once from the store, and then asks the billing system about this one customer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotFound
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from billing.connectors.choosing import NotConnected, system_for_cards
from billing.connectors.protocol import BillingUnavailable
from billing.contacts import may_ask, note_answer, note_failure
from billing.hooks import NotUnderstood, is_signed, take_hint
from billing.pulling import Refreshed, pull_customer
from cashdesk.card import read_card
from cashdesk.forms.payment import PaymentForm
from cashdesk.http import OperatorRequest, see_other
from cashdesk.views.taking import active_methods
from customers.models import Customer

ROLE = "card"
FRESH = timedelta(seconds=5)  # two clicks ask once
ASKING = threading.BoundedSemaphore(2)  # of a process: its other threads take payments while nobody answers these


@dataclass(frozen=True)
class Live:
    """What a card says about the age of its figures; there is none where figures come as files."""

    asks_by_itself: bool = False
    has_failed: bool = False


def live(*, asks_by_itself: bool) -> Live | None:
    """Return how a new card keeps up to date, None where figures come as files."""
    return Live(asks_by_itself) if settings.CASHDESK_BILLING != "files" else None


@require_POST
def refresh(request: OperatorRequest, pk: int) -> HttpResponse:
    """Ask the billing system about this customer and answer what the card then says; no field is touched.

    Without htmx it leads back to the card. Whatever the billing system answers, the payment can be taken.
    """
    shown = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    if settings.CASHDESK_BILLING == "files":
        raise Http404
    outcome = ask(shown)
    if not request.htmx:
        return see_other("customer", pk)
    now = Customer.objects.visible_to(request.user).filter(pk=pk, gone_at=None, paid_through="").first()
    if now is None:
        return HttpResponseClientRefresh()  # nothing on this card is right any more
    context = {
        "card": read_card(now, request.user),
        "live": Live(has_failed=outcome is None),
        "form": PaymentForm(methods=active_methods()),
    }
    return render(request, "desk/_refreshed.html", context)


def ask(shown: Customer) -> Refreshed | None:
    """Bring one customer up to date; None when the billing system does not answer, lately has not, or is being asked.

    Enough threads of this process wait for it then; nobody knows yet whether it will answer them.
    """
    if shown.as_of > timezone.now() - FRESH:
        return Refreshed.WRITTEN
    if not ASKING.acquire(blocking=False):
        return None
    try:
        return _asked(shown) if may_ask(ROLE) else None
    finally:
        ASKING.release()


def _asked(shown: Customer) -> Refreshed | None:
    try:
        outcome = pull_customer(system_for_cards(), shown.external_id)
    except (BillingUnavailable, NotConnected) as failure:
        note_failure(ROLE, str(failure))
        return None
    note_answer(ROLE)
    return outcome


@csrf_exempt  # a program calls, not a browser with somebody's cookie: the signature says who it is
@require_POST
def hook(request: OperatorRequest) -> HttpResponse:
    """Take a signed hint that something has changed over there; it marks a customer to be asked for, nothing else."""
    secret = settings.CASHDESK_SPLYNX_HOOK_SECRET
    if settings.CASHDESK_BILLING != "splynx" or not secret:
        return HttpResponseNotFound()
    if not is_signed(request.body, request.headers.get("X-Splynx-Signature", ""), secret=secret):
        return HttpResponse(status=403)
    try:
        take_hint(request.body)
    except NotUnderstood:
        return HttpResponse(status=400)
    return HttpResponse(status=204)
