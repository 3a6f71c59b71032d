"""Moving a payment to another customer: reversal and new payment in one act."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.models import Customer
from payments import rules
from payments.models import Payment, Reversal
from payments.orders import Order, check_not_given_up, find_own_payment, same_or_refused
from payments.recording import check_customer, lock_customers, record_payment, record_reversal, save_reversal
from payments.refusals import AlreadyReversed, CustomerGone, KeyUsedOtherwise
from payments.reversing import check_reversible, read_locked
from payments.taking import payment_that_won
from tills.holders import lock_tills
from tills.locking import run_act
from tills.models import PaymentMethod


def move_payment(*, operator: Operator, key: UUID, customer_id: int, new_key: UUID, comment: str = "") -> Payment:
    """Move the payment with this key to another customer and return the new payment, taken in the same till.

    All or nothing, in a transaction of its own; the rights are those of a reversal. Called again with the same new key
    it returns the same new payment. Raises Payment.DoesNotExist outside the scope, PermissionDenied, or a
    PaymentRefused, and has then written nothing.
    """
    try:
        return run_act(lambda: _move(operator, key, customer_id, new_key, comment))
    except IntegrityError:
        payment = Payment.objects.visible_to(operator).select_related("transaction").get(key=key)
        order = _order(payment, customer_id, new_key)
        return _moved_before(payment_that_won(operator, order), payment, order)


def _move(operator: Operator, key: UUID, customer_id: int, new_key: UUID, comment: str) -> Payment:
    taken_in = Payment.objects.visible_to(operator).values_list("transaction__till", flat=True).get(key=key)
    lock_tills(operator, taken_in)  # the own one as well: giving up the new form waits for that
    payment = read_locked(operator, key)
    till = payment.transaction.till
    customers = lock_customers(operator, customer_id, of_payment=payment)
    order = _order(payment, customer_id, new_key)
    earlier = find_own_payment(operator=operator, key=new_key)
    if earlier is not None:
        return _moved_before(earlier, payment, order)
    check_not_given_up(operator=operator, key=new_key)
    check_reversible(operator, payment, Reversal.Reason.WRONG_CUSTOMER, comment)
    customer = check_target(payment, customers.get(customer_id))
    method = PaymentMethod.objects.get(pk=order.method_id)
    rules.check_shift(till)  # no other rule: the money is in the till already, and was taken by the rules of then
    reversal = record_reversal(
        till=till,
        operator=operator,
        payment=payment,
        reason=Reversal.Reason.WRONG_CUSTOMER,
        comment=comment,
        new_key=new_key,
    )
    replacement = record_payment(
        till=till,
        last=reversal.transaction,
        operator=operator,
        customer=customer,
        method=method,
        order=order,
    )
    reversal.replacement = replacement
    save_reversal(reversal)
    return replacement


def check_target(payment: Payment, customer: Customer | None) -> Customer:
    """Return a customer to whom the payment can be moved; raises CustomerGone for everybody else."""
    if customer is not None and customer.pk == payment.transaction.customer_id:
        raise CustomerGone(_("The payment is this customer's already. Choose another one."))
    customer = check_customer(customer)
    if not fits(payment, customer):
        raise CustomerGone(_("This payment is in a reseller's till. Choose a customer of the same reseller."))
    return customer


def fits(payment: Payment, customer: Customer) -> bool:
    """Return whether the till's operators may see the customer, whose name the new line shows to all of them."""
    return payment.transaction.till.reseller_id in {None, customer.reseller_id}


def _moved_before(earlier: Payment, payment: Payment, order: Order) -> Payment:
    """Return the payment that the same form made before.

    Raises AlreadyReversed when another form moved it, KeyUsedOtherwise when the key took money and moved none.
    """
    reversal = Reversal.objects.filter(payment=payment).first()
    if reversal is None:
        raise KeyUsedOtherwise(earlier)
    if reversal.replacement_id != earlier.pk:
        raise AlreadyReversed(reversal)
    return same_or_refused(earlier, order)


def _order(payment: Payment, customer_id: int, new_key: UUID) -> Order:
    """Return the same payment for another customer: amount, method, reference, day and comment stay."""
    line = payment.transaction
    return Order(
        key=new_key,
        customer_id=customer_id,
        amount=line.amount,
        method_id=line.method_id or 0,
        reference=payment.reference,
        comment=line.comment,
        paid_on=payment.paid_on,
    )
