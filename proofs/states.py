"""Shifts and deposits in each state in which their pages have forms, so that every form is met where it works."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from uuid import uuid4

from bs4 import BeautifulSoup
from django.urls import reverse

from accounts.models import Operator
from customers.money import ZERO
from proofs.doors import Door, Fields, Parts, choices_of, filled, forms_of
from tests.factories import OperatorFactory
from tests.people import signed_in
from tests.shifts.desk import cash_of, closed, counted, issued, opened, till_with_shifts
from tills import closing, deposits, shifts
from tills.counting import Counted
from tills.holders import make_till
from tills.journal import balance_of
from tills.locking import run_act
from tills.models import IN_PROGRESS, Kind, Shift, Till, Transaction

MUCH = Decimal(10_000_000)  # more than the typed amounts that are accepted can take out
ENOUGH = MUCH / 2
FIRST = {"", "open", "take_back", "create"}  # each the first of the forms of its address
Make = Callable[[], Parts]
State = Shift.State


class States:
    """A cashier with shifts, somebody with a deposit, and whoever gets the next one; the boss stands above them."""

    def __init__(self, boss: Operator) -> None:
        self.boss = boss
        self.cashier: Operator = OperatorFactory.create(username="drawer")
        till_with_shifts(self.cashier, limit=None, tolerance=ZERO)
        self.till: Till = run_act(partial(make_till, OperatorFactory.create(username="collector")))
        self.next_holder: Operator = OperatorFactory.create()
        self.forms: dict[tuple[str, str], Fields] = {}

    def doors(self) -> list[Door]:
        """Return a door for every form that stands on its page in one state only."""
        own = {
            "open": State.ISSUED, "pay_in": State.OPEN, "pay_out": State.OPEN, "drop": State.OPEN,
            "count": State.OPEN, "close": State.COUNTED,
        }  # fmt: skip
        of_others: dict[str, Make] = {
            "take_back": partial(self.of_shift, State.ISSUED), "force_close": partial(self.of_shift, State.OPEN),
            "write_off": self.of_short,
        }  # fmt: skip
        of_deposits: dict[str, Make] = {
            "create": self.without_deposit, "refill": self.with_deposit, "withdraw": self.with_deposit,
            "close": self.with_deposit,
        }  # fmt: skip
        return [
            *(self._door("shift", act, partial(self.own_shift, state), self.cashier) for act, state in own.items()),
            *(self._door("shift_report", act, make) for act, make in of_others.items()),
            *(self._door("deposit", act, make) for act, make in of_deposits.items()),
            self._door("shift_new", "", self.nobody_works, likely=lambda: {"cashier": str(self.cashier.pk)}),
            self._door("deposit_new", "", self.nobody_holds, likely=self._next_holder),
        ]

    def _door(
        self, route: str, act: str, make: Make, who: Operator | None = None, likely: Callable[[], Fields] = dict
    ) -> Door:
        """Return the door of the form with this button: it stands on the page once its state was made."""
        who = who or self.boss

        def ready() -> tuple[Parts, Fields]:
            parts = make()
            if (route, act) not in self.forms:
                self.forms[route, act] = self._form(who, reverse(route, kwargs=parts), act)
            fields = self.forms[route, act]
            now = {"key": str(uuid4()), **self._numbers(), **likely()}
            return parts, fields | {name: value for name, value in now.items() if name in fields}

        is_another = act not in FIRST
        return Door(route, "POST", ready, may_write=True, act=act, who=who, is_another=is_another, opens=True)

    def _form(self, who: Operator, address: str, act: str) -> Fields:
        """Return the fields of the form on this page that has this button."""
        now = Operator.objects.get(pk=who.pk)  # whose password may have changed meanwhile
        page = BeautifulSoup(signed_in(now).get(address).content.decode(), "html.parser")
        found = [(form, choice) for form in forms_of(page, "post") for choice in choices_of(form)]
        wanted = {"act": act} if act else {}
        fields = [filled(form) | choice for form, choice in found if choice == wanted and "key" in filled(form)]
        if not fields:
            raise AssertionError(f"{address} has no form for {wanted}: {page.get_text(' ', strip=True)[:200]}")
        return fields[0]

    def _numbers(self) -> Fields:
        """Return what the forms of the own shift say beside what is typed."""
        shift = self._current()
        return {"shift": str(shift.pk), "count": str(shift.counts.count())} if shift else {}

    # --- Shifts ------------------------------------------------------------------------------------------------------

    def _current(self) -> Shift | None:
        return Shift.objects.filter(till__operator=self.cashier, state__in=IN_PROGRESS).first()

    def shift(self, state: Shift.State) -> Shift:
        """Return the cashier's shift in this state; one in another state is ended first."""
        now = self._current()
        if now is not None and now.state == state:
            return now
        self.nobody_works()
        if state == State.ISSUED:
            return issued(self.boss, self.cashier, cash_of(str(MUCH)))
        now = opened(self.boss, self.cashier, cash_of(str(MUCH)))
        return now if state == State.OPEN else counted(self.cashier, now, cash_of(str(MUCH - 1)))

    def own_shift(self, state: Shift.State) -> Parts:
        """Make the state of the own shift, whose page has no number."""
        self.shift(state)
        return {}

    def of_shift(self, state: Shift.State) -> Parts:
        """Return the number of the cashier's shift in this state."""
        return {"pk": self.shift(state).pk}

    def of_short(self) -> Parts:
        """Return the number of a closed shift whose short nobody has written off."""
        short = Transaction.objects.filter(kind=Kind.SHORT, write_off=None, till__operator=self.cashier).first()
        if short is not None:
            return {"pk": short.shift_id}
        return {"pk": closed(self.cashier, self.shift(State.COUNTED), "gone").pk}

    def nobody_works(self) -> Parts:
        """End the cashier's shift, if there is one."""
        now = self._current()
        if now is not None and now.state == State.ISSUED:
            shifts.take_float_back(operator=self.boss, shift_id=now.pk, key=uuid4())
        elif now is not None:
            about_all = Counted(cash=cash_of(str(MUCH)).cash)
            closing.force_close(
                operator=self.boss, shift_id=now.pk, counted=about_all, comment="went home", key=uuid4()
            )
        return {}

    # --- Deposits ----------------------------------------------------------------------------------------------------

    def with_deposit(self) -> Parts:
        """Return the number of a till whose deposit is large enough for what is withdrawn."""
        if not deposits.has_deposit(self.till):
            holder = self.till.operator
            assert holder is not None
            deposits.create_deposit(operator=self.boss, holder=holder, amount=MUCH, comment="", key=uuid4())
        elif balance_of(self.till) < ENOUGH:
            deposits.refill_deposit(operator=self.boss, till_id=self.till.pk, amount=MUCH, comment="", key=uuid4())
        return {"pk": self.till.pk}

    def without_deposit(self) -> Parts:
        """Return the number of the same till, whose deposit is closed."""
        if deposits.has_deposit(self.till):
            deposits.close_deposit(operator=self.boss, till_id=self.till.pk, comment="", key=uuid4())
        return {"pk": self.till.pk}

    def nobody_holds(self) -> Parts:
        """Let there be somebody who has no till yet."""
        if Till.objects.filter(operator=self.next_holder).exists():
            self.next_holder = OperatorFactory.create()
        return {}

    def _next_holder(self) -> Fields:
        return {"holder": f"operator-{self.next_holder.pk}"}
