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
from tills.blindness import hidden_lines
from tills.forms import AddTillForm, ChangeTillForm, MethodForm
from tills.holders import make_till
from tills.models import Booking, Count, CountRow, PaymentMethod, Shift, Till, Transaction, ZReport

LARGEST_NUMBER = 2**31 - 1


def is_used(row: Till | PaymentMethod) -> bool:
    """Return whether there are journal lines of this till or method, or shifts, whose reports name the till's code."""
    return row.lines.exists() or (isinstance(row, Till) and row.shifts.exists())


@admin.register(Till)
class TillAdmin(KeptAdmin):
    """Who is answerable for money, and how far below zero their till may go."""

    list_display = ("code", "operator", "reseller", amount("limit", _("limit")), "requires_shift", "is_active")
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
        changed = ("code", "operator", "reseller", "limit", "is_active", "requires_shift", "blind", "tolerance")
        return changed if obj else ("operator", "reseller", "limit")

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


@admin.register(Booking)
class BookingAdmin(KeptAdmin):
    """On which accounts the movements are booked."""

    list_display = ("kind", "method", "debit", "credit")
    fields = ("kind", "method", "debit", "credit")
    kept_with = ("method",)

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return all accounts: they are the same for everybody."""
        return Booking.objects.all()


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
        "shift", "comment", "recorded_at", "business_date", "payload", "key_id", "previous_digest", "digest",
    )  # fmt: skip
    list_filter = ("business_date",)
    search_fields = ("number",)
    search_help_text = _("Number as printed on the receipt, like A1-000123.")
    kept_with = ("till", "operator", "reseller", "customer", "method", "shift")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the lines in scope, without the own shift of somebody who counts blind."""
        return Transaction.objects.visible_to(operator).exclude(hidden_lines(operator))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the line with this number."""
        typed = clean(search_term)
        return (queryset.filter(numbered(typed)) if typed else queryset), False


@admin.register(Shift)
class ShiftAdmin(LookUpAdmin):
    """The shifts of the tills."""

    list_display = ("till", "number", "state", "issued_by", "opened_at", "closed_at")
    fields = (
        "till", "number", "state", "blind", amount("tolerance", _("tolerance")), amount("float_amount", _("float")),
        "issued_by", "issued_at", "first_number", "opened_at", "opened_on", "last_number", "closed_by", "closed_at",
    )  # fmt: skip
    list_filter = ("state",)
    kept_with = ("till", "issued_by", "closed_by")


ROW_COLUMNS = ("what", amount("value", _("value")), "pieces", "reference")


class CountRows(admin.TabularInline):  # type: ignore[type-arg]  # it takes its arguments only in the stubs
    """What was counted."""

    model = CountRow
    fields = readonly_fields = ROW_COLUMNS  # type: ignore[assignment]  # a function is a column, too
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a count is written once."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a count is written once."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a count is written once."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this person may see counts."""
        return request.user.has_perm("tills.view_count")


@admin.register(Count)
class CountAdmin(LookUpAdmin):
    """The counts of the drawers."""

    list_display = ("shift", "number", "purpose", "operator", amount("cash", _("cash")), "recorded_at")
    fields = (
        "shift", "number", "purpose", "operator", amount("cash", _("cash")), amount("expected", _("expected")),
        "after_number", "recorded_at",
    )  # fmt: skip
    ordering = ("-pk",)
    inlines = (CountRows,)
    kept_with = ("shift__till", "operator")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the counts of the shifts in scope."""
        return Count.objects.filter(shift__in=Shift.objects.visible_to(operator))


@admin.register(ZReport)
class ZReportAdmin(LookUpAdmin):
    """What the closed shifts came to, as it was signed."""

    list_display = ("till", "number", "shift", "recorded_at")
    fields = ("till", "number", "shift", "recorded_at", "payload", "key_id", "previous_digest", "digest")
    kept_with = ("till", "shift")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the reports of the shifts in scope."""
        return ZReport.objects.filter(shift__in=Shift.objects.visible_to(operator))
