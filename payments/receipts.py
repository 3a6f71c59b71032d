"""What a receipt shows: the payment as it was signed, never what its names and documents are called today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Operator
from customers.models import Customer, Invoice
from customers.money import SCALE
from payments.models import Payment, Reversal
from tills.models import Transaction

DIGEST_SHOWN = 10


@dataclass(frozen=True)
class ReceiptPart:
    """One part: the document's number and kind as they were, both empty for what went on account."""

    number: str
    kind: str
    amount: Decimal

    @property
    def is_proforma(self) -> bool:
        """Whether the document was a request for money."""
        return self.kind == Invoice.Kind.PROFORMA


@dataclass(frozen=True)
class Receipt:
    """All that a receipt says of one payment, besides the provider's own lines."""

    payment: Payment
    line: Transaction
    number: str
    operator: str
    method: str
    parts: list[ReceiptPart]
    digest: str
    reversal: Reversal | None = None
    replaces: Reversal | None = None

    @property
    def reversed_by(self) -> str:
        """Who reversed the payment, as they were called then; empty where nobody did."""
        return "" if self.reversal is None else str(_signed(self.reversal.transaction)["line"]["operator"]["name"])


def read_receipt(payment: Payment) -> Receipt:
    """Return the receipt of a payment, read from the signed document of its line.

    What undid it and what it replaces come with it; no query is asked where the payment was read with both.
    """
    line = payment.transaction
    signed = _signed(line)
    return Receipt(
        payment=payment,
        line=line,
        number=signed["line"]["document"],
        operator=signed["line"]["operator"]["name"],
        method=signed["line"]["method"]["name"],
        parts=[_read_part(part) for part in signed["parts"]],
        digest=line.digest[:DIGEST_SHOWN],
        reversal=getattr(payment, "reversal", None),
        replaces=getattr(payment, "replaces", None),
    )


@dataclass(frozen=True)
class Signed:
    """What was signed of a payment or a reversal, whatever stands in the columns today."""

    number: str
    amount: Decimal
    method: str
    recorded_at: datetime


def read_signed(line: Transaction) -> Signed:
    """Return what was signed of a line."""
    signed = _signed(line)["line"]
    moment = datetime.fromisoformat(signed["recorded_at"])
    return Signed(signed["document"], Decimal(signed["amount"]).scaleb(-SCALE), signed["method"]["name"], moment)


def _signed(line: Transaction) -> dict[str, Any]:  # Any: JSON, as the journal wrote it
    document: dict[str, Any] = json.loads(line.payload)
    return document


def _read_part(part: Mapping[str, Any]) -> ReceiptPart:
    document = part["document"] or {"number": "", "kind": ""}
    return ReceiptPart(document["number"], document["kind"], Decimal(part["amount"]).scaleb(-SCALE))


def last_own_payment(*, operator: Operator, customer: Customer) -> Payment | None:
    """Return the newest payment this operator took from this customer; one's own are always visible."""
    return (
        Payment.objects.select_related("transaction__method")
        .filter(transaction__operator=operator, transaction__customer=customer)
        .order_by("-transaction")
        .first()
    )
