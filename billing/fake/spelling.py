"""How values look on the wire: differently in each version, and wrong when a fault asks for it (splynx.md 4.5)."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from billing.fake.ledger import Row


class Spelling(StrEnum):
    """Of which version a server's values look."""

    V3 = "v3"  # ids and flags are strings, totals are floats, no day is 0000-00-00
    V5 = "v5"  # ids are numbers, decimals are "100.0000"
    MIXED = "mixed"  # from row to row and column to column


NO_DAY = "0000-00-00"
FLOATS = {"total", "due", "price"}


def spelled(row: Row, spelling: Spelling) -> Row:
    """Return a row as it is sent: a decimal that JSON would spell 16.47 is a float here, as PHP makes it."""
    return {
        name: _value(name, value, _of(spelling, row, place))
        for place, (name, value) in enumerate(row.items())
        if not name.startswith("_")
    }


def garbled(row: Row) -> Row:
    """Return a row in which money and ids have types that they never have."""
    wrong: dict[str, object] = {
        "deposit": [], "total": "twelve", "due": {}, "amount": None, "id": "x7", "customer_id": [], "login": {},
    }  # fmt: skip
    return {name: wrong.get(name, value) for name, value in row.items()}


def as_json(body: object) -> bytes:
    """Return a body as bytes."""
    return json.dumps(body).encode()


def _of(spelling: Spelling, row: Row, place: int) -> Spelling:
    if spelling is Spelling.MIXED:
        return Spelling.V3 if (int(row.get("id") or 0) + place) % 2 else Spelling.V5
    return spelling


def _value(name: str, value: object, spelling: Spelling) -> object:
    is_old = spelling is Spelling.V3
    if isinstance(value, bool):
        return str(int(value)) if is_old else int(value)
    if isinstance(value, Decimal):
        return float(value) if is_old and name in FLOATS else int(value) if _is_short(name, value) else f"{value:.4f}"
    if isinstance(value, int):
        return str(value) if is_old else value
    if value is None:
        return NO_DAY if name.startswith("date_") else "0" if is_old and name.endswith("_id") else None
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else value


def _is_short(name: str, value: Decimal) -> bool:
    """Whether a whole amount is sent as 100: seen on the amounts of payments."""
    return name == "amount" and value == value.to_integral_value()
