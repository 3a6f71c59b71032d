"""How the conversations with the billing system went: for the page, and so that a card does not wait for it twice."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from billing.models import Contact

PATIENCE = 2  # failures after which a card asks no more for a while
REST = timedelta(seconds=30)


def note_answer(role: str) -> None:
    """Write that the billing system has just answered."""
    Contact.objects.update_or_create(role=role, defaults={"answered_at": timezone.now(), "failures": 0, "error": ""})


def note_failure(role: str, error: str) -> None:
    """Write that it has just not answered, and why."""
    Contact.objects.get_or_create(role=role)
    reason = error[:255]
    Contact.objects.filter(role=role).update(failed_at=timezone.now(), failures=F("failures") + 1, error=reason)


def may_ask(role: str) -> bool:
    """Return whether it is worth asking now: after two failures not for half a minute, and then one tries first."""
    contact = Contact.objects.filter(role=role).first()
    if contact is None or contact.failed_at is None or contact.failures < PATIENCE:
        return True
    rested = timezone.now() - REST
    if contact.failed_at > rested:
        return False
    untried = Contact.objects.filter(Q(tried_at=None) | Q(tried_at__lte=rested), role=role)
    return bool(untried.update(tried_at=timezone.now()))
