"""The lists as spreadsheets: the rows and columns of their CSV files; and the till's journal."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Operator
from cashdesk.cells import Cell
from cashdesk.forms.deposits import DepositHistoryForm
from cashdesk.forms.history import HistoryForm
from cashdesk.http import OperatorRequest
from cashdesk.views import deposits
from cashdesk.views.history import COLUMNS, cells, file_name, find
from cashdesk.xlsx_files import xlsx_download
from payments import deposit_rows
from payments.history import CHUNK, in_chunks
from payments.journal_rows import Row, journal_page
from tills import journal
from tills.blindness import hides
from tills.holders import find_till
from tills.models import Till

JOURNAL = [
    *("document", "business_date", "recorded_at", "kind", "customer", "comment", "amount", "effect"),
    *("balance_before", "balance_after", "currency"),
]


@require_safe
def history_xlsx(request: OperatorRequest) -> HttpResponseBase:
    """Download what is filtered as a spreadsheet; bad filters show the history page with the fault."""
    form = HistoryForm(request.GET, operator=request.user)
    lines = find(request, form)
    if lines is None:
        return render(request, "desk/history.html", {"form": form}, status=422)
    rows = ([cells(row) for row in chunk] for chunk in in_chunks(lines))
    return xlsx_download(f"{file_name(form).removesuffix('.csv')}.xlsx", COLUMNS, rows)


@require_safe
def deposit_history_xlsx(request: OperatorRequest) -> HttpResponseBase:
    """Download the filtered changes of deposits as a spreadsheet; bad filters show their page with the fault."""
    deposits.check_right(request)
    form = DepositHistoryForm(request.GET, operator=request.user)
    lines = deposits.find(request, form)
    if lines is None:
        return render(request, "desk/deposit_history.html", {"form": form}, status=422)
    rows = ([deposits.cells(row) for row in chunk] for chunk in deposit_rows.in_chunks(request.user, lines))
    return xlsx_download("deposits.xlsx", deposits.COLUMNS, rows)


@require_safe
def till_xlsx(request: OperatorRequest) -> HttpResponseBase:
    """Download the journal of the operator's till; without a till yet it is the header alone."""
    till = find_till(request.user)
    name = f"till-{till.code}.xlsx" if till else "till.xlsx"
    return xlsx_download(name, JOURNAL, journal_rows(till, request.user) if till else [])


def journal_rows(till: Till, operator: Operator) -> Iterator[list[list[Cell]]]:
    """Return the journal's rows, newest first; while the drawer is counted blind they hold no balance."""
    head = journal.head(till)
    before = head.number + 1 if head else None
    is_hidden = hides(operator, till)
    while before:
        page = journal_page(till=till, operator=operator, newest=before, before=before, most=CHUNK)
        yield [journal_cells(row, is_hidden) for row in page.rows]
        before = page.older


def journal_cells(row: Row, is_hidden: bool) -> list[Cell]:  # noqa: FBT001  # a fact about the row, not a mode
    """Return one line of the journal as cells."""
    return [
        row.document,
        row.day,
        row.recorded_at,
        row.kind,
        row.details.customer if row.details else "",
        row.details.comment if row.details else "",
        row.amount,
        *((None,) * 3 if is_hidden else (row.effect, row.balance_before, row.balance_after)),
        settings.CASHDESK_CURRENCY,
    ]
