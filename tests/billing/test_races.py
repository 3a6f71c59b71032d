"""Files beside the desk, on PostgreSQL: payments go on while customers are written, and no part goes out twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from accounts.models import Operator
from billing import counting, exporting
from billing.importing import Run
from billing.models import Batch
from customers.models import Customer
from payments.balances import shown_balance
from payments.models import Delivery
from tests.billing.system import BillingSystem
from tests.factories import OperatorFactory, pay

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
ROUNDS = 5


def own_connection(act: Callable[[], Any]) -> Callable[[], Any]:
    """Return the act for a thread: it closes the thread's connection behind itself."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return run


@pytest.fixture
def system(tmp_path: Path) -> BillingSystem:
    system = BillingSystem(tmp_path)
    for number in range(1, 41):
        system.bill(str(number), f"INV-{number}")
    system.state().run()
    return system


def export_at_once(count: int) -> list[int | None]:
    start = Barrier(count)

    def export() -> int | None:
        start.wait(timeout=30)
        return exporting.commit_batch()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda act: act(), [own_connection(export)] * count))


def test_exports_at_once_put_no_part_in_two_batches(alice: Operator, system: BillingSystem, tmp_path: Path) -> None:
    for number in range(1, 41):
        pay(alice, Customer.objects.get(external_id=str(number)), "60.00")

    numbers = export_at_once(4)

    assert sorted(number for number in numbers if number) == [1]
    assert Batch.objects.count() == 1
    assert exporting.batch_text(1).count("\n") == 41
    assert not Delivery.objects.filter(state=Delivery.State.WAITING).exists()


def test_without_the_locks_two_exports_take_the_same_parts(
    alice: Operator, system: BillingSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the test above rules out happens when the waiting parts are not locked."""
    pay(alice, Customer.objects.get(external_id="1"), "60.00")
    read, lock = Barrier(2), QuerySet.select_for_update

    def meeting(name: str) -> int:
        read.wait(timeout=30)
        return counting.draw(name)

    def only_others(queryset: Any, **options: Any) -> Any:
        return queryset if queryset.model is Delivery else lock(queryset, **options)

    monkeypatch.setattr(exporting, "draw", meeting)
    monkeypatch.setattr(QuerySet, "select_for_update", only_others)
    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(own_connection(exporting.commit_batch)) for _ in range(2)]
        failed = [outcome.exception() for outcome in outcomes if outcome.exception()]

    assert [type(error) for error in failed] == [IntegrityError]  # a part has no second batch: the database's guard
    assert Batch.objects.count() == 1


def test_payments_taken_while_an_import_writes_are_counted_once(
    alice: Operator, system: BillingSystem, tmp_path: Path
) -> None:
    paid = {str(number): Decimal(0) for number in range(1, 41)}
    customers = {customer.external_id: customer for customer in Customer.objects.all()}
    operators = OperatorFactory.create_batch(3)

    def cashier(operator: Operator, turn: int, start: Barrier) -> Callable[[], list[str]]:
        def serve() -> list[str]:
            start.wait(timeout=30)
            served = [str(number) for number in range(turn, 41, 3)]
            for external_id in served:
                pay(operator, customers[external_id], "1.00")
            return served

        return own_connection(serve)

    for round_number in range(1, ROUNDS + 1):
        start = Barrier(len(operators) + 1)
        number = exporting.commit_batch()
        if number is not None:
            system.read(exporting.write_batch(number=number, folder=tmp_path))
        files = system.state()

        def bring_in(start: Barrier = start, files: Any = files, contained: int = round_number - 1) -> Run:
            start.wait(timeout=30)
            return files.run(includes_batch=contained)  # type: ignore[no-any-return]

        with ThreadPoolExecutor(len(operators) + 1) as pool:
            imported = pool.submit(own_connection(bring_in))
            served = [pool.submit(cashier(operator, turn, start)) for turn, operator in enumerate(operators, start=1)]
            imported.result()
            for outcome in served:
                for external_id in outcome.result():
                    paid[external_id] += 1

        for customer in Customer.objects.all():
            assert shown_balance(customer) == Decimal(-60) + paid[customer.external_id]
    assert set(paid.values()) == {Decimal(ROUNDS)}


def test_a_payment_waits_for_the_customers_of_one_transaction_only(
    alice: Operator, system: BillingSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While figures are written and not yet committed, a payment waits, and then sees the new ones."""
    inside, leave = Event(), Event()
    system.balances["1"] = Decimal(-500)
    files = system.state()
    settle = Run.settle

    def slowly(run: Run, ids: Any) -> None:
        settle(run, ids)
        inside.set()
        assert leave.wait(30)

    monkeypatch.setattr(Run, "settle", slowly)
    with ThreadPoolExecutor(2) as pool:
        imported = pool.submit(own_connection(lambda: files.run(includes_batch=0)))
        assert inside.wait(30)
        jan = Customer.objects.get(external_id="1")
        payment = pool.submit(own_connection(lambda: pay(alice, jan, "10.00")))
        assert not payment.done()
        leave.set()
        imported.result()
        assert payment.result().customer_balance_before == Decimal(-500)
    assert shown_balance(Customer.objects.get(external_id="1")) == Decimal(-490)
