"""Deposits: what is paid in beforehand by whoever collects, created, refilled, withdrawn and closed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Operator, Reseller
from customers.money import ZERO, format_amount, is_whole, unit
from tills import blindness, journal
from tills.holders import make_till
from tills.models import Kind, Till, Transaction
from tills.once import MANAGE_DEPOSITS, Asked, Done, carry_out, check_may
from tills.refusals import AmountNotMoved, DepositRefused

KINDS = (Kind.DEPOSIT, Kind.REFILL, Kind.WITHDRAWAL, Kind.CLOSING)
MOST = Decimal(10**11)  # as many digits as can be typed


def create_deposit(
    *, operator: Operator, holder: Operator | Reseller, amount: Decimal, comment: str, key: UUID
) -> Transaction:
    """Create a deposit for an operator or a reseller, whose till is made if there is none; return its line.

    Sent again with the same key it returns the same line. The till must be the operator's or the reseller's own: one
    who works for a reseller has none. Raises a TillRefused, PermissionDenied, or DoesNotExist outside the scope.
    """
    content = {"holder": _named(holder), "amount": amount, "comment": comment}
    asked = Asked(operator=operator, key=key, act="create", content=content)

    return _moved(asked, lambda: _lock_of(operator, holder), Kind.DEPOSIT, amount, comment)


def _lock_of(operator: Operator, holder: Operator | Reseller) -> Till:
    """Return the holder's till, locked, and made where there is none; raises DoesNotExist outside the scope."""
    if isinstance(holder, Reseller):
        till = make_till(Reseller.objects.visible_to(operator).get(pk=holder.pk))
    else:
        till = make_till(Operator.objects.visible_to(operator).get(pk=holder.pk, reseller=None))
    return lock_in_scope(operator, till.pk)


def refill_deposit(*, operator: Operator, till_id: int, amount: Decimal, comment: str, key: UUID) -> Transaction:
    """Add to a deposit and return the line; see create_deposit for what else may come."""
    return _change(operator, till_id, Kind.REFILL, amount, comment, key)


def withdraw_deposit(*, operator: Operator, till_id: int, amount: Decimal, comment: str, key: UUID) -> Transaction:
    """Take from a till no more than what is left, and return the line; see create_deposit.

    What came back after the deposit was closed, by a reversal or a drop, is taken out in the same way.
    """
    return _change(operator, till_id, Kind.WITHDRAWAL, amount, comment, key)


def close_deposit(*, operator: Operator, till_id: int, comment: str, key: UUID) -> Transaction:
    """Take the whole remainder off, whatever it is by then, and return the line; see create_deposit."""
    return _change(operator, till_id, Kind.CLOSING, None, comment, key)


def _change(
    operator: Operator, till_id: int, kind: Kind, amount: Decimal | None, comment: str, key: UUID
) -> Transaction:
    content = {"till": till_id, "amount": amount, "comment": comment}
    asked = Asked(operator=operator, key=key, act=kind.value, content=content)
    return _moved(asked, lambda: lock_in_scope(operator, till_id), kind, amount, comment)


def lock_in_scope(operator: Operator, till_id: int) -> Till:
    """Return a till of somebody in the operator's scope, locked; raises Till.DoesNotExist. The safe is nobody's."""
    held = Till.objects.in_scope_of(operator).exclude(operator=None, reseller=None)
    return held.select_for_update(of=("self",)).get(pk=till_id)


def _moved(asked: Asked, lock: Callable[[], Till], kind: Kind, amount: Decimal | None, comment: str) -> Transaction:
    def do(till: Till) -> Done:
        check_may(asked.operator, MANAGE_DEPOSITS)
        if blindness.hides(asked.operator, till):
            raise DepositRefused(_("Your own shift is open and not counted. Close it before you change your deposit."))
        last = journal.head(till)
        moved = _checked(till, last, kind, amount)
        return Done(line=_write(asked, till, last, kind, moved, comment))

    line = carry_out(asked, lock, do).line
    if line is None:
        raise ValueError("a deposit's form has a line")
    return line


def _write(
    asked: Asked, till: Till, last: Transaction | None, kind: Kind, amount: Decimal, comment: str
) -> Transaction:
    entry = journal.entry_of(kind, operator=asked.operator, amount=amount, comment=comment)
    return journal.write(till=till, last=last, entry=entry, details=asked.details())


def _checked(till: Till, last: Transaction | None, kind: Kind, amount: Decimal | None) -> Decimal:
    """Return the amount to be moved; raises the TillRefused of the first broken rule. Needs the till's lock."""
    left = max(ZERO, last.balance_after if last else ZERO)
    is_there = has_deposit(till)
    if is_there and kind == Kind.DEPOSIT:
        raise DepositRefused(_("There is a deposit already. Refill it."))
    if not is_there and (kind == Kind.REFILL or (kind in {Kind.WITHDRAWAL, Kind.CLOSING} and not left)):
        raise DepositRefused(_("There is no deposit. Create one first."))
    if kind in {Kind.DEPOSIT, Kind.REFILL} and not till.is_active:
        raise DepositRefused(_("This till is switched off. Ask your administrator."))
    if kind == Kind.CLOSING:
        if left == 0:
            raise DepositRefused(_("Nothing is left of this deposit: there is nothing to take off."))
        return left
    check_amount(amount)
    if kind == Kind.WITHDRAWAL and amount is not None and amount > left:
        raise AmountNotMoved(_("At most %(left)s can be withdrawn") % {"left": format_amount(left)})
    return amount or ZERO


def check_amount(amount: Decimal | None) -> None:
    """Raise AmountNotMoved unless the amount is above zero and in whole units of the currency."""
    if amount is None or not amount.is_finite() or amount < unit() or not is_whole(amount):
        raise AmountNotMoved(_("Amount must be %(least)s or more") % {"least": format_amount(unit())})
    if amount >= MOST:
        raise AmountNotMoved(_("This number is too long for an amount. Write fewer digits"))


def has_deposit(till: Till) -> bool:
    """Return whether a deposit was created and not closed since; what is withdrawn later makes none."""
    moved = Transaction.objects.filter(till=till, kind__in=KINDS)  # all of them: so the index of deposits answers it
    last = moved.exclude(kind=Kind.WITHDRAWAL).order_by("-number").values_list("kind", flat=True).first()
    return last not in {None, Kind.CLOSING}


def _named(holder: Operator | Reseller) -> str:
    return f"{type(holder).__name__} {holder.pk}"
