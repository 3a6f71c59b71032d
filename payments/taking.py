"""Taking a payment: the one act that does it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from accounts.models import Operator
from payments import rules
from payments.models import Payment
from payments.orders import Order, check_not_given_up, find_own_payment, is_same, same_or_refused
from payments.recording import check_customer, lock_customers, record_payment
from payments.refusals import FormUnusable
from tills import journal
from tills.holders import lock_till
from tills.locking import run_act

__all__ = ["Order", "find_own_payment", "is_same", "take_payment"]


def take_payment(*, operator: Operator, order: Order) -> Payment:
    """Take one payment and return it; called again with the same key and content it returns the same payment, for ever.

    All or nothing, in a transaction of its own. Raises a PaymentRefused (KeyUsedOtherwise for the same key with other
    content, KeyGivenUp for a form that was given up) or PermissionDenied, and has then written nothing.
    """
    try:
        return run_act(lambda: _take(operator, order))
    except IntegrityError:
        return payment_that_won(operator, order)


def _take(operator: Operator, order: Order) -> Payment:
    """Lock, look the key up once more, decide on what is read after the locks, and write."""
    till = lock_till(operator)
    customer = lock_customers(operator, order.customer_id).get(order.customer_id)
    earlier = find_own_payment(operator=operator, key=order.key)
    if earlier is not None:
        return same_or_refused(earlier, order)
    check_not_given_up(operator=operator, key=order.key)
    check_access(operator)
    customer = check_customer(customer)
    method = rules.check_order(order)
    last = journal.head(till)
    rules.check_till(till, last, method.effect_of(order.amount))
    return record_payment(till=till, last=last, operator=operator, customer=customer, method=method, order=order)


def check_access(operator: Operator) -> Operator:
    """Return the operator as read now, rights included; raises PermissionDenied for one who has been switched off."""
    now = Operator.objects.select_related("reseller").get(pk=operator.pk)
    if not now.may_use_desk:
        raise PermissionDenied
    return now


def payment_that_won(operator: Operator, order: Order) -> Payment:
    """Return the payment that took the key first; called while the database's refusal is being handled.

    Raises FormUnusable when it is somebody else's, and the database's own refusal again when it was not about the key.
    """
    winner = find_own_payment(operator=operator, key=order.key)
    if winner is not None:
        return same_or_refused(winner, order)
    if Payment.objects.filter(key=order.key).exists():
        raise FormUnusable from None
    raise  # the refusal that is being handled
