"""Whether the billing system is told of every part exactly once, and of its undoing only when it was undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from django.utils.translation import gettext as _

from payments.models import Delivery
from payments.verifying.rows import PartRow

APPLY, UNDO = Delivery.Kind.APPLY.value, Delivery.Kind.UNDO.value
WAITING, CANCELLED = Delivery.State.WAITING.value, Delivery.State.CANCELLED.value
DELIVERED, REFUSED = Delivery.State.DELIVERED.value, Delivery.State.REFUSED.value
STATES = set(Delivery.State.values)
ON_THE_WAY = STATES - {DELIVERED, CANCELLED}
UNTOLD = {WAITING, CANCELLED}  # an undo that has not gone out


def by_part(rows: list[PartRow]) -> list[list[PartRow]]:
    """Return a payment's rows grouped by part, in the order in which the parts were written."""
    if len(rows) == 1:
        return [rows]
    rows.sort(key=lambda row: (row.pk, row.delivery_id or 0))
    return [list(group) for _part, group in groupby(rows, key=attrgetter("pk"))]


def is_told_of(rows: Sequence[PartRow], reference: str) -> bool:
    """Return whether all is well with the one delivery of a part that stands: what most parts are."""
    row = rows[0]
    if len(rows) > 1 or row.reference != reference or row.delivery_kind != APPLY:
        return False
    return row.state == DELIVERED or (row.state in ON_THE_WAY and not row.reflected and row.batch is None)


def delivery_faults(reference: str, undo_reference: str | None, rows: Sequence[PartRow]) -> Iterator[str]:
    """Return what is wrong with what is told of one part; `undo_reference` is None for a payment that stands."""
    applies = [row for row in rows if row.delivery_kind == APPLY]
    undos = [row for row in rows if row.delivery_kind == UNDO]
    if len(applies) != 1 or len(undos) > 1 or len(applies) + len(undos) != len(rows):
        yield _("the billing system is not told of it exactly once")
        return
    apply = applies[0]
    if apply.reference != reference:
        yield _("the billing system is told of it as %(reference)s") % {"reference": apply.reference}
    for row in rows:
        yield from _row_faults(row)
    if undo_reference is None:
        yield from _standing_faults(apply, undos)
    else:
        yield from _undone_faults(apply, undos, undo_reference)


def _row_faults(row: PartRow) -> Iterator[str]:
    if row.state not in STATES:
        yield _("nobody knows how far its delivery is (%(state)s)") % {"state": row.state}
    if row.reflected and row.state != DELIVERED:
        yield _("the billing system's figures contain it, but it was not delivered")
    if row.batch is not None and (row.state != DELIVERED or row.batch < 1):
        yield _("it stands in a batch, but it was not delivered")


def _standing_faults(apply: PartRow, undos: Sequence[PartRow]) -> Iterator[str]:
    if apply.state == CANCELLED:
        yield _("the billing system will not be told of it, although the payment stands")
    if undos:
        yield _("the billing system is told to undo it, although the payment stands")


def _undone_faults(apply: PartRow, undos: Sequence[PartRow], reference: str) -> Iterator[str]:
    """Return what is wrong with the deliveries of a part of a reversed payment."""
    if apply.state in {WAITING, REFUSED}:
        yield _("the billing system would still be told of it, although the payment is reversed")
    if not undos:
        if apply.state != CANCELLED:
            yield _("the billing system is not told that the payment is reversed")
        return
    undo = undos[0]
    if undo.reference != reference:
        yield _("the billing system is told to undo it as %(reference)s") % {"reference": undo.reference}
    if undo.state not in UNTOLD and apply.state != DELIVERED:
        yield _("the billing system is told to undo what it was not told")
    if undo.state == CANCELLED and apply.state == DELIVERED:
        yield _("the billing system will not be told that the payment is reversed")
    if undo.reflected and not apply.reflected:
        yield _("the billing system's figures contain its undoing, but not the part")
    if undo.batch is not None and not _is_earlier(apply, undo.batch):
        yield _("its undoing stands in no later batch than the part")


def _is_earlier(apply: PartRow, batch: int) -> bool:
    """Return whether the part went out before this batch; in none, when a live billing system was told of it."""
    return apply.reflected if apply.batch is None else apply.batch < batch
