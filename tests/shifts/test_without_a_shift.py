"""What is taken, given back or moved while no shift is required, and what the next drawer is expected to hold."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Operator
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, pay
from tests.shifts.desk import (
    cash_of,
    closed,
    counted,
    opened,
    sound,
    till_with_shifts,
)
from tills.models import Till, ZReport
from tills.z_reports import read_z

D = Decimal


def test_what_was_taken_before_the_first_shift_is_in_no_drawer_that_is_counted(alice: Operator, bob: Operator) -> None:
    """75.00 were taken without shifts, and 5.00 of it given back: nothing says where that cash went."""
    customer = CustomerFactory.create()
    pay(alice, customer, "70.00")
    wrong = pay(alice, customer, "5.00")
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    till = till_with_shifts(alice)

    shift = opened(bob, alice, cash_of("20"))
    pay(alice, customer, "60.00")
    closed(alice, counted(alice, shift, cash_of("80")))

    report = read_z(ZReport.objects.get())["z"]
    assert (report["first"], report["expected"], report["difference"]) == (f"{till.code}-000004", D(80), D(0))
    assert (report["perpetual"], report["before"]) == (60, [])
    sound()


def test_what_was_taken_while_no_shift_was_required_is_not_expected_in_the_next_drawer(
    alice: Operator, bob: Operator, till: Till
) -> None:
    """30.00 without a shift between two; then 10.00 of the first shift are given back before the second opens."""
    customer = CustomerFactory.create()
    first = opened(bob, alice)
    payment = pay(alice, customer, "10.00")
    closed(alice, counted(alice, first, cash_of("110")))
    till_with_shifts(alice, requires_shift=False)
    pay(alice, customer, "30.00")
    till_with_shifts(alice)
    reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)

    second = opened(bob, alice)
    closed(alice, counted(alice, second, cash_of("90")))

    report = read_z(ZReport.objects.latest("pk"))["z"]
    assert (report["expected"], report["difference"]) == (D(90), D(0))
    assert [(row["kind"], row["amount"]) for row in report["before"]] == [("reversal", 10)]
    sound()


def second_report(alice: Operator, bob: Operator, expected: str) -> dict[str, Any]:
    """Open a second shift with a float of 100, count what is expected, close it, and return its report."""
    till_with_shifts(alice)
    second = opened(bob, alice)
    closed(alice, counted(alice, second, cash_of(expected)))
    sound()
    report: dict[str, Any] = read_z(ZReport.objects.latest("pk"))["z"]
    assert (report["expected"], report["difference"]) == (D(expected), D(0))
    return report


@pytest.fixture
def counted_payment(alice: Operator, bob: Operator, till: Till) -> Payment:
    """Return 60.00 taken in a first shift, which was closed; from now on the till requires no shift."""
    first = opened(bob, alice)
    payment = pay(alice, CustomerFactory.create(), "60.00")
    closed(alice, counted(alice, first, cash_of("160")))
    till_with_shifts(alice, requires_shift=False)
    return payment


def test_what_was_taken_without_a_shift_and_given_back_is_not_missing_in_the_next_drawer(
    alice: Operator, bob: Operator, counted_payment: Payment
) -> None:
    pay(alice, CustomerFactory.create(), "30.00")
    wrong = pay(alice, CustomerFactory.create(), "50.00")
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    report = second_report(alice, bob, "100")
    assert (report["before"], report["perpetual"], report["perpetual_paid"]) == ([], 60, 60)


def test_what_was_given_back_of_a_closed_shift_counts_also_when_something_was_taken_after_it(
    alice: Operator, bob: Operator, counted_payment: Payment
) -> None:
    reverse_payment(operator=bob, key=counted_payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    pay(alice, CustomerFactory.create(), "30.00")
    report = second_report(alice, bob, "40")
    assert [(row["kind"], row["amount"]) for row in report["before"]] == [("reversal", 60)]
    assert (report["perpetual"], report["perpetual_paid"]) == (0, 60)


@pytest.mark.parametrize(
    ("taken", "then", "expected"),
    [
        ("in a shift", "", "100"),
        ("in a shift", "given back", "40"),
        ("without a shift", "", "100"),
        ("without a shift", "given back", "100"),
    ],
)
def test_a_move_without_a_shift_moves_no_cash_and_what_counts_is_when_the_money_was_taken(
    alice: Operator, bob: Operator, counted_payment: Payment, taken: str, then: str, expected: str
) -> None:
    payment = counted_payment if taken == "in a shift" else pay(alice, CustomerFactory.create(), "60.00")
    for _ in range(2):
        right = CustomerFactory.create()
        payment = move_payment(operator=bob, key=payment.key, customer_id=right.pk, new_key=uuid4())
    if then == "given back":
        reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.CHANGED_MIND)
    second_report(alice, bob, expected)
