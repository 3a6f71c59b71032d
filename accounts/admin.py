"""Operators and resellers in the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin_pages import KeptAdmin, ModelAdmin, ScopedAdmin, administrator
from accounts.forms import AddOperatorForm, ChangeOperatorForm, ResellerForm
from accounts.models import Operator, Reseller
from accounts.powers import Kind, may_change, with_kind

if TYPE_CHECKING:
    PeopleAdmin = UserAdmin[Operator]
else:
    PeopleAdmin = UserAdmin

# Rights are given to a person, where the list shows them; a group would give them behind its back.
admin.site.unregister(Group)


def has_taken_money(person: Operator) -> bool:
    """Return whether any journal line is this person's; from then on they stay with their reseller."""
    return person.lines.exists()


class KindFilter(admin.SimpleListFilter):
    """Operators of one kind."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, Any]]:
        """Return the kinds and what they are called."""
        return list(Kind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the operators of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Operator)
class OperatorAdmin(KeptAdmin, PeopleAdmin):
    """Who may work here. Nobody changes a person who may do more than they may themselves."""

    form = ChangeOperatorForm
    add_form = AddOperatorForm
    add_form_template = None
    add_fieldsets = ((None, {"fields": ("username", "name", "password", "reseller", "cashdesk_access")}),)
    fieldsets = (
        (_("Person"), {"fields": ("username", "name", "password", "language")}),
        (_("Desk"), {"fields": ("is_active", "cashdesk_access", "reseller")}),
        (_("Extra rights"), {"fields": ("user_permissions", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_seen_at", "last_login", "date_joined")}),
    )
    filter_horizontal = ()
    list_display = ("login", "name", "shown_kind", "reseller", "last_seen_at")
    list_filter = (KindFilter, "reseller")
    search_fields = ("^username", "name")
    kept_with = ("reseller",)

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the people in scope, each with its kind."""
        return with_kind(Operator.objects.visible_to(operator))

    @admin.display(description=_("login"), ordering="username")
    def login(self, operator: Operator) -> str:
        """Return what this person signs in with."""
        return operator.username

    @admin.display(description=_("kind"), ordering="kind")
    def shown_kind(self, operator: Any) -> str:
        """Return what this person is here, in words."""
        return str(Kind(operator.kind).label)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Return the filters; a reseller's administrator is not told which other resellers there are."""
        return self.list_filter if administrator(request).reseller_id is None else (KindFilter,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may make operators; a reseller's administrator makes the reseller's."""
        return super(ScopedAdmin, self).has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """Return whether this person may change operators, and this one."""
        allowed = super(ScopedAdmin, self).has_change_permission(request, obj)
        return allowed and (obj is None or may_change(administrator(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: Operator | None = None) -> Any:
        """Return what is shown; a password's hash only beside the button that replaces it."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        person, *others = fieldsets
        return [(person[0], {"fields": ("username", "name", "language")}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> list[str]:
        """Return what this person may not change: rights without being a superuser, a reseller once money was taken."""
        fixed = ["last_seen_at", "last_login", "date_joined"]
        if not administrator(request).is_superuser:
            fixed += ["user_permissions", "is_staff", "is_superuser"]
        if obj is not None and obj == request.user:
            fixed += ["is_active", "is_staff", "is_superuser"]  # nobody locks themselves out
        if obj is not None and has_taken_money(obj):
            fixed += ["reseller"]
        return fixed

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field; a reseller's administrator has nobody but the reseller's operators."""
        if db_field.name == "reseller":
            kwargs["queryset"] = Reseller.objects.visible_to(administrator(request))
            if administrator(request).reseller_id is not None:
                kwargs |= {"required": True, "empty_label": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: Operator, post_url_continue: str | None = None) -> HttpResponse:
        """Lead back to the list: the short form is all that an operator needs."""
        return super(UserAdmin, self).response_add(request, obj, post_url_continue)


@admin.register(Reseller)
class ResellerAdmin(KeptAdmin):
    """Who collects payments from customers of their own."""

    form = ResellerForm
    list_display = ("name", "code", "external_id", "operators_count", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "^code")

    def rows_for(self, operator: Operator) -> QuerySet[Any]:
        """Return the resellers in scope, each with how many operators it has."""
        return Reseller.objects.visible_to(operator).annotate(operators_count=models.Count("operators"))

    @admin.display(description=_("operators"))
    def operators_count(self, reseller: Any) -> int:
        """Return how many operators the reseller has."""
        return int(reseller.operators_count)
