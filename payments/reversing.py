"""Reversing a payment: the one act that undoes one, by a row of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Operator
from payments.models import Payment, Reversal
from payments.recording import lock_customers, record_reversal, save_reversal
from payments.refusals import AlreadyReversed, DrawerCounted, ReasonMissing
from payments.taking import check_access
from tills.locking import run_act
from tills.models import Shift, Till

REVERSE_PERMISSION = "payments.reverse_payment"


def may_reverse(operator: Operator, payment: Payment) -> bool:
    """Return whether the operator may reverse this payment now: an own one for a while, any in scope with the right."""
    if operator.has_perm(REVERSE_PERMISSION):
        return True
    since = timezone.now() - timedelta(minutes=settings.CASHDESK_REVERSE_MINUTES)
    line = payment.transaction
    return line.operator_id == operator.pk and line.recorded_at > since and taken_at(payment) > since


def taken_at(payment: Payment) -> datetime:
    """Return when the money was taken: that of a moved payment with the first one, however often it was moved since."""
    while moved := Reversal.objects.select_related("payment__transaction").filter(replacement=payment).first():
        payment = moved.payment
    return payment.transaction.recorded_at


def reverse_payment(*, operator: Operator, key: UUID, reason: Reversal.Reason, comment: str = "") -> Reversal:
    """Reverse the payment with this key and return the reversal; the money is given back.

    All or nothing, in a transaction of its own. Called twice, the second is AlreadyReversed. Raises
    Payment.DoesNotExist outside the operator's scope, PermissionDenied without the right, or a PaymentRefused, and has
    then written nothing.
    """
    return run_act(lambda: _reverse(operator, key, reason, comment))


def _reverse(operator: Operator, key: UUID, reason: Reversal.Reason, comment: str) -> Reversal:
    payment = lock_payment(operator, key)
    lock_customers(operator, of_payment=payment)
    check_reversible(operator, payment, reason, comment)
    till = payment.transaction.till
    reversal = record_reversal(
        till=till, operator=operator, payment=payment, reason=reason, comment=comment, new_key=None
    )
    save_reversal(reversal)
    return reversal


def lock_payment(operator: Operator, key: UUID) -> Payment:
    """Return the payment as read under the lock of the till that took it. Needs an open transaction.

    Raises Payment.DoesNotExist outside the operator's scope.
    """
    visible = Payment.objects.visible_to(operator)
    Till.objects.select_for_update().get(lines__payment=visible.get(key=key))
    return read_locked(operator, key)


def read_locked(operator: Operator, key: UUID) -> Payment:
    """Return a payment in the operator's scope with what an act needs of it. Needs the lock of its till."""
    visible = Payment.objects.visible_to(operator)
    return visible.select_related("transaction__till", "transaction__customer", "transaction__method").get(key=key)


def check_reversible(operator: Operator, payment: Payment, reason: Reversal.Reason, comment: str) -> None:
    """Raise what speaks against a reversal: AlreadyReversed, PermissionDenied, DrawerCounted, or ReasonMissing.

    Needs the locks. The rights are read again: those of whoever waited for the locks may have been taken away since.
    Raises Payment.DoesNotExist when the payment has gone out of the operator's scope with them.
    """
    operator = check_access(operator)
    Payment.objects.visible_to(operator).only("pk").get(pk=payment.pk)
    earlier = Reversal.objects.filter(payment=payment).first()
    if earlier is not None:
        raise AlreadyReversed(earlier)
    if not may_reverse(operator, payment):
        raise PermissionDenied(_("The time to reverse this payment yourself is over. Ask your supervisor."))
    check_not_counted(operator, payment.transaction.till)
    if reason == Reversal.Reason.OTHER and not comment:
        raise ReasonMissing(_("Write why the payment is reversed"))


def check_not_counted(operator: Operator, till: Till) -> None:
    """Raise DrawerCounted for the holder of a drawer between count and close: they have seen what is expected."""
    if till.operator_id == operator.pk and Shift.objects.filter(till=till, state=Shift.State.COUNTED).exists():
        raise DrawerCounted
