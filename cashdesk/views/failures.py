"""What is said when something does not work; never that nothing was recorded, since nobody here can know."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from cashdesk.http import see_other

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

RETRY_SECONDS = "30"


@dataclass(frozen=True)
class Failure:
    """A status with its heading and the sentence that says what to do; `quiet` asks the database nothing."""

    status: int
    title: StrPromise
    text: StrPromise
    quiet: bool = False


UNREADABLE = Failure(
    400, _("The desk did not understand this"), _("Go back, open the page again and send it again."), quiet=True
)
FORBIDDEN = Failure(403, _("This is not open to you"), _("Ask your administrator if you need it for your work."))
STALE = Failure(
    403,
    _("This page was open for too long"),
    _("Open the page again and send it again. If this comes back, let the browser keep cookies for this address."),
)
MISSING = Failure(
    404, _("There is nothing here"), _("The address may be mistyped, or what was here is not yours to see.")
)
WRONG_METHOD = Failure(405, _("This address does not work that way"), _("Open the page again and use its own buttons."))
TOO_MUCH = Failure(413, _("This was too much at once"), _("Go back and send less."), quiet=True)
BROKEN = Failure(
    500, _("The desk could not finish this"), _("The fault has been noted. Tell your administrator."), quiet=True
)
DOWN = Failure(503, _("The desk cannot answer just now"), _("Wait a minute and try again."), quiet=True)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request could not be read, or was too much to read."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    return page(request, TOO_MUCH if too_much else UNREADABLE)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that a right is missing, and which where the refusal says it."""
    return page(request, FORBIDDEN, said=str(exception or ""))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old; somebody who has signed in meanwhile in another tab just goes on."""
    route = request.resolver_match and request.resolver_match.view_name
    if route == "login" and isinstance(request.user, Operator) and request.user.may_use_desk:
        return see_other("search")
    return page(request, STALE)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing, in the same words for what is missing and for what is foreign."""
    return page(request, MISSING)


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """Say that the address takes other methods."""
    return page(request, WRONG_METHOD)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, or that the database does not answer; works without a database."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return page(request, BROKEN)
    return down(request)


def down(request: HttpRequest) -> HttpResponse:
    """Say that the database does not answer, or is not one to work on."""
    answer = page(request, DOWN)
    answer["Retry-After"] = RETRY_SECONDS
    return answer


def page(request: HttpRequest, failure: Failure, said: str = "") -> HttpResponse:
    """Return the page of a failure, with the way to look up what a sent form may have recorded."""
    context = {
        "failure": failure,
        "said": said,
        "was_sent": request.method == "POST",
        "key": posted_key(request),
        "provider_name": settings.CASHDESK_PROVIDER_NAME,
        "help_line": settings.CASHDESK_HELP,
    }
    text = render_to_string("failure.html", context, request=None if failure.quiet else request)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, status=failure.status, headers=headers)


def posted_key(request: HttpRequest) -> UUID | None:
    """Return the key of the payment form that was sent, if one was and it can still be read."""
    try:
        return UUID(request.POST.get("key", "")) if request.method == "POST" else None
    except (ValueError, UnreadablePostError, MultiPartParserError, BadRequest, SuspiciousOperation):
        return None
