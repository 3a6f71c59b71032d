"""Examining a stretch of a till's journal: each line on the one before, its digest, and all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from payments.verifying import deliveries, documents, plain, rows, spelling
from payments.verifying.belonging import Belonging
from payments.verifying.belonging import Ground as Ground  # proofs take it from here
from payments.verifying.report import WRONG_SHAPE, Fault, Tally, unreadable
from payments.verifying.rows import Head, LineRow, ReversalRow, Stretch, TillFacts
from tills import proofs
from tills.models import EFFECTS, Transaction

CLOCK_STEP = timedelta(seconds=5)  # two machines of one shop may differ by this
PAYMENT, REVERSAL = Transaction.Kind.PAYMENT.value, Transaction.Kind.REVERSAL.value
SIGNS = {PAYMENT: -1, REVERSAL: 1}  # of the effect on the till's balance; of the cash the opposite
MOVED = {kind.value: signs for kind, signs in EFFECTS.items()}
NONE: list[ReversalRow] = []


@dataclass
class Examined:
    """What came out of one stretch."""

    tally: Tally = field(default_factory=Tally)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


class Counted:
    """What is counted line by line; lines that are alike in what matters are counted together, which is quicker."""

    def __init__(self) -> None:
        self._alike: dict[tuple[Any, ...], list[int]] = {}  # Any: kind, ids, what the line does to the till
        self._parts = self._deliveries = 0

    def add(self, row: LineRow, belonging: Belonging) -> None:
        """Count one line."""
        alike = (row.kind, row.method_id, row.operator_id, row.reseller_id, row.effect != 0, row.cash != 0)
        sums = self._alike.setdefault(alike, [0, 0, 0, 0])
        sums[0] += 1
        sums[1] += row.amount if type(row.amount) is int else 0  # else it is a fault of the line
        sums[2] += row.payment_id is not None
        sums[3] += len(belonging.reversals)
        for part in belonging.parts:
            self._parts += 1
            self._deliveries += len(part) if part[0].delivery_id is not None else 0

    def tally(self, ground: Ground) -> Tally:
        """Return all that was counted, as history must count it."""
        tally = Tally(parts=self._parts, deliveries=self._deliveries)
        for (kind, method, operator, reseller, *effect), (lines, amount, payments, reversals) in self._alike.items():
            tally.lines += lines
            tally.payment_rows += payments
            tally.reversal_rows += reversals
            tally.operators.add(operator)
            tally.resellers.add(reseller)
            if kind == PAYMENT:
                tally.payments[method] += lines
                tally.amounts[method] += amount
            elif kind == REVERSAL:
                tally.reversals[method] += lines
                tally.amounts[method] -= amount
            if method in ground.methods and ground.methods[method] != tuple(effect):
                tally.other_effect.add(method)
        return tally


def examine(stretch: Stretch, ground: Ground) -> Examined:
    """Read a stretch and return what is wrong in it; asks the database a handful of questions."""
    found, till, last = Examined(), stretch.till, 0
    head: Head | LineRow = rows.read_head(stretch)
    lines, reversals = rows.read_lines(stretch), rows.read_reversals(stretch)
    parts, undoing, counted = rows.read_parts(lines), rows.read_undoing(lines), Counted()
    for row in lines:
        where = rows.name_of(till, row.number)
        if row.pk == last:
            found.faults.append(
                Fault(where, _("more than one payment belongs to it, or it is reversed more than once"))
            )
            continue
        own = deliveries.by_part(parts[row.payment_id]) if row.payment_id in parts else []
        undone_by = None if row.undone_in is None else rows.name_of(till, undoing.get(row.undone_in, 0))
        belonging = Belonging(where, own, reversals.get(row.pk, NONE), undone_by)
        if not _is_plain(row, head, till, belonging, ground):
            _look_closely(found, row, head, till, belonging, ground)
        counted.add(row, belonging)
        head, last = row, row.pk
    found.tally = counted.tally(ground)
    return found


def _is_plain(row: LineRow, head: Head | LineRow, till: TillFacts, belonging: Belonging, ground: Ground) -> bool:
    """Return whether nothing is wrong with a line at one glance; what cannot be read is looked at closely."""
    try:
        return plain.is_plain(row, head, till, belonging, ground)
    except WRONG_SHAPE:
        return False


def _look_closely(
    found: Examined, row: LineRow, head: Head | LineRow, till: TillFacts, belonging: Belonging, ground: Ground
) -> None:
    """Add what is wrong with a line, or strange, check by check."""
    wrong: list[str] = []
    try:
        _add_faults(wrong, row, head, till, belonging, ground)
        if row.recorded_at < head.recorded_at or row.key_id != head.key_id:
            found.warnings += [Fault(belonging.where, what) for what in _oddities(row, head, ground)]
    except WRONG_SHAPE as error:
        wrong.append(unreadable(error))
    found.faults += [Fault(belonging.where, what) for what in wrong]


def _add_faults(
    found: list[str], row: LineRow, head: Head | LineRow, till: TillFacts, belonging: Belonging, ground: Ground
) -> None:
    """Add what is wrong with a line and all that belongs to it; what was added stays when the rest cannot be read."""
    if (row.number - 1, row.previous_digest, row.balance_before) != (head.number, head.digest, head.balance_after):
        found += _chain_faults(row, head)
    found += _line_faults(row, till, belonging)
    found += _delivery_faults(belonging)
    key = ground.keys.get(row.key_id)
    if key is None:
        found.append(str(proofs.UnknownKey(row.key_id)))
    elif proofs.digest_by(key, payload=row.payload, previous=row.previous_digest) != row.digest:
        found.append(_("its digest does not fit: the document as signed, or a digest, was changed"))
    else:
        found += _document_faults(row, till, belonging, ground)


def _chain_faults(row: LineRow, head: Head | LineRow) -> Iterator[str]:
    """Return where the line does not follow the one before."""
    if row.number != head.number + 1:
        yield _number_fault(row.number, head.number)
    if row.previous_digest != head.digest:
        yield _("it was not written after the line that now stands before it")
    if row.balance_before != head.balance_after:
        yield _("its balance before is not the balance after the line before")


def _number_fault(number: int, before: int) -> str:
    if number == before:
        return _("this number stands twice")
    if before == 0:
        return _("the till's journal does not begin with number 1")
    return _("the line before it has number %(number)d: lines are missing between them") % {"number": before}


def _line_faults(row: LineRow, till: TillFacts, belonging: Belonging) -> Iterator[str]:
    """Return where columns do not fit each other, the kind, the till and the time, and what is missing or too much."""
    if row.balance_after != row.balance_before + row.effect:
        yield _("its balance after is not its balance before and its effect")
    if not _moves_as_its_kind(row):
        yield _("kind, amount, effect on the balance and cash do not fit each other")
    if (row.customer_id is None or row.method_id is None) and row.kind in SIGNS:
        yield _("its customer or its method is missing")
    if (row.customer_id is not None or row.method_id is not None) and row.kind in MOVED:
        yield _("it names a customer or a method, which its kind has none of")
    if row.reseller_id != till.reseller_id:
        yield _("its reseller is not the till's")
    if row.business_date != row.recorded_at[:10] and not _is_near(row.business_date, row.recorded_at[:10]):
        yield _("its business day is not about the day on which it was recorded")
    if (row.payment_id is not None) != (row.kind == PAYMENT):
        yield _("no payment belongs to it") if row.kind == PAYMENT else _("a payment belongs to it, which is none")
    if len(belonging.reversals) != (row.kind == REVERSAL):
        yield _("not exactly one reversal belongs to it") if row.kind == REVERSAL else _("a reversal belongs to it")


def _moves_as_its_kind(row: LineRow) -> bool:
    if row.kind in MOVED:
        effect, cash = MOVED[row.kind]
        return row.amount > 0 and (row.effect, row.cash) == (effect * row.amount, cash * row.amount)
    sign = SIGNS.get(row.kind, 0)
    return sign != 0 and row.amount > 0 and row.effect in (0, sign * row.amount) and row.cash in (0, -row.effect)


def _is_near(day: str, recorded: str) -> bool:
    """Return whether the stored business day can be that of a UTC day: no zone is further away, no day starts later."""
    apart = (date.fromisoformat(day) - date.fromisoformat(recorded)).days
    return -2 <= apart <= 1


def _delivery_faults(belonging: Belonging) -> Iterator[str]:
    undone_by = belonging.undone_by
    for place, part in enumerate(belonging.parts, start=1):
        reference = f"{belonging.where}/{place}"
        if undone_by is None and deliveries.is_told_of(part, reference):
            continue
        undo_reference = None if undone_by is None else f"{undone_by}/{place}"
        for what in deliveries.delivery_faults(reference, undo_reference, part):
            yield _("part %(place)d: %(what)s") % {"place": place, "what": what}


def _document_faults(row: LineRow, till: TillFacts, belonging: Belonging, ground: Ground) -> Iterator[str]:
    """Return where the rows are not what was signed; the digest has been checked."""
    parts = [part[0] for part in belonging.parts]
    if row.kind == PAYMENT and row.payment_id is not None:
        operator, method = (
            ground.spelled_operators.get(row.operator_id, ""),
            ground.spelled_methods.get(row.method_id, ""),
        )
        begin = spelling.spell_line(row, till, f'"{belonging.where}"', operator, method)
        as_signed = spelling.parts_between(row.payload, begin, spelling.spell_payment(row))
        if as_signed is not None:
            yield from documents.payment_faults(row)
            yield from documents.part_faults(row, parts, as_signed, ground.unit)
            return
    try:
        document = documents.read_document(row.payload)
    except documents.Unreadable as fault:
        yield str(fault)
        return
    yield from documents.line_differences(row, till, document["line"])
    if "payment" in document and row.payment_id is not None:
        yield from documents.payment_differences(row, document["payment"])
        yield from documents.payment_faults(row)
        yield from documents.part_faults(row, parts, document["parts"], ground.unit)
    if "reversal" in document:
        for reversal in belonging.reversals:
            yield from documents.reversal_faults(row, till, reversal, document["reversal"])


def _oddities(row: LineRow, head: Head | LineRow, ground: Ground) -> list[str]:
    """Return what is strange and may have an honest reason."""
    found = []
    if row.recorded_at < head.recorded_at and _moment(head.recorded_at) - _moment(row.recorded_at) > CLOCK_STEP:
        found.append(_("the clock went back: the line before was recorded at %(at)s") % {"at": head.recorded_at})
    if head.key_id not in ("", row.key_id) and ground.is_older(row.key_id, head.key_id):
        found.append(_("a former key signed it, after a newer one had signed the line before"))
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
