"""Many at once, on PostgreSQL: each race first without its guard, to show that it is there, then as shipped."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from threading import Event
from uuid import uuid4

import pytest
from django.db.models import Sum

from accounts.models import Operator
from billing import counting, exporting
from customers.models import Invoice
from payments import rules, taking
from payments.giving_up import give_up, is_given_up
from payments.models import Allocation, Delivery, Payment, Reversal
from payments.moving import move_payment
from payments.printing import print_receipt
from payments.refusals import AlreadyReversed, FormUnusable, TillLimitReached
from payments.reversing import reverse_payment
from payments.taking import Order, take_payment
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, order, pay
from tests.people import grant
from tests.racing import (
    PATIENCE,
    at_once,
    blind,
    drop_unique_key,
    let_the_other_try,
    meet_after_reading_dues,
    without_customer_lock,
)
from tills.models import Till, Transaction

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
D = Decimal
MANY = 16


def taker(operator: Operator, wanted: Order) -> Callable[[], Payment]:
    return lambda: take_payment(operator=operator, order=wanted)


@pytest.fixture
def operators() -> list[Operator]:
    return OperatorFactory.create_batch(MANY)


@pytest.fixture
def invoice() -> Invoice:
    return InvoiceFactory.create(customer=CustomerFactory.create(balance=D("-60")))


def allocated(invoice: Invoice) -> Decimal:
    found = Allocation.objects.filter(invoice=invoice).aggregate(amount=Sum("amount"))["amount"]
    return D(found or 0)


def books_hold() -> bool:
    """Numbers 1..n in each till, each line on the one before, each payment the sum of its parts, each part told."""
    for till in Till.objects.all():
        lines = list(till.lines.order_by("number"))
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert all(b.previous_digest == a.digest for a, b in pairwise(lines))
        assert all(b.balance_before == a.balance_after for a, b in pairwise(lines))
    sums = Payment.objects.annotate(parts=Sum("allocations__amount")).values_list("transaction__amount", "parts")
    assert all(amount == parts for amount, parts in sums)
    return Delivery.objects.count() == Allocation.objects.count()


# --- One invoice, many desks -----------------------------------------------------------------------------------------


def test_control_without_the_customers_lock_an_invoice_is_paid_twice(
    operators: list[Operator], invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_customer_lock(monkeypatch)
    meet_after_reading_dues(monkeypatch, MANY)
    at_once([taker(operator, order(invoice.customer)) for operator in operators])
    assert allocated(invoice) == MANY * 60


def test_sixteen_desks_never_over_allocate_one_invoice(operators: list[Operator], invoice: Invoice) -> None:
    results = at_once([taker(operator, order(invoice.customer)) for operator in operators])
    assert all(isinstance(result, Payment) for result in results)
    assert Payment.objects.count() == MANY
    assert allocated(invoice) == D(60)
    assert Allocation.objects.filter(invoice=None).count() == MANY - 1
    assert books_hold()


# --- One form, many times --------------------------------------------------------------------------------------------


def test_control_without_look_ups_and_unique_key_the_money_is_taken_again(
    alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind(monkeypatch)
    drop_unique_key()
    wanted = order(CustomerFactory.create())
    at_once([taker(alice, wanted) for _ in range(MANY)])
    assert Payment.objects.count() > 1


def test_without_look_ups_the_unique_key_has_the_last_word(alice: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is somebody else's as far as a blind act can tell: refused, and the money was taken once."""
    wanted = order(CustomerFactory.create())
    with monkeypatch.context() as patched:
        blind(patched)
        results = at_once([taker(alice, wanted) for _ in range(MANY)])
    assert sum(isinstance(result, Payment) for result in results) == 1
    assert sum(isinstance(result, FormUnusable) for result in results) == MANY - 1
    assert Payment.objects.count() == Transaction.objects.count() == 1
    assert books_hold()


def test_fifty_copies_of_one_form_make_one_payment(alice: Operator) -> None:
    wanted = order(CustomerFactory.create())
    results = at_once([taker(alice, wanted) for _ in range(50)])
    assert {result.pk for result in results} == {Payment.objects.get().pk}
    assert books_hold()


def test_the_loser_of_two_tills_race_is_told_nothing_about_the_winner(alice: Operator, bob: Operator) -> None:
    wanted = order(CustomerFactory.create())
    results = at_once([taker(alice, wanted), taker(bob, wanted)])
    assert sorted(type(result).__name__ for result in results) == ["FormUnusable", "Payment"]
    assert Payment.objects.count() == 1


# --- The till --------------------------------------------------------------------------------------------------------


def test_a_limit_reached_by_the_first_refuses_all_others(alice: Operator) -> None:
    Till.objects.create(code="T", operator=alice, limit=D("100"))
    customer = CustomerFactory.create()
    results = at_once([taker(alice, order(customer, "60.00")) for _ in range(8)])
    assert sum(isinstance(result, Payment) for result in results) == 1
    assert sum(isinstance(result, TillLimitReached) for result in results) == 7
    assert Transaction.objects.get().balance_after == D(-60)


def test_control_without_the_tills_lock_the_database_refuses_the_line_that_does_not_follow(
    alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two acts read the same last line: the second line has the number of the first and cannot be written."""
    Till.objects.create(code="T", operator=alice)
    monkeypatch.setattr(taking, "lock_till", lambda operator: Till.objects.get(operator=operator))
    without_customer_lock(monkeypatch)
    meet_after_reading_dues(monkeypatch, 2)
    results = at_once([taker(alice, order(CustomerFactory.create())) for _ in range(2)])
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Payment"]
    assert books_hold()


def test_the_first_two_payments_of_a_new_operator_make_one_till(alice: Operator) -> None:
    customer = CustomerFactory.create()
    results = at_once([taker(alice, order(customer, f"{n}.00")) for n in range(1, 9)])
    assert all(isinstance(result, Payment) for result in results)
    assert Till.objects.count() == 1
    assert books_hold()


# --- A form is given up while it moves a payment ---------------------------------------------------------------------


def slowed(monkeypatch: pytest.MonkeyPatch, over: Event) -> Event:
    """Make a move stay behind its look at the forms that were given up until the other act waits or is over.

    Returns what is set when the move is there.
    """
    there = Event()
    check = rules.check_shift

    def linger(till: Till) -> None:
        there.set()
        let_the_other_try(over)
        check(till)

    monkeypatch.setattr(rules, "check_shift", linger)
    return there


@pytest.mark.parametrize("tills", [1, 0])
def test_a_form_that_is_moving_a_payment_is_not_given_up_behind_its_back(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch, tills: int
) -> None:
    """The page would say that nothing was recorded. It waits, and finds the payment."""
    chief = grant(bob, "payments.reverse_payment")
    for _ in range(tills):
        Till.objects.create(code="B", operator=chief)
    payment, right, new_key = pay(alice, CustomerFactory.create()), CustomerFactory.create(), uuid4()
    over = Event()
    there = slowed(monkeypatch, over)

    def abandon() -> Payment | None:
        there.wait(PATIENCE)
        try:
            return give_up(operator=chief, key=new_key)
        finally:
            over.set()

    moved, found = at_once(
        [lambda: move_payment(operator=chief, key=payment.key, customer_id=right.pk, new_key=new_key), abandon]
    )
    assert found == moved
    assert not is_given_up(operator=chief, key=new_key)
    assert books_hold()


# --- Undone, printed and exported at once ----------------------------------------------------------------------------


def test_eight_reversals_of_one_payment_make_one_and_seven_clear_answers(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    reason = Reversal.Reason.WRONG_AMOUNT
    results = at_once([lambda: reverse_payment(operator=alice, key=payment.key, reason=reason)] * 8)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyReversed"] * 7 + ["Reversal"]
    assert Transaction.objects.count() == 2


def test_a_reversal_and_a_move_of_one_payment_do_not_both_happen(alice: Operator) -> None:
    payment, right = pay(alice, CustomerFactory.create()), CustomerFactory.create()
    reason = Reversal.Reason.WRONG_AMOUNT
    results = at_once(
        [
            lambda: reverse_payment(operator=alice, key=payment.key, reason=reason),
            lambda: move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=uuid4()),
        ]
    )
    assert sum(isinstance(result, AlreadyReversed) for result in results) == 1
    assert Reversal.objects.count() == 1
    assert books_hold_but_for_undos()


def books_hold_but_for_undos() -> bool:
    lines = list(Transaction.objects.order_by("number"))
    return all(b.balance_before == a.balance_after and b.number == a.number + 1 for a, b in pairwise(lines))


def test_papers_printed_at_one_moment_are_one_original_and_its_copies(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    results = at_once([lambda: print_receipt(operator=alice, key=payment.key)] * 8)
    assert sorted(result.number for result in results) == list(range(1, 9))


def test_a_part_that_is_just_being_exported_is_undone_and_not_cancelled(
    alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch goes out with the part in it: the billing system must be told of the reversal."""
    payment, there, over, number_of = pay(alice, CustomerFactory.create()), Event(), Event(), counting.draw

    def linger(name: str) -> int:
        there.set()
        let_the_other_try(over)
        return number_of(name)

    monkeypatch.setattr(exporting, "draw", linger)

    def undo() -> Reversal:
        there.wait(PATIENCE)
        try:
            return reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
        finally:
            over.set()

    batch, reversal = at_once([exporting.commit_batch, undo])
    assert (batch, type(reversal)) == (1, Reversal)
    told = Delivery.objects.order_by("kind").values_list("kind", "state", "batch")
    assert list(told) == [("apply", "delivered", 1), ("undo", "waiting", None)]
