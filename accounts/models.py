"""Resellers and operators; what an operator may do here."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class ResellerQuerySet(models.QuerySet["Reseller"]):
    """Resellers, narrowed to what somebody may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the resellers this operator may see: all, or only their own."""
        return self if operator.reseller_id is None else self.filter(pk=operator.reseller_id)


class Reseller(models.Model):
    """Somebody who collects payments from customers of their own; a partner in the billing system."""

    name = models.CharField(_("name"), max_length=200)
    code = models.CharField(_("code"), max_length=32, unique=True, help_text=_("As it stands in the customers file."))
    external_id = models.CharField(
        _("id in the billing system"), max_length=64, blank=True, help_text=_("Empty until mapped.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: none of this reseller's operators may use the desk.")
    )

    objects = ResellerQuerySet.as_manager()

    class Meta:
        verbose_name = _("reseller")
        verbose_name_plural = _("resellers")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="reseller_has_code"),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="reseller_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OperatorQuerySet(models.QuerySet["Operator"]):
    """Operators, narrowed to what somebody may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the operators this operator may see: all, or those of the same reseller."""
        return self if operator.reseller_id is None else self.filter(reseller=operator.reseller_id)


class OperatorManager(UserManager["Operator"]):
    """Makes operators; the superuser of `createsuperuser` gets no switch, as the rule for people wants it."""

    def get_queryset(self) -> OperatorQuerySet:
        """Return the queryset that knows `visible_to`."""
        return OperatorQuerySet(self.model, using=self._db)

    def visible_to(self, operator: Operator) -> OperatorQuerySet:
        """Return the operators this operator may see."""
        return self.get_queryset().visible_to(operator)


class Operator(AbstractUser):
    """A person who signs in: cashier, accountant, reseller's operator or administrator."""

    class Theme(models.TextChoices):
        """How the pages look."""

        AUTO = "auto", _("As the device is set")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Paper(models.TextChoices):
        """What the receipts are printed on."""

        A4 = "a4", _("A4")
        ROLL80 = "roll80", _("80 mm roll")
        ROLL58 = "roll58", _("58 mm roll")

    first_name = None  # type: ignore[assignment]  # one name is enough, and two columns for it drift apart
    last_name = None  # type: ignore[assignment]

    name = models.CharField(_("name"), max_length=150, blank=True, help_text=_("As printed on receipts."))
    reseller = models.ForeignKey(
        Reseller,
        verbose_name=_("reseller"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="operators",
        help_text=_("Empty: serves all customers. Cannot be changed once the operator has taken money."),
    )
    cashdesk_access = models.BooleanField(
        _("CashDesk"), default=False, help_text=_("May sign in at the desk and take payments.")
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("look"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    paper = models.CharField(_("paper"), max_length=6, choices=Paper.choices, default=Paper.A4)
    letter_keys = models.BooleanField(_("single-letter shortcuts"), default=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[OperatorManager] = OperatorManager()

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(Lower("username"), name="operator_login_once_in_any_case"),
            models.CheckConstraint(condition=~Q(username=""), name="operator_has_login"),
        ]

    def __str__(self) -> str:
        return self.username

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Return the login as it is stored: in small letters, so that both databases find it in any script."""
        return super().normalize_username(username).lower()

    def get_full_name(self) -> str:
        """Return the name as printed on receipts, or the login where none was given."""
        return self.name or self.username

    def get_short_name(self) -> str:
        """Return the same as get_full_name: there is one name."""
        return self.get_full_name()

    @property
    def belongs_to_active_house(self) -> bool:
        """Whether the reseller, if any, is switched on."""
        return self.reseller is None or self.reseller.is_active

    @property
    def may_use_desk(self) -> bool:
        """Whether this person may work at the desk: active, switched on, and so is their reseller."""
        return self.is_active and self.cashdesk_access and self.belongs_to_active_house
