"""Files or a live system: one of them at a time, and no part is left behind when the desk goes over to the other."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Batch, Counter, Import, Source
from payments.models import Delivery

ENDED = (Delivery.State.CANCELLED, Delivery.State.REFUSED)
OF_SOMEBODY_GONE = Q(allocation__payment__transaction__customer__gone_at__isnull=False)
FILES = "files"


class SwitchRefused(Exception):
    """The command belongs to another billing system, or parts are still open; the message is for the administrator."""


def use_source(wanted: str) -> None:
    """Let a command of this billing system go on, and note that the figures come from it from now on.

    Raises SwitchRefused when the settings name another one, or when a part that was taken while another one was in use
    is neither reflected, cancelled nor refused: the new one would never be told of it, or would be told again.
    """
    check_setting(wanted)
    if current_source() == wanted:
        return
    with transaction.atomic(durable=True):
        Counter.objects.select_for_update().get(name="fetch")  # two commands do not switch at once
        before = current_source()
        if before not in {None, wanted}:
            _check_nothing_open(before)
        if before != wanted:
            Source.objects.exclude(name=wanted).delete()
            Source.objects.get_or_create(name=wanted, defaults={"since": timezone.now()})


def check_setting(wanted: str) -> None:
    """Raise SwitchRefused when the settings name another billing system; writes nothing."""
    if wanted != settings.CASHDESK_BILLING:
        raise SwitchRefused(
            _("CASHDESK_BILLING is %(set)s; this command needs %(wanted)s.")
            % {"set": settings.CASHDESK_BILLING, "wanted": wanted}
        )


def current_source() -> str | None:
    """Return where the figures have come from until now; None for a desk that has none yet."""
    stored = Source.objects.first()
    if stored is not None:
        return stored.name
    return FILES if Import.objects.exists() or Batch.objects.exists() else None


def open_parts() -> int:
    """Return how many parts are neither reflected, cancelled nor refused.

    A delivered part of a customer who is gone is not open either: no figures that could contain it will come.
    """
    parts = Delivery.objects.filter(reflected=False).exclude(state__in=ENDED)
    return parts.exclude(OF_SOMEBODY_GONE, state=Delivery.State.DELIVERED).count()


def _check_nothing_open(before: str | None) -> None:
    count = open_parts()
    if count:
        raise SwitchRefused(
            _(
                "%(count)d parts of payments are still open with %(before)s. Set CASHDESK_BILLING to %(before)s again, "
                "let them be delivered and contained in the figures, and then switch over."
            )
            % {"count": count, "before": before}
        )
