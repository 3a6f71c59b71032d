"""What may be taken: every rule about a payment that is not the key's or the scope's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from customers.money import ZERO, format_amount, is_whole, unit
from payments.refusals import AmountRefused, DateRefused, MethodRefused, NoOpenShift, ReferenceMissing, TillLimitReached
from tills import journal
from tills.blindness import is_blind
from tills.days import today
from tills.models import PaymentMethod, Till, Transaction

if TYPE_CHECKING:
    from payments.orders import Order


def check_order(order: Order) -> PaymentMethod:
    """Return the method of an order that keeps every rule of its own; raises the PaymentRefused of the first broken."""
    check_amount(order.amount)
    check_day(order.paid_on)
    method = PaymentMethod.objects.filter(pk=order.method_id, is_active=True).first()
    if method is None:
        raise MethodRefused(_("Choose how the customer paid"))
    if method.reference_required and not order.reference:
        raise ReferenceMissing(_("Enter the %(label)s") % {"label": method.reference_label})
    return method


def check_amount(amount: Decimal) -> None:
    """Raise AmountRefused unless the amount is above zero, in whole units and within CASHDESK_MAX_AMOUNT."""
    if not amount.is_finite() or amount < unit() or not is_whole(amount):
        raise AmountRefused(_("Amount must be %(least)s or more") % {"least": format_amount(unit())})
    if amount > settings.CASHDESK_MAX_AMOUNT:
        raise AmountRefused(
            _("Amount must be %(most)s or less") % {"most": format_amount(settings.CASHDESK_MAX_AMOUNT)}
        )


def check_day(paid_on: date | None) -> None:
    """Raise DateRefused unless the day is today or within CASHDESK_BACKDATE_DAYS before."""
    if paid_on is None or paid_on == today():
        return
    if paid_on > today():
        raise DateRefused(_("The day of payment cannot be in the future"))
    if paid_on < today() - timedelta(days=settings.CASHDESK_BACKDATE_DAYS):
        if settings.CASHDESK_BACKDATE_DAYS == 0:
            raise DateRefused(_("The day of payment must be today"))
        raise DateRefused(
            _("The day of payment can be at most %(days)d days ago") % {"days": settings.CASHDESK_BACKDATE_DAYS}
        )


def check_till(till: Till, last: Transaction | None, effect: Decimal) -> None:
    """Raise NoOpenShift, or TillLimitReached when this effect would take the till's balance below its limit.

    Needs the till's lock. Whoever counts blind is told no figure.
    """
    if not till.is_active:
        raise TillLimitReached(_("Your till is switched off. Ask your administrator."))
    check_shift(till)
    room = journal.room_of(till, last.balance_after if last else ZERO)
    if room is None or effect >= 0 or -effect <= room:
        return
    if is_blind(till):
        raise TillLimitReached(
            _("Your till cannot take that much more. Bring cash to the safe, or ask your supervisor.")
        )
    raise TillLimitReached(
        _("Your till can take %(room)s more. Ask your administrator for a deposit.") % {"room": format_amount(room)}
    )


def check_shift(till: Till) -> None:
    """Raise NoOpenShift where the till needs an open shift and has none, or is being counted."""
    shift = journal.shift_of(till)
    if shift is None and till.requires_shift:
        raise NoOpenShift(_("No shift is open in this till. Begin one on the shift page before you take money."))
    if shift is not None and not shift.takes_money:
        raise NoOpenShift(_("The drawer was counted. Close the shift and begin the next one before you take money."))
