"""Which routes are open, and where somebody goes who may not be where they asked to be."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.contrib.auth import SESSION_KEY, logout
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import Operator
from cashdesk import idling
from cashdesk.forms.payment import read_key
from cashdesk.http import SeeOther

# The one list of what needs no sign-in. Static files are served before anything asks; an address that is no route
# is a 404 for everybody.
OPEN = {"home", "healthz", "readyz", "login", "admin:login", "check", "billing_hook"}
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
LOST = signing.TimestampSigner(salt="cashdesk.doors.lost")
UNSURE = signing.TimestampSigner(salt="cashdesk.doors.unsure")
LOST_SECONDS = 600
PAYING = {"customer", "move"}  # their forms carry the key of a payment, which may have been taken before
LONGEST_NEXT = 2000


def route_of(request: HttpRequest) -> str:
    """Return the name of the route that will answer, empty for an address that is none."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def is_open(request: HttpRequest) -> bool:
    """Return whether anybody may ask for this."""
    return route_of(request) in OPEN


def turn_away(request: HttpRequest) -> HttpResponse | None:
    """Return the way to sign in for somebody who may not be here, None for who may.

    Raises Http404 for a route of the administration and PermissionDenied for the desk, to people signed in who have
    no business there.
    """
    route = route_of(request)
    if route in OPEN - {"admin:login"}:
        return None
    user = signed_in_user(request)
    if not route:
        return None
    if route.startswith("admin:"):
        return _turn_away_from_admin(request, user, route)
    if user is None:
        return to_sign_in(request, route)
    if user.may_use_desk or route == "logout":
        return None
    if user.is_staff:
        raise PermissionDenied(_("You may not use the desk: the CashDesk switch of your login is off."))
    logout(request)  # the switch was turned off while they worked
    return to_sign_in(request, route)


def _turn_away_from_admin(request: HttpRequest, user: Operator | None, route: str) -> HttpResponse | None:
    if user is not None and not user.is_staff:
        raise Http404
    return to_sign_in(request, route) if user is None and route != "admin:login" else None


def signed_in_user(request: HttpRequest) -> Operator | None:
    """Return who is signed in, having ended a session that is too old or of somebody switched off."""
    if SESSION_KEY in request.session and idling.has_lapsed(request.session):
        logout(request)
    if isinstance(request.user, Operator):
        idling.note_visit(request.session, request.user)
        return request.user
    if SESSION_KEY in request.session:
        request.session.flush()
    return None


def to_sign_in(request: HttpRequest, route: str) -> HttpResponse:
    """Return the way to the sign-in page and from there back; what was posted is lost, and the page says so.

    A payment may have been saved when it was sent the first time: its way back is the page of its key, which knows.
    """
    page = reverse("admin:login" if route.startswith("admin:") else "login")
    address = f"{page}?{urlencode(_way_back(request, route))}".rstrip("?")
    if HtmxDetails(request):
        return HttpResponseClientRedirect(address)  # htmx would put a redirect's page inside the page
    return HttpResponseRedirect(address) if request.method in SAFE else SeeOther(address)


def _way_back(request: HttpRequest, route: str) -> dict[str, str]:
    if route == "logout":
        return {}
    if route in PAYING and request.method == "POST" and (key := read_key(request.POST)) is not None:
        back = reverse("receipt", args=[key])
        return {"next": back, "lost": UNSURE.sign(back)}
    htmx = HtmxDetails(request)
    asked = request.get_full_path() if request.method in SAFE else page_of_form(request)
    back = (htmx.current_url_abs_path or reverse("search")) if htmx else asked
    back = back if len(back) <= LONGEST_NEXT else request.path
    return {"next": back} if request.method in SAFE else {"next": back, "lost": LOST.sign(back)}


def page_of_form(request: HttpRequest) -> str:
    """Return the page on which a sent form stands: some addresses only take forms and show nothing themselves."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return request.path
    return urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl() or request.path


def was_lost(back: str, signature: str) -> bool:
    """Return whether something posted from this page has just met an ended session; only the desk can say so."""
    return _is_signed(LOST, back, signature)


def is_unsure(back: str, signature: str) -> bool:
    """Return whether a payment with this page has just met an ended session and may have been saved before."""
    return _is_signed(UNSURE, back, signature)


def _is_signed(signer: signing.TimestampSigner, back: str, signature: str) -> bool:
    try:
        return signer.unsign(signature, max_age=LOST_SECONDS) == back
    except signing.BadSignature:
        return False
