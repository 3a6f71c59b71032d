"""Batches, imports, pulls, settlements and comparisons in the administration: looked up, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.admin_pages import LookUpAdmin
from accounts.models import Operator
from billing.models import Batch, Difference, Import, Pull, Reconciliation, Settlement
from payments.models import Delivery

BY_REFERENCE = _("Reference of the part, like A1-000123/2.")


class HouseAdmin(LookUpAdmin):
    """What concerns the whole house; a reseller's people see none of it."""

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return all rows, or none for somebody who belongs to a reseller."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows if operator.reseller_id is None else rows.none()


@admin.register(Batch)
class BatchAdmin(HouseAdmin):
    """The files of payments handed to the billing system."""

    list_display = fields = ("number", "made_at")


@admin.register(Import)
class ImportAdmin(HouseAdmin):
    """The runs of the file import."""

    list_display = fields = ("number", "as_of", "includes_batch", "started_at", "finished_at")


@admin.register(Pull)
class PullAdmin(HouseAdmin):
    """The runs that asked the live billing system; one without an end was stopped on the way."""

    list_display = fields = (
        "number", "is_full", "started_at", "finished_at", "customers", "changed", "left_alone", "unmapped", "error",
    )  # fmt: skip


@admin.register(Settlement)
class SettlementAdmin(LookUpAdmin):
    """What people did about parts that did not get through, in the scope of who took the money."""

    list_display = fields = (
        "delivery", "step", "was", "operator", "comment", "remote_id", "recorded_at",
    )  # fmt: skip
    ordering = ("-pk",)
    kept_with = ("delivery", "operator")
    search_fields = ("=delivery__reference",)
    search_help_text = BY_REFERENCE

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the settlements of the parts that this person could settle."""
        return Settlement.objects.filter(delivery__in=Delivery.objects.settled_by(operator))


@admin.register(Reconciliation)
class ReconciliationAdmin(HouseAdmin):
    """The comparisons with the live billing system."""

    list_display = fields = ("since", "started_at", "finished_at", "compared")


@admin.register(Difference)
class DifferenceAdmin(LookUpAdmin):
    """What differed in each comparison."""

    list_display = fields = (
        "reconciliation", "kind", "reference", "customer_id_there", "remote_id", "here", "there",
    )  # fmt: skip
    ordering = ("-pk",)
    kept_with = ("reconciliation",)
    search_fields = ("=reference",)
    search_help_text = BY_REFERENCE
