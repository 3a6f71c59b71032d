"""Documents that took more than was due on them, where that can still be told.

It can be told for parts that are not yet in the billing system's figures and were never undone, on documents of which
no part was undone: for these, what was due when the last of them was taken bounds all of them together. Later the
figures have changed, and only the bound of each single part remains, which is checked with its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from payments.models import Allocation, Delivery
from payments.verifying.columns import money
from payments.verifying.documents import rounded_up, whole_unit
from payments.verifying.report import Fault
from tills.models import numbered

AT_ONCE = 500
STANDING = Delivery.objects.filter(kind=Delivery.Kind.APPLY, reflected=False).exclude(state=Delivery.State.CANCELLED)


def overpaid() -> Iterator[Fault]:
    """Return the payments whose part took more than was left of its document."""
    suspects = iter(_documents_with_several_parts())
    while some := list(islice(suspects, AT_ONCE)):
        for _invoice, parts in groupby(_standing_parts(some), key=itemgetter(0)):
            yield from _overpaying(parts)


def _documents_with_several_parts() -> list[int]:
    undone = Allocation.objects.filter(invoice=OuterRef("allocation__invoice"), payment__reversal__isnull=False)
    several = STANDING.filter(allocation__invoice__isnull=False).order_by().values_list("allocation__invoice")
    several = several.annotate(parts=Count("pk")).filter(parts__gt=1)
    return [row[0] for row in several.filter(~Exists(undone))]


def _standing_parts(invoices: list[int]) -> Iterator[tuple[int, int, int, str, int, str]]:
    """Return invoice, amount, part, till's code, line's number and document as signed, as they were written."""
    line = "allocation__payment__transaction"
    rows = STANDING.filter(allocation__invoice__in=invoices).order_by("allocation__invoice", f"{line}__pk")
    return iter(
        rows.values_list(
            "allocation__invoice", money("allocation__amount"), "allocation__pk", f"{line}__till__code",
            f"{line}__number", f"{line}__payload",
        )
    )  # fmt: skip


def _overpaying(parts: Iterator[tuple[int, int, int, str, int, str]]) -> Iterator[Fault]:
    taken, unit = 0, whole_unit()
    for invoice, amount, _part, code, number, payload in parts:
        taken += amount
        due = _due(payload, invoice)
        if due is not None and taken > rounded_up(due, unit):
            yield Fault(numbered(code, number), _("it paid more on a document than was still due on it"))


def _due(payload: str, invoice: int) -> int | None:
    """Return what was due on the document as signed; None where its line is reported as broken anyway."""
    try:
        parts = json.loads(payload)["parts"]
        return int(next(part["document"]["due"] for part in parts if (part["document"] or {}).get("id") == invoice))
    except (KeyError, StopIteration, TypeError, ValueError):
        return None
