"""The operator's own preferences, and the page that lists every key."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cashdesk.forms.preferences import PREFERENCES, PreferencesForm, save_preferences
from cashdesk.http import OperatorRequest, SeeOther


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: OperatorRequest) -> HttpResponse:
    """Show and change how the desk looks and behaves for this operator."""
    if request.method == "POST":
        form = PreferencesForm(request.POST)
    else:
        form = PreferencesForm(initial={name: getattr(request.user, name) for name in PREFERENCES})
    if form.is_valid():
        save_preferences(request.user, form)
        return SeeOther(reverse("preferences") + "?saved=1")
    context = {"form": form, "was_saved": "saved" in request.GET}
    return render(request, "desk/preferences.html", context, status=422 if form.errors else 200)


@require_safe
def keyboard(request: OperatorRequest) -> HttpResponse:
    """List every key of the desk and what does the same on the page."""
    return render(request, "desk/keyboard.html")
