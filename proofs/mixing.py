"""A long day at sixteen desks, half in each process: payments, reversals, moves, paper; some aborted, some twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from accounts.models import Operator
from customers.models import Customer, Invoice
from payments.models import Payment
from payments.printing import print_receipt
from payments.taking import take_payment
from proofs.desks import HALF, SHARING, Desks, Taken
from proofs.striking import Strike, Struck, fail
from tests.factories import CustomerFactory, InvoiceFactory, order
from tests.racing import Crowd

ABORTED = 0.05
SENT_TWICE = 0.024  # of the acts that end with a payment, which is 0.02 of all
STATEMENTS = 20  # an abort comes at one of so many, until it is known how many an act makes
CUSTOMERS = 600
Act = Callable[[], Any]


class Day:
    """One desk's day: it takes until the number of documents is reached or the time is over."""

    statements: ClassVar[dict[str, int]] = {}  # how many an act made that was to be aborted after its end

    def __init__(self, desks: Desks, operator: Operator, customers: list[Customer], seed: str) -> None:
        self.desks, self.operator, self.customers = desks, operator, customers
        self.chance = random.Random(seed)
        self.kept: list[Taken] = []
        self.documents = self.submissions = self.aborted = self.sent_twice = 0
        self.faults: list[str] = []

    def work(self, documents: int, until: float) -> None:
        """Do one thing after the other; every exception that no operator should see is kept."""
        while self.documents < documents and time.monotonic() < until:
            try:
                self.do_something()
            except Exception as fault:  # noqa: BLE001  # whatever it is, it is counted
                self.faults.append(repr(fault))

    def do_something(self) -> None:
        """Take, reverse, move or print."""
        drawn = self.chance.random()
        if drawn < 0.8 or not self.kept:
            self.take()
            return
        taken = self.kept.pop(self.chance.randrange(len(self.kept)))
        if drawn < 0.9:
            self.documents += self.sent("reverse", self.desks.reverse(self.desks.boss, taken)) is not None
        elif drawn < 0.97:
            others = [customer for customer in self.chance.sample(self.customers, 2) if customer != taken.customer]
            moved = self.sent("move", self.desks.move(taken, others[0]))
            self.documents += 2 * isinstance(moved, Payment)
        else:
            self.sent("print", partial(print_receipt, operator=self.operator, key=taken.payment.key))

    def take(self) -> None:
        """Take a payment from somebody."""
        customer = self.chance.choice(self.customers)
        amount = Decimal(self.chance.randint(1, 9000)).scaleb(-2)
        wanted = order(customer, str(amount), method_id=self.chance.choice([1, 1, 3]))
        payment = self.sent("take", partial(take_payment, operator=self.operator, order=wanted))
        if isinstance(payment, Payment):
            self.documents += 1
            self.kept = [*self.kept[-20:], Taken(payment, self.operator, customer)]

    def sent(self, name: str, act: Act) -> Any:
        """Return what the act returns; some are struck by a fault, and half of these sent again; some go twice."""
        self.submissions += 1
        if self.chance.random() < ABORTED:
            strike = Strike(self.chance.randint(1, self.statements.get(name, STATEMENTS)), fail)
            try:
                with strike.on_its_way():
                    found = act()
            except Struck:
                self.aborted += 1
                if self.chance.random() < 0.5:
                    return None
            else:  # it was done before it could be struck
                self.statements[name] = strike.seen
                return found
        found = act()
        if self.chance.random() < SENT_TWICE and isinstance(found, Payment):
            self.sent_twice += 1
            if act() != found:
                self.faults.append("sent twice, taken twice")
        return found


def mix(desks: Desks, crowd: Crowd, documents: int, until: float) -> None:
    """Let all desks of the process work until they have made so many documents together, or the time is over."""
    days = []
    customers = make_customers(desks, None)
    of_partner = make_customers(desks, desks.shared.reseller_id)
    people = [*desks.operators[: HALF - SHARING], *desks.partners]
    desks.shared.limit = None
    desks.shared.save()
    for operator in people:
        served = of_partner if operator.reseller_id else customers
        days.append(Day(desks, operator, served, f"{desks.mark}{operator.username}"))
    share = -(-documents // len(people))
    crowd.at_once([partial(day.work, share, until) for day in days])
    for day in days:
        desks.seen.submissions += day.submissions
        desks.seen.in_the_mix += day.submissions
        desks.seen.aborted += day.aborted
        desks.seen.sent_twice += day.sent_twice
        desks.seen.broken += day.faults


def make_customers(desks: Desks, reseller_id: int | None) -> list[Customer]:
    """Return many new customers with an invoice each."""
    first = desks.made + 1
    desks.made += CUSTOMERS
    names = [f"{desks.mark}{number}" for number in range(first, first + CUSTOMERS)]
    rows = [CustomerFactory.build(external_id=name, login=name, reseller_id=reseller_id) for name in names]
    made = Customer.objects.bulk_create(rows)
    Invoice.objects.bulk_create(InvoiceFactory.build(customer=customer, number=customer.login) for customer in made)
    return made
