"""Tills and payment methods."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator, Reseller
from customers.money import ZERO, MoneyField


class TillQuerySet(models.QuerySet["Till"]):
    """Tills, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the till this operator works with: the reseller's shared one, or the own one."""
        return self.filter(reseller=operator.reseller_id) if operator.reseller_id else self.filter(operator=operator)

    def in_scope_of(self, administrator: Operator) -> Self:
        """Return all tills for which an administrator with this reseller (or none) is responsible."""
        if administrator.reseller_id is None:
            return self
        return self.filter(reseller=administrator.reseller_id)


class Till(models.Model):
    """Who is answerable for money taken: an operator, a reseller, or neither (the safe). Its last line is its head."""

    code = models.CharField(_("code"), max_length=16, unique=True, help_text=_("Begins every document number."))
    operator = models.OneToOneField(
        Operator, verbose_name=_("operator"), on_delete=models.PROTECT, null=True, blank=True, related_name="till"
    )
    reseller = models.OneToOneField(
        Reseller, verbose_name=_("reseller"), on_delete=models.PROTECT, null=True, blank=True, related_name="till"
    )
    limit = MoneyField(
        _("limit"),
        null=True,
        blank=True,
        help_text=_("How far below zero the balance may go. Empty: no limit. 0: money is paid in first."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    requires_shift = models.BooleanField(
        _("requires shifts"),
        default=False,
        help_text=_("No payment without an open shift. For one operator's till only."),
    )
    blind = models.BooleanField(
        _("blind count"), default=True, help_text=_("What is expected is shown only after the cash has been counted.")
    )
    tolerance = MoneyField(
        _("tolerance"), default=ZERO, help_text=_("A count that is off by more than this needs a reason.")
    )

    objects = TillQuerySet.as_manager()

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="till_has_code"),
            models.CheckConstraint(
                condition=Q(operator__isnull=True) | Q(reseller__isnull=True), name="till_has_one_holder_at_most"
            ),
            models.CheckConstraint(condition=Q(limit__isnull=True) | Q(limit__gte=0), name="till_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(requires_shift=False) | Q(operator__isnull=False), name="till_shifts_of_one_operator"
            ),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="till_tolerance_not_negative"),
        ]
        permissions = [
            ("manage_deposits", _("Can create, refill, withdraw and close the deposits of all tills in scope")),
            (
                "supervise_tills",
                _("Can issue floats, see and close the shifts of all tills in scope, and write shorts off"),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PaymentMethod(models.Model):
    """A way of paying, and what it does to the till."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("active"), default=True)
    stays_with_operator = models.BooleanField(
        _("stays with the operator"), default=False, help_text=_("The money is in the operator's hands afterwards.")
    )
    in_drawer = models.BooleanField(
        _("cash in the drawer"), default=False, help_text=_("Counted as notes and coins in the drawer.")
    )
    reference_label = models.CharField(
        _("label of the reference"), max_length=64, blank=True, help_text=_("Empty: no reference is asked for.")
    )
    reference_required = models.BooleanField(_("reference required"), default=False)
    external_id = models.CharField(
        _("id in the billing system"), max_length=64, blank=True, help_text=_("Empty until mapped.")
    )

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(in_drawer=False) | Q(stays_with_operator=True), name="method_in_drawer_stays"
            ),
            models.CheckConstraint(
                condition=Q(reference_required=False) | ~Q(reference_label=""), name="method_required_has_label"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def effect_of(self, amount: Decimal) -> Decimal:
        """Return what a payment of this amount does to the till's balance."""
        return -amount if self.stays_with_operator else Decimal(0)

    def cash_of(self, amount: Decimal) -> Decimal:
        """Return what a payment of this amount does to the cash in the drawer."""
        return amount if self.in_drawer else Decimal(0)
