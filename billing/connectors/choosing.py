"""The billing system that the settings name."""

from dataclasses import replace
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingSystem
from billing.connectors.splynx.access import Access, WrongAddress, api_address
from billing.connectors.splynx.system import Splynx

CARD_SECONDS = 4  # for each of three answers, mostly for the first one that does not come


class NotConnected(Exception):
    """CASHDESK_BILLING names no system that can be asked; the message is for the administrator."""


def billing_system() -> BillingSystem:
    """Return the system outside, the same object for all threads of a process.

    Raises NotConnected when figures come as files, and for an address that cannot be used.
    """
    return _splynx(_access())


def system_for_cards() -> BillingSystem:
    """Return the system outside with the patience of a card: it asks once, for a few seconds; raises NotConnected."""
    access = _access()
    return _splynx(replace(access, timeout=min(CARD_SECONDS, access.timeout), is_hurried=True))


def _access() -> Access:
    if settings.CASHDESK_BILLING == "files":
        raise NotConnected(_("Customers and invoices come as files: CASHDESK_BILLING is files, not splynx."))
    try:
        address = api_address(settings.CASHDESK_SPLYNX_URL)
    except WrongAddress as fault:
        raise NotConnected(str(fault)) from None
    return Access(
        address=address,
        key=settings.CASHDESK_SPLYNX_KEY,
        secret=settings.CASHDESK_SPLYNX_SECRET,
        timeout=settings.CASHDESK_SPLYNX_TIMEOUT,
        undo=settings.CASHDESK_SPLYNX_UNDO,
    )


@lru_cache(maxsize=8)
def _splynx(access: Access) -> BillingSystem:
    return Splynx(access)
