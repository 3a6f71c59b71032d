"""The desk with one guard taken away, for the controls of tests over real HTTP: `gunicorn tests.without_guards`.

Which one, the environment says (WITHOUT=lock or WITHOUT=key). Nothing of this can be reached from the desk as shipped.
"""

import os
import time
from typing import Any

from cashdesk.wsgi import application  # first: it loads the apps

# isort: split
from accounts.models import Operator
from customers.models import Customer
from payments import balances, orders, recording, taking
from payments.allocating import OpenDocument

__all__ = ["application"]

read = balances.open_documents
PAUSE = 0.5  # long enough for the other threads to read the same figures; a control needs the race to happen


def unlocked(operator: Any, *ids: int, **_: Any) -> dict[int, Customer]:
    return Customer.objects.visible_to(operator).in_bulk(ids)


def slowly(customer: Customer, operator: Operator) -> list[OpenDocument]:
    documents = read(customer, operator)
    time.sleep(PAUSE)
    return documents


if os.environ["WITHOUT"] == "lock":
    taking.lock_customers = unlocked  # type: ignore[assignment]
    recording.open_documents = slowly  # type: ignore[attr-defined]
else:
    import cashdesk.views.taking

    for module in (orders, taking, cashdesk.views.taking):
        module.find_own_payment = lambda **_: None  # type: ignore[assignment]
