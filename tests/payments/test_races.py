"""Many at once, on PostgreSQL: each race first without its guard, to show that it is there, then as shipped."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db.models import Sum

from accounts.models import Operator
from customers.models import Invoice
from payments import taking
from payments.models import Allocation, Delivery, Payment
from payments.refusals import FormUnusable, TillLimitReached
from payments.taking import Order, take_payment
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, order
from tests.racing import at_once, blind, drop_unique_key, meet_after_reading_dues, without_customer_lock
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
