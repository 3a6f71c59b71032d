"""Which rights can be given, who may change whom, and how a person's kind is told at a glance."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator, OperatorQuerySet

OUR_APPS = ("accounts", "customers", "tills", "payments", "billing")


class Kind(models.TextChoices):
    """What a person is here."""

    DESK = "desk", _("CashDesk only")
    RIGHTS = "rights", _("CashDesk with extra rights")
    ADMINISTRATOR = "administrator", _("Administrator")
    NONE = "none", _("No access")
    OFF = "off", _("Switched off")


def with_kind(operators: OperatorQuerySet) -> QuerySet[Operator]:
    """Return the operators, each with its `kind`, in one query."""
    own = Operator.user_permissions.through.objects.filter(operator=OuterRef("pk"))
    by_group = Operator.groups.through.objects.filter(operator=OuterRef("pk"))
    kind = Case(
        When(Q(is_active=False) | Q(reseller__is_active=False), then=Value(Kind.OFF.value)),
        When(Q(is_staff=True) | Q(is_superuser=True), then=Value(Kind.ADMINISTRATOR.value)),
        When(cashdesk_access=False, then=Value(Kind.NONE.value)),
        When(Exists(own) | Exists(by_group), then=Value(Kind.RIGHTS.value)),
        default=Value(Kind.DESK.value),
        output_field=models.CharField(),
    )
    return operators.annotate(kind=kind)


def grantable() -> QuerySet[Permission]:
    """Return the rights that can be given: our named ones, and to view what the administration shows."""
    named, shown = [], []
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            named += [codename for codename, _name in model._meta.permissions]
            shown += [f"view_{model._meta.model_name}"] if admin.site.is_registered(model) else []
    ours = Permission.objects.filter(content_type__app_label__in=OUR_APPS, codename__in=[*named, *shown])
    return ours.annotate(is_shown=Q(codename__in=shown)).order_by("is_shown", "name")


def may_change(administrator: Operator, person: Operator) -> bool:
    """Return whether somebody may change a person and set their password: only who can do all that the person can.

    Counted as given, not as in force: a person who is switched off can be switched on again.
    """
    if administrator.is_superuser:
        return True
    return not person.is_superuser and _rights(person) <= _rights(administrator)


def _rights(person: Operator) -> set[int]:
    given = Permission.objects.filter(Q(user=person) | Q(group__user=person))
    return set(given.values_list("pk", flat=True))
