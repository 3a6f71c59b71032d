"""Customers and invoices: read-only projections of the billing system. Only projecting.py writes them."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator, Reseller
from customers.fields import KeyField
from customers.money import MoneyField

# Something was delivered, or somebody asked, after the last fetch that was written: the next pull asks for these.
WANTED = Q(event__gt=F("fetched")) | Q(asked__gt=F("fetched"))


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the customers this operator may see; no other query decides it."""
        return self if operator.reseller_id is None else self.filter(reseller=operator.reseller_id)


class Customer(models.Model):
    """Somebody who pays. Nothing else about them is stored: what the desk must not show, it does not have."""

    external_id = models.CharField(_("id"), max_length=64, unique=True)
    login = models.CharField(_("login"), max_length=128)
    name = models.CharField(_("name"), max_length=255, blank=True)
    company = models.CharField(_("company"), max_length=255, blank=True)
    reseller = models.ForeignKey(
        Reseller, verbose_name=_("reseller"), on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    balance = MoneyField(_("balance"), default=0, help_text=_("As the billing system last said; below zero: owes."))
    as_of = models.DateTimeField(_("as of"), help_text=_("When the billing system said so."))
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)
    paid_through = models.CharField(
        _("paid through"),
        max_length=64,
        blank=True,
        editable=False,
        help_text=_("Id of the account that pays for this one; empty: this account pays for itself."),
    )
    # One counter numbers all three: order, not clocks, decides what a fetch contains.
    fetched = models.PositiveBigIntegerField(_("last fetch"), default=0, editable=False)
    event = models.PositiveBigIntegerField(_("last delivery event"), default=0, editable=False)
    asked = models.PositiveBigIntegerField(_("last asked for a fetch"), default=0, editable=False)
    id_key = KeyField(max_length=64, editable=False)
    id_short = KeyField(max_length=64, editable=False)
    login_key = KeyField(max_length=128, editable=False)
    login_short = KeyField(max_length=128, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["pk"]
        indexes = [
            *(
                models.Index(fields=[column, "reseller"], name=f"customer_{column}")  # the scope is in the index
                for column in ("id_key", "id_short", "login_key", "login_short")
            ),
            models.Index(fields=["id"], condition=WANTED, name="customer_wanted"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(external_id=""), name="customer_has_id"),
            models.CheckConstraint(condition=~Q(name="", company=""), name="customer_has_name_or_company"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name, or the company where there is no name."""
        return self.name or self.company


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Invoices, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the documents of the customers this operator may see."""
        return self if operator.reseller_id is None else self.filter(customer__reseller=operator.reseller_id)


class Invoice(models.Model):
    """An invoice, or a proforma: a request for money that is never part of what is owed."""

    class Kind(models.TextChoices):
        """What sort of document it is."""

        INVOICE = "invoice", _("Invoice")
        PROFORMA = "proforma", _("Proforma")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="invoices"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.INVOICE)
    external_id = models.CharField(_("id in the billing system"), max_length=64)
    number = models.CharField(_("number"), max_length=64)
    issued_on = models.DateField(_("issued"))
    due_on = models.DateField(_("due on"))
    total = MoneyField(_("total"))
    due = MoneyField(_("due"), help_text=_("As the billing system last said."))
    number_key = KeyField(max_length=64, editable=False)
    number_short = KeyField(max_length=64, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["number_key"], name="invoice_number_key"),
            models.Index(fields=["number_short"], name="invoice_number_short"),
            models.Index(fields=["customer", "due_on"], condition=Q(due__gt=0), name="invoice_unpaid"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "external_id"], name="invoice_once_per_customer"),
            models.CheckConstraint(condition=~Q(number=""), name="invoice_has_number"),
            models.CheckConstraint(condition=Q(kind__in=["invoice", "proforma"]), name="invoice_kind_known"),
            models.CheckConstraint(condition=Q(due__gte=0), name="invoice_due_not_negative"),
            models.CheckConstraint(condition=Q(due__lte=F("total")), name="invoice_due_within_total"),
        ]

    def __str__(self) -> str:
        return self.number


class SearchKeyQuerySet(models.QuerySet["SearchKey"]):
    """Search keys, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the keys of the customers this operator may see."""
        return self if operator.reseller_id is None else self.filter(reseller=operator.reseller_id)


class SearchKey(models.Model):
    """One word of a customer's name, company or login, or one of these as a whole; gone customers have none."""

    key = KeyField(max_length=64)
    reseller = models.ForeignKey(Reseller, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="search_keys", db_index=False)

    objects = SearchKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "key"], name="search_key_once")]
        indexes = [
            models.Index(fields=["key", "customer"], name="search_key_all"),
            models.Index(fields=["reseller", "key", "customer"], name="search_key_reseller"),
        ]

    def __str__(self) -> str:
        return self.key
