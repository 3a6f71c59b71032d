"""Batches and imports in the administration: looked up, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.admin_pages import LookUpAdmin
from accounts.models import Operator
from billing.models import Batch, Import


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
