"""Signing in and out, and the own password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Operator
from cashdesk import doors
from cashdesk.forms.sign_in import OwnPasswordForm, SignInForm
from cashdesk.http import OperatorRequest, see_other


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let an operator in and lead back to the page asked for; every refusal looks the same."""
    sent = request.POST if request.method == "POST" else request.GET
    back = way_back(request, sent.get("next", ""))
    if request.method != "POST" and isinstance(request.user, Operator) and request.user.may_use_desk:
        return redirect(back)
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and form.operator is not None:
        login(request, form.operator)  # a new session key, and somebody else's session is emptied
        return see_other(back)
    lost = sent.get("lost", "")
    said = {"was_lost": doors.was_lost(back, lost), "is_unsure": doors.is_unsure(back, lost)}
    page = {"form": form, "back": back, "lost": lost, **said}
    return render(request, "desk/sign_in.html", page, status=422 if form.errors else 200)


def way_back(request: HttpRequest, asked: str) -> str:
    """Return the page asked for if it is one of ours, else the search page; a word could be taken for a view's name."""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    is_address = "/" in asked and len(asked) <= doors.LONGEST_NEXT
    return asked if ours and is_address else resolve_url(settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; no page of it is kept in the browser."""
    logout(request)
    return see_other("login")


@sensitive_post_parameters("old_password", "new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: OperatorRequest) -> HttpResponse:
    """Change the operator's own password; this session goes on and all others end."""
    form = OwnPasswordForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        request.user.set_password(form.cleaned_data["new_password"])
        request.user.save(update_fields=["password"])
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password was changed. You were signed out everywhere else."))
        return see_other("password")
    return render(request, "desk/password.html", {"form": form}, status=422 if form.errors else 200)
