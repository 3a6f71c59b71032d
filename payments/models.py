"""What was paid, in which parts, and what the billing system must still be told."""

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
        permissions = [("view_all_payments", _("Can see the payments of all operators in scope"))]

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


class Delivery(models.Model):
    """What the billing system must be told of one part, or has been told."""

    class Kind(models.TextChoices):
        """What is told."""

        APPLY = "apply", _("Apply")
        UNDO = "undo", _("Undo")

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        DELIVERED = "delivered", _("Delivered")
        UNKNOWN = "unknown", _("Unknown")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Cancelled")

    allocation = models.ForeignKey(
        Allocation, verbose_name=_("part"), on_delete=models.PROTECT, related_name="deliveries"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices, default=Kind.APPLY)
    reference = models.CharField(_("reference"), max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    reflected = models.BooleanField(
        _("reflected"), default=False, help_text=_("The billing system's own figures contain it.")
    )
    batch = models.PositiveIntegerField(_("batch"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease = models.DateTimeField(_("lease until"), null=True, blank=True)
    remote_id = models.CharField(_("id in the billing system"), max_length=64, blank=True)
    error = models.CharField(_("what went wrong"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="delivery_by_batch"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["allocation", "kind"], name="delivery_once_per_part_and_kind"),
            models.CheckConstraint(condition=Q(kind__in=["apply", "undo"]), name="delivery_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "delivered", "unknown", "refused", "cancelled"]),
                name="delivery_state_known",
            ),
            models.CheckConstraint(
                condition=Q(reflected=False) | Q(state="delivered"), name="delivery_reflected_is_delivered"
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=True) | Q(state="delivered"), name="delivery_batched_is_delivered"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
