"""What an operator asks to be taken, and whether a payment is just that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from accounts.models import Operator
from payments.models import GivenUpKey, Payment
from payments.refusals import KeyGivenUp, KeyUsedOtherwise


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the operator asks to be taken; `paid_on` None is today, `invoices` empty is automatic."""

    key: UUID
    customer_id: int
    amount: Decimal
    method_id: int
    reference: str = ""
    comment: str = ""
    paid_on: date | None = None
    invoices: tuple[int, ...] = ()


def find_own_payment(*, operator: Operator, key: UUID) -> Payment | None:
    """Return the operator's own payment with this key; somebody else's answers like an unknown one."""
    return Payment.objects.select_related("transaction").filter(key=key, transaction__operator=operator).first()


def is_same(payment: Payment, order: Order) -> bool:
    """Return whether the payment is what the order asks for: customer, amount, method, day (none given: any)."""
    line = payment.transaction
    return (line.customer_id, line.amount, line.method_id) == (order.customer_id, order.amount, order.method_id) and (
        order.paid_on is None or order.paid_on == payment.paid_on
    )


def same_or_refused(payment: Payment, order: Order) -> Payment:
    """Return the payment when it is what the order asks for; raises KeyUsedOtherwise when it is not."""
    if not is_same(payment, order):
        raise KeyUsedOtherwise(payment)
    return payment


def check_not_given_up(*, operator: Operator, key: UUID) -> None:
    """Raise KeyGivenUp when the operator gave this form up; a decision needs the till's lock first."""
    if GivenUpKey.objects.filter(operator=operator, key=key).exists():
        raise KeyGivenUp
