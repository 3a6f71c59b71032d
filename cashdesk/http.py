"""Small pieces of HTTP that the views share."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django_htmx.middleware import HtmxDetails

from accounts.models import Operator


class OperatorRequest(HttpRequest):
    """A request behind sign-in: its user is an operator who may use the desk."""

    user: Operator  # the middleware has seen to it
    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """303: the answer to every POST, so that Back never posts again."""

    status_code = 303


def see_other(to: str, *args: object, **kwargs: object) -> SeeOther:
    """Return a 303 to a view's name or an address."""
    return SeeOther(resolve_url(to, *args, **kwargs))


def key_in(request: HttpRequest, name: str) -> int | None:
    """Return the key of a page from the address; anything that is none is the key of no line."""
    text = request.GET.get(name)
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
