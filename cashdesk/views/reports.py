"""The day's report: for who may see all payments in scope; on the screen, on paper, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Operator
from cashdesk.cells import Cell, csv_cells
from cashdesk.charts import bar_chart
from cashdesk.csv_files import csv_download
from cashdesk.dates import format_day
from cashdesk.forms.report import PeriodForm
from cashdesk.http import OperatorRequest
from cashdesk.xlsx_files import xlsx_download
from payments.report_rows import Row, Sums
from payments.reports import Report, read_report

VIEW_ALL = "payments.view_all_payments"
COLUMNS = [
    *("table", "name", "payments", "paid", "reversals", "undone", "net", "over_or_short", "currency"),
    *("first_document", "last_document"),
]


@require_safe
def report_day(request: OperatorRequest) -> HttpResponse:
    """Show the report of a day or a period; days that are not understood are answered with 422 and no figure."""
    check_right(request.user)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "desk/report_day.html", {"form": form}, status=422)
    report = read_report(request.user, form.first, form.last)
    shown = {
        "form": form,
        "report": report,
        "period": period_in_words(form),
        "links": links(form),
        "tables": tables(report, request.user),
        "chart": bar_chart([(short_name(bucket.start), bucket.paid) for bucket in report.takings]),
        "takings": [(long_name(bucket.start), bucket) for bucket in report.takings],
    }
    if request.GET.get("print") == "1":
        return render(request, "desk/report_day_print.html", {**shown, "printed_at": timezone.now()})
    return render(request, "desk/report_day.html", shown)


@require_safe
def report_day_csv(request: OperatorRequest) -> HttpResponseBase:
    """Download the same figures; days that are not understood show the page with the fault."""
    return as_file(request, lambda name, rows: csv_download(f"{name}.csv", COLUMNS, [map(csv_cells, rows)]))


@require_safe
def report_day_xlsx(request: OperatorRequest) -> HttpResponseBase:
    """Download the same figures as a spreadsheet; days that are not understood show the page with the fault."""
    return as_file(request, lambda name, rows: xlsx_download(f"{name}.xlsx", COLUMNS, [rows]))


def as_file(
    request: OperatorRequest, download: Callable[[str, Iterator[list[Cell]]], HttpResponseBase]
) -> HttpResponseBase:
    """Return the report as the file that `download` makes of a name and rows."""
    check_right(request.user)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "desk/report_day.html", {"form": form}, status=422)
    report = read_report(request.user, form.first, form.last)
    return download(file_name(form), rows_of(report, request.user))


def check_right(operator: Operator) -> None:
    """Raise PermissionDenied for who may not see all payments in scope."""
    if not operator.has_perm(VIEW_ALL):
        raise PermissionDenied


def tables(report: Report, operator: Operator) -> list[tuple[str, str, str, list[Row]]]:
    """Return key, heading, what the first column holds, and the rows of every table; resellers for the house only."""
    found = [
        ("method", _("By method"), _("Method"), report.methods),
        ("operator", _("By operator"), _("Operator"), report.operators),
        ("till", _("By till"), _("Till"), report.tills),
        ("reseller", _("By reseller"), _("Reseller"), report.resellers),
        ("document", _("By what was paid"), _("For"), report.documents),
    ]
    return [entry for entry in found if entry[0] != "reseller" or operator.reseller_id is None]


def links(form: PeriodForm) -> dict[str, str]:
    """Return the addresses of the same days on the screen, on paper and as a file."""
    days = {"from": form.first.isoformat(), "to": form.last.isoformat()}
    return {
        "screen": f"{reverse('report_day')}?{urlencode(days)}",
        "print": f"{reverse('report_day')}?{urlencode({**days, 'print': '1'})}",
        "accounts": f"{reverse('accounts')}?{urlencode(days)}",
        "csv": f"{reverse('report_day_csv')}?{urlencode(days)}",
        "xlsx": f"{reverse('report_day_xlsx')}?{urlencode(days)}",
    }


def period_in_words(form: PeriodForm) -> str:
    """Return the period as a heading says it."""
    first, last = format_day(form.first), format_day(form.last)
    return first if form.is_one_day else _("%(first)s to %(last)s") % {"first": first, "last": last}


def file_name(form: PeriodForm) -> str:
    """Return the file's name with its period, without the ending."""
    first, last = form.first.isoformat(), form.last.isoformat()
    return f"report-{first}" if form.is_one_day else f"report-{first}-to-{last}"


def short_name(start: date | int) -> str:
    """Return what stands under a bar: the hour, or month and day."""
    return f"{start % 24:02}" if isinstance(start, int) else f"{start:%m-%d}"


def long_name(start: date | int) -> str:
    """Return what stands in the table beside the chart: an hour of the clock, or a day."""
    if not isinstance(start, int):
        return format_day(start)
    hour, starts = start % 24, settings.CASHDESK_DAY_STARTS
    first = starts if start == starts.hour else time(hour)
    last = starts if start >= 24 else time((hour + 1) % 24)
    return f"{first:%H:%M}–{last:%H:%M}"


def rows_of(report: Report, operator: Operator) -> Iterator[list[Cell]]:
    """Return the rows of a file: every table, what was taken when, the shifts, and the total."""
    for table, _heading, _first, rows in tables(report, operator):
        for row in rows:
            yield cells(table, row.name, row, row.first, row.last)
    for bucket in report.takings:
        is_hour = isinstance(bucket.start, int)
        name = short_name(bucket.start) if is_hour else str(bucket.start)
        yield cells("hour" if is_hour else "day", name, bucket)
    for shift in report.shifts:
        name = f"{shift.till} {shift.number}"
        yield ["shift", name, *[None] * 5, shift.difference, settings.CASHDESK_CURRENCY, None, None]
    yield cells("total", "", report.total, report.total.first, report.total.last)


def cells(table: str, name: str, sums: Sums, first: str = "", last: str = "") -> list[Cell]:
    """Return one row of figures."""
    figures = (sums.payments, sums.paid, sums.reversals, sums.undone, sums.net)
    return [table, name, *figures, None, settings.CASHDESK_CURRENCY, first, last]
