"""The operator's till: its balance, what may still be taken, and its journal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cashdesk.http import OperatorRequest, key_in
from customers.money import ZERO
from payments.journal_rows import Page, cash_in, journal_page
from tills import journal
from tills.blindness import hides
from tills.holders import find_till, till_to_be


@require_safe
def till(request: OperatorRequest) -> HttpResponse:
    """Show the till's figures and 25 lines of its journal; looking makes no till."""
    operator = request.user
    own = find_till(operator)
    last = journal.head(own) if own else None
    balance = last.balance_after if last else ZERO
    is_hidden = own is not None and hides(operator, own)
    page = None
    if own and last:
        before, after = key_in(request, "before"), key_in(request, "after")
        page = journal_page(
            till=own, operator=operator, newest=last.number, before=before, after=after, is_hidden=is_hidden
        )
    if is_hidden:
        return render(request, "desk/till.html", {"is_hidden": True, "code": own and own.code, **pages(page)})
    shown = {
        "balance": balance,
        "room": journal.room_of(own or till_to_be(operator.reseller or operator), balance),
        "cash": cash_in(own) if own else None,
        "code": own.code if own else "",
        **pages(page),
    }
    return render(request, "desk/till.html", shown)


def pages(page: Page | None) -> dict[str, object]:
    """Return the page of the journal, and where those beside it are."""
    return {"page": page, "beside": beside(page) if page else None}


def beside(shown: Page) -> dict[str, str | None]:
    """Return the addresses of the pages beside this one."""
    return {
        "older": f"?before={shown.older}" if shown.older else None,
        "newer": f"?after={shown.newer}" if shown.newer else None,
    }
