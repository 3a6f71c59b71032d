"""Deposits and shifts in the shop: floats, cash in and out, counts, closes and write-offs, drawn by chance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import Operator
from payments.refusals import PaymentRefused
from tests.factories import OperatorFactory
from tills import closing, deposits, drawer, shifts
from tills.counting import Counted, Paper
from tills.holders import make_till
from tills.locking import run_act
from tills.models import Kind, Shift, Till, Transaction
from tills.refusals import TillRefused
from tills.shift_figures import expected_cash

NOTES = (Decimal(50), Decimal(20), Decimal(1), Decimal("0.01"))
Asked = dict[str, Any]  # Any: the arguments of different acts
ENDS = ("issued", "open", "counted")  # in which the three drawers are left in the end


class Drawers:
    """Cashiers whose tills work in shifts, and the boss who issues floats, settles shorts and keeps deposits."""

    def __init__(
        self, chance: Random, boss: Operator, key: Callable[[], UUID], pay: Callable[[Operator], object]
    ) -> None:
        self.chance, self.boss, self.key, self.pay = chance, boss, key, pay
        self.cashiers: list[Operator] = [OperatorFactory.create(username=f"drawer{n}") for n in range(len(ENDS))]
        for place, cashier in enumerate(self.cashiers):
            till = run_act(partial(make_till, cashier))
            Till.objects.filter(pk=till.pk).update(requires_shift=True, blind=place > 0, tolerance=Decimal(place))

    def act(self) -> None:
        """Do one thing that a drawer or a deposit allows now; what it does not allow is refused and writes nothing."""
        weights: dict[Callable[[], object], int] = {
            self.begin: 10, self.move: 10, self.end: 6, self.force: 2, self.write_off: 2, self.deposit: 8,
        }  # fmt: skip
        with suppress(TillRefused):
            self.chance.choices([*weights], weights=[*weights.values()])[0]()

    def begin(self, cashier: Operator | None = None) -> Shift:
        """Issue a float; now and then it is taken back, and another is confirmed."""
        cashier = cashier or self._cashier()
        shift = self._issue(cashier)
        if self.chance.random() < 0.2:
            shifts.take_float_back(operator=self.boss, shift_id=shift.pk, key=self.key())
            shift = self._issue(cashier)
        return shifts.open_shift(operator=cashier, shift_id=shift.pk, key=self.key())

    def _issue(self, cashier: Operator) -> Shift:
        empty = self.chance.random() < 0.1
        counted = Counted() if empty else self._cash(self.chance.randint(1, 9000))
        return shifts.issue_float(operator=self.boss, cashier=cashier, counted=counted, key=self.key())

    def move(self) -> Transaction | None:
        """Bring cash to the safe, pay something out or in; some forms are sent twice."""
        for shift in self._of(Shift.State.OPEN):
            cashier, key = self._holder(shift), self.key()
            amount = Decimal(self.chance.randint(1, 5000)).scaleb(-2)
            asked: Asked = {
                "operator": cashier,
                "shift_id": shift.pk,
                "amount": amount,
                "comment": "Stamps e\u0301",
                "key": key,
            }
            for _sent in range(1 + (self.chance.random() < 0.2)):
                line = self._moved(key.int % 3, asked)
            return line
        return None

    def _moved(self, which: int, asked: Asked) -> Transaction:
        if which == 0:
            return drawer.drop_cash(**asked)
        act = drawer.pay_in if which == 1 else drawer.pay_out
        return act(**asked, voucher="R-17")

    def end(self) -> None:
        """Count a drawer, now and then wrongly at first, and close the shift."""
        for shift in self._of(Shift.State.OPEN):
            cashier = self._holder(shift)
            for _count in range(1 + (self.chance.random() < 0.3)):
                self.count(shift, cashier)
            closing.close_shift(operator=cashier, shift_id=shift.pk, comment="change", key=self.key())

    def count(self, shift: Shift, cashier: Operator) -> Shift:
        """Count a drawer, right or off by a little, with cheques and slips beside it."""
        return closing.count_drawer(operator=cashier, shift_id=shift.pk, counted=self._about(shift), key=self.key())

    def force(self) -> None:
        """Close somebody's shift as their supervisor does, whether it was counted or not."""
        for shift in self._of(Shift.State.OPEN, Shift.State.COUNTED):
            asked: Asked = {"operator": self.boss, "shift_id": shift.pk, "comment": "went home", "key": self.key()}
            closing.force_close(**asked, counted=self._about(shift))

    def write_off(self) -> None:
        """Write a short off."""
        for short in Transaction.objects.filter(kind=Kind.SHORT, write_off=None).order_by("pk")[:1]:
            closing.write_off_short(operator=self.boss, line_id=short.pk, comment="forgiven", key=self.key())

    def deposit(self) -> None:
        """Create, refill, withdraw or close a deposit of one of the drawers' tills."""
        cashier, amount = self._cashier(), Decimal(self.chance.randint(1, 90))
        till = Till.objects.get(operator=cashier)
        asked: Asked = {"operator": self.boss, "comment": "by bank", "key": self.key()}
        change = {**asked, "till_id": till.pk}
        if not deposits.has_deposit(till):
            deposits.create_deposit(**asked, holder=cashier, amount=amount)
        elif (kind := self.chance.random()) < 0.2:
            deposits.close_deposit(**change)
        else:
            act = deposits.refill_deposit if kind < 0.7 else deposits.withdraw_deposit
            act(**change, amount=amount)

    def finish(self) -> None:
        """Bring every kind of row about that chance has not, and leave each drawer in another state."""
        for cashier in self.cashiers:
            for shift in Shift.objects.filter(
                till__operator=cashier, state__in=[Shift.State.OPEN, Shift.State.COUNTED]
            ):
                self._close_short(shift)
        self.write_off()
        for cashier, state in zip(self.cashiers, ENDS, strict=True):
            shift = self._issue(cashier)
            shifts.take_float_back(operator=self.boss, shift_id=shift.pk, key=self.key())
            shift = self._issue(cashier)
            if state != "issued":
                shifts.open_shift(operator=cashier, shift_id=shift.pk, key=self.key())
                with suppress(PaymentRefused):
                    self.pay(cashier)
            if state == "counted":
                self.count(shift, cashier)

    def _close_short(self, shift: Shift) -> None:
        cashier = self._holder(shift)
        with suppress(TillRefused):  # one that was counted takes nothing in
            drawer.pay_in(
                operator=cashier, shift_id=shift.pk, amount=Decimal(9), comment="Found", voucher="", key=self.key()
            )
        closing.count_drawer(operator=cashier, shift_id=shift.pk, counted=Counted(), key=self.key())
        closing.close_shift(operator=cashier, shift_id=shift.pk, comment="gone", key=self.key())

    def _about(self, shift: Shift) -> Counted:
        """Return a count of what should be there, or of a little more or less."""
        cents = max(0, int(expected_cash(shift) * 100))
        off = self.chance.choice([0, 0, 40, -40, 100, -100])
        cash = self._cash(max(0, cents + off))
        papers = tuple(Paper(Decimal(self.chance.randint(1, 90)), str(n)) for n in range(self.chance.randint(0, 2)))
        return Counted(cash=cash.cash, cheques=papers, slips=papers[:1])

    def _cash(self, cents: int) -> Counted:
        """Return so many cents in notes and coins."""
        left, pieces = Decimal(cents).scaleb(-2), {}
        for note in NOTES:
            pieces[note], left = int(left // note), left % note
        return Counted(cash=pieces)

    def _of(self, *states: Shift.State) -> list[Shift]:
        """Return one shift in one of these states drawn by chance, or none."""
        found = list(Shift.objects.filter(state__in=states).select_related("till__operator").order_by("pk"))
        return self.chance.sample(found, min(1, len(found)))

    def _holder(self, shift: Shift) -> Operator:
        return next(cashier for cashier in self.cashiers if cashier.pk == shift.till.operator_id)

    def _cashier(self) -> Operator:
        return self.chance.choice(self.cashiers)
