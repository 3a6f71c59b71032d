"""The fake's own addresses under /fake/: planning faults and looking at the books from outside the process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billing.fake.api import Reply
from billing.fake.ledger import CannotBeDeleted, NotThere
from billing.fake.spelling import Spelling, spelled

if TYPE_CHECKING:
    from billing.fake.server import FakeSplynx


def answer(fake: FakeSplynx, method: str, path: str, raw: bytes) -> Reply:
    """Return the reply to one question about the fake itself."""
    try:
        found = json.loads(raw) if raw else {}
        return _answer(fake, method, path, found if isinstance(found, dict) else {})
    except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
        return Reply(400, {"wrong": str(fault)})
    except (NotThere, CannotBeDeleted) as fault:
        return Reply(404, {"wrong": str(fault)})


def _answer(fake: FakeSplynx, method: str, path: str, content: Mapping[str, Any]) -> Reply:
    match method, path:
        case "GET", "faults":
            return Reply(200, [asdict(fault) for fault in fake.faults.faults])
        case "POST", "faults":
            return Reply(201, asdict(fake.faults.add(**content)))
        case "DELETE", "faults":
            fake.faults.clear()
            return Reply(204)
        case "GET", "state":
            return Reply(200, _state(fake))
        case "POST", "customers":
            return Reply(201, {"id": fake.ledger.add_customer(**content)})
        case "POST", "invoices":
            total = Decimal(str(content["total"]))
            return Reply(201, {"id": fake.ledger.add_invoice(int(content["customer_id"]), total)})
        case "POST", "forget-payment":
            fake.ledger.delete_payment(int(content["id"]))
            return Reply(204)
        case "POST", "hooks":
            fake.hooks.url, fake.hooks.secret = str(content["url"]), str(content.get("secret", fake.hooks.secret))
            return Reply(204)
        case "POST", "server":
            return _server(fake, content)
        case _:
            return Reply(404, {"wrong": "no such address"})


def _server(fake: FakeSplynx, content: Mapping[str, Any]) -> Reply:
    """Change how the server behaves from now on."""
    fake.api.spelling = Spelling(content.get("spelling", fake.api.spelling))
    fake.api.ignored_filters = set(content.get("ignored_filters", fake.api.ignored_filters))
    fake.api.longest_page = content.get("longest_page", fake.api.longest_page)
    fake.gate.token_seconds = int(content.get("token_seconds", fake.gate.token_seconds))
    fake.skew = float(content.get("skew", fake.skew))
    return Reply(204)


def _state(fake: FakeSplynx) -> dict[str, Any]:
    """Return how many rows there are, all payments, and how often it was asked."""
    with fake.ledger.lock:
        counts = {table: len(fake.ledger.rows(table)) for table in ("customers", "invoices", "payments")}
        payments = [spelled(row, Spelling.V5) for row in fake.ledger.rows("payments")]
    return {"counts": counts, "payments": payments, "asked": len(fake.asked), "sign_ins": fake.gate.sign_ins}
