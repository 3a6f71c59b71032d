"""Deposits: all tills in scope, what may be done to each, and everything that was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Operator, Reseller
from cashdesk.cells import Cell, csv_cells
from cashdesk.csv_files import csv_download
from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.deposits import AmountForm, CommentForm, DepositHistoryForm, KeyedForm, NewDepositForm
from cashdesk.forms.payment import read_key
from cashdesk.http import OperatorRequest, key_in, see_other
from payments.deposit_rows import (
    Lines,
    Row,
    Standing,
    filtered,
    holders_without_till,
    in_chunks,
    page,
    standings,
    tills_in_scope,
)
from payments.history import TextTooWide
from tills.deposits import close_deposit, create_deposit, refill_deposit, withdraw_deposit
from tills.models import Till, Transaction
from tills.once import MANAGE_DEPOSITS, find_used
from tills.refusals import TillRefused

TILLS = 50
COLUMNS = [
    *("kind", "document", "business_date", "recorded_at", "till", "holder", "operator", "amount", "effect"),
    *("balance_before", "balance_after", "comment"),
]


def check_right(request: OperatorRequest) -> None:
    """Raise PermissionDenied for somebody who does not manage deposits."""
    if not request.user.has_perm(MANAGE_DEPOSITS):
        raise PermissionDenied(_("You cannot manage deposits. Ask your administrator."))


@require_safe
def deposits(request: OperatorRequest) -> HttpResponse:
    """List all tills in scope with what is left of their deposits."""
    check_right(request)
    pages = Paginator(tills_in_scope(request.user), TILLS)
    shown = pages.get_page(request.GET.get("page"))
    rows = standings(request.user, shown.object_list)  # type: ignore[arg-type]  # a queryset comes as one
    has_others = bool(holders_without_till(request.user))
    return render(request, "desk/deposits.html", {"rows": rows, "pages": shown, "has_others": has_others})


@require_http_methods(["GET", "HEAD", "POST"])
def deposit_new(request: OperatorRequest) -> HttpResponse:
    """Create a deposit for somebody who has no till yet."""
    check_right(request)
    holders = [*holders_without_till(request.user), *holder_of_used(request)]
    form = NewDepositForm(request.POST if request.method == "POST" else None, holders=holders)
    if request.method == "POST":
        refuse_unwritable(request.POST)
        if form.is_valid():
            holder = form.holders[form.cleaned_data.pop("holder")]
            answer = attempt(form, lambda **fields: create_deposit(operator=request.user, holder=holder, **fields))
            if answer is not None:
                return answer
    return render(request, "desk/deposit_new.html", {"form": form}, status=422 if form.errors else 200)


def holder_of_used(request: OperatorRequest) -> list[Operator | Reseller]:
    """Return for whom this form created a deposit before: sent again it leads to the same line."""
    key = read_key(request.POST)
    used = find_used(operator=request.user, key=key) if key else None
    holder = (used.line.till.reseller or used.line.till.operator) if used and used.line else None
    return [holder] if holder else []


@require_http_methods(["GET", "HEAD", "POST"])
def deposit(request: OperatorRequest, pk: int) -> HttpResponse:
    """Show one till's deposit; create, refill, withdraw or close it on POST."""
    check_right(request)
    till = get_object_or_404(tills_in_scope(request.user), pk=pk)
    sent: KeyedForm | None = None
    if request.method == "POST":
        refuse_unwritable(request.POST)
        act = request.POST.get("act", "")
        if act not in FORMS:
            raise Http404
        sent = FORMS[act](request.POST, name=act)
        if sent.is_valid() and (answer := attempt(sent, act_on(request, till, act))) is not None:
            return answer
    forms = {name: sent if sent and request.POST["act"] == name else form(name=name) for name, form in FORMS.items()}
    [shown] = standings(request.user, tills_in_scope(request.user).filter(pk=till.pk))
    context = {"shown": shown, "forms": forms, "acts": acts_of(shown), "form": sent}
    return render(request, "desk/deposit.html", context, status=422 if sent and sent.errors else 200)


FORMS: dict[str, type[CommentForm]] = {
    "create": AmountForm,
    "refill": AmountForm,
    "withdraw": AmountForm,
    "close": CommentForm,
}


def acts_of(shown: Standing) -> list[str]:
    """Return what may be done to a till's deposit now."""
    if shown.is_hidden:
        return []
    first = "refill" if shown.has_deposit else "create"
    return [first, "withdraw", "close"] if shown.left else [first]


def act_on(request: OperatorRequest, till: Till, act: str) -> Callable[..., Transaction]:
    """Return the act that the form asks for, as a function of the form's fields."""
    if act == "create":
        holder = till.reseller or till.operator
        if holder is None:
            raise Http404
        return lambda **fields: create_deposit(operator=request.user, holder=holder, **fields)
    change: Any = {"refill": refill_deposit, "withdraw": withdraw_deposit, "close": close_deposit}[act]  # one signature
    return lambda **fields: change(operator=request.user, till_id=till.pk, **fields)


def attempt(form: KeyedForm, act: Callable[..., Transaction]) -> HttpResponse | None:
    """Carry the form out and lead to its line, or put the refusal into the form and return None."""
    try:
        line = act(**form.cleaned_data)
    except ObjectDoesNotExist:
        raise Http404 from None
    except TillRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    return see_other("movement", line.pk)


@require_safe
def deposit_history(request: OperatorRequest) -> HttpResponse:
    """Show what was done to the deposits; filters that are not understood are answered with 422 and no row."""
    check_right(request)
    form = DepositHistoryForm(request.GET, operator=request.user)
    lines = find(request, form)
    if lines is None:
        return render(request, "desk/deposit_history.html", {"form": form}, status=422)
    found = page(request.user, lines, before=key_in(request, "before"), after=key_in(request, "after"))
    beside = {
        "older": address(form, before=found.older) if found.older else None,
        "newer": address(form, after=found.newer) if found.newer else None,
    }
    links = {
        "newest": address(form),
        "file": address(form, "deposit_history_csv"),
        "sheet": address(form, "deposit_history_xlsx"),
    }
    return render(request, "desk/deposit_history.html", {"form": form, "page": found, "beside": beside, "links": links})


@require_safe
def deposit_history_csv(request: OperatorRequest) -> HttpResponseBase:
    """Download what is filtered, written while it is read."""
    check_right(request)
    form = DepositHistoryForm(request.GET, operator=request.user)
    lines = find(request, form)
    if lines is None:
        return render(request, "desk/deposit_history.html", {"form": form}, status=422)
    return csv_download("deposits.csv", COLUMNS, rows_of(request, lines))


def rows_of(request: OperatorRequest, lines: Lines) -> Iterator[list[list[str]]]:
    """Return the rows of the file, chunk by chunk."""
    return ([csv_cells(cells(row)) for row in chunk] for chunk in in_chunks(request.user, lines))


def cells(row: Row) -> list[Cell]:
    """Return one line as the cells of a file; hidden balances are empty."""
    line = row.line
    return [
        line.kind,
        line.document_number,
        line.business_date,
        line.recorded_at,
        line.till.code,
        row.holder,
        line.operator.get_full_name(),
        line.amount,
        line.effect,
        *((None, None) if row.is_hidden else (line.balance_before, line.balance_after)),
        line.comment,
    ]


def find(request: OperatorRequest, form: DepositHistoryForm) -> Lines | None:
    """Return the lines that the form asks for, or None with the fault at its field."""
    refuse_unwritable(request.GET)
    if not form.is_valid():
        return None
    try:
        return filtered(request.user, form.wanted())
    except TextTooWide:
        form.add_error("q", _("There are too many lines in these days to look for words. Choose fewer days"))
        return None


def address(form: DepositHistoryForm, view: str = "deposit_history", **more: object) -> str:
    """Return an address with the form's filters."""
    filters = {name: form.data.get(name, "") for name in form.fields}
    kept = {name: value for name, value in filters.items() if value}
    return f"{reverse(view)}?{urlencode({**kept, **more})}".rstrip("?")
