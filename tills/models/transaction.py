"""The till's journal: each line a fact that is written once; and the forms that wrote them."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator, Reseller
from customers.models import Customer
from customers.money import MoneyField
from tills.models import kind as kinds
from tills.models.kind import EFFECTS
from tills.models.shift import Shift
from tills.models.till import PaymentMethod, Till

SIGNS = {0: Q(effect=0), 1: Q(effect=F("amount")), -1: Q(effect=-1 * F("amount"))}
CASH_SIGNS = {0: Q(cash=0), 1: Q(cash=F("amount")), -1: Q(cash=-1 * F("amount"))}


def complete(kind: kinds.Kind) -> models.CheckConstraint:
    """Return the rule that a line of this kind moves what its kind moves, and names no customer and no method."""
    effect, cash = EFFECTS[kind]
    moves = Q(customer__isnull=True, method__isnull=True) & SIGNS[effect] & CASH_SIGNS[cash]
    return models.CheckConstraint(condition=~Q(kind=kind.value) | moves, name=f"line_{kind.value}_complete")


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Journal lines, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the operator's own lines, or with `view_all_payments` every line in scope.

        A reversal is also its payment's operator's own, whoever reversed: both must see where the money went.
        """
        if not operator.has_perm("payments.view_all_payments"):
            own = Subquery(Till.objects.visible_to(operator).values("pk")[:1])  # where all such reversals stand
            # Colleagues may share the till, and what somebody moved and then undid stands in the till of the first.
            undone = self.model.objects.filter(pk=OuterRef("pk"), reversal__payment__transaction__operator=operator)
            others = Q(Exists(undone), till=own, kind=kinds.Kind.REVERSAL)
            return self.filter(Q(operator=operator) | others)
        return self if operator.reseller_id is None else self.filter(reseller=operator.reseller_id)


class Transaction(models.Model):
    """One line of a till's journal: append-only, numbered without gaps, chained by a keyed digest."""

    Kind = kinds.Kind

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
    shift = models.ForeignKey(
        Shift, verbose_name=_("shift"), on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
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
            models.Index(
                fields=["till", "number"],
                condition=Q(kind__in=["deposit", "refill", "withdrawal", "closing"]),
                name="line_of_deposit",
            ),
            models.Index(
                fields=["shift"], condition=Q(kind__in=["over", "short"]), name="line_of_difference"
            ),  # few lines among the many of a shift
            models.Index(
                fields=["id"], condition=Q(kind__in=[kind.value for kind in EFFECTS]), name="line_of_movement"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["till", "number"], name="line_number_once_per_till"),
            models.CheckConstraint(condition=Q(number__gte=1), name="line_number_from_one"),
            models.CheckConstraint(condition=Q(kind__in=kinds.Kind.values), name="line_kind_known"),
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
            models.CheckConstraint(
                condition=Q(cash=0) | Q(effect=-1 * F("cash")) | Q(kind="short"), name="line_cash_moves_balance"
            ),
            *(complete(kind) for kind in EFFECTS),
            models.CheckConstraint(
                condition=~Q(kind="closing") | Q(balance_after=0), name="line_closing_leaves_nothing"
            ),
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


class UsedForm(models.Model):
    """A form about a till that was carried out: sent again it answers with what it did. Payments keep their own key."""

    key = models.UUIDField(_("key"), unique=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="+"
    )
    act = models.CharField(_("act"), max_length=16)
    content = models.TextField(_("what was asked"))
    line = models.ForeignKey(
        Transaction,
        verbose_name=_("transaction"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="forms",
    )
    shift = models.ForeignKey(
        Shift, verbose_name=_("shift"), on_delete=models.PROTECT, null=True, blank=True, related_name="forms"
    )
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("form about a till")
        verbose_name_plural = _("forms about tills")

    def __str__(self) -> str:
        return str(self.key)


class WriteOff(models.Model):
    """A short that its holder no longer owes: the line that wrote it off names the line of the short."""

    short = models.OneToOneField(
        Transaction, verbose_name=_("short"), on_delete=models.PROTECT, related_name="write_off"
    )
    transaction = models.OneToOneField(
        Transaction, verbose_name=_("transaction"), on_delete=models.PROTECT, related_name="writes_off"
    )

    class Meta:
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")

    def __str__(self) -> str:
        return f"write-off {self.pk}"
