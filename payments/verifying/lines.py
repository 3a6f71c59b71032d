"""Examining a stretch of a till's journal: each line on the one before, its digest, and all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from payments.verifying import deliveries, documents
from payments.verifying.report import Fault, Tally
from payments.verifying.rows import (
    Head,
    LineRow,
    PartRow,
    ReversalRow,
    Stretch,
    TillFacts,
    read_head,
    read_lines,
    read_parts,
    read_reversals,
)  # fmt: skip
from tills import proofs
from tills.models import Transaction, numbered

CLOCK_STEP = timedelta(seconds=5)  # two machines of one shop may differ by this
PAYMENT, REVERSAL = Transaction.Kind.PAYMENT.value, Transaction.Kind.REVERSAL.value
SIGNS = {PAYMENT: -1, REVERSAL: 1}  # of the effect on the till's balance; of the cash the opposite


@dataclass(frozen=True)
class Ground:
    """What every line is held against besides its till: the keys, oldest first, and what each method does."""

    keys: Mapping[str, bytes]
    methods: Mapping[int, tuple[bool, bool]]  # stays with the operator, in the drawer

    def is_older(self, key_id: str, than: str) -> bool:
        """Return whether a key was given up before another."""
        order = list(self.keys)
        return key_id in order and than in order and order.index(key_id) < order.index(than)


@dataclass
class Examined:
    """What came out of one stretch."""

    stretch: Stretch
    tally: Tally = field(default_factory=Tally)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def examine(stretch: Stretch, ground: Ground) -> Examined:
    """Read a stretch and return what is wrong in it; asks the database a handful of questions."""
    found, till, head = Examined(stretch), stretch.till, read_head(stretch)
    parts, reversals = read_parts(stretch), read_reversals(stretch)
    last = 0
    for row in read_lines(stretch):
        where = numbered(till.code, row.number)
        if row.pk == last:  # the joins of a line that two payments or two reversals name
            found.faults.append(Fault(where, _("more than one payment or reversal belongs to this line")))
            continue
        own = parts.get(row.payment_id, []) if row.payment_id is not None else []
        undone = reversals.get(row.pk, [])
        try:
            found.faults += [Fault(where, what) for what in _chain_faults(row, head)]
            found.faults += [Fault(where, what) for what in _content_faults(row, ground, till, own, undone)]
            found.warnings += [Fault(where, what) for what in _oddities(row, head, ground)]
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            found.faults.append(Fault(where, _("it cannot be read: %(error)r") % {"error": error}))
        _count(found.tally, row, own, undone, ground)
        head, last = Head(row.number, row.balance_after, row.digest, row.recorded_at, row.key_id), row.pk
    return found


def _chain_faults(row: LineRow, head: Head) -> Iterator[str]:
    """Return where the line does not follow the one before."""
    if row.number != head.number + 1:
        yield _number_fault(row.number, head.number)
    if row.previous_digest != head.digest:
        yield _("it was not written after the line that now stands before it")
    if row.balance_before != head.balance:
        yield _("its balance before is not the balance after the line before")
    if row.balance_after != row.balance_before + row.effect:
        yield _("its balance after is not its balance before and its effect")


def _number_fault(number: int, before: int) -> str:
    if number == before:
        return _("this number stands twice")
    if before == 0:
        return _("the till's journal does not begin with number 1")
    return _("the line before it has number %(number)d: lines are missing between them") % {"number": before}


def _content_faults(
    row: LineRow, ground: Ground, till: TillFacts, parts: list[PartRow], reversals: list[ReversalRow]
) -> Iterator[str]:
    """Return what is wrong with the line itself, its payment, parts and deliveries, or its reversal."""
    yield from _kind_faults(row, till)
    if row.kind == PAYMENT and row.payment_id is None:
        yield _("no payment belongs to this line")
    if row.kind != PAYMENT and row.payment_id is not None:
        yield _("a payment belongs to a line of another kind")
    if len(reversals) != (row.kind == REVERSAL):
        yield _("no reversal belongs to this line") if not reversals else _("a reversal too many belongs to this line")
    in_order = deliveries.by_part(parts) if parts else []
    for place, rows in enumerate(in_order, start=1):
        for what in deliveries.delivery_faults(row, till, place, rows):
            yield _("part %(place)d: %(what)s") % {"place": place, "what": what}
    key = ground.keys.get(row.key_id)
    if key is None:
        yield str(proofs.UnknownKey(row.key_id))
    elif proofs.digest_by(key, payload=row.payload, previous=row.previous_digest) != row.digest:
        yield _("its digest does not fit: the document as signed, or a digest, was changed")
    else:
        yield from _document_faults(row, till, [rows[0] for rows in in_order], reversals)


def _document_faults(
    row: LineRow, till: TillFacts, parts: list[PartRow], reversals: list[ReversalRow]
) -> Iterator[str]:
    """Return where the rows are not what was signed; the digest has been checked."""
    try:
        document = documents.read_document(row.payload)
    except documents.Unreadable as fault:
        yield str(fault)
        return
    yield from documents.line_faults(row, till, document["line"])
    if "payment" in document and row.payment_id is not None:
        yield from documents.payment_faults(row, document["payment"])
        yield from documents.part_faults(row, parts, document["parts"])
    if "reversal" in document:
        for reversal in reversals:
            yield from documents.reversal_faults(row, till, reversal, document["reversal"])


def _kind_faults(row: LineRow, till: TillFacts) -> Iterator[str]:
    """Return where amount, effect, cash, reseller and day do not fit the kind, the till and the time."""
    sign = SIGNS.get(row.kind)
    if sign is None:
        yield _("nobody knows this kind of line (%(kind)s)") % {"kind": row.kind}
        return
    if row.amount <= 0 or row.effect not in (0, sign * row.amount) or row.cash not in (0, -row.effect):
        yield _("amount, effect on the balance and cash do not fit a line of this kind")
    if row.customer_id is None or row.method_id is None:
        yield _("its customer or its method is missing")
    if row.reseller_id != till.reseller_id:
        yield _("its reseller is not the till's")
    if row.business_date != row.recorded_at[:10] and not _is_near(row.business_date, row.recorded_at[:10]):
        yield _("its business day is not about the day on which it was recorded")


def _is_near(day: str, recorded: str) -> bool:
    """Return whether the stored business day can be that of a UTC day: no zone is further away, no day starts later."""
    apart = (date.fromisoformat(day) - date.fromisoformat(recorded)).days
    return -2 <= apart <= 1


def _oddities(row: LineRow, head: Head, ground: Ground) -> Iterator[str]:
    """Return what is strange and may have an honest reason."""
    if row.recorded_at < head.recorded_at and _moment(head.recorded_at) - _moment(row.recorded_at) > CLOCK_STEP:
        yield _("the clock went back: the line before was recorded at %(moment)s") % {"moment": head.recorded_at}
    if head.key_id not in ("", row.key_id) and ground.is_older(row.key_id, head.key_id):
        yield _("a former key signed it, after a newer one had signed the line before")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _count(tally: Tally, row: LineRow, parts: list[PartRow], reversals: list[ReversalRow], ground: Ground) -> None:
    """Count the line as history must count it."""
    tally.lines += 1
    if row.kind == REVERSAL:
        tally.reversals[row.method_id] += 1
        tally.amounts[row.method_id] -= row.amount
    else:
        tally.payments[row.method_id] += 1
        tally.amounts[row.method_id] += row.amount
    tally.payment_rows += row.payment_id is not None
    tally.reversal_rows += len(reversals)
    tally.parts += len({part.pk for part in parts}) if len(parts) > 1 else len(parts)
    tally.deliveries += sum(part.delivery_id is not None for part in parts)
    tally.operators.add(row.operator_id)
    tally.resellers.add(row.reseller_id)
    method = ground.methods.get(row.method_id) if row.method_id is not None else None
    if method is not None and method != (row.effect != 0, row.cash != 0):
        tally.other_effect.add(row.method_id)
