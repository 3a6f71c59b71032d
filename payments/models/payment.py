"""What was paid, and in which parts."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from customers.models import Invoice
from customers.money import MoneyField
from tills.models import Transaction


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return own payments, or with `view_all_payments` all whose line is in scope, wherever the customer is now."""
        return self.filter(transaction__in=Transaction.objects.visible_to(operator))


class Payment(models.Model):
    """Money taken from a customer: the form's key and what was printed. Never edited, never deleted."""

    transaction = models.OneToOneField(
        Transaction, verbose_name=_("transaction"), on_delete=models.PROTECT, related_name="payment"
    )
    key = models.UUIDField(_("key"), unique=True)
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    paid_on = models.DateField(_("paid on"))
    customer_name = models.CharField(_("customer"), max_length=255)
    customer_login = models.CharField(_("login"), max_length=128, blank=True)
    customer_balance_before = MoneyField(_("customer's balance before"))
    customer_balance_after = MoneyField(_("customer's balance after"))

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-pk"]
        permissions = [
            ("view_all_payments", _("Can see the payments of all operators in scope")),
            ("reverse_payment", _("Can reverse any payment in scope, at any time")),
        ]

    def __str__(self) -> str:
        return str(self.key)


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Parts, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the parts of the payments this operator may see."""
        return self.filter(payment__in=Payment.objects.visible_to(operator))


class Allocation(models.Model):
    """One part of a payment: on one document, or on account. The parts sum to the payment."""

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="allocations"
    )
    invoice = models.ForeignKey(
        Invoice,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="allocations",
        help_text=_("Empty: on account."),
    )
    amount = MoneyField(_("amount"))

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of a payment")
        verbose_name_plural = _("parts of payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="part_amount_positive"),
            models.UniqueConstraint(fields=["payment", "invoice"], name="part_once_per_document"),
            models.UniqueConstraint(fields=["payment"], condition=Q(invoice__isnull=True), name="part_on_account_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.pk}"
