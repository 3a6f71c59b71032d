"""The supervisor's look at reversals: by who took the payment, with count, sum, share and time after the payment."""

from datetime import UTC, datetime, timedelta

import time_machine

from accounts.models import Operator, Reseller
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, OperatorFactory, give_room, pay
from tests.people import grant, signed_in

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


def test_a_resellers_supervisor_sees_the_figures_of_the_reseller_only(
    alice: Operator, charlie: Operator, north: Reseller
) -> None:
    give_room(north)
    for operator, reseller in ((alice, None), (charlie, north)):
        payment = pay(operator, CustomerFactory.create(reseller=reseller))
        reverse_payment(operator=operator, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    supervisor = grant(OperatorFactory.create(reseller=north), "payments.view_all_payments")
    (figures,) = signed_in(supervisor).get("/cashdesk/history/").context["reversal_figures"]
    assert (figures.operator, figures.reversals) == ("Charlie", 1)


def test_who_took_the_payment_is_counted_and_not_who_reversed_it(alice: Operator, bob: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    bob = grant(bob, "payments.reverse_payment")
    reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    (figures,) = signed_in(bob).get("/cashdesk/history/").context["reversal_figures"]
    assert (figures.operator, figures.payments, figures.share) == ("Alice", 1, 100)


def test_of_a_chosen_operator_only_what_they_took_is_figured(alice: Operator, bob: Operator) -> None:
    """Bob reverses one of Alice's two payments, and his own one: neither share is of what the other took."""
    customer = CustomerFactory.create()
    bob = grant(bob, "payments.reverse_payment")
    undone = [pay(alice, customer), pay(bob, customer)]
    pay(alice, customer)
    for payment in undone:
        reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    desk = signed_in(bob)
    for operator, expected in ((alice, ("Alice", 2, 1, 50)), (bob, ("Bob", 1, 1, 100))):
        page = desk.get("/cashdesk/history/", {"operator": operator.pk})
        rows = page.context["reversal_figures"]
        assert [(row.operator, row.payments, row.reversals, row.share) for row in rows] == [expected]


def test_who_only_reversed_is_not_told_to_have_taken_nothing(alice: Operator, bob: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    bob = grant(bob, "payments.reverse_payment")
    reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    page = signed_in(bob).get("/cashdesk/history/", {"operator": bob.pk})
    assert page.context["totals"].reversals == 1
    assert page.context["reversal_figures"] == []
    assert "Reversals by operator" not in page.text
