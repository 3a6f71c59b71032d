"""A till is made at first use, and only once, also when two people begin in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from tests.factories import CustomerFactory, OperatorFactory, pay
from tills import holders
from tills.holders import find_till, lock_till, make_till, till_to_be
from tills.models import Till


def test_looking_for_a_till_makes_none(alice: Operator, charlie: Operator) -> None:
    assert find_till(alice) is None
    assert find_till(charlie) is None
    assert not Till.objects.exists()


def test_the_first_payment_makes_the_operators_own_till(alice: Operator) -> None:
    pay(alice, CustomerFactory.create())

    till = Till.objects.get()
    assert (till.operator, till.reseller, till.limit, till.is_active) == (alice, None, None, True)


def test_a_resellers_operators_get_the_resellers_till_which_pays_in_first(charlie: Operator, north: Reseller) -> None:
    with transaction.atomic():
        till = lock_till(charlie)
        again = lock_till(OperatorFactory.create(reseller=north))

    assert till == again
    assert (till.operator, till.reseller, till.limit) == (None, north, Decimal(0))


def test_no_till_is_made_under_no_lock(committed_db: None) -> None:
    operator = OperatorFactory.create()

    with pytest.raises(transaction.TransactionManagementError):
        make_till(operator)
    with pytest.raises(transaction.TransactionManagementError):
        lock_till(operator)
    assert not Till.objects.exists()


def test_the_till_of_tomorrow_is_the_one_that_is_made(alice: Operator, north: Reseller) -> None:
    for holder in (alice, north):
        foreseen = till_to_be(holder)
        with transaction.atomic():
            made = make_till(holder)
        assert foreseen._state.adding
        assert (made.code, made.limit) == (foreseen.code, foreseen.limit)


def test_a_till_in_use_costs_the_holder_no_lock(alice: Operator) -> None:
    """The holder's row is locked only to make the till: else all of a reseller's operators would queue twice."""
    pay(alice, CustomerFactory.create())
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        lock_till(alice)

    assert [query["sql"] for query in queries.captured_queries if "accounts_" in query["sql"].split("WHERE")[0]] == []


def begin_at_once(operators: list[Operator]) -> list[int | str]:
    """Let all of them lock their till for the first time in one moment; return the tills' ids and what was raised."""
    start = Barrier(len(operators))

    def begin(operator: Operator) -> int | str:
        try:
            start.wait(timeout=30)
            with transaction.atomic():
                return lock_till(operator).pk
        except Exception as error:  # noqa: BLE001  # what came out is what the test is about
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(operators)) as pool:
        return list(pool.map(begin, operators))


def meet_when_none_was_found(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Make everybody who found no till wait until all have found none."""
    look, together = holders.find_till, Barrier(count)

    def meeting(operator: Operator) -> Till | None:
        found = look(operator)
        together.wait(timeout=30)
        return found

    monkeypatch.setattr(holders, "find_till", meeting)


@pytest.mark.postgres
def test_many_beginning_at_once_get_one_till(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    reseller = Reseller.objects.create(name="North", code="north")
    operators = OperatorFactory.create_batch(8, reseller=reseller)
    meet_when_none_was_found(monkeypatch, len(operators))

    results = begin_at_once(operators)

    assert results == [Till.objects.get().pk] * 8


@pytest.mark.postgres
def test_control_without_the_holders_lock_some_of_them_fail(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reseller = Reseller.objects.create(name="North", code="north")
    operators = OperatorFactory.create_batch(8, reseller=reseller)
    meet_when_none_was_found(monkeypatch, len(operators))
    monkeypatch.setattr(Reseller.objects, "select_for_update", lambda **_: Reseller.objects.all())
    save, together = Till.save, Barrier(len(operators))

    def save_together(till: Till, *, force_insert: bool) -> None:
        together.wait(timeout=30)
        save(till, force_insert=force_insert)

    monkeypatch.setattr(Till, "save", save_together)

    results = begin_at_once(operators)

    assert sorted(map(str, results)) == [str(Till.objects.get().pk), *["IntegrityError"] * 7]
