"""Shifts as supervisors see them: who works, what was left open, floats, reports, and shorts."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Operator
from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.deposits import CommentForm, KeyedForm
from cashdesk.forms.shifts import FloatForm, ForcedForm
from cashdesk.http import OperatorRequest, see_other
from tills import blindness
from tills.closing import force_close, write_off_short
from tills.days import today
from tills.models import IN_PROGRESS, Kind, Shift, Transaction, ZReport
from tills.once import SUPERVISE
from tills.refusals import TillRefused
from tills.shift_figures import read_figures
from tills.shifts import issue_float, take_float_back
from tills.z_reports import Signed, read_z

ROWS = 25


def check_right(request: OperatorRequest) -> None:
    """Raise PermissionDenied for somebody who does not supervise tills."""
    if not request.user.has_perm(SUPERVISE):
        raise PermissionDenied(_("You cannot supervise tills. Ask your administrator."))


@require_safe
def shifts(request: OperatorRequest) -> HttpResponse:
    """List the shifts in scope: those in progress first, then those that ended."""
    check_right(request)
    visible = Shift.objects.visible_to(request.user).select_related("till__operator", "z_report")
    pages = Paginator(visible.exclude(state__in=IN_PROGRESS), ROWS).get_page(request.GET.get("page"))
    shown = {
        "running": visible.filter(state__in=IN_PROGRESS),
        "pages": pages,
        "ended": [(shift, difference_of(shift)) for shift in pages],
        "today": today(),
        "may_issue": bool(cashiers(request.user)),
    }
    return render(request, "desk/shifts.html", shown)


def difference_of(shift: Shift) -> Decimal | None:
    """Return what a closed shift was over (above zero) or short, as its report says; None for a float taken back."""
    report = getattr(shift, "z_report", None)
    return None if report is None else read_z(report)["z"]["difference"]


@require_http_methods(["GET", "HEAD", "POST"])
def shift_new(request: OperatorRequest) -> HttpResponse:
    """Lay out a float for a cashier, counted by denomination."""
    check_right(request)
    form = FloatForm(request.POST if request.method == "POST" else None, cashiers=cashiers(request.user))
    if request.method == "POST":
        refuse_unwritable(request.POST)
        if form.is_valid():
            cashier = form.cashiers[form.cleaned_data["cashier"]]
            key = form.cleaned_data["key"]
            try:
                issue_float(operator=request.user, cashier=cashier, counted=form.counted(), key=key)
            except TillRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                return see_other("shifts")
    return render(request, "desk/shift_new.html", {"form": form}, status=422 if form.errors else 200)


def cashiers(operator: Operator) -> list[Operator]:
    """Return who may get a float: whose till is their own; a reseller's shared till has no shifts."""
    people = Operator.objects.visible_to(operator).filter(reseller=None, cashdesk_access=True, is_active=True)
    return list(people.order_by("name", "username"))


@require_http_methods(["GET", "HEAD", "POST"])
def shift_report(request: OperatorRequest, pk: int) -> HttpResponse:
    """Show one shift: the X report while it lasts, the Z report for ever; take the float back or close it on POST."""
    visible = Shift.objects.visible_to(request.user).select_related("till__operator", "issued_by", "closed_by")
    shown = get_object_or_404(visible, pk=pk)
    form: KeyedForm | None = None
    if request.method == "POST":
        check_right(request)
        refuse_unwritable(request.POST)
        answer = post(request, shown)
        if isinstance(answer, HttpResponse):
            return answer
        form = answer
    return render(request, "desk/shift_report.html", report(request, shown, form), status=422 if form else 200)


def post(request: OperatorRequest, shown: Shift) -> HttpResponse | KeyedForm:
    """Carry the supervisor's form out and lead to the report, or return the form with what is wrong."""
    act = request.POST.get("act", "")
    form: KeyedForm
    if act == "force_close":
        form = ForcedForm(request.POST, name=act)
    elif act == "write_off":
        form = CommentForm(request.POST, name=act, comment=_("Why it is written off"))
    elif act == "take_back":
        form = KeyedForm(request.POST, name=act)
    else:
        raise Http404
    if not form.is_valid():
        return form
    clean, operator = form.cleaned_data, request.user
    try:
        if isinstance(form, ForcedForm):
            force_close(
                operator=operator, shift_id=shown.pk, counted=form.counted(), comment=clean["comment"], key=clean["key"]
            )
        elif isinstance(form, CommentForm):
            short = get_object_or_404(Transaction, shift=shown, kind=Kind.SHORT)
            write_off_short(operator=operator, line_id=short.pk, comment=clean["comment"], key=clean["key"])
        else:
            take_float_back(operator=operator, shift_id=shown.pk, key=clean["key"])
    except ObjectDoesNotExist:
        raise Http404 from None
    except TillRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return form
    return see_other("shift_report", shown.pk)


def report(request: OperatorRequest, shown: Shift, form: KeyedForm | None) -> dict[str, object]:
    """Return what the page shows: figures as they are now, or as they were signed at the close."""
    z = ZReport.objects.filter(shift=shown).first()
    is_hidden = blindness.hides(request.user, shown.till)
    may_act = request.user.has_perm(SUPERVISE) and shown.till.operator_id != request.user.pk
    short = Transaction.objects.filter(shift=shown, kind=Kind.SHORT, write_off=None).first() if z else None
    paper = request.GET.get("paper", "")
    return {
        "shift": shown,
        "z": with_papers(read_z(z)["z"]) if z else None,
        "as_of": timezone.now(),
        "digest": z.digest[:10] if z else "",
        "figures": None if is_hidden or z or not shown.is_in_use else read_figures(shown),
        "is_hidden": is_hidden,
        "is_overdue": shown.is_in_use and shown.opened_on is not None and shown.opened_on < today(),
        "form": form,
        "force_close": form_or(form, ForcedForm) if may_act and shown.is_in_use else None,
        "take_back": uuid4() if request.user.has_perm(SUPERVISE) and shown.state == Shift.State.ISSUED else None,
        "write_off": (form if type(form) is CommentForm else write_off_form()) if may_act and short else None,
        "short": short,
        "paper": paper if paper in Operator.Paper.values else request.user.paper,
        "papers": Operator.Paper.choices,
    }


def with_papers(z: Signed) -> Signed:
    """Return the report with what the cheques and the slips of each count come to."""
    for count in z["counts"]:
        papers = {what: [row["value"] for row in count["rows"] if row["what"] == what] for what in ("cheque", "slip")}
        count["papers"] = [(what, len(values), sum(values)) for what, values in papers.items() if values]
    return z


def form_or(form: KeyedForm | None, wanted: type[ForcedForm]) -> KeyedForm:
    """Return the sent form if it is of this kind, else a new one."""
    return form if isinstance(form, wanted) else wanted(name="force_close")


def write_off_form() -> CommentForm:
    """Return a new form for writing a short off."""
    return CommentForm(name="write_off", comment=_("Why it is written off"))
