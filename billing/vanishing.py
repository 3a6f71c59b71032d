"""Whether too much has vanished over there to be believed: the rule of the file import, one in twenty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from billing.faults import TooManyVanished
from billing.guarding import TOLERATED
from customers.figures import CustomerFigures
from customers.models import WANTED, Customer, Invoice
from payments.balances import NOT_YET_THERE
from payments.models import Delivery


@dataclass
class Vanished:
    """What one full pull no longer found."""

    allowed: bool = False
    documents: int = 0

    def customers(self, *, since: int) -> QuerySet[Customer]:
        """Return who is not gone and was in no fetch since this number; raises TooManyVanished.

        Somebody of whom a part is on its way, or whose answer could not be read, is asked for again anyway.
        """
        present = Customer.objects.filter(gone_at=None)
        vanished = present.filter(fetched__lt=since).exclude(WANTED)
        count, known = vanished.count(), present.count()
        if count * TOLERATED > known and not self.allowed:
            raise TooManyVanished(
                _(
                    "The billing system no longer names %(gone)d of %(customers)d customers. Nobody was marked "
                    "as gone. If that is right, run it again with --full --allow-vanished."
                )
                % {"gone": count, "customers": known}
            )
        return vanished.order_by("pk")

    def check_documents(self, figures: Sequence[CustomerFigures]) -> None:
        """Raise TooManyVanished before one in twenty open documents has been closed for no reason known here.

        Asked before each part is written: what was closed until then stays closed, one in twenty at most.
        """
        if self.allowed:
            return
        named = {(f.external_id, str(d.kind), d.external_id) for f in figures for d in f.documents}
        paid = Delivery.objects.filter(NOT_YET_THERE, allocation__invoice__isnull=False).values("allocation__invoice")
        unpaid = Invoice.objects.filter(customer__external_id__in=[f.external_id for f in figures], due__gt=0)
        stored = unpaid.exclude(pk__in=paid).values_list("customer__external_id", "kind", "external_id")
        vanished = set(stored) - named
        if not vanished:
            return
        self.documents += len(vanished)
        known = Invoice.objects.filter(due__gt=0, customer__gone_at=None).count()
        if self.documents * TOLERATED > known:
            raise TooManyVanished(
                _(
                    "The billing system no longer names %(unpaid)d of %(invoices)d open documents, and the pull has "
                    "stopped there. If that is right, run it again with --full --allow-vanished."
                )
                % {"unpaid": self.documents, "invoices": known}
            )
