"""The operator's own shift: confirm the float, cash in and out, count, and close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.deposits import AmountForm, KeyedForm
from cashdesk.forms.payment import read_key
from cashdesk.forms.shifts import CloseForm, CountForm, DrawerForm
from cashdesk.http import OperatorRequest, see_other
from tills.closing import close_shift, count_drawer, last_count
from tills.drawer import drop_cash, pay_in, pay_out
from tills.holders import find_till, till_to_be
from tills.models import IN_PROGRESS, Shift, Transaction
from tills.once import find_used
from tills.refusals import FormUsedOtherwise, TillRefused
from tills.shifts import open_shift

FORMS: dict[str, type[KeyedForm]] = {
    "open": KeyedForm, "pay_in": DrawerForm, "pay_out": DrawerForm, "drop": AmountForm, "count": CountForm,
    "close": CloseForm,
}  # fmt: skip
POSSIBLE = {
    Shift.State.ISSUED: ["open"],
    Shift.State.OPEN: ["pay_in", "pay_out", "drop", "count"],
    Shift.State.COUNTED: ["count", "close"],
}
PAST = 10


@require_http_methods(["GET", "HEAD", "POST"])
def shift(request: OperatorRequest) -> HttpResponse:
    """Show how the own shift stands and what can be done now; do it on POST."""
    if request.method == "POST":
        refuse_unwritable(request.POST)
        return post(request)
    return show(request)


def post(request: OperatorRequest) -> HttpResponse:
    """Carry the sent form out; one that was carried out before leads to where it led then."""
    act, key = request.POST.get("act", ""), read_key(request.POST)
    if act not in FORMS:
        return see_other("shift")
    used = find_used(operator=request.user, key=key) if key else None
    current = used.shift if used else current_shift(request)
    form = FORMS[act](request.POST, name=act)
    if current is None or not (used or request.POST.get("shift", "") == str(current.pk)):
        form.add_error(None, why_not_this(request))
        return show(request, act, form, status=409)
    if not form.is_valid():
        return show(request, act, form)
    try:
        done = carry_out(request, act, current, form)
    except ObjectDoesNotExist:
        raise Http404 from None
    except FormUsedOtherwise as refusal:
        form.add_error(None, str(refusal))
        return show(request, act, form, status=409)
    except TillRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return show(request, act, form)
    if isinstance(done, Transaction):
        return see_other("movement", done.pk)
    return see_other("shift_report", done.pk) if done.state == Shift.State.CLOSED else see_other("shift")


def why_not_this(request: OperatorRequest) -> str:
    """Return why a form is not carried out that is about another shift than the one that is going on, or about none."""
    asked = request.POST.get("shift", "")
    key = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else 0
    meant = Shift.objects.filter(till__operator=request.user, pk=key).first()
    if meant is not None and meant.state == Shift.State.CLOSED:
        return _("This shift was closed meanwhile. What you sent was not recorded.")
    if meant is not None and meant.state == Shift.State.CANCELLED:
        return _("This float was taken back meanwhile. What you sent was not recorded.")
    return _("This form is about no shift that is going on. What you sent was not recorded.")


def carry_out(request: OperatorRequest, act: str, current: Shift, form: KeyedForm) -> Shift | Transaction:
    """Do what the form asks for and return the shift, or the line that a slip is printed of."""
    asked: dict[str, Any] = {"operator": request.user, "shift_id": current.pk}
    if isinstance(form, CountForm):
        return count_drawer(**asked, key=form.cleaned_data["key"], counted=form.counted())
    acts: dict[str, Callable[..., Shift | Transaction]] = {
        "open": open_shift, "pay_in": pay_in, "pay_out": pay_out, "drop": drop_cash, "close": close_shift,
    }  # fmt: skip
    return acts[act](**asked, **form.cleaned_data)


def current_shift(request: OperatorRequest) -> Shift | None:
    """Return the own shift that has not ended, if there is one."""
    own = Shift.objects.filter(till__operator=request.user, state__in=IN_PROGRESS)
    return own.select_related("till", "issued_by").first()


def show(
    request: OperatorRequest, act: str = "", sent: KeyedForm | None = None, status: int | None = None
) -> HttpResponse:
    """Return the page; after the count it shows what was expected."""
    current, operator = current_shift(request), request.user
    till = find_till(operator) or till_to_be(operator.reseller or operator)
    possible = POSSIBLE.get(Shift.State(current.state), []) if current else []
    ended = Shift.objects.filter(till__operator=request.user, state=Shift.State.CLOSED).select_related("z_report")
    counts = list(current.counts.order_by("number")) if current else []
    context = {
        "shift": current,
        "till": till,
        "form": sent,
        "forms": {name: sent if sent and name == act else FORMS[name](name=name) for name in possible},
        "not_recorded": sent if sent and act not in possible else None,
        "counts": counts,
        "last": last_count(current) if current and current.state == Shift.State.COUNTED else None,
        "float_rows": counts[0].rows.all() if current and current.state == Shift.State.ISSUED else [],
        "ended": ended.order_by("-pk")[:PAST],
    }
    return render(request, "desk/shift.html", context, status=status or (422 if sent and sent.errors else 200))
