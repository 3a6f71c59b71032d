"""Tills, payment methods and journal lines in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_pages import KeptAdmin, LookUpAdmin, administrator
from accounts.models import Operator, Reseller
from customers.admin import amount
from customers.words import clean
from tills.forms import AddTillForm, ChangeTillForm, MethodForm
from tills.holders import make_till
from tills.models import PaymentMethod, Till, Transaction

LARGEST_NUMBER = 2**31 - 1


def is_used(row: Till | PaymentMethod) -> bool:
    """Return whether there are journal lines of this till or method."""
    return row.lines.exists()


@admin.register(Till)
class TillAdmin(KeptAdmin):
    """Who is answerable for money, and how far below zero their till may go."""

    list_display = ("code", "operator", "reseller", amount("limit", _("limit")), "is_active")
    list_filter = ("is_active",)
    search_fields = ("^code", "operator__username", "operator__name", "reseller__name")
    kept_with = ("operator", "reseller")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the tills for which this administrator is responsible."""
        return Till.objects.in_scope_of(operator)

    def get_form(self, request: HttpRequest, obj: Till | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Return the form: a new till is made for a holder, an existing one gets another limit."""
        return super().get_form(request, obj, change, form=ChangeTillForm if obj else AddTillForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Till | None = None) -> tuple[str, ...]:
        """Return what is shown."""
        return ("code", "operator", "reseller", "limit", "is_active") if obj else ("operator", "reseller", "limit")

    def get_readonly_fields(self, request: HttpRequest, obj: Till | None = None) -> tuple[str, ...]:
        """Return what is fixed: the holder from the start, the code once it stands on paper."""
        if obj is None:
            return ()
        return ("code", "operator", "reseller") if is_used(obj) else ("operator", "reseller")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field with those who have no till yet; a reseller's operators share the reseller's."""
        holders: dict[str, QuerySet[Any]] = {
            "operator": Operator.objects.visible_to(administrator(request)).filter(reseller=None, till=None),
            "reseller": Reseller.objects.visible_to(administrator(request)).filter(till=None),
        }
        return super().formfield_for_foreignkey(db_field, request, queryset=holders[db_field.name], **kwargs)

    def save_model(self, request: HttpRequest, obj: Till, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save a limit, or make a till as its first use would make it, with the limit that was asked for."""
        if change:
            obj.save(update_fields=form.changed_data)
            return
        holder = obj.reseller or obj.operator
        if holder is None:
            raise ValueError("a till is added for somebody")
        made = make_till(holder)
        if obj.limit is not None:
            made.limit = obj.limit
            made.save(update_fields=["limit"])
        obj.pk, obj.code, obj.limit = made.pk, made.code, made.limit


@admin.register(PaymentMethod)
class PaymentMethodAdmin(KeptAdmin):
    """Ways of paying; what a used one does to the till stays as it is."""

    form = MethodForm
    list_display = ("name", "order", "is_active", "stays_with_operator", "in_drawer", "reference_label", "external_id")
    fields = (
        "name", "order", "is_active", "stays_with_operator", "in_drawer",
        "reference_label", "reference_required", "external_id",
    )  # fmt: skip

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return all methods: they are the same for everybody."""
        return PaymentMethod.objects.all()

    def get_readonly_fields(self, request: HttpRequest, obj: PaymentMethod | None = None) -> tuple[str, ...]:
        """Return the effect of a method that has been used."""
        return ("stays_with_operator", "in_drawer") if obj is not None and is_used(obj) else ()


@admin.display(description=_("number"))
def document(line: Transaction) -> str:
    """Return the number printed on paper."""
    return line.document_number


def numbered(text: str, prefix: str = "") -> Q:
    """Return the condition for a journal line with this number as printed; nothing matches what is no such number."""
    code, _dash, number = text.strip().rpartition("-")
    if not code or not number.isdecimal() or int(number[:20]) > LARGEST_NUMBER:
        return Q(pk__in=[])
    return Q(**{f"{prefix}till__code": code.upper(), f"{prefix}number": int(number)})


@admin.register(Transaction)
class TransactionAdmin(LookUpAdmin):
    """The lines of the tills' journals."""

    list_display = (document, "recorded_at", amount("amount", _("amount")), "customer", "method", "operator", "kind")
    fields = (
        document, "kind", "till", "operator", "reseller", "customer", "method", amount("amount", _("amount")),
        amount("effect", _("effect on the balance")), amount("cash", _("effect on the cash in the drawer")),
        amount("balance_before", _("balance before")), amount("balance_after", _("balance after")),
        "comment", "recorded_at", "business_date", "payload", "key_id", "previous_digest", "digest",
    )  # fmt: skip
    list_filter = ("business_date",)
    search_fields = ("number",)
    search_help_text = _("Number as printed on the receipt, like A1-000123.")
    kept_with = ("till", "operator", "reseller", "customer", "method")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the line with this number."""
        typed = clean(search_term)
        return (queryset.filter(numbered(typed)) if typed else queryset), False
