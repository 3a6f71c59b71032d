"""What the billing system calls out when something has changed there: only a hint to ask again (splynx.md 4.10)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from billing.contacts import note_answer
from billing.ordering import ask_again

CUSTOMER_MODEL = "customers\\Customers"
MOST_FIELDS = 500  # of a form


class NotUnderstood(ValueError):
    """The body is neither JSON nor a form; nothing was marked."""


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Return whether the signature is the hex HMAC-SHA1 of these very bytes, compared in constant time."""
    wanted = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode("utf-8", "replace"))


def take_hint(body: bytes) -> int:
    """Mark the customer that an event names to be asked for by the next pull; return how many were marked.

    Told again, it is marked again, which does no harm. Raises NotUnderstood.
    """
    note_answer("hook")
    customer_id = customer_of(body)
    return ask_again([customer_id]) if customer_id else 0


def customer_of(body: bytes) -> str:
    """Return the id of the customer an event is about, empty when it is about none; raises NotUnderstood."""
    data = _read(body).get("data")
    if not isinstance(data, dict):
        return ""
    found, attributes = _as_id(data.get("customer_id")), data.get("attributes")
    if not found and str(data.get("model", "")).endswith(CUSTOMER_MODEL) and isinstance(attributes, dict):
        return _as_id(attributes.get("id"))
    return found


def _read(body: bytes) -> dict[str, Any]:  # Any: what comes over the wire
    try:
        text = body.decode()
        event = json.loads(text) if text.lstrip().startswith("{") else None
        if isinstance(event, dict):
            return event
        form = {name: values[-1] for name, values in parse_qs(text, max_num_fields=MOST_FIELDS).items()}
    except (ValueError, RecursionError) as fault:
        raise NotUnderstood(str(fault)) from fault
    if "type" not in form:
        raise NotUnderstood("neither JSON nor a form")
    told = {name: form.get(f"data[{name}]") for name in ("customer_id", "model")}
    return {"data": {**told, "attributes": {"id": form.get("data[attributes][id]")}}}


def _as_id(found: object) -> str:
    """Return an id as it is stored: whole numbers without leading zeros, whatever the spelling."""
    text = str(found) if isinstance(found, (int, str)) and not isinstance(found, bool) else ""
    return str(int(text)) if text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) else ""
