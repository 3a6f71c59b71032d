"""The keyed digest that chains a till's journal: its key lies outside the database."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from customers.money import MoneyField

DOMAIN = b"cashdesk/journal/v1\0"
VERSION = 1
FIRST = "0" * 64  # stands for the digest before a till's first line


def canonical(document: Mapping[str, object]) -> str:
    """Return the document as signed: JSON with sorted keys, money in ten-thousandths, UTC times, NFC text."""
    return spell({"version": VERSION, **document})


def spell(value: object) -> str:
    """Return a value as it stands in a signed document."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    """Return the one spelling of a value; raises TypeError or ValueError for a float or anything else without one."""
    match value:
        case None | bool() | int():
            return value
        case Decimal():
            return MoneyField().get_prep_value(value)
        case datetime() if value.tzinfo is None:
            raise TypeError("a moment without its zone has no place in a signed document")
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case str():
            return unicodedata.normalize("NFC", value)
        case Mapping():
            return {str(name): _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no place in a signed document")


def key_id(key: str) -> str:
    """Return the short name of a proof key, so that lines say which key signed them; it gives nothing of the key."""
    return hashlib.sha256(b"cashdesk/key-id\0" + key.encode()).hexdigest()[:16]


def current_key_id() -> str:
    """Return the name of the key that signs now."""
    return key_id(settings.CASHDESK_PROOF_KEY)


class UnknownKey(LookupError):
    """No configured key has this name; the message tells the administrator what is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The proof key %(name)s is not configured. Add the former key to CASHDESK_PROOF_KEYS_OLD.")
            % {"name": name}
        )


def key_ring() -> dict[str, str]:
    """Return every configured key by its name, the oldest first, the one that signs now last."""
    return {key_id(key): key for key in (*settings.CASHDESK_PROOF_KEYS_OLD, settings.CASHDESK_PROOF_KEY)}


def key_named(name: str) -> str:
    """Return the key with this name, of now or of before; raises UnknownKey."""
    try:
        return key_ring()[name]
    except KeyError:
        raise UnknownKey(name) from None


def digest(*, payload: str, previous: str) -> str:
    """Return the digest of the key that signs now; see digest_by."""
    return digest_by(settings.CASHDESK_PROOF_KEY.encode(), payload=payload, previous=previous)


def digest_by(key: bytes, *, payload: str, previous: str) -> str:
    """Return the HMAC-SHA-256, in hex, over the digest before (64 characters) and the document as signed."""
    return hmac.digest(key, DOMAIN + previous.encode() + payload.encode(), "sha256").hex()


def derive(key: str, purpose: str) -> bytes:
    """Return a key for another purpose, from which nobody learns the proof key or a key for a third purpose."""
    return hmac.digest(key.encode(), b"cashdesk/derived-key/v1\0" + purpose.encode(), "sha256")
