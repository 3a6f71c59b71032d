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
    event = _read(body)
    found = event.get("data[customer_id]")
    inner = event.get("data")
    if isinstance(inner, dict):
        found = inner.get("customer_id")
        attributes = inner.get("attributes")
        if not _as_id(found) and str(inner.get("model", "")).endswith(CUSTOMER_MODEL) and isinstance(attributes, dict):
            found = attributes.get("id")
    return _as_id(found)


def _read(body: bytes) -> dict[str, Any]:  # Any: what comes over the wire
    try:
        text = body.decode()
        event = json.loads(text) if text.lstrip().startswith("{") else None
    except (ValueError, RecursionError) as fault:
        raise NotUnderstood(str(fault)) from fault
    if isinstance(event, dict):
        return event
    form = {name: values[-1] for name, values in parse_qs(text, max_num_fields=500).items()}
    if "type" not in form:
        raise NotUnderstood("neither JSON nor a form")
    return form


def _as_id(found: object) -> str:
    """Return an id as it is stored: whole numbers without leading zeros, whatever the spelling."""
    text = str(found) if isinstance(found, (int, str)) and not isinstance(found, bool) else ""
    return str(int(text)) if text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) else ""
