"""The address and the QR code on a receipt, under which anybody can check it."""

from __future__ import annotations

import segno
from django.conf import settings
from django.urls import reverse

from payments.models import Payment
from payments.tokens import token_of

QUIET_ZONE = 4  # modules, as the standard asks


def check_address(payment: Payment) -> str:
    """Return the address under which anybody can check the receipt; empty without CASHDESK_BASE_URL or its key."""
    token = token_of(payment) if settings.CASHDESK_BASE_URL else ""
    return f"{settings.CASHDESK_BASE_URL}{reverse('check', args=[token])}" if token else ""


def check_code(payment: Payment) -> str:
    """Return the address as a QR code: an SVG in a data address, error level M; empty without an address."""
    address = check_address(payment)
    if not address:
        return ""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(border=QUIET_ZONE, scale=4))
