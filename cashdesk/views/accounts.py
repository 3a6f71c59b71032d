"""The journal for the accounting program: what was booked on each account, and the file with every movement."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from cashdesk.cells import Cell, csv_cells
from cashdesk.csv_files import csv_download
from cashdesk.forms.report import PeriodForm
from cashdesk.http import OperatorRequest
from cashdesk.views.reports import check_right, file_name, period_in_words
from payments.accounting import (
    Entry,
    account_sums,
    entries,
    leaves_own_shift_out,
    missing_accounts,
    movements,
    read_accounts,
)

COLUMNS = [
    *("business_date", "document", "recorded_at", "kind", "method", "till", "operator"),
    *("debit", "credit", "amount", "currency", "comment"),
]


@require_safe
def accounts(request: OperatorRequest) -> HttpResponse:
    """Show what was booked on each account, or which accounts are missing."""
    return show(request, PeriodForm(request.GET))


@require_safe
def accounts_csv(request: OperatorRequest) -> HttpResponseBase:
    """Download every movement with its accounts; where one has none or is left out, the page says so instead."""
    check_right(request.user)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return show(request, form)
    lines, booked = movements(request.user, form.first, form.last), read_accounts()
    if missing_accounts(lines, booked) or leaves_own_shift_out(request.user, form.first, form.last):
        return show(request, form, status=422)
    rows = ([csv_cells(cells(entry)) for entry in chunk] for chunk in entries(lines, booked))
    return csv_download(f"{file_name(form).replace('report', 'accounts')}.csv", COLUMNS, rows)


def show(request: OperatorRequest, form: PeriodForm, status: int = 200) -> HttpResponse:
    """Return the page of these days, with 422 where they are not understood."""
    check_right(request.user)
    if not form.is_valid():
        return render(request, "desk/accounts.html", {"form": form}, status=422)
    lines, booked = movements(request.user, form.first, form.last), read_accounts()
    missing = missing_accounts(lines, booked)
    days = urlencode({"from": form.first.isoformat(), "to": form.last.isoformat()})
    shown = {
        "form": form,
        "period": period_in_words(form),
        "missing": missing,
        "leaves_own_shift_out": leaves_own_shift_out(request.user, form.first, form.last),
        "sums": [] if missing else account_sums(lines, booked),
        "file": f"{reverse('accounts_csv')}?{days}",
        "report": f"{reverse('report_day')}?{days}",
    }
    return render(request, "desk/accounts.html", shown, status=status)


def cells(entry: Entry) -> list[Cell]:
    """Return one movement as cells."""
    line = entry.line
    return [
        line.business_date,
        line.document_number,
        line.recorded_at,
        line.kind,
        line.method.name if line.method else "",
        line.till.code,
        line.operator.get_full_name(),
        entry.debit,
        entry.credit,
        line.amount,
        settings.CASHDESK_CURRENCY,
        line.comment,
    ]
