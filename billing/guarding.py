"""What an import is asked before it writes: which batch it contains, and whether too much has vanished."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from billing.faults import BatchRefused, TooManyVanished
from billing.models import Batch, Import
from billing.staging import OpenInvoice, Staging
from customers.models import Customer, Invoice
from payments.models import Delivery

TOLERATED = 20  # one in twenty, 5 %, may vanish
Known = TypeVar("Known")


class Counted(Iterable[Known]):
    """Counts what passes through."""

    def __init__(self, source: Iterable[Known]) -> None:
        self._source = source
        self.count = 0

    def __iter__(self) -> Iterator[Known]:
        for one in self._source:
            self.count += 1
            yield one


def check_batch(includes_batch: int | None) -> int:
    """Return the last batch that the files contain, 0 for none; raises BatchRefused when it cannot be right."""
    if includes_batch is None:
        if Delivery.objects.exists():
            raise BatchRefused(
                _("Payments have been taken. Say with --includes-batch which batch the files contain, 0 for none.")
            )
        return 0
    last = Batch.objects.aggregate(last=Max("number"))["last"] or 0
    if not 0 <= includes_batch <= last:
        raise BatchRefused(
            _("Batch %(number)d has not been exported. The last one is %(last)d.")
            % {"number": includes_batch, "last": last}
        )
    before = Import.objects.aggregate(most=Max("includes_batch"))["most"] or 0
    if includes_batch < before:
        raise BatchRefused(
            _("An import that contains batch %(before)d has already begun. These files cannot contain less.")
            % {"before": before}
        )
    return includes_batch


def known_customers() -> Iterator[str]:
    """Yield the external id of every customer who is not gone."""
    present = Customer.objects.filter(gone_at=None).order_by("pk")
    return present.values_list("external_id", flat=True).iterator()


def known_invoices() -> Iterator[OpenInvoice]:
    """Yield every open document of every customer who is not gone."""
    unpaid = Invoice.objects.filter(due__gt=0, customer__gone_at=None).order_by("pk")
    return unpaid.values_list("customer__external_id", "kind", "external_id").iterator()


def check_vanished(staging: Staging, *, includes_batch: int, allowed: bool) -> tuple[int, int]:
    """Return how many customers and open documents the files no longer name.

    Raises TooManyVanished for more than one in twenty of either, unless it is allowed. A document that the contained
    batches paid was to be expected to go, and is not held against the files.
    """
    customers, invoices = Counted(known_customers()), Counted(known_invoices())
    gone = sum(1 for _one in staging.unnamed_customers(customers))
    paid = _paid_by(includes_batch)
    closed = unexpected = 0
    for invoice in staging.unnamed_invoices(invoices):
        closed += 1
        unexpected += invoice not in paid
    if not allowed and (gone * TOLERATED > customers.count or unexpected * TOLERATED > invoices.count):
        raise TooManyVanished(
            _(
                "Nothing was imported. The files no longer name %(gone)d of %(customers)d customers and %(unpaid)d of "
                "%(invoices)d open documents. If they are complete, run it again with --allow-vanished."
            )
            % {"gone": gone, "customers": customers.count, "unpaid": unexpected, "invoices": invoices.count}
        )
    return gone, closed


def _paid_by(includes_batch: int) -> set[OpenInvoice]:
    """Return the open documents with a part in a batch that the files contain for the first time."""
    contained = Delivery.objects.filter(batch__lte=includes_batch, reflected=False, allocation__invoice__isnull=False)
    columns = ("customer__external_id", "kind", "external_id")
    return set(contained.values_list(*(f"allocation__invoice__{column}" for column in columns)))
