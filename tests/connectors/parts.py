"""Parts as the desk tells them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing.connectors.protocol import Part, Undo

DAY = date(2026, 11, 23)


def part(customer: int, amount: str = "60.00", **changes: Any) -> Part:  # Any: fields of Part
    """Return a part on account of this customer, in cash by alice."""
    usual: dict[str, Any] = {
        "reference": "A1-000123/1", "receipt_number": "A1-000123", "customer_id": str(customer),
        "amount": Decimal(amount), "method_id": "1", "paid_on": DAY, "operator": "alice",
    }  # fmt: skip
    return Part(**{**usual, **changes})


def undo(remote_id: str, told: Part, **changes: Any) -> Undo:  # Any: fields of Undo
    """Return the taking back of a delivered part, by bob."""
    usual: dict[str, Any] = {
        "reference": "A1-000124/1", "remote_id": remote_id, "part": told, "paid_on": DAY, "operator": "bob",
        "comment": "typing error",
    }  # fmt: skip
    return Undo(**{**usual, **changes})
