"""What undoes a payment, and what becomes of its form and its paper: rows of their own, never a change of the old."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from payments.models.payment import Payment
from tills.models import Transaction


class ReversalQuerySet(models.QuerySet["Reversal"]):
    """Reversals, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the reversals whose line this operator may see."""
        return self.filter(transaction__in=Transaction.objects.visible_to(operator))


class Reversal(models.Model):
    """A payment undone: a line of its own in the till that took it. The original stays, and so does its number."""

    class Reason(models.TextChoices):
        """Why, from a short list; the line's comment says more."""

        WRONG_CUSTOMER = "customer", _("Wrong customer")
        WRONG_AMOUNT = "amount", _("Wrong amount")
        WRONG_METHOD = "method", _("Wrong method")
        CHANGED_MIND = "changed", _("Customer changed their mind")
        OTHER = "other", _("Other")

    payment = models.OneToOneField(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="reversal"
    )
    transaction = models.OneToOneField(
        Transaction, verbose_name=_("transaction"), on_delete=models.PROTECT, related_name="reversal"
    )
    reason = models.CharField(_("reason"), max_length=8, choices=Reason.choices)
    replacement = models.OneToOneField(
        Payment,
        verbose_name=_("payment for the right customer"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text=_("Empty: the money was given back."),
    )

    objects = ReversalQuerySet.as_manager()

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["customer", "amount", "method", "changed", "other"]),
                name="reversal_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(replacement__isnull=True) | ~Q(replacement=models.F("payment")),
                name="reversal_replacement_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"reversal {self.pk}"


class GivenUpKey(models.Model):
    """A form's key that its operator gave up before any payment had it: a late arrival is refused."""

    key = models.UUIDField(_("key"))
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("given-up form")
        verbose_name_plural = _("given-up forms")
        constraints = [models.UniqueConstraint(fields=["operator", "key"], name="given_up_key_once")]

    def __str__(self) -> str:
        return str(self.key)


class PrintingQuerySet(models.QuerySet["Printing"]):
    """Printings, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the printings of the payments this operator may see."""
        return self.filter(payment__in=Payment.objects.visible_to(operator))


class Printing(models.Model):
    """A receipt put on paper: the first is the original, the second is copy 2."""

    payment = models.ForeignKey(Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="printings")
    number = models.PositiveIntegerField(_("number"))
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded"))

    objects = PrintingQuerySet.as_manager()

    class Meta:
        verbose_name = _("printing")
        verbose_name_plural = _("printings")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="printing_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="printing_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"printing {self.number}"
