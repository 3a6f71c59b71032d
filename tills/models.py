"""Tills, payment methods, and the till's journal: each line a fact that is written once."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator, Reseller
from customers.models import Customer
from customers.money import MoneyField


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


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Journal lines, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the operator's own lines, or with `view_all_payments` every line in scope.

        A reversal is also its payment's operator's own, whoever reversed: both must see where the money went.
        """
        if not operator.has_perm("payments.view_all_payments"):
            reversed_by_others = self.model.objects.filter(reversal__payment__transaction__operator=operator)
            return self.filter(Q(operator=operator) | Q(pk__in=reversed_by_others.values("pk")))
        return self if operator.reseller_id is None else self.filter(reseller=operator.reseller_id)


class Transaction(models.Model):
    """One line of a till's journal: append-only, numbered without gaps, chained by a keyed digest."""

    class Kind(models.TextChoices):
        """What moved."""

        PAYMENT = "payment", _("Payment")
        REVERSAL = "reversal", _("Reversal")

    till = models.ForeignKey(Till, verbose_name=_("till"), on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="lines"
    )
    reseller = models.ForeignKey(
        Reseller, verbose_name=_("reseller"), on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    method = models.ForeignKey(
        PaymentMethod, verbose_name=_("method"), on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )
    amount = MoneyField(_("amount"))
    effect = MoneyField(_("effect on the balance"))
    cash = MoneyField(_("effect on the cash in the drawer"))
    balance_before = MoneyField(_("balance before"))
    balance_after = MoneyField(_("balance after"))
    comment = models.CharField(_("comment"), max_length=160, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    business_date = models.DateField(_("business day"))
    payload = models.TextField(_("document as signed"))
    key_id = models.CharField(_("key id"), max_length=16)
    previous_digest = models.CharField(_("digest of the line before"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64, unique=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["operator", "business_date", "id"], name="line_by_operator"),
            models.Index(fields=["reseller", "business_date", "id"], name="line_by_reseller"),
            models.Index(fields=["business_date", "id"], name="line_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["till", "number"], name="line_number_once_per_till"),
            models.CheckConstraint(condition=Q(number__gte=1), name="line_number_from_one"),
            models.CheckConstraint(condition=Q(kind__in=["payment", "reversal"]), name="line_kind_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="line_amount_positive"),
            models.CheckConstraint(
                condition=Q(effect=0) | Q(effect=F("amount")) | Q(effect=-1 * F("amount")), name="line_effect_of_amount"
            ),
            models.CheckConstraint(
                condition=Q(cash=0) | Q(cash=F("amount")) | Q(cash=-1 * F("amount")), name="line_cash_of_amount"
            ),
            models.CheckConstraint(
                condition=Q(balance_after=F("balance_before") + F("effect")), name="line_balance_follows"
            ),
            models.CheckConstraint(
                condition=~Q(kind="payment")
                | Q(customer__isnull=False, method__isnull=False, effect__lte=0, cash__gte=0),
                name="line_payment_complete",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reversal")
                | Q(customer__isnull=False, method__isnull=False, effect__gte=0, cash__lte=0),
                name="line_reversal_complete",
            ),
            models.CheckConstraint(condition=Q(cash=0) | Q(effect=-1 * F("cash")), name="line_cash_moves_balance"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def document_number(self) -> str:
        """The number printed on paper: the till's code and six digits. Reads the till."""
        return document_number(self.till, self.number)


def document_number(till: Till, number: int) -> str:
    """Return the number printed on paper for a line of this till, like A1-000123."""
    return numbered(till.code, number)


def numbered(code: str, number: int) -> str:
    """Return the number printed on paper for a till's code and a line's number."""
    return f"{code}-{number:06d}"
