"""The token on a receipt: it leads anybody to the check of that receipt, and cannot be guessed or counted through."""

from __future__ import annotations

import base64
import hmac
import logging
import re

from django.conf import settings

from payments.models import Payment
from tills import proofs

log = logging.getLogger(__name__)
MAC_BYTES = 10  # 80 bits; the page counts wrong tokens besides
MAC_LENGTH = 16
PURPOSE = "receipt-token"
TOKEN = re.compile(rf"(?P<line>[a-z2-7]{{1,13}})(?P<mac>[a-z2-7]{{{MAC_LENGTH}}})")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def token_of(payment: Payment) -> str:
    """Return the payment's token: its line in base 32, and a code that only the holder of the proof key can make.

    Empty where the key that signed the line is not configured any more: nobody could check the receipt.
    """
    line = payment.transaction
    key = proofs.key_ring().get(line.key_id)
    return "" if key is None else _number(line.pk) + _mac(line.pk, key)


def find_by_token(token: str) -> Payment | None:
    """Return the payment with this token, or None for a token that was never on a receipt."""
    match = TOKEN.fullmatch(token)
    if match is None or (line := _value(match["line"])) >= 2**63 or _number(line) != match["line"]:
        return None
    payments = Payment.objects.select_related("transaction__till", "transaction__method")
    payment = payments.filter(transaction=line).first()
    key = proofs.key_ring().get(payment.transaction.key_id) if payment else None
    if payment is not None and key is None:
        log.error("A receipt cannot be checked. %s", proofs.UnknownKey(payment.transaction.key_id))
    # The code is computed for what is not there as well, so that both take the same time.
    fits = hmac.compare_digest(_mac(line, key or settings.CASHDESK_PROOF_KEY), match["mac"])
    return payment if fits and key is not None else None


def _mac(line: int, key: str) -> str:
    code = hmac.digest(proofs.derive(key, PURPOSE), str(line).encode(), "sha256")[:MAC_BYTES]
    return base64.b32encode(code).decode().lower()


def _number(value: int) -> str:
    """Return a whole number from 1 in base 32, without leading zeros."""
    digits = ""
    while value:
        value, digit = divmod(value, 32)
        digits = ALPHABET[digit] + digits
    return digits


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 32 + ALPHABET.index(digit)
    return value
