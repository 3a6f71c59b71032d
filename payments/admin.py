"""Payments, their parts and what becomes of them, in the administration: looked up, never changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_pages import LookUpAdmin
from accounts.models import Operator
from customers.admin import amount
from customers.words import clean
from payments.models import Allocation, Delivery, Payment, Printing, Reversal
from tills.admin import numbered
from tills.blindness import hidden_lines


@admin.display(description=_("number"))
def document(payment: Payment) -> str:
    """Return the number printed on paper."""
    return payment.transaction.document_number


@admin.display(description=_("recorded"))
def recorded(payment: Payment) -> Any:
    """Return when the payment was taken."""
    return payment.transaction.recorded_at


@admin.display(description=_("amount"))
def taken(payment: Payment) -> str:
    """Return the amount taken."""
    return AMOUNT(payment.transaction)


@admin.display(description=_("number"))
def paid_with(part: Allocation) -> str:
    """Return the number of the payment that a part belongs to."""
    return part.payment.transaction.document_number


AMOUNT = amount("amount", _("amount"))


@admin.register(Payment)
class PaymentAdmin(LookUpAdmin):
    """Payments in scope: one's own, or with the right to see them everybody's."""

    list_display = (document, "customer_name", "customer_login", taken, recorded)
    fields = (
        document, "transaction", "key", "customer_name", "customer_login", taken, "paid_on", "reference", recorded,
        amount("customer_balance_before", _("customer's balance before")),
        amount("customer_balance_after", _("customer's balance after")),
    )  # fmt: skip
    search_fields = ("key",)
    search_help_text = _("Number as printed on the receipt, like A1-000123, or the form's key.")
    kept_with = ("transaction__till",)

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the payments in scope, without the own shift of somebody who counts blind."""
        return Payment.objects.visible_to(operator).exclude(hidden_lines(operator, "transaction__"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the payment with this number or key."""
        typed = clean(search_term)
        return (queryset.filter(_is_payment(typed)) if typed else queryset), False


def _is_payment(typed: str) -> Q:
    try:
        return Q(key=UUID(typed))
    except ValueError:
        return numbered(typed, "transaction__")


@admin.register(Allocation)
class AllocationAdmin(LookUpAdmin):
    """The parts that payments are made of."""

    list_display = (paid_with, "invoice", AMOUNT)
    fields = (paid_with, "payment", "invoice", AMOUNT)
    ordering = ("-pk",)
    search_fields = ("payment",)
    search_help_text = _("Number as printed on the receipt, like A1-000123.")
    kept_with = ("payment__transaction__till", "invoice")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return those in scope, without the own shift of somebody who counts blind."""
        return Allocation.objects.visible_to(operator).exclude(hidden_lines(operator, "payment__transaction__"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the parts of the payment with this number."""
        typed = clean(search_term)
        return (queryset.filter(numbered(typed, "payment__transaction__")) if typed else queryset), False


@admin.register(Delivery)
class DeliveryAdmin(LookUpAdmin):
    """What the billing system has been told, or must still be told."""

    list_display = ("reference", "kind", "state", "reflected", "batch", "attempts", "error")
    fields = (
        "reference", "kind", "state", "reflected", "batch", "allocation", "attempts", "lease", "remote_id", "error",
    )  # fmt: skip
    ordering = ("-pk",)
    list_filter = ("state", "kind")
    search_fields = ("reference__exact",)
    search_help_text = _("Reference, like A1-000123/1.")
    kept_with = ("allocation",)

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return those in scope, without the own shift of somebody who counts blind."""
        return Delivery.objects.visible_to(operator).exclude(
            hidden_lines(operator, "allocation__payment__transaction__")
        )


@admin.display(description=_("number"))
def undone_by(reversal: Reversal) -> str:
    """Return the number of the reversal's own line."""
    return reversal.transaction.document_number


@admin.display(description=_("reversed receipt"))
def undone(reversal: Reversal) -> str:
    """Return the number of the payment that was reversed."""
    return reversal.payment.transaction.document_number


@admin.register(Reversal)
class ReversalAdmin(LookUpAdmin):
    """Payments that were undone, and why."""

    list_display = (undone_by, undone, "reason", "transaction")
    fields = (undone_by, undone, "reason", "transaction", "payment", "replacement")
    ordering = ("-pk",)
    list_filter = ("reason",)
    search_fields = ("payment",)
    search_help_text = _("Number as printed on the reversed receipt, like A1-000123.")
    kept_with = ("transaction__till", "payment__transaction__till")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return those in scope, without the own shift of somebody who counts blind."""
        return Reversal.objects.visible_to(operator).exclude(hidden_lines(operator, "transaction__"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the reversal of the payment with this number."""
        typed = clean(search_term)
        return (queryset.filter(numbered(typed, "payment__transaction__")) if typed else queryset), False


@admin.display(description=_("receipt"))
def put_on_paper(printing: Printing) -> str:
    """Return the number of the receipt that was printed."""
    return printing.payment.transaction.document_number


@admin.register(Printing)
class PrintingAdmin(LookUpAdmin):
    """Receipts put on paper: when, by whom, which copy."""

    list_display = (put_on_paper, "number", "operator", "recorded_at")
    fields = (put_on_paper, "number", "operator", "recorded_at", "payment")
    ordering = ("-pk",)
    kept_with = ("payment__transaction__till", "operator")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return those in scope, without the own shift of somebody who counts blind."""
        return Printing.objects.visible_to(operator).exclude(hidden_lines(operator, "payment__transaction__"))
