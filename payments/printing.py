"""Putting a receipt on paper, and counting it."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from accounts.models import Operator
from payments.models import Printing
from payments.reversing import lock_payment
from tills.locking import run_act


def print_receipt(*, operator: Operator, key: UUID) -> Printing:
    """Write that the receipt is printed once more and return the printing: number 1 is the original.

    Raises Payment.DoesNotExist outside the operator's scope.
    """
    return run_act(lambda: _print(operator, key))


def _print(operator: Operator, key: UUID) -> Printing:
    payment = lock_payment(operator, key)
    number = Printing.objects.filter(payment=payment).count() + 1
    return Printing.objects.create(payment=payment, number=number, operator=operator, recorded_at=timezone.now())
