"""The token on a receipt: it leads anybody to the check of that receipt, and cannot be guessed or counted through."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
from typing import NoReturn

from django.conf import settings

from payments.models import Payment, Reversal
from tills import proofs
from tills.models import Transaction

log = logging.getLogger(__name__)
MAC_BYTES = 10  # 80 bits; the page counts wrong tokens besides
MAC_LENGTH = 16
PURPOSE = "receipt-token"
TOKEN = re.compile(rf"(?P<line>[a-z2-7]{{1,13}})(?P<mac>[a-z2-7]{{{MAC_LENGTH}}})")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class NotCheckable(Exception):
    """Whether the receipt is genuine cannot be said now: a former key is missing, or the books were changed."""


def token_of(payment: Payment) -> str:
    """Return the payment's token: its line in base 32, and a code that only the holder of the proof key can make.

    Empty where the key that signed the line is not configured any more: nobody could check the receipt.
    """
    line = payment.transaction
    key = proofs.key_ring().get(line.key_id)
    return "" if key is None else _number(line.pk) + _mac(line.pk, line.digest, key)


def find_by_token(token: str) -> Payment | None:
    """Return the payment with this token, its line as it was signed, or None for a token that was never on a receipt.

    Raises NotCheckable when the line, or the next one that is there, was signed with a key that is not configured: so
    it tells of no number whether a payment has it. Raises it also for a right token whose line was changed.
    """
    match = TOKEN.fullmatch(token)
    if match is None or (number := _value(match["line"])) >= 2**63 or _number(number) != match["line"]:
        return None
    next_line = Transaction.objects.filter(pk__gte=number).order_by("pk").values_list("key_id", flat=True).first()
    payment = Payment.objects.select_related("transaction").filter(transaction=number).first()
    key = settings.CASHDESK_PROOF_KEY if next_line is None else proofs.key_ring().get(next_line)
    # The code is computed for what is not there as well, so that both take the same time.
    digest = payment.transaction.digest if payment else proofs.FIRST
    fits = hmac.compare_digest(_mac(number, digest, key or settings.CASHDESK_PROOF_KEY), match["mac"])
    if key is None:
        _refuse_unknown(str(next_line))
    if payment is None or not fits:
        return None
    _check_as_signed(payment.transaction, key, "payment", payment)
    return payment


def find_reversal(payment: Payment) -> Reversal | None:
    """Return what undid the payment, its line as it was signed, or None for a payment that stands.

    Raises NotCheckable when the line was signed with a key that is not configured, was changed, or undoes another one.
    """
    reversal = Reversal.objects.select_related("transaction").filter(payment=payment).first()
    if reversal is None:
        return None
    line = reversal.transaction
    key = proofs.key_ring().get(line.key_id)
    if key is None:
        _refuse_unknown(line.key_id)
    _check_as_signed(line, key, "reversal", payment)
    return reversal


def _refuse_unknown(name: str) -> NoReturn:
    """Write down which key is missing, and raise NotCheckable."""
    log.error("A receipt cannot be checked. %s", proofs.UnknownKey(name))
    raise NotCheckable


def _check_as_signed(line: Transaction, key: str, part: str, payment: Payment) -> None:
    """Raise NotCheckable unless the line's document is the signed one, and its part of this kind names the payment."""
    digest = proofs.digest_by(key.encode(), payload=line.payload, previous=line.previous_digest)
    if digest != line.digest or json.loads(line.payload).get(part, {}).get("key") != str(payment.key):
        log.error("The line %s was changed: its receipt cannot be checked. Run verify_books.", line.pk)
        raise NotCheckable


def _mac(number: int, digest: str, key: str) -> str:
    """Return the code for a line: its digest is in it, since a restored database gives its number away anew."""
    text = f"{number}:{digest}".encode()
    code = hmac.digest(proofs.derive(key, PURPOSE), text, "sha256")[:MAC_BYTES]
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
