"""Customers and invoices in the administration: looked up, never changed; the billing system owns them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_pages import LookUpAdmin, administrator
from customers.models import Customer, Invoice
from customers.money import format_amount
from customers.searching import search
from customers.words import clean, typed_keys

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def amount(field: str, label: StrPromise) -> Callable[[Any], str]:
    """Return a column that shows an amount of money as everywhere else, a dash where there is none."""

    @admin.display(description=label)
    def shown(row: Any) -> str:
        value = getattr(row, field)
        return "–" if value is None else format_amount(value)

    return shown


@admin.register(Customer)
class CustomerAdmin(LookUpAdmin):
    """Customers as the billing system last described them."""

    list_display = ("external_id", "login", "name", "company", "reseller", amount("balance", _("balance")), "gone_at")
    fields = (
        "external_id", "login", "name", "company", "reseller", amount("balance", _("balance")), "as_of", "gone_at",
    )  # fmt: skip
    search_fields = ("external_id",)  # shows the box; what it finds is decided below
    search_help_text = _("Id or login, or beginnings of words of the name, the company or the login.")
    kept_with = ("reseller",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return what the desk's own search finds, and customers who are gone by their exact id or login."""
        typed = clean(search_term)
        if not typed:
            return queryset, False
        found = [customer.pk for customer in search(operator=administrator(request), text=typed).rows]
        keys = typed_keys(typed)
        return queryset.filter(Q(pk__in=found) | Q(id_key__in=keys) | Q(login_key__in=keys)), False


@admin.register(Invoice)
class InvoiceAdmin(LookUpAdmin):
    """Invoices and proformas as the billing system last described them."""

    list_display = ("number", "kind", "customer", "due_on", amount("total", _("total")), amount("due", _("due")))
    fields = (
        "number", "kind", "external_id", "customer", "issued_on", "due_on",
        amount("total", _("total")), amount("due", _("due")),
    )  # fmt: skip
    ordering = ("-pk",)
    search_fields = ("number",)
    search_help_text = _("Number of the document.")
    kept_with = ("customer",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the documents with this number, however it is written."""
        typed = clean(search_term)
        keys = typed_keys(typed)
        return (queryset.filter(Q(number_key__in=keys) | Q(number_short__in=keys)) if typed else queryset), False
