"""Which till an operator works with; made at first use, under the lock of whoever holds it."""

from __future__ import annotations

from django.conf import settings

from accounts.models import Operator, Reseller
from customers.money import ZERO
from tills.locking import require_transaction
from tills.models import Till

SAFE = "SAFE"


def find_till(operator: Operator) -> Till | None:
    """Return the operator's till without making one: the reseller's shared till, or the operator's own."""
    return Till.objects.visible_to(operator).first()


def lock_till(operator: Operator) -> Till:
    """Return the operator's till, locked until the transaction ends; made when it is used for the first time.

    Needs an open transaction. The till comes before every other lock, the holder's row before it only when a till is
    made (design.md, law 2).
    """
    till = Till.objects.visible_to(operator).select_for_update().first()
    return till or Till.objects.select_for_update().get(pk=make_till(operator.reseller or operator).pk)


def make_till(holder: Operator | Reseller) -> Till:
    """Return the holder's till, made under the holder's row lock if there is none yet. Needs an open transaction."""
    require_transaction("make_till")
    till = _till_under_lock(holder)
    if till is None:
        till = till_to_be(holder)
        till.save(force_insert=True)
    return till


def _till_under_lock(holder: Operator | Reseller) -> Till | None:
    """Return the holder's till, if there is one; while the holder's row is locked nobody makes one."""
    if isinstance(holder, Reseller):
        Reseller.objects.select_for_update(no_key=True).get(pk=holder.pk)
        return Till.objects.filter(reseller=holder).first()
    Operator.objects.select_for_update(of=("self",), no_key=True).get(pk=holder.pk)
    return Till.objects.filter(operator=holder).first()


def lock_tills(operator: Operator, *others: int) -> None:
    """Lock the operator's own till and others beside it, in the order of their ids, until the transaction ends.

    Where they have none yet nobody can make one meanwhile. Needs an open transaction.
    """
    require_transaction("lock_tills")
    own = find_till(operator) or _till_under_lock(operator.reseller or operator)
    ids = {*others} if own is None else {*others, own.pk}
    list(Till.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def till_to_be(holder: Operator | Reseller) -> Till:
    """Return the till a holder begins with, not saved: a reseller pays in first (limit 0), an operator has no limit."""
    if isinstance(holder, Reseller):
        return Till(reseller=holder, code=f"R{holder.pk}", limit=ZERO)
    return Till(operator=holder, code=f"A{holder.pk}", limit=None, requires_shift=settings.CASHDESK_SHIFTS)


def lock_safe() -> Till:
    """Return the safe, locked until the transaction ends: the till that nobody holds; made when it is first needed.

    Needs an open transaction. Whoever locks it beside another till locks both in the order of their ids.
    """
    return Till.objects.select_for_update().get(pk=find_safe().pk)


def find_safe() -> Till:
    """Return the safe, made where there is none yet; two at once make one, since its code is unique."""
    require_transaction("find_safe")
    safe = Till.objects.filter(operator=None, reseller=None, is_active=True).order_by("pk").first()
    return safe or Till.objects.get_or_create(code=SAFE, defaults={"limit": None})[0]
