"""Seeing at one glance that nothing is wrong with a line: what most lines are.

Whatever is not exactly this is looked at check by check (lines.py), which has the last word; so a check that is added
there is added here too, or a line that breaks only it would be passed over.
"""

from __future__ import annotations

from payments.verifying import deliveries, documents, spelling
from payments.verifying.belonging import Belonging, Ground
from payments.verifying.rows import Head, LineRow, TillFacts
from tills import proofs
from tills.models import Transaction, numbered

PAYMENT, REVERSAL = Transaction.Kind.PAYMENT.value, Transaction.Kind.REVERSAL.value


def is_plain(row: LineRow, head: Head | LineRow, till: TillFacts, belonging: Belonging, ground: Ground) -> bool:
    """Return whether a line is a payment or a reversal that is as it must be, with all that belongs to it."""
    if not (_follows(row, head) and _fits_itself(row, till)):
        return False
    if row.kind == PAYMENT:
        return (
            row.payment_id is not None
            and row.effect <= 0
            and row.customer_balance_after == row.customer_balance_before + row.amount
            and not belonging.reversals
            and _is_told(belonging)
            and _is_signed(row, ground)
            and _is_payment_as_signed(row, till, belonging, ground)
        )
    return (
        row.kind == REVERSAL
        and row.payment_id is None
        and row.effect >= 0
        and len(belonging.reversals) == 1
        and not any(documents.undoing_faults(row, till, belonging.reversals[0]))
        and _is_signed(row, ground)
        and _is_reversal_as_signed(row, till, belonging, ground)
    )


def _follows(row: LineRow, head: Head | LineRow) -> bool:
    """Return whether a line follows the one before it, also in time and in the key that signed it."""
    return (
        row.number == head.number + 1
        and row.previous_digest == head.digest
        and row.balance_before == head.balance_after
        and row.recorded_at >= head.recorded_at
        and row.key_id == head.key_id
    )


def _fits_itself(row: LineRow, till: TillFacts) -> bool:
    """Return whether the columns of a payment or a reversal fit each other, and the till."""
    amount, effect = row.amount, row.effect
    return (
        amount > 0
        and (effect == 0 or effect == amount or effect == -amount)
        and (row.cash == 0 or row.cash == -effect)
        and row.balance_after == row.balance_before + effect
        and row.customer_id is not None
        and row.method_id is not None
        and row.reseller_id == till.reseller_id
        and row.business_date == row.recorded_at[:10]
    )


def _is_told(belonging: Belonging) -> bool:
    """Return whether the billing system is told of every part, once, under its own reference, and of its undoing."""
    where, undone_by, parts = belonging.where, belonging.undone_by, belonging.parts
    if undone_by is None and len(parts) == 1:
        return deliveries.is_told_of(parts[0], where + "/1")
    if undone_by is None:
        return all(deliveries.is_told_of(part, f"{where}/{place}") for place, part in enumerate(parts, start=1))
    return not any(
        wrong
        for place, part in enumerate(parts, start=1)
        for wrong in deliveries.delivery_faults(f"{where}/{place}", f"{undone_by}/{place}", part)
    )


def _is_signed(row: LineRow, ground: Ground) -> bool:
    """Return whether the digest is that of the document and of the line before, made with the key it names."""
    key = ground.keys.get(row.key_id)
    return key is not None and proofs.digest_by(key, payload=row.payload, previous=row.previous_digest) == row.digest


def _begin(row: LineRow, till: TillFacts, where: str, ground: Ground) -> str:
    operator = ground.spelled_operators.get(row.operator_id, "")
    method = ground.spelled_methods.get(row.method_id, "")
    return spelling.spell_line(row, till, f'"{where}"', operator, method)


def _is_payment_as_signed(row: LineRow, till: TillFacts, belonging: Belonging, ground: Ground) -> bool:
    """Return whether the document of a payment is that of its rows."""
    begin, end, parts = _begin(row, till, belonging.where, ground), spelling.spell_payment(row), belonging.parts
    if len(parts) == 1 and parts[0][0].invoice_id is None:
        whole = f"{begin}{spelling.on_account(row.amount)}{end}"
        return parts[0][0].amount == row.amount and row.payload == whole
    signed = spelling.parts_between(row.payload, begin, end)
    if signed is None:
        return False
    return not any(documents.part_faults(row, [part[0] for part in parts], signed, ground.unit))


def _is_reversal_as_signed(row: LineRow, till: TillFacts, belonging: Belonging, ground: Ground) -> bool:
    """Return whether the document of a reversal is that of its rows."""
    (reversal,) = belonging.reversals
    end = spelling.spell_reversal(reversal, numbered(till.code, reversal.number))
    return row.payload == f"{_begin(row, till, belonging.where, ground)}{end}"
