"""Sixteen desks in one process, and what they do at one moment: each race is one round of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.refusals import AlreadyReversed, TillLimitReached
from payments.reversing import reverse_payment
from payments.taking import take_payment
from proofs.administrator import Administrator, import_again
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, ResellerFactory, cash, order
from tests.people import grant
from tests.racing import Crowd
from tills.models import Till

DESKS, COPIES = 16, 50
HALF = DESKS // 2
SHARING = 4  # so many desks more belong to one reseller and share its till
WRONG = Reversal.Reason.WRONG_AMOUNT
Act = Callable[[], Any]


@dataclass
class Seen:
    """What came out of the races of one process."""

    submissions: int = 0
    in_the_mix: int = 0  # so many of them
    aborted: int = 0
    sent_twice: int = 0
    broken: list[str] = field(default_factory=list)

    def expect(self, race: str, results: Sequence[Any], **names: int) -> None:
        """Count one round; it must have brought exactly so many results of each type."""
        self.submissions += len(results)
        found = Counter(type(result).__name__ for result in results)
        if found != Counter(names):
            self.broken.append(f"{race}: {dict(found)}, not {names}: {[r for r in results if is_fault(r)][:1]!r}")

    def expect_that(self, race: str, *, is_so: bool) -> None:
        """Note a round that came out otherwise."""
        if not is_so:
            self.broken.append(race)


def is_fault(result: object) -> bool:
    """Return whether an act ended in something that is no answer to an operator."""
    return isinstance(result, Exception) and not isinstance(result, AlreadyReversed | TillLimitReached)


@dataclass(frozen=True)
class Taken:
    """A payment that was taken, by whom and from whom."""

    payment: Payment
    operator: Operator
    customer: Customer


class Desks:
    """The people and customers of one process, in the one database of all."""

    def __init__(self, mark: str, seed: int) -> None:
        self.mark, self.seen, self.made = mark, Seen(), 0
        self.cash = cash().pk
        self.chance = random.Random(f"{seed}{mark}")
        house = ResellerFactory.create(code=f"house{mark}", name=f"House {mark}")
        self.shared = Till.objects.create(code=f"H{mark}", reseller=house, limit=None)
        self.operators = [self._operator(n, None) for n in range(DESKS)]
        self.partners = [self._operator(n, house.pk) for n in range(DESKS, DESKS + SHARING)]
        self.boss = grant(self._operator(99, None), "payments.view_all_payments", "payments.reverse_payment")
        self.administrator = Administrator(f"admin{mark}")
        self.customers = [self.customer() for _ in range(DESKS)]

    def _operator(self, number: int, reseller_id: int | None) -> Operator:
        made = OperatorFactory.create(username=f"desk{self.mark}{number}", name="Somebody", reseller_id=reseller_id)
        return Operator.objects.select_related("reseller").get(pk=made.pk)

    def customer(self, reseller_id: int | None = None) -> Customer:
        """Return a new customer with one invoice of 60."""
        self.made += 1
        name = f"{self.mark}{self.made}"
        found: Customer = CustomerFactory.create(external_id=name, login=name, name=name, reseller_id=reseller_id)
        InvoiceFactory.create(customer=found, number=name)
        return found

    def tills(self) -> models.QuerySet[Till]:
        """Return the tills of this process."""
        return Till.objects.filter(Q(operator__in=[*self.operators, self.boss]) | Q(pk=self.shared.pk))

    def pay(self, operator: Operator, customer: Customer, amount: str = "60.00") -> Act:
        """Return the act of taking a payment with a key of its own."""
        return partial(take_payment, operator=operator, order=order(customer, amount, method_id=self.cash))

    def reverse(self, operator: Operator, taken: Taken) -> Act:
        """Return the act of reversing a payment."""
        return partial(reverse_payment, operator=operator, key=taken.payment.key, reason=WRONG)

    def move(self, taken: Taken, customer: Customer) -> Act:
        """Return the act of moving a payment, done by the supervisor."""
        key = taken.payment.key
        return partial(move_payment, operator=self.boss, key=key, customer_id=customer.pk, new_key=uuid4())

    def take(self, crowd: Crowd) -> list[Taken]:
        """Take payments of as many desks from as many customers, and return them."""
        pairs = list(zip(self.chance.sample(self.operators, HALF), self.customers, strict=False))
        found = crowd.at_once([self.pay(operator, customer) for operator, customer in pairs])
        self.seen.expect("to begin with", found, Payment=HALF)
        return [Taken(result, *pair) for result, pair in zip(found, pairs, strict=True) if isinstance(result, Payment)]

    # --- One round of each race --------------------------------------------------------------------------------------

    def identical(self, crowd: Crowd) -> None:
        """Send one form fifty times at once."""
        wanted = order(self.customers[0])
        results = crowd.at_once([partial(take_payment, operator=self.operators[0], order=wanted)] * COPIES)
        self.seen.expect("identical", results, Payment=COPIES)
        self.seen.expect_that("identical: two receipts", is_so=len({getattr(r, "pk", None) for r in results}) == 1)

    def one_invoice(self, crowd: Crowd) -> None:
        """Let sixteen desks take the same customer's money."""
        customer = self.customer()
        results = crowd.at_once([self.pay(operator, customer) for operator in self.operators])
        self.seen.expect("one invoice", results, Payment=DESKS)

    def reverse_twice(self, crowd: Crowd) -> None:
        """Let the cashier and the supervisor reverse the same payment."""
        acts = [self.reverse(who, taken) for taken in self.take(crowd) for who in (taken.operator, self.boss)]
        self.seen.expect("reverse + reverse", crowd.at_once(acts), Reversal=HALF, AlreadyReversed=HALF)

    def reverse_and_pay(self, crowd: Crowd) -> None:
        """Reverse a payment while the same desk takes another one from the same customer."""
        acts = []
        for taken in self.take(crowd):
            acts += [self.reverse(self.boss, taken), self.pay(taken.operator, taken.customer)]
        self.seen.expect("reverse + pay", crowd.at_once(acts), Reversal=HALF, Payment=HALF)

    def move_and_reverse(self, crowd: Crowd) -> None:
        """Move payments crosswise between pairs of customers, while their cashiers reverse them."""
        acts, found = [], self.take(crowd)
        for place, taken in enumerate(found):
            acts += [self.move(taken, found[place ^ 1].customer), self.reverse(taken.operator, taken)]
        results = crowd.at_once(acts)
        self.seen.submissions += len(results)
        for place, results_of_one in enumerate(zip(results[::2], results[1::2], strict=True)):
            kinds = {type(result).__name__ for result in results_of_one}
            is_so = kinds in ({"Payment", "AlreadyReversed"}, {"AlreadyReversed", "Reversal"})
            self.seen.expect_that(f"move + reverse {place}: {results_of_one!r}", is_so=is_so)

    def limit(self, crowd: Crowd) -> None:
        """Give a shared till room for one payment more, and let all four who share it take one."""
        Till.objects.filter(pk=self.shared.pk).update(limit=None)
        customer = self.customer(self.shared.reseller_id)
        full = take_payment(operator=self.partners[0], order=order(customer, "1.00")).transaction.balance_after
        Till.objects.filter(pk=self.shared.pk).update(limit=-full + 100)
        results = crowd.at_once([self.pay(partner, customer) for partner in self.partners])
        self.seen.expect("limit", results, Payment=1, TillLimitReached=SHARING - 1)

    def administration(self, crowd: Crowd) -> None:
        """Take payments while an administrator saves operator, till and method, and an import the customer."""
        operator, customer = self.operators[0], self.customers[0]
        mark = self.chance.randint(1, 30_000)
        acts: list[Act] = [self.pay(operator, customer) for _ in range(4)]
        acts += [self.pay(other, customer) for other in self.operators[1:9]]
        acts += [
            partial(self.administrator.save, operator, name=f"Somebody {mark}"),
            partial(self.administrator.save, Till.objects.get(operator=operator), limit=1_000_000 + mark),
            partial(self.administrator.save, cash(), order=mark),
            partial(import_again, customer, f"Renamed {mark}"),
        ]
        results = crowd.at_once(acts)
        self.seen.expect("pay during saves", results, Payment=12, int=3, Changes=1)
        self.seen.expect_that(f"saves answered {results[12:15]}", is_so=results[12:15] == [302] * 3)
