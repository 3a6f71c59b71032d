"""The supervisor's look at reversals: by who took the payment, with count, sum, share and time after the payment."""

from datetime import UTC, datetime, timedelta

import time_machine

from accounts.models import Operator
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, pay
from tests.people import signed_in

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_two_of_four_payments_reversed_after_ten_minutes_on_average(alice: Operator, bob: Operator) -> None:
    """Alice takes 10, 20, 30 and 40 at noon; 10 is reversed after 6 minutes and 20 after 14."""
    customer = CustomerFactory.create()
    with time_machine.travel(NOON, tick=False):
        payments = [pay(alice, customer, f"{amount}.00") for amount in (10, 20, 30, 40)]
    for payment, minutes in zip(payments, (6, 14), strict=False):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    page = signed_in(bob).get("/cashdesk/history/", {"from": "2026-11-23", "to": "2026-11-23"})
    (figures,) = page.context["reversal_figures"]
    assert (figures.operator, figures.payments, figures.reversals, figures.amount) == ("Alice", 4, 2, 30)
    assert (figures.share, figures.minutes) == (50, 10)
    assert "Reversals by operator" in page.text


def test_a_cashier_sees_no_figures(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    assert "Reversals by operator" not in signed_in(alice).get("/cashdesk/history/").text
