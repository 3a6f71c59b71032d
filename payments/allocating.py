"""How an amount is split over documents: pure, the same for the preview and for the payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from customers.models import Invoice
from customers.money import ZERO, round_up, unit


@dataclass(frozen=True)
class OpenDocument:
    """An unpaid document with what is still open on it, exact to a ten-thousandth."""

    invoice: Invoice
    due: Decimal

    @property
    def takes(self) -> Decimal:
        """How much of a payment it takes at most: its due rounded up to the unit; below one unit nothing."""
        return round_up(self.due) if self.due >= unit() else ZERO

    @property
    def is_proforma(self) -> bool:
        """Whether it is only a request for money."""
        return self.invoice.kind == Invoice.Kind.PROFORMA


@dataclass(frozen=True)
class Part:
    """A part of a payment; on account where there is no document."""

    document: OpenDocument | None
    amount: Decimal

    @property
    def pays_fully(self) -> bool:
        """Whether nothing is left open on the document."""
        return self.document is not None and self.amount >= self.document.takes


def allocate(amount: Decimal, chosen: Sequence[OpenDocument], open_documents: Sequence[OpenDocument]) -> list[Part]:
    """Return the parts that sum to the amount: chosen documents first, in their order, then open invoices by due date.

    `amount` is in whole units and above zero. A proforma is paid only when chosen. What is left is on account. The
    parts come in a fixed order and each document stands in at most one.
    """
    chosen_ids = {document.invoice.pk for document in chosen}
    rest = [d for d in open_documents if d.invoice.pk not in chosen_ids and not d.is_proforma]
    rest.sort(key=lambda document: (document.invoice.due_on, document.invoice.pk))
    parts, left = [], amount
    for document in (*chosen, *rest):
        taken = min(left, document.takes)
        if taken > 0:
            parts.append(Part(document, taken))
            left -= taken
    return [*parts, Part(None, left)] if left > 0 else parts
