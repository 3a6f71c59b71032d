"""The demo's three logins and its resellers."""

import secrets
from decimal import Decimal

from django.db import transaction

from accounts.models import Operator, Reseller
from cashdesk.demo.customers import RESELLERS
from tills.holders import make_till
from tills.models import Till

ROOM = Decimal(2000)  # what the reseller's till may take before money is paid in


def make_resellers() -> dict[str, Reseller]:
    """Return the demo's resellers by code, made where they are missing; their tills have room."""
    resellers = {}
    for code, name in RESELLERS.items():
        resellers[code], made = Reseller.objects.get_or_create(code=code, defaults={"name": name})
        if made:
            with transaction.atomic():
                Till.objects.filter(pk=make_till(resellers[code]).pk).update(limit=ROOM)
    return resellers


def make_logins(resellers: dict[str, Reseller]) -> dict[str, str]:
    """Return the three logins with new random passwords: an administrator, a cashier, a reseller's operator."""
    everything = {"is_staff": True, "is_superuser": True}
    return {
        "admin": _make("admin", name="Administrator", **everything),
        "ana": _make("ana", name="Ana Horvat"),
        "remy": _make("remy", name="Remy Petit", reseller=resellers["north"]),
    }


def _make(username: str, **fields: object) -> str:
    """Make the operator where missing, give them a new password, and return it."""
    operator, _made = Operator.objects.get_or_create(username=username, defaults={**fields, "cashdesk_access": True})
    password = secrets.token_urlsafe(9)
    operator.set_password(password)
    operator.save(update_fields=["password"])
    return password
