"""Many at once at one till, on PostgreSQL: each race first without its guard, to show that it is there."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Operator
from payments import rules, taking
from payments.models import Payment
from payments.refusals import NoOpenShift, TillLimitReached
from payments.taking import take_payment
from payments.verifying import Asked, verify_books
from tests.factories import CustomerFactory, order
from tests.people import grant
from tests.racing import at_once
from tests.shifts.desk import balance, cash_of, counted, issued, opened, supervisor, till_with_shifts
from tills import closing, deposits, shifts
from tills.deposits import create_deposit, withdraw_deposit
from tills.holders import find_till
from tills.models import Shift, Till, Transaction, UsedForm, ZReport
from tills.refusals import AmountNotMoved, DepositRefused, ShiftRefused

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
D = Decimal
ROUNDS = 5


@pytest.fixture
def bob(bob: Operator) -> Operator:
    return grant(supervisor(bob), "tills.manage_deposits")


def sound() -> bool:
    faults = verify_books(Asked()).faults
    assert [str(fault) for fault in faults] == []
    return True


def taker(operator: Operator, amount: str = "60.00") -> Callable[[], Payment]:
    wanted = order(CustomerFactory.create(), amount)
    return lambda: take_payment(operator=operator, order=wanted)


def names(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def unguarded(*guards: str) -> None:
    """Take guards of the lines away from the scratch database."""
    with connection.cursor() as cursor:
        for guard in guards:
            cursor.execute(f"DROP TRIGGER {guard} ON tills_transaction")


def meeting(monkeypatch: pytest.MonkeyPatch, module: object, name: str, together: Barrier) -> None:
    """Make a function wait, after it has read, until the other act has read as well."""
    read = getattr(module, name)

    def waiting(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        with suppress(Exception):
            together.wait(timeout=5)
        return found

    monkeypatch.setattr(module, name, waiting)


# --- Pay while the shift is counted and closed -----------------------------------------------------------------------


def test_control_without_the_tills_lock_a_payment_lands_in_a_shift_that_was_counted(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    till_with_shifts(alice)
    shift = opened(bob, alice)
    unguarded("line_shift")
    monkeypatch.setattr(taking, "lock_till", find_till)
    read = rules.check_shift

    def counted_meanwhile(till: Till) -> None:
        read(till)
        at_once([lambda: counted(alice, shift, cash_of("100"))])

    monkeypatch.setattr(rules, "check_shift", counted_meanwhile)
    taker(alice)()
    line = Transaction.objects.get(kind="payment")
    count = shift.counts.latest("number")
    assert line.shift_id == shift.pk
    assert (count.expected, line.number > count.after_number) == (D(100), True)


def test_a_payment_comes_before_the_count_or_not_at_all(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    for _ in range(ROUNDS):
        shift = opened(bob, alice)
        key = uuid4()

        def end(shift: Shift = shift, key: Any = key) -> Shift:
            counted(alice, shift, cash_of("100"))
            return closing.close_shift(operator=alice, shift_id=shift.pk, comment="race", key=key)

        results = at_once([end, *(taker(alice) for _ in range(6))])
        assert set(names(results)) <= {"Shift", "Payment", "NoOpenShift"}
        assert all(isinstance(r, Shift | Payment | NoOpenShift) for r in results)
        report = ZReport.objects.latest("pk")
        assert report.shift_id == shift.pk
        assert not Transaction.objects.filter(till=shift.till, number__gt=report.shift.last_number or 0).exists()
    assert sound()


# --- Open, twice -----------------------------------------------------------------------------------------------------


def test_control_without_the_look_the_partial_unique_index_has_the_last_word(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two supervisors' forms see no shift: the index refuses the second."""
    till_with_shifts(alice)
    monkeypatch.setattr(shifts, "IN_PROGRESS", ())
    results = at_once([lambda: issued(bob, alice) for _ in range(4)])
    assert names(results) == ["IntegrityError"] * 3 + ["Shift"]
    assert Shift.objects.count() == 1


def test_a_till_has_one_shift_however_many_open_it(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    results = at_once([lambda: issued(bob, alice) for _ in range(6)])
    assert names(results) == ["Shift"] + ["ShiftRefused"] * 5
    shift = Shift.objects.get()
    key = uuid4()
    same = [lambda: shifts.open_shift(operator=alice, shift_id=shift.pk, key=key) for _ in range(4)]
    other = [lambda: shifts.open_shift(operator=alice, shift_id=shift.pk, key=uuid4()) for _ in range(4)]
    results = at_once([*same, *other])
    assert set(names(results)) == {"Shift", "ShiftRefused"}
    assert all(isinstance(result, Shift | ShiftRefused) for result in results)
    assert Transaction.objects.filter(kind="float").count() == 1
    assert sound()


def test_a_payment_and_a_supervisors_close_never_miss_each_other(alice: Operator, bob: Operator) -> None:
    """Whatever the supervisor's close did not cover was refused: nothing stands between its last line and the next."""
    till_with_shifts(alice)
    for _ in range(ROUNDS):
        shift, key = opened(bob, alice), uuid4()

        def close(shift: Shift = shift, key: Any = key) -> Shift:
            return closing.force_close(operator=bob, shift_id=shift.pk, counted=cash_of("100"), comment="race", key=key)

        results = at_once([close, *(taker(alice) for _ in range(4)), close])
        assert all(isinstance(r, Shift | Payment | NoOpenShift) for r in results), results
        report = ZReport.objects.latest("pk")
        assert (report.shift_id, report.number) == (shift.pk, ZReport.objects.count())
        assert not Transaction.objects.filter(till=shift.till, number__gt=report.shift.last_number or 0).exists()
    assert sound()


def test_one_form_many_times_closes_once(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    shift = counted(alice, opened(bob, alice), cash_of("100"))
    key = uuid4()
    results = at_once(
        [lambda: closing.close_shift(operator=alice, shift_id=shift.pk, comment="", key=key) for _ in range(12)]
    )
    assert names(results) == ["Shift"] * 12
    assert ZReport.objects.count() == UsedForm.objects.filter(act="close").count() == 1
    assert sound()


# --- Deposits --------------------------------------------------------------------------------------------------------


def deposit(bob: Operator, alice: Operator, amount: str = "100.00") -> Till:
    till = create_deposit(operator=bob, holder=alice, amount=D(amount), comment="", key=uuid4()).till
    Till.objects.filter(pk=till.pk).update(limit=0)
    return till


def withdrawer(bob: Operator, till: Till, amount: str) -> Callable[[], Transaction]:
    key = uuid4()
    return lambda: withdraw_deposit(operator=bob, till_id=till.pk, amount=D(amount), comment="", key=key)


def test_control_without_the_tills_lock_two_take_the_same_rest(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read a balance of 100.00: only the database still refuses the line that does not follow."""
    till, together = deposit(bob, alice), Barrier(2)
    monkeypatch.setattr(deposits, "lock_in_scope", lambda operator, till_id: Till.objects.get(pk=till_id))
    monkeypatch.setattr(taking, "lock_till", find_till)
    meeting(monkeypatch, deposits, "has_deposit", together)
    meeting(monkeypatch, rules, "check_shift", together)
    results = at_once([taker(alice, "60.00"), withdrawer(bob, till, "60.00")])
    assert sorted(names(results))[0] == "IntegrityError"
    assert Transaction.objects.count() == 2


def test_withdraw_and_pay_never_take_the_same_money(alice: Operator, bob: Operator) -> None:
    till = deposit(bob, alice)
    results = at_once(
        [withdrawer(bob, till, "60.00"), taker(alice), withdrawer(bob, till, "60.00"), taker(alice), taker(alice)]
    )
    done = [result for result in results if isinstance(result, Payment | Transaction)]
    assert len(done) == 1
    refused = [result for result in results if result not in done]
    assert all(isinstance(result, AmountNotMoved | TillLimitReached) for result in refused)
    assert balance(till) == 40
    assert sound()


def test_control_without_the_tills_lock_two_payments_take_the_same_room(
    alice: Operator, bob: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told that there is room for them; only the line that does not follow is refused, by the database."""
    deposit(bob, alice)
    monkeypatch.setattr(taking, "lock_till", find_till)
    meeting(monkeypatch, rules, "check_shift", Barrier(2))
    assert names(at_once([taker(alice, "100.00") for _ in range(2)])) == ["IntegrityError", "Payment"]


def test_two_payments_reach_the_limit_and_one_is_taken(alice: Operator, bob: Operator) -> None:
    till = deposit(bob, alice)
    for _ in range(ROUNDS):
        results = at_once([taker(alice, "100.00") for _ in range(2)])
        assert names(results) == ["Payment", "TillLimitReached"]
        deposits.refill_deposit(operator=bob, till_id=till.pk, amount=D(100), comment="", key=uuid4())
    assert balance(till) == 100
    assert sound()


def test_one_form_many_times_creates_one_deposit(alice: Operator, bob: Operator) -> None:
    """Without a till: its making is part of the race."""
    key = uuid4()

    def create(key: Any = key) -> Transaction:
        return create_deposit(operator=bob, holder=alice, amount=D(5), comment="", key=key)

    results = at_once([create] * 8)
    assert names(results) == ["Transaction"] * 8
    others = at_once([lambda: create(uuid4()) for _ in range(4)])
    assert all(isinstance(result, DepositRefused) for result in others)
    assert Till.objects.count() == Transaction.objects.count() == 1
    assert sound()
