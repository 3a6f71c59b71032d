"""How the billing system stands, and what a person does about a part that it did not take."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import settling
from billing.connectors.choosing import NotConnected, billing_system
from billing.connectors.protocol import BillingSystem
from billing.models import Difference, Reconciliation, Settlement
from billing.overview import SHOWN, read_overview, read_stuck
from billing.settling import SettlementRefused, check_right
from cashdesk.csv_files import csv_download, text_cell
from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.billing import SettleForm
from cashdesk.http import OperatorRequest, see_other
from payments.models import Delivery

COLUMNS = ("kind", "reference", "customer_id_there", "remote_id", "here", "there")


@require_safe
def billing(request: OperatorRequest) -> HttpResponse:
    """Show the connection, the queue, and what is stuck; for the right of its own."""
    check_right(request.user)
    context = {
        "overview": read_overview(request.user),
        "is_live": settings.CASHDESK_BILLING != "files",
        "sees_all": request.user.reseller_id is None,
    }
    return render(request, "desk/billing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def part(request: OperatorRequest, pk: int) -> HttpResponse:
    """Show one part with what was done about it; settle it by hand on POST."""
    check_right(request.user)
    if pk > 2**63 - 1:
        raise Http404
    delivery = get_object_or_404(Delivery.objects.settled_by(request.user), pk=pk)
    form = SettleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        refuse_unwritable(request.POST)
        if form.is_valid():
            try:
                settle(request, delivery, form)
            except SettlementRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return see_other("billing_part", pk)
    (stuck,) = read_stuck(Delivery.objects.filter(pk=delivery.pk))
    done = Settlement.objects.filter(delivery=delivery).select_related("operator")
    context = {"stuck": stuck, "form": form, "settlements": done, "steps": Settlement.Step}
    return render(request, "desk/billing_part.html", context, status=422 if form.errors else 200)


def settle(request: OperatorRequest, delivery: Delivery, form: SettleForm) -> None:
    """Do what the form says; raises SettlementRefused."""
    operator, pk, comment = request.user, delivery.pk, form.cleaned_data["comment"]
    step = Settlement.Step(form.cleaned_data["step"])
    if step == Settlement.Step.RETRY:
        settling.try_again(operator=operator, delivery_id=pk, comment=comment)
    elif step == Settlement.Step.ENTERING:
        settling.begin_entering(operator=operator, delivery_id=pk, comment=comment)
    elif step == Settlement.Step.NOT_ENTERED:
        settling.mark_not_entered(operator=operator, delivery_id=pk, comment=comment)
    else:
        remote_id = form.cleaned_data["remote_id"]
        settling.mark_entered(
            operator=operator, delivery_id=pk, comment=comment, remote_id=remote_id, system=connected()
        )


def connected() -> BillingSystem:
    """Return the live billing system; raises SettlementRefused when there is none."""
    try:
        return billing_system()
    except NotConnected as missing:
        raise SettlementRefused(_("No live billing system is connected.")) from missing


@require_safe
def differences(request: OperatorRequest) -> HttpResponse:
    """Show what differed when our payments were last compared with those over there."""
    check_right(request.user)
    record = Reconciliation.objects.filter(finished_at__isnull=False).first()
    found = last_differences(request, record)
    context = {
        "record": record,
        "differences": found[:SHOWN],
        "more": max(0, found.count() - SHOWN),
        "sees_all": request.user.reseller_id is None,
    }
    return render(request, "desk/billing_differences.html", context)


@require_safe
def differences_csv(request: OperatorRequest) -> HttpResponseBase:
    """Download what differed in the last comparison."""
    check_right(request.user)
    record = Reconciliation.objects.filter(finished_at__isnull=False).first()
    rows = (
        [[text_cell(str(getattr(difference, name))) for name in COLUMNS]]
        for difference in last_differences(request, record).iterator()
    )
    return csv_download("differences.csv", list(COLUMNS), rows)


def last_differences(request: OperatorRequest, record: Reconciliation | None) -> QuerySet[Difference]:
    """Return what differed in a comparison, as far as the operator may see it."""
    return Difference.objects.visible_to(request.user).filter(reconciliation=record).order_by("pk")
