"""The admin site of the desk."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


class DeskAdminSite(admin.AdminSite):
    """Django admin for the people and rules of the desk; the books are only looked up here."""

    site_header = _("Cashdesk administration")
    site_title = _("Cashdesk administration")
    index_title = _("People, rules and look-ups")
    site_url = reverse_lazy("search")  # type: ignore[assignment]  # shown by a template, which takes a lazy one
