"""Giving a form up: after it, and only after it, it is certain that nothing will be recorded."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Operator
from payments.models import GivenUpKey, Payment
from payments.orders import find_own_payment
from tills.holders import lock_tills
from tills.locking import run_act
from tills.once import give_up_form


def give_up(*, operator: Operator, key: UUID) -> Payment | None:
    """Write the key as given up and return None, or return the operator's payment when there is one already.

    Called twice it does nothing more, and nothing where a form about a till was carried out with this key. A payment
    that arrives later with it is refused: it looks here under the same till's lock. A form about a till, which may be
    anybody's, is refused by its own key.
    """
    try:
        return run_act(lambda: _give_up(operator, key))
    except IntegrityError:  # a form about a till was carried out in the same moment
        return run_act(lambda: _give_up(operator, key))


def _give_up(operator: Operator, key: UUID) -> Payment | None:
    lock_tills(operator)
    payment = find_own_payment(operator=operator, key=key)
    if payment is None and not give_up_form(operator=operator, key=key):
        GivenUpKey.objects.get_or_create(operator=operator, key=key, defaults={"recorded_at": timezone.now()})
    return payment


def is_given_up(*, operator: Operator, key: UUID) -> bool:
    """Return whether the operator gave this form up."""
    return GivenUpKey.objects.filter(operator=operator, key=key).exists()
