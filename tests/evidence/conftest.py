"""What the tests of the evidence share: a small ledger, the same without guards, and commands as they are called."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.reversing import reverse_payment
from proofs.tampering import remove_guards
from tests.factories import CustomerFactory, InvoiceFactory, pay

Told = tuple[int, str]


@pytest.fixture
def debtor(house: None) -> Customer:
    customer: Customer = CustomerFactory.create(balance=-60)
    InvoiceFactory.create(customer=customer)
    return customer


@pytest.fixture
def ledger(alice: Operator, debtor: Customer) -> list[Payment]:
    """Three payments of Alice's; the second is reversed, the third moved: six lines, and the payment it moved to."""
    first, second, third = (pay(alice, debtor, amount) for amount in ("70.00", "10.00", "5.00"))
    reverse_payment(operator=alice, key=second.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed wrong")
    other = CustomerFactory.create()
    return [
        first,
        second,
        third,
        move_payment(operator=alice, key=third.key, customer_id=other.pk, new_key=UUID(int=7)),
    ]


@pytest.fixture
def bare(committed_db: None, ledger: list[Payment]) -> list[Payment]:
    """Take all guards away from the same ledger, as the owner of the database can."""
    remove_guards()
    return ledger


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run a command as an administrator does; return its exit code and all that it said."""

    def run(name: str, **options: Any) -> Told:
        capsys.readouterr()
        code, refusal = 0, ""
        try:
            call_command(name, **options)
        except SystemExit as end:
            code = int(end.code or 0)
        except CommandError as error:
            code, refusal = 1, str(error)
        said = capsys.readouterr()
        return code, said.out + said.err + refusal

    return run


@pytest.fixture
def beside() -> Callable[[Callable[[], object]], None]:
    """Do something on another connection while this one goes on."""

    def run(act: Callable[[], object]) -> None:
        def apart() -> None:
            try:
                act()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(apart).result()

    return run
