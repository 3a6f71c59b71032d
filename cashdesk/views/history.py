"""What was taken: the list by filters, the same on paper, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cashdesk.cells import Cell, Made, csv_cells
from cashdesk.csv_files import csv_download
from cashdesk.dates import format_day
from cashdesk.forms.history import HistoryForm
from cashdesk.http import OperatorRequest, key_in
from customers.money import format_amount
from payments.history import Lines, Place, Row, TextTooWide, filtered, in_chunks, page, read, totals
from payments.reaching import reaches
from payments.reversal_figures import reversal_figures
from tills.blindness import hidden_lines

VIEW_ALL = "payments.view_all_payments"
PRINTED = 1000  # rows on paper, some 25 sheets of A4; whoever needs more takes the file
COLUMNS = [  # names, not words: a sheet's formulas go on working in another language
    *("kind", "document", "reverses", "business_date", "recorded_at", "customer", "login", "amount", "currency"),
    *("amount_formatted", "method", "reference", "paid_on", "comment", "operator"),
]


@require_safe
def history(request: OperatorRequest) -> HttpResponse:
    """Show what was taken; filters that are not understood are answered with 422 and no row."""
    form = HistoryForm(request.GET, operator=request.user)
    lines = find(request, form)
    if lines is None:
        return render(request, "desk/history.html", {"form": form}, status=422)
    place = Place(before=key_in(request, "before"), after=key_in(request, "after"))
    summed = totals(request.user, lines, place)
    shown = {"form": form, "totals": summed, "period": period_in_words(form), "links": links(form)}
    if request.GET.get("print") == "1":
        rows = read(lines, PRINTED)
        cut = len(rows) if len(rows) < summed.rows else None
        on_paper = {"rows": rows, "cut": cut, "filters": form.in_words(), "printed_at": timezone.now()}
        return render(request, "desk/history_print.html", {**shown, **on_paper})
    found = page(request.user, lines, place, summed)
    beside = {
        "older": address(form, before=found.older) if found.older else None,
        "newer": address(form, after=found.newer) if found.newer else None,
    }
    figures = (
        reversal_figures(lines.exclude(hidden_lines(request.user)), form.wanted().operator_id)
        if summed.reversals and request.user.has_perm(VIEW_ALL)
        else []
    )
    shown |= {"rows": found.rows, "beside": beside, "reversal_figures": figures}
    if settings.CASHDESK_BILLING != "files":
        shown["reached"] = reaches(row.payment.pk for row in found.rows)
    return render(request, "desk/history.html", shown)


@require_safe
def history_csv(request: OperatorRequest) -> HttpResponseBase:
    """Download what is filtered, written while it is read; bad filters show the history page with the fault."""
    form = HistoryForm(request.GET, operator=request.user)
    lines = find(request, form)
    if lines is None:
        return render(request, "desk/history.html", {"form": form}, status=422)
    return csv_download(file_name(form), COLUMNS, csv_rows(lines))


def find(request: OperatorRequest, form: HistoryForm) -> Lines | None:
    """Return the lines that the form asks for, or None with the fault at its field."""
    if not form.is_valid():
        return None
    try:
        return filtered(request.user, form.wanted())
    except TextTooWide:
        form.add_error("q", _("There are too many payments in these days to look for words. Choose fewer days"))
        return None


def links(form: HistoryForm) -> dict[str, str]:
    """Return the addresses of the same filters as a list, on paper, as a file, and over all days."""
    return {
        "newest": address(form),
        "print": address(form, print=1),
        "file": address(form, "history_csv"),
        "sheet": address(form, "history_xlsx"),
        "all_days": address(form, **{"from": "", "to": ""}),
    }


def address(form: HistoryForm, view: str = "history", **more: object) -> str:
    """Return an address with the form's filters, the days spelled out so that it means the same tomorrow."""
    filters = {name: form.data.get(name, "") for name in form.fields}
    kept = {name: value for name, value in filters.items() if value or name in {"from", "to"}}
    return f"{reverse(view)}?{urlencode({**kept, **more})}"


def period_in_words(form: HistoryForm) -> str:
    """Return the period as a heading says it."""
    first = format_day(form.first) if form.first else None
    last = format_day(form.last) if form.last else None
    if form.is_one_day:
        return str(first)
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("From %(first)s") % {"first": first}
    return _("Up to %(last)s") % {"last": last} if last else _("All days")


def file_name(form: HistoryForm) -> str:
    """Return the file's name with its period."""
    first = form.first.isoformat() if form.first else "start"
    last = form.last.isoformat() if form.last else "now"
    return f"history-{first}.csv" if form.is_one_day else f"history-{first}-to-{last}.csv"


def csv_rows(lines: Lines) -> Iterator[list[list[str]]]:
    """Return the rows of the file, chunk by chunk."""
    return ([csv_cells(cells(row)) for row in chunk] for chunk in in_chunks(lines))


def cells(row: Row) -> list[Cell]:
    """Return one line as the cells of a file."""
    line, payment = row.line, row.payment
    return [
        line.kind,
        line.document_number,
        payment.transaction.document_number if row.is_reversal else "",
        line.business_date,
        line.recorded_at,
        payment.customer_name,
        payment.customer_login,
        row.amount,
        settings.CASHDESK_CURRENCY,
        Made(format_amount(row.amount)),
        line.method.name if line.method else "",
        payment.reference,
        payment.paid_on,
        line.comment,
        line.operator.get_full_name(),
    ]
