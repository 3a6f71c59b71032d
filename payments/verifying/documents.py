"""The signed document of a line against the rows of today, column by column."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from customers import money
from payments.verifying.rows import LineRow, PartRow, ReversalRow, TillFacts
from tills import proofs
from tills.models import EFFECTS, Transaction, numbered

Signed = dict[str, Any]  # Any: JSON
MONEY = {
    "amount", "effect", "cash", "balance_before", "balance_after", "customer_balance_before", "customer_balance_after",
}  # fmt: skip
NAMES = {Transaction.Kind.PAYMENT: {"payment", "parts"}, Transaction.Kind.REVERSAL: {"reversal"}}
NAMES |= {kind: {"movement"} for kind in EFFECTS}


class Unreadable(ValueError):
    """A signed document has not the form that this program writes; the message says what is wrong."""


def read_document(payload: str) -> Signed:
    """Return the document as signed; raises Unreadable."""
    try:
        document = json.loads(payload)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("line"), dict):
        raise Unreadable(_("what was signed is not a document"))
    if document.get("version") != proofs.VERSION:
        raise Unreadable(
            _("it was signed in form %(form)s, which this program does not know") % {"form": document.get("version")}
        )
    if document.keys() != {"version", "line"} | NAMES.get(document["line"].get("kind"), set()):
        raise Unreadable(_("the signed document does not hold what its kind needs"))
    return document


def line_differences(row: LineRow, till: TillFacts, signed: Signed) -> Iterator[str]:
    """Return in which columns the line is not what was signed; names may change, ids may not."""
    expected: Signed = {
        "document": numbered(till.code, row.number),
        "till": till.pk,
        "till_operator": till.operator_id,
        "number": row.number,
        "kind": row.kind,
        "operator": row.operator_id,
        "reseller": row.reseller_id,
        "customer": None
        if row.customer_id is None
        else {"id": row.customer_id, "external_id": row.customer_external_id},
        "method": row.method_id,
        "shift": row.shift_id,
        "amount": row.amount,
        "effect": row.effect,
        "cash": row.cash,
        "balance_before": row.balance_before,
        "balance_after": row.balance_after,
        "comment": row.comment,
        "recorded_at": row.recorded_at,
        "business_date": row.business_date,
        "key_id": row.key_id,
    }
    operator, method = signed["operator"], signed["method"]
    signed = signed | {"operator": operator["id"], "method": None if method is None else method["id"]}
    if expected != signed:
        yield from _differences(expected, signed)


def payment_differences(row: LineRow, signed: Signed) -> Iterator[str]:
    """Return in which columns the payment is not what was signed."""
    expected = {
        "key": row.payment_key,
        "reference": row.reference,
        "paid_on": row.paid_on,
        "customer_name": row.customer_name,
        "customer_login": row.customer_login,
        "customer_balance_before": row.customer_balance_before,
        "customer_balance_after": row.customer_balance_after,
    }
    if expected != signed:
        yield from _differences(expected, signed)


def payment_faults(row: LineRow) -> Iterator[str]:
    """Return where a payment's columns do not fit each other."""
    if row.customer_balance_after != row.customer_balance_before + row.amount:
        yield _("the customer's balance after is not the balance before and the amount")


def part_faults(row: LineRow, parts: Sequence[PartRow], signed: Sequence[Signed], unit: int) -> Iterator[str]:
    """Return what is wrong with the parts, given in the order in which they were written."""
    if len(parts) == 1 and parts[0].invoice_id is None and signed == [{"amount": row.amount, "document": None}]:
        if parts[0].amount != row.amount:
            yield _("the parts do not sum to the amount")
        return  # all of it on account: what every second payment is
    if len(parts) != len(signed):
        yield _("%(count)d parts stand in the books, %(signed)d were signed") % {
            "count": len(parts),
            "signed": len(signed),
        }
    if sum(part.amount for part in parts) != row.amount:
        yield _("the parts do not sum to the amount")
    for place, (part, was) in enumerate(zip(parts, signed, strict=False), start=1):
        for what in _part_faults(row, part, was, unit):
            yield _("part %(place)d: %(what)s") % {"place": place, "what": what}


def _part_faults(row: LineRow, part: PartRow, signed: Signed, unit: int) -> Iterator[str]:
    document = signed["document"]
    if document is None and part.invoice_id is None and signed["amount"] == part.amount:
        return  # on account: what every second part is
    expected = {"amount": part.amount, "invoice": part.invoice_id, "kind of document": part.invoice_kind}
    was = {"amount": signed["amount"], "invoice": None, "kind of document": None}
    if document is not None:
        was |= {"invoice": document["id"], "kind of document": document["kind"]}
    if expected != was:
        yield from _differences(expected, was)
    if document is None:
        return
    if part.invoice_customer_id != row.customer_id:
        yield _("it paid a document of another customer")
    if signed["amount"] > rounded_up(document["open"], unit):
        yield _("it is larger than what was open on its document")


def reversal_faults(row: LineRow, till: TillFacts, reversal: ReversalRow, signed: Signed) -> Iterator[str]:
    """Return what is wrong with a reversal: against what was signed, and against the payment that it undoes."""
    expected = {
        "document": numbered(till.code, reversal.number),
        "key": reversal.payment_key,
        "reason": reversal.reason,
        "replacement": reversal.replacement_key,
    }
    if expected != signed:
        yield from _differences(expected, signed)
    yield from undoing_faults(row, till, reversal)


def undoing_faults(row: LineRow, till: TillFacts, reversal: ReversalRow) -> Iterator[str]:
    """Return where a reversal does not undo its payment, or what replaces it does not stand after it."""
    if (reversal.kind, reversal.till_id) != (Transaction.Kind.PAYMENT, till.pk) or reversal.number >= row.number:
        yield _("it does not undo an earlier payment of the same till")
    undone = (reversal.amount, -reversal.effect, -reversal.cash, reversal.customer_id, reversal.method_id)
    if undone != (row.amount, row.effect, row.cash, row.customer_id, row.method_id):
        yield _("it does not undo exactly what its payment did")
    if reversal.replacement_id is not None and (reversal.replacement_till_id, reversal.replacement_number) != (
        till.pk,
        row.number + 1,
    ):
        yield _("the payment that replaces the undone one is not the next line")


def whole_unit() -> int:
    """Return the currency's unit in ten-thousandths."""
    return int(money.unit().scaleb(money.SCALE))


def rounded_up(amount: int, unit: int) -> int:
    """Return ten-thousandths rounded up to whole units of the currency: what a document takes at most."""
    return -(-amount // unit) * unit


def _differences(now: Mapping[str, Any], signed: Mapping[str, Any]) -> Iterator[str]:
    """Return a sentence for every column that is not as signed; the same text in another Unicode form is the same."""
    for name in sorted(now.keys() | signed.keys()):
        ours, theirs = now.get(name), signed.get(name)
        if isinstance(ours, str):
            ours = unicodedata.normalize("NFC", ours)
        if ours != theirs or type(ours) is not type(theirs):
            yield _("%(column)s is %(now)s, signed was %(signed)s") % {
                "column": name.replace("_", " "),
                "now": _shown(name, ours),
                "signed": _shown(name, theirs),
            }


def _shown(name: str, value: object) -> str:
    if name in MONEY and isinstance(value, int):
        return str(Decimal(value).scaleb(-money.SCALE))
    if isinstance(value, dict):
        return ", ".join(f"{part} {found}" for part, found in value.items())
    return _("nothing") if value is None or value == "" else str(value)
