"""The two kinds of admin pages of the house: rows that are kept, and rows that are only looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import Operator

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # one base for the admin pages of all models
    AnyPaginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    AnyPaginator = Paginator

MOST_COUNTED = 1000


def administrator(request: HttpRequest) -> Operator:
    """Return who is asking; behind the door of the administration it is always one of ours."""
    return cast(Operator, request.user)


class BoundedPaginator(AnyPaginator):
    """Counts no further than MOST_COUNTED, since counting a million rows is slower than reading a page of them."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are to leaf through."""
        return min(self._counted, MOST_COUNTED)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than can be leafed through."""
        return self._counted > MOST_COUNTED

    @cached_property
    def _counted(self) -> int:
        rows = cast("models.QuerySet[Any]", self.object_list)
        return rows.order_by()[: MOST_COUNTED + 1].count()


class ScopedAdmin(ModelAdmin):
    """Rows in the scope of whoever asks; nobody deletes any of them, superusers included."""

    actions = None
    show_facets = admin.ShowFacets.NEVER
    kept_with: tuple[str, ...] = ()  # what is read together with each row

    def rows_for(self, operator: Operator) -> models.QuerySet[Any]:
        """Return the rows in the scope of this person."""
        return cast("models.QuerySet[Any]", self.model._default_manager.visible_to(operator))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the rows of the list and of every look-up, in one query with what they show."""
        rows = self.rows_for(administrator(request)).order_by(*self.get_ordering(request))
        return rows.select_related(*self.kept_with) if self.kept_with else rows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: switched off, never deleted."""
        return False


class KeptAdmin(ScopedAdmin):
    """Rows that an administrator of the whole house makes and changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may make one: a reseller's administrator makes no rules."""
        return super().has_add_permission(request) and administrator(request).reseller_id is None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this person may change it: a reseller's administrator changes no rules."""
        return super().has_change_permission(request, obj) and administrator(request).reseller_id is None

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show or save the form; what the database refuses becomes a sentence, and nothing is saved."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:  # a form cannot see what happens between its check and its save; the guards do
            refused = _("Not saved: somebody has used or changed this meanwhile. See how it is now.")
            self.message_user(request, refused, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class LookUpAdmin(ScopedAdmin):
    """Rows that nobody adds or changes here; `fields` are shown to whoever has the right to view them."""

    fields: ClassVar[Any] = ()  # of names and of functions that make a column
    sortable_by = ()  # by another column a million rows would be sorted for one page
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the acts write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the acts write these rows."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """Return every field, computed ones included."""
        return tuple(self.fields)
