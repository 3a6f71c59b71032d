"""A morning's payments, taken by the same function as real ones; taken once however often the demo runs."""

from decimal import Decimal
from random import Random
from uuid import UUID, uuid5

from accounts.models import Operator
from cashdesk.demo.shifts import begin_shift
from customers.models import Customer
from payments.balances import prefilled_amount, what_is_owed
from payments.models import Payment
from payments.taking import Order, take_payment
from tills.models import PaymentMethod

NAMESPACE = UUID("5c7ae3f0-6d0f-4a53-9f0e-2f0a2b1d7c11")
PER_OPERATOR = {"ana": 14, "remy": 6}
FIRST_KEY = uuid5(NAMESPACE, "ana/0")  # its payment marks a database as the demo's


def demo_was_here() -> bool:
    """Return whether the demo's first payment stands in this database."""
    return Payment.objects.filter(key=FIRST_KEY).exists()


def take_payments() -> int:
    """Take the demo's payments where they are missing and return how many were taken."""
    return sum(_morning(Operator.objects.get(username=login), count) for login, count in PER_OPERATOR.items())


def _morning(operator: Operator, count: int) -> int:
    random = Random(operator.username)  # noqa: S311  # made-up payments need no secrets
    owing = (
        Customer.objects.visible_to(operator).filter(gone_at=None, balance__lt=0).order_by("pk")[20 : 20 + 3 * count]
    )
    keys = [uuid5(NAMESPACE, f"{operator.username}/{n}") for n in range(count)]
    done = set(Payment.objects.visible_to(operator).filter(key__in=keys).values_list("key", flat=True))
    if len(done) < count:
        begin_shift(operator)
    taken = 0
    for key, customer in zip(keys, random.sample(list(owing), count), strict=True):
        method = random.choices(["Cash", "Card", "Bank transfer"], weights=[6, 3, 1])[0]
        if key not in done:
            _take(operator, customer, key, method)
            taken += 1
    return taken


def _take(operator: Operator, customer: Customer, key: UUID, method: str) -> None:
    amount = prefilled_amount(*what_is_owed(customer, operator)) or Decimal(20)
    method_id = PaymentMethod.objects.get(name=method).pk
    take_payment(operator=operator, order=Order(key=key, customer_id=customer.pk, amount=amount, method_id=method_id))
