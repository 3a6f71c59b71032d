"""Fetches and batches: what came in when, and what went out with which number."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
