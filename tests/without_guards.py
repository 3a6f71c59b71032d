"""The desk with one guard taken away, for the controls of tests over real HTTP: `gunicorn tests.without_guards`.

Which one, the environment says: WITHOUT=lock, key, durability or commit. Nothing of this can be reached from the desk
as shipped.
"""

import os
import time
from decimal import Decimal
from threading import Thread
from typing import Any

from cashdesk import readiness

if os.environ["WITHOUT"] == "durability":  # the database of this control is set so, too, and the start would refuse it
    readiness.refuse_to_start = lambda: None

# isort: split
from cashdesk.wsgi import application  # it loads the apps

# isort: split
import cashdesk.views.taking
from accounts.models import Operator
from customers.models import Customer
from payments import balances, orders, recording, taking
from payments.allocating import OpenDocument
from payments.models import Payment
from payments.orders import Order
from payments.taking import take_payment
from tills import locking

__all__ = ["application"]

read = balances.what_is_owed
PAUSE = 0.5  # long enough for the other threads to read the same figures; a control needs the race to happen


def unlocked(operator: Any, *ids: int, **_: Any) -> dict[int, Customer]:
    return Customer.objects.visible_to(operator).in_bulk(ids)


def slowly(customer: Customer, operator: Operator) -> tuple[Decimal, list[OpenDocument]]:
    owed = read(customer, operator)
    time.sleep(PAUSE)
    return owed


def answered_first(*, operator: Operator, order: Order) -> Payment:
    """Answer with a receipt that does not exist yet, and take the payment a moment later."""

    def take() -> None:
        time.sleep(PAUSE)
        take_payment(operator=operator, order=order)

    Thread(target=take).start()
    return Payment(key=order.key)


match os.environ["WITHOUT"]:
    case "lock":
        taking.lock_customers = unlocked  # type: ignore[attr-defined]
        recording.what_is_owed = slowly  # type: ignore[attr-defined]  # imported there, and replaced only here
    case "key":
        for module in (orders, taking, cashdesk.views.taking):
            module.find_own_payment = lambda **_: None  # type: ignore[attr-defined]
    case "durability":
        locking.BOUNDS = "SET LOCAL synchronous_commit = off"
    case "commit":
        cashdesk.views.taking.take_payment = answered_first  # type: ignore[attr-defined]
