"""A desk that is run properly: a cashier whose till requires shifts, a supervisor, and the days of both."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from accounts.models import Operator
from customers.money import ZERO
from payments.verifying import Asked, verify_books
from tests.people import grant
from tills import closing, drawer, journal, shifts
from tills.counting import Counted
from tills.holders import make_till
from tills.locking import run_act
from tills.models import Shift, Till, Transaction

D = Decimal


def till_with_shifts(operator: Operator, **settings: Any) -> Till:
    """Return the operator's till, which requires shifts."""
    till = run_act(lambda: make_till(operator))
    for name, value in {"requires_shift": True, **settings}.items():
        setattr(till, name, value)
    till.save()
    return till


def supervisor(operator: Operator) -> Operator:
    """Return the operator with the rights to see all payments, to reverse them, and to supervise tills."""
    return grant(operator, "payments.view_all_payments", "payments.reverse_payment", "tills.supervise_tills")


def notes(**pieces: int) -> Counted:
    """Return a count: n50=2, n10=1, c50=1 is two fifties, a ten, and fifty cents."""
    values = {D(name[1:]) if name[0] == "n" else D(name[1:]) / 100: count for name, count in pieces.items()}
    return Counted(cash=values)


def cash_of(amount: str) -> Counted:
    """Return a count of this much in notes of 50 and 1 and coins of a cent."""
    fifties, rest = divmod(D(amount), 50)
    ones, cents = divmod(rest, 1)
    return Counted(cash={D(50): int(fifties), D(1): int(ones), D("0.01"): int(cents * 100)})


def issued(chief: Operator, cashier: Operator, counted: Counted | None = None) -> Shift:
    """Return a shift whose float was issued and not confirmed."""
    return shifts.issue_float(operator=chief, cashier=cashier, counted=counted or cash_of("100"), key=uuid4())


def opened(chief: Operator, cashier: Operator, counted: Counted | None = None) -> Shift:
    """Return an open shift, with a float of 100.00 unless something else is counted."""
    shift = issued(chief, cashier, counted)
    return shifts.open_shift(operator=cashier, shift_id=shift.pk, key=uuid4())


def counted(cashier: Operator, shift: Shift, cash: Counted) -> Shift:
    """Return the shift after the cashier counted this."""
    return closing.count_drawer(operator=cashier, shift_id=shift.pk, counted=cash, key=uuid4())


def closed(cashier: Operator, shift: Shift, comment: str = "") -> Shift:
    """Return the closed shift."""
    return closing.close_shift(operator=cashier, shift_id=shift.pk, comment=comment, key=uuid4())


def dropped(cashier: Operator, shift: Shift, amount: str) -> Transaction:
    """Return the line of cash that went to the safe."""
    return drawer.drop_cash(operator=cashier, shift_id=shift.pk, amount=D(amount), comment="", key=uuid4())


def paid_out(cashier: Operator, shift: Shift, amount: str, comment: str, voucher: str = "") -> Transaction:
    """Return the line of a pay-out."""
    return drawer.pay_out(
        operator=cashier, shift_id=shift.pk, amount=D(amount), comment=comment, voucher=voucher, key=uuid4()
    )


def book(till: Till | None) -> list[str]:
    """Return a till's journal as a bookkeeper writes it: number, kind, effect on the balance, balance, drawer."""
    lines = Transaction.objects.filter(till=till).order_by("number")
    return [f"{line.number} {line.kind} {line.effect:+} = {line.balance_after}, drawer {line.cash:+}" for line in lines]


def rows(*models: Any) -> Mapping[str, int]:
    """Return how many rows the tables hold, to show that nothing was written."""
    return {model.__name__: model._default_manager.count() for model in models}


def balance(till: Till | None) -> Decimal:
    """Return a till's balance, nothing for one that is not there."""
    return journal.balance_of(till) if till else ZERO


def sound() -> None:
    """Fail with the faults that the books show, if any."""
    assert [str(fault) for fault in verify_books(Asked()).faults] == []
