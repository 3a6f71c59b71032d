"""On which accounts a movement is booked, as the administrator keeps it for the accounting program."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tills.models.kind import Kind
from tills.models.till import PaymentMethod

BOOKED = [kind for kind in Kind if kind != Kind.REVERSAL]  # a reversal is its payment with the sides exchanged


class Booking(models.Model):
    """The debit and the credit account of one kind of movement; of a payment by its method."""

    kind = models.CharField(
        _("kind"),
        max_length=16,
        choices=[(kind.value, kind.label) for kind in BOOKED],
        help_text=_("A reversal is booked like its payment with debit and credit exchanged."),
    )
    method = models.ForeignKey(
        PaymentMethod,
        verbose_name=_("method"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bookings",
        help_text=_("For payments; empty for everything else."),
    )
    debit = models.CharField(_("debit account"), max_length=32)
    credit = models.CharField(_("credit account"), max_length=32)

    class Meta:
        verbose_name = _("accounts of a movement")
        verbose_name_plural = _("accounts of movements")
        ordering = ["kind", "method"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "method"],
                name="booking_once_per_method",
                violation_error_message=_("There are accounts for this method already."),
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(method__isnull=True),
                name="booking_once_per_kind",
                violation_error_message=_("There are accounts for this kind already."),
            ),
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in BOOKED]), name="booking_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="payment", method__isnull=False) | (~Q(kind="payment") & Q(method__isnull=True)),
                name="booking_method_of_payment",
                violation_error_message=_("Choose a method for a payment, and none for anything else."),
            ),
            models.CheckConstraint(
                condition=~Q(debit="") & ~Q(credit="") & ~Q(debit=F("credit")),
                name="booking_two_accounts",
                violation_error_message=_("Write two different accounts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.debit} / {self.credit}"
