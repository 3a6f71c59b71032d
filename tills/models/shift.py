"""Shifts of a till with their counts, and the Z report that each closed shift leaves."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from customers.money import MoneyField
from tills.models.till import Till


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Shifts, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the shifts of the operator's own till, or with `supervise_tills` those of every till in scope."""
        if operator.has_perm("tills.supervise_tills"):
            return self.filter(till__in=Till.objects.in_scope_of(operator))
        return self.filter(till__in=Till.objects.visible_to(operator))


class Shift(models.Model):
    """The time in which one operator answers for the cash in a drawer, from the float to the count."""

    class State(models.TextChoices):
        """How far it has come."""

        ISSUED = "issued", _("Float issued, not confirmed yet")
        OPEN = "open", _("Open")
        COUNTED = "counted", _("Counted, not closed yet")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Float taken back")

    till = models.ForeignKey(Till, verbose_name=_("till"), on_delete=models.PROTECT, related_name="shifts")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ISSUED)
    blind = models.BooleanField(_("blind count"))
    tolerance = MoneyField(_("tolerance"))
    float_amount = MoneyField(_("float"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("issued by"), on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(_("issued"))
    first_number = models.PositiveIntegerField(
        _("first number"), null=True, blank=True, help_text=_("Of the first line that its Z report covers.")
    )
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    opened_on = models.DateField(_("business day"), null=True, blank=True)
    last_number = models.PositiveIntegerField(_("last number"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("closed by"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["till", "number"], name="shift_number_once_per_till"),
            models.UniqueConstraint(
                fields=["till"], condition=Q(state__in=["issued", "open", "counted"]), name="shift_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="shift_number_from_one"),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "open", "counted", "closed", "cancelled"]), name="shift_state_known"
            ),
            models.CheckConstraint(condition=Q(float_amount__gte=0), name="shift_float_not_negative"),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="shift_tolerance_not_negative"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["issued", "cancelled"],
                    opened_at__isnull=True,
                    opened_on__isnull=True,
                    first_number__isnull=True,
                )
                | Q(
                    state__in=["open", "counted", "closed"],
                    opened_at__isnull=False,
                    opened_on__isnull=False,
                    first_number__isnull=False,  # compared with nothing, a check is not broken
                    first_number__gte=1,
                ),
                name="shift_opened_complete",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["issued", "open", "counted"],
                    closed_at__isnull=True,
                    closed_by__isnull=True,
                    last_number__isnull=True,
                )
                | Q(state="cancelled", closed_at__isnull=False, closed_by__isnull=False, last_number__isnull=True)
                | Q(
                    state="closed",
                    closed_at__isnull=False,
                    closed_by__isnull=False,
                    last_number__isnull=False,
                    last_number__gte=F("first_number") - 1,
                ),
                name="shift_closed_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"shift {self.number}"

    @property
    def takes_money(self) -> bool:
        """Whether payments may be taken in it."""
        return self.state == Shift.State.OPEN

    @property
    def is_in_use(self) -> bool:
        """Whether it has begun and has not ended: the till's lines belong to it."""
        return self.state in {Shift.State.OPEN, Shift.State.COUNTED}


IN_PROGRESS = (Shift.State.ISSUED, Shift.State.OPEN, Shift.State.COUNTED)


class Count(models.Model):
    """One count of a drawer: written once; a wrong one is corrected by another on top."""

    class Purpose(models.TextChoices):
        """When it was counted."""

        FLOAT = "float", _("Float")
        CLOSING = "closing", _("Closing")

    shift = models.ForeignKey(Shift, verbose_name=_("shift"), on_delete=models.PROTECT, related_name="counts")
    number = models.PositiveSmallIntegerField(_("number"))
    purpose = models.CharField(_("purpose"), max_length=7, choices=Purpose.choices)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="+"
    )
    cash = MoneyField(_("cash"))
    expected = MoneyField(_("expected"), null=True, blank=True)
    after_number = models.PositiveIntegerField(
        _("after line"), help_text=_("The till's last number when it was counted; what comes later is not in it.")
    )
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        ordering = ["shift", "number"]
        constraints = [
            models.UniqueConstraint(fields=["shift", "number"], name="count_number_once_per_shift"),
            models.CheckConstraint(condition=Q(number__gte=1), name="count_number_from_one"),
            models.CheckConstraint(condition=Q(purpose__in=["float", "closing"]), name="count_purpose_known"),
            models.CheckConstraint(condition=Q(cash__gte=0), name="count_cash_not_negative"),
            models.CheckConstraint(
                condition=Q(purpose="float", expected__isnull=True) | Q(purpose="closing", expected__isnull=False),
                name="count_closing_has_expected",
            ),
        ]

    def __str__(self) -> str:
        return f"count {self.number}"

    @property
    def difference(self) -> Decimal | None:
        """What was counted less what was expected then: above zero over, below short; None for a float."""
        return None if self.expected is None else self.cash - self.expected


class CountRow(models.Model):
    """What was counted of one denomination, or one cheque or card slip."""

    class What(models.TextChoices):
        """What was counted."""

        CASH = "cash", _("Cash")
        CHEQUE = "cheque", _("Cheque")
        SLIP = "slip", _("Card slip")

    count = models.ForeignKey(Count, verbose_name=_("count"), on_delete=models.PROTECT, related_name="rows")
    what = models.CharField(_("what"), max_length=6, choices=What.choices)
    value = MoneyField(_("value"), help_text=_("Of one note or coin, or of the cheque or slip."))
    pieces = models.PositiveIntegerField(_("pieces"))
    reference = models.CharField(_("reference"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("row of a count")
        verbose_name_plural = _("rows of counts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["count", "value"], condition=Q(what="cash"), name="count_row_once_per_denomination"
            ),
            models.CheckConstraint(condition=Q(what__in=["cash", "cheque", "slip"]), name="count_row_what_known"),
            models.CheckConstraint(condition=Q(value__gt=0), name="count_row_value_positive"),
            models.CheckConstraint(condition=Q(pieces__gte=1), name="count_row_pieces_from_one"),
            models.CheckConstraint(condition=Q(what="cash") | Q(pieces=1), name="count_row_paper_is_one_piece"),
        ]

    def __str__(self) -> str:
        return f"row {self.pk}"

    @property
    def amount(self) -> Decimal:
        """What the pieces are worth together."""
        return self.value * self.pieces


class ZReport(models.Model):
    """What a closed shift came to: numbered without gaps per till, signed, chained to the one before."""

    shift = models.OneToOneField(Shift, verbose_name=_("shift"), on_delete=models.PROTECT, related_name="z_report")
    till = models.ForeignKey(Till, verbose_name=_("till"), on_delete=models.PROTECT, related_name="z_reports")
    number = models.PositiveIntegerField(_("number"))
    payload = models.TextField(_("document as signed"))
    key_id = models.CharField(_("key id"), max_length=16)
    previous_digest = models.CharField(_("digest of the report before"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("Z report")
        verbose_name_plural = _("Z reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["till", "number"], name="z_number_once_per_till"),
            models.CheckConstraint(condition=Q(number__gte=1), name="z_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"Z {self.number}"
