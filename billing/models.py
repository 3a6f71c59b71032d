"""What came in when and what went out with which number, and what people and programs found on the way."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from customers.models import Customer
from payments.models import Delivery


class Counter(models.Model):
    """A number drawn under a row lock: fetches, batches. Taken last of all locks."""

    name = models.CharField(max_length=16, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """Payments handed to the billing system in one file; its content follows from the parts that carry its number."""

    number = models.PositiveIntegerField(_("number"), primary_key=True)
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.number)


class Import(models.Model):
    """One run of the file import: its place in the order of fetches, and the batches its files contain."""

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    includes_batch = models.PositiveIntegerField(_("includes batch"), default=0)
    as_of = models.DateTimeField(_("as of"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-number"]
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="import_number_from_one")]

    def __str__(self) -> str:
        return str(self.number)


class ApiSession(models.Model):
    """The access token and the last nonce of one API key, shared by all processes; written in short transactions only.

    A token is renewed by whoever has claimed it; the others wait for what they store, or for the claim to run out.
    """

    name = models.CharField(max_length=64, primary_key=True)  # a digest of address and key, never the key
    nonce = models.PositiveBigIntegerField(default=0)
    token = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API session")
        verbose_name_plural = _("API sessions")

    def __str__(self) -> str:
        return self.name[:8]


class Pull(models.Model):
    """One run that asked the live billing system for customers; unfinished ones were stopped on the way."""

    number = models.PositiveBigIntegerField(_("number"), primary_key=True)
    is_full = models.BooleanField(_("all customers"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    customers = models.PositiveIntegerField(_("customers"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    left_alone = models.PositiveIntegerField(_("left alone"), default=0)
    unmapped = models.CharField(_("partners without a reseller"), max_length=255, blank=True)
    error = models.CharField(_("what went wrong"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("pull")
        verbose_name_plural = _("pulls")
        ordering = ["-number"]
        constraints = [models.CheckConstraint(condition=Q(number__gte=1), name="pull_number_from_one")]

    def __str__(self) -> str:
        return str(self.number)


class Missed(models.Model):
    """Somebody over there who is not stored here yet, since no figures could be had: asked for by the next pull.

    Those who are stored are marked on their own row.
    """

    external_id = models.CharField(_("id"), max_length=64, primary_key=True)

    class Meta:
        verbose_name = _("customer to be asked for")
        verbose_name_plural = _("customers to be asked for")
        ordering = ["external_id"]
        constraints = [models.CheckConstraint(condition=~Q(external_id=""), name="missed_has_id")]

    def __str__(self) -> str:
        return self.external_id


class Contact(models.Model):
    """How the last conversations of one kind with the billing system went: pull, deliver, card, reconcile, hook."""

    role = models.CharField(_("what for"), max_length=16, primary_key=True)
    answered_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures since the last answer"), default=0)
    error = models.CharField(_("what went wrong"), max_length=255, blank=True)
    tried_at = models.DateTimeField(_("last try after failures"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["role"]

    def __str__(self) -> str:
        return self.role

    @property
    def label(self) -> str:
        """What the conversation is for, in words."""
        return str(ROLES.get(self.role, self.role))


ROLES = {
    "pull": _("Customers and invoices"),
    "deliver": _("Payments"),
    "card": _("Cards at the counter"),
    "hook": _("Hooks"),
}


class Source(models.Model):
    """Which billing system the figures come from; there is one row at most."""

    name = models.CharField(_("name"), max_length=16, primary_key=True)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("source of the figures")
        verbose_name_plural = _("sources of the figures")

    def __str__(self) -> str:
        return self.name


class Settlement(models.Model):
    """What a person did about a part that the billing system did not take, or did not answer about; append-only."""

    class Step(models.TextChoices):
        """What was done."""

        RETRY = "retry", _("Try again")
        ENTERING = "entering", _("I am entering it")
        ENTERED = "entered", _("Entered")
        NOT_ENTERED = "not", _("Not entered")

    delivery = models.ForeignKey(
        Delivery, verbose_name=_("delivery"), on_delete=models.PROTECT, related_name="settlements"
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), on_delete=models.PROTECT, related_name="+"
    )
    step = models.CharField(_("step"), max_length=8, choices=Step.choices)
    was = models.CharField(_("state before"), max_length=9, choices=Delivery.State.choices)
    comment = models.CharField(_("comment"), max_length=255)
    remote_id = models.CharField(_("id in the billing system"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("settlement by hand")
        verbose_name_plural = _("settlements by hand")
        ordering = ["pk"]
        permissions = [("manage_billing", _("Can see and settle what the billing system did not take"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(step__in=["retry", "entering", "entered", "not"]), name="settlement_step_known"
            ),
            models.CheckConstraint(condition=Q(step="retry") | ~Q(comment=""), name="settlement_says_why"),
        ]

    def __str__(self) -> str:
        return f"settlement {self.pk}"


class Reconciliation(models.Model):
    """One comparison of our payments with those over there."""

    since = models.DateField(_("since"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    compared = models.PositiveIntegerField(_("payments compared"), default=0)

    class Meta:
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"


class DifferenceQuerySet(models.QuerySet["Difference"]):
    """Differences, narrowed to what an operator may see."""

    def visible_to(self, operator: Operator) -> Self:
        """Return the differences in payments that the operator's reseller took, and in balances of its customers.

        What is nobody's is for those who see all.
        """
        if operator.reseller_id is None:
            return self
        taken = Q(delivery__in=Delivery.objects.settled_by(operator))
        return self.filter(taken | Q(customer__in=Customer.objects.visible_to(operator)))


class Difference(models.Model):
    """One thing that differed in a reconciliation."""

    class Kind(models.TextChoices):
        """What differs."""

        DELETED = "deleted", _("Deleted over there")
        CHANGED = "changed", _("Changed over there")
        MISSING = "missing", _("Missing over there")
        TWICE = "twice", _("Twice under our reference")
        CANCELLED = "undone", _("There, although reversed or cancelled here")
        UNKNOWN = "unknown", _("There, and not known here")
        BALANCE = "balance", _("Balance differs")
        UNREAD = "unread", _("Could not be compared")

    reconciliation = models.ForeignKey(
        Reconciliation, verbose_name=_("reconciliation"), on_delete=models.CASCADE, related_name="differences"
    )
    kind = models.CharField(_("what differs"), max_length=9, choices=Kind.choices)
    delivery = models.ForeignKey(
        Delivery, verbose_name=_("delivery"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer whose balance differs"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reference = models.CharField(_("reference"), max_length=64, blank=True)
    customer_id_there = models.CharField(_("customer"), max_length=64, blank=True)
    remote_id = models.CharField(_("id in the billing system"), max_length=64, blank=True)
    here = models.CharField(_("here"), max_length=255, blank=True)
    there = models.CharField(_("over there"), max_length=255, blank=True)

    objects = DifferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
