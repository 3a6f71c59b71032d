"""What the billing system must still be told of each part, or has been told."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from payments.models.payment import Allocation


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return what becomes of the parts of the payments this operator may see."""
        return self.filter(allocation__in=Allocation.objects.visible_to(operator))

    def settled_by(self, operator: Operator) -> Self:
        """Return what whoever settles for the operator's reseller, or for the house, sees: whoever took the money."""
        if operator.reseller_id is None:
            return self
        return self.filter(allocation__payment__transaction__reseller=operator.reseller_id)


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
    look_ups = models.PositiveSmallIntegerField(
        _("look-ups"), default=0, help_text=_("How often it was looked for and not found since it became unknown.")
    )
    lease = models.DateTimeField(
        _("lease until"),
        null=True,
        blank=True,
        help_text=_("Nobody touches it before; an unknown one without a lease waits for a person."),
    )
    remote_id = models.CharField(_("id in the billing system"), max_length=64, blank=True)
    error = models.CharField(_("what went wrong"), max_length=255, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["id"], condition=Q(state__in=["sending", "unknown"]), name="delivery_held"),
            models.Index(fields=["lease"], condition=Q(lease__isnull=False), name="delivery_leased"),
            models.Index(fields=["id"], condition=Q(state="refused"), name="delivery_refused"),
            models.Index(
                fields=["id"], condition=Q(reflected=False) & ~Q(state="cancelled"), name="delivery_not_reflected"
            ),
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
            models.CheckConstraint(condition=Q(batch__isnull=True) | Q(batch__gte=1), name="delivery_batch_from_one"),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(batch__isnull=False) | ~Q(remote_id=""),
                name="delivery_delivered_says_where",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease__isnull=False), name="delivery_sending_has_lease"
            ),
        ]

    def __str__(self) -> str:
        return self.reference
