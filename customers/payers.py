"""Whose account is shown and paid for a sub-account that is billed together with another one."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Operator
from customers.models import Customer


def payers_of(customers: Sequence[Customer], operator: Operator) -> dict[int, Customer]:
    """Return by id of the sub-account the account that it is billed through, if the operator may see that one.

    Who pays for themselves is not in it; one query, and none when there is no sub-account.
    """
    through = {customer.pk: customer.paid_through for customer in customers if customer.paid_through}
    if not through:
        return {}
    rows = Customer.objects.visible_to(operator).filter(external_id__in=through.values(), gone_at=None)
    payers = {payer.external_id: payer for payer in rows}
    return {pk: payers[external_id] for pk, external_id in through.items() if external_id in payers}
