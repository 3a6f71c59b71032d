"""On PostgreSQL each act begins with how long it may wait and a commit that waits for the disk; then come its locks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator
from customers.models import Customer
from payments import giving_up, moving, printing, reversing, taking
from payments.models import Reversal
from tests.factories import CustomerFactory, order, pay
from tests.people import grant
from tests.shifts.desk import cash_of, supervisor, till_with_shifts
from tills import closing, deposits, drawer, locking, shifts
from tills.models import Kind, Shift, Till, Transaction

pytestmark = pytest.mark.postgres
D = Decimal
WHERE_ACTS_ARE = (taking, reversing, moving, giving_up, printing, deposits, shifts, closing, drawer)
NO_ACTS = {"is_given_up", "find_own_payment"}  # they only look
SETTINGS = ("lock_timeout", "statement_timeout", "synchronous_commit")
# The tables whose rows an act locks, in the order in which it does; of all others it is the till alone.
MADE = ["accounts_operator", "tills_till"]
UNDOING = ["tills_till", "customers_customer", "payments_delivery"]
LOCKS = {
    "take_payment": ["tills_till", "customers_customer"], "reverse_payment": UNDOING, "move_payment": UNDOING,
    "create_deposit": MADE, "issue_float": MADE,
}  # fmt: skip
LOCKED = re.compile(r' FROM "(\w+)".* FOR (?:NO KEY )?UPDATE')


def locked_by(statements: list[str]) -> list[str]:
    """Return the tables of which rows are locked, each once, in order."""
    return list(dict.fromkeys(match[1] for sql in statements if (match := LOCKED.search(sql))))


def acts_of(module: ModuleType) -> set[str]:
    """Return the names of a module's own acts: an operator and a form, by keyword."""
    found = set()
    for name, function in inspect.getmembers(module, inspect.isfunction):
        asked = {p.name for p in inspect.signature(function).parameters.values() if p.kind == p.KEYWORD_ONLY}
        if function.__module__ == module.__name__ and "operator" in asked and asked & {"key", "order"}:
            found.add(name)
    return {name for name in found if not name.startswith("_")} - NO_ACTS


class Watch:
    """Carries acts out and remembers which began with something else than the bounds."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, act: Callable[..., Any], **asked: Any) -> Any:
        with CaptureQueriesContext(connection) as asked_of_the_database:
            done = act(**asked)
        statements = [row["sql"] for row in asked_of_the_database]
        assert statements[0].startswith(("BEGIN", "SAVEPOINT")), act.__name__
        assert statements[1] == locking.BOUNDS, act.__name__
        assert statements.count(locking.BOUNDS) == 1, act.__name__
        assert locked_by(statements) == LOCKS.get(act.__name__, ["tills_till"]), act.__name__
        self.seen.add(act.__name__)
        return done


def take_and_undo(watch: Watch, alice: Operator, customer: Customer) -> None:
    first, second = (watch(taking.take_payment, operator=alice, order=order(customer)) for _ in range(2))
    watch(printing.print_receipt, operator=alice, key=first.key)
    watch(reversing.reverse_payment, operator=alice, key=first.key, reason=Reversal.Reason.WRONG_AMOUNT)
    right = CustomerFactory.create()
    watch(moving.move_payment, operator=alice, key=second.key, customer_id=right.pk, new_key=uuid4())
    watch(giving_up.give_up, operator=alice, key=uuid4())


def change_deposit(watch: Watch, chief: Operator, alice: Operator) -> None:
    moved = {"operator": chief, "amount": D(10), "comment": ""}
    till = watch(deposits.create_deposit, holder=alice, key=uuid4(), **moved).till_id
    watch(deposits.refill_deposit, till_id=till, key=uuid4(), **moved)
    watch(deposits.withdraw_deposit, till_id=till, key=uuid4(), **moved)
    watch(deposits.close_deposit, operator=chief, till_id=till, comment="", key=uuid4())


def work_in_shifts(watch: Watch, chief: Operator, alice: Operator) -> None:
    def issue() -> Shift:
        return watch(shifts.issue_float, operator=chief, cashier=alice, counted=cash_of("50"), key=uuid4())  # type: ignore[no-any-return]

    watch(shifts.take_float_back, operator=chief, shift_id=issue().pk, key=uuid4())
    own = {"operator": alice, "shift_id": issue().pk}
    watch(shifts.open_shift, key=uuid4(), **own)
    for act in (drawer.pay_in, drawer.pay_out):
        watch(act, amount=D(5), comment="stamps", voucher="", key=uuid4(), **own)
    watch(drawer.drop_cash, amount=D(5), comment="", key=uuid4(), **own)
    watch(closing.count_drawer, counted=cash_of("40"), key=uuid4(), **own)
    watch(closing.close_shift, comment="five are missing", key=uuid4(), **own)
    short = Transaction.objects.get(kind=Kind.SHORT)
    watch(closing.write_off_short, operator=chief, line_id=short.pk, comment="forgiven", key=uuid4())
    shift = issue()
    shifts.open_shift(operator=alice, shift_id=shift.pk, key=uuid4())
    forced = {"operator": chief, "shift_id": shift.pk, "comment": "went home", "counted": cash_of("50")}
    watch(closing.force_close, key=uuid4(), **forced)


def test_every_act_begins_with_its_bounds(alice: Operator, bob: Operator) -> None:
    watch, chief = Watch(), grant(supervisor(bob), "tills.manage_deposits")
    change_deposit(watch, chief, alice)
    take_and_undo(watch, alice, CustomerFactory.create())
    till_with_shifts(alice)
    work_in_shifts(watch, chief, alice)
    assert watch.seen == {name for module in WHERE_ACTS_ARE for name in acts_of(module)}


def now() -> dict[str, str]:
    """Return the settings as they are at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)])
        return dict(cursor.fetchall())


@contextmanager
def hasty_session() -> Iterator[None]:
    """Set the connection as somebody might who wants it fast."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off; SET lock_timeout = '1h'; SET statement_timeout = 0")
    yield
    connection.close()


@pytest.mark.usefixtures("committed_db")
def test_an_act_waits_for_the_disk_and_not_for_ever_whatever_the_connection_says(alice: Operator) -> None:
    Till.objects.create(code="T", operator=alice)
    customer = CustomerFactory.create()
    with hasty_session():
        seen = locking.run_act(now)
        assert seen == {"lock_timeout": "3s", "statement_timeout": "10s", "synchronous_commit": "on"}
        assert now() == {"lock_timeout": "1h", "statement_timeout": "0", "synchronous_commit": "off"}
        pay(alice, customer)


@pytest.mark.usefixtures("committed_db")
def test_no_act_runs_inside_another_transaction(alice: Operator) -> None:
    """What it promised to have written could still be undone."""
    customer = CustomerFactory.create()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        pay(alice, customer)
    assert not Transaction.objects.exists()
