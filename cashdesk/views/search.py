"""The search page: one box for name, login, id and document number, live with htmx and whole without."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from cashdesk.forms.base import refuse_unwritable
from cashdesk.http import OperatorRequest
from customers.models import Customer
from customers.searching import search as find
from payments.standings import standings
from payments.today import served_today, takings_today

SERVED_SHOWN = 5
SHOWN_BACK = 200  # characters of a search repeated on the page


@require_safe
def search(request: OperatorRequest) -> HttpResponse:
    """Answer a search: the page, its results alone for htmx, or the customer at once for the only exact hit."""
    refuse_unwritable(request.GET)
    text = request.GET.get("q", "").strip()
    is_typing = bool(request.htmx) and not request.htmx.history_restore_request
    if not text or (is_typing and is_too_short(text)):
        return answer(request, is_typing, {"q": text, **beginning(request)})
    found = find(operator=request.user, text=text)
    if found.one is not None and not is_typing and "show" not in request.GET:
        return redirect("customer", found.one.pk)
    rows = standings(found.rows, request.user) if found.rows else []
    response = answer(request, is_typing, {"q": text[:SHOWN_BACK], "rows": rows, "more": found.more, "searched": True})
    if is_typing and found.one is not None:
        # Back from the card comes to this address: without `show` it would open the card again.
        response["HX-Replace-Url"] = reverse("search") + "?" + urlencode({"q": text, "show": "list"})
    return response


def is_too_short(text: str) -> bool:
    """Return whether a search while typing waits for more: one letter, unless it is a digit (R11)."""
    return len(text) < 2 and not text.isdigit()


def beginning(request: OperatorRequest) -> dict[str, object]:
    """Return what the page shows before a search: who was served today and what was taken."""
    served = served_today(request.user, SERVED_SHOWN)
    return {
        "served": standings(served, request.user) if served else [],
        "takings": takings_today(request.user),
        "is_first_run": not served and not Customer.objects.visible_to(request.user).exists(),
    }


def answer(request: OperatorRequest, is_typing: bool, context: dict[str, object]) -> HttpResponse:  # noqa: FBT001
    """Return the results alone or the whole page; caches keep the two apart."""
    template = "desk/_results.html" if is_typing else "desk/search.html"
    response = render(request, template, {**context, "live_search": True, "is_fragment": is_typing})
    patch_vary_headers(response, ["HX-Request"])
    return response
