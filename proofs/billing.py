"""Pull, pay, reverse, deliver, refresh and look-ups, interleaved with faults in seeded schedules.

One thread plays all the parts, so that a schedule is the same each time: a fetch and a delivery are cut where a network
would hold them up, and anything else may happen in between. The functions are those of the desk; the billing system is
a ledger in memory. After each step the balance on the screen is compared with one that was kept by other means.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from unittest.mock import patch

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Operator
from billing import delivering, leases, looking_up, pulling
from billing.connectors.protocol import Outcome
from billing.gathering import Gathered, gather_by_id
from billing.ordering import begin_fetch
from customers.models import Customer
from payments.balances import shown_balance
from payments.models import Delivery, Payment, Reversal
from payments.refusals import PaymentRefused
from payments.reversing import reverse_payment
from proofs import running
from tests.database import copy_sqlite
from tests.factories import OperatorFactory, cash, pay
from tests.live_billing.ledger import Ledger

PROMISE = (
    "whatever becomes of an answer, each part is applied once over there, none stays unknown, and the balance on the"
    " screen is right after every step"
)
NOT_SHOWN = "One thread interleaves the steps; threads and locks are in tests/live_billing/test_workers.py."
SCHEDULES = 10_000
STEPS = 14
LEASE = 3600  # seconds that are longer than any lease
SETTLE = 120
FAULTS = ("", "", "", "", "not sent", "refused", "before", "after", "late")
MUST_BE_ZERO = ("doubled", "lost", "not_taken_back", "left_unknown", "wrong_balances", "out_of_order")
State = Delivery.State
SHARE = """
import json, sys, django
django.setup()
from proofs.billing import play
worker, count, workers, seed = map(int, sys.argv[1:])
print(json.dumps(play(range(worker, count, workers), seed)))
"""


@dataclass
class Fetch:
    """A fetch that is on its way: its number, what it was told, and what others had booked when it was told."""

    number: int
    others: Decimal
    gathered: Gathered


@dataclass
class Call:
    """A delivery in a worker's hand; the outcome is there once the call was made."""

    claim: leases.Claim
    outcome: Outcome | None = None


@dataclass
class World:
    """A customer, here and over there, and what is on its way between."""

    chance: Random
    operator: Operator
    customer: Customer
    ledger: Ledger
    now: datetime = field(default_factory=timezone.now)
    others: Decimal = Decimal(-100)  # what stands over there without our payments
    fetched_others: Decimal = Decimal(-100)  # the same, as of the last fetch that was written
    fetches: list[Fetch] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    taken: Decimal = Decimal(0)  # by the payments that were not reversed
    wrong_balances: int = 0
    looked_at: tuple[int, Decimal, Decimal] | None = None  # what the last comparison was about

    # --- What may happen ---------------------------------------------------------------------------------------------
    def take(self) -> None:
        """Take a payment, small or over both invoices with a rest."""
        amount = self.chance.choice((5, 30, 60, 115))
        self.payments.append(pay(self.operator, self.customer, str(amount)))
        self.taken += amount

    def reverse(self) -> None:
        """Reverse a payment that was not reversed."""
        if self.payments:
            payment = self.payments.pop(self.chance.randrange(len(self.payments)))
            reason = Reversal.Reason.WRONG_AMOUNT
            reverse_payment(operator=self.operator, key=payment.key, reason=reason, comment="typed")
            self.taken -= payment.transaction.amount

    def book(self) -> None:
        """Let somebody else change the account over there."""
        amount = Decimal(self.chance.choice((-7, 3)))
        self.ledger.accounts["7"].balance += amount
        self.others += amount

    def begin_fetch(self) -> None:
        """Draw a number and be told; the answer stays on its way."""
        self.fetches.append(self.ask())

    def end_fetch(self) -> None:
        """Write the answer of any fetch that is on its way."""
        if self.fetches:
            self.write(self.fetches.pop(self.chance.randrange(len(self.fetches))))

    def refresh(self) -> None:
        """Fetch and write at once, as a card does."""
        self.write(self.ask())

    def ask(self) -> Fetch:
        """Draw a number, then ask."""
        number = begin_fetch()
        return Fetch(number, self.others, gather_by_id(self.ledger, ["7"]))

    def write(self, fetch: Fetch) -> None:
        """Write what was told, and note whether it was."""
        changes = pulling.Run(self.ledger).write(fetch.gathered, fetch.number, timezone.now())
        if not changes.left_alone and not changes.newer:
            self.fetched_others = fetch.others

    def begin_call(self) -> None:
        """Let a worker claim what is next."""
        claim = leases.claim_waiting(self.ledger.longest_call)
        if claim is not None:
            self.calls.append(Call(claim))

    def make_call(self) -> None:
        """Make a call that is claimed; a fault may swallow it or its answer."""
        waiting = [call for call in self.calls if call.outcome is None]
        if waiting:
            call = self.chance.choice(waiting)
            self.ledger.faults = [self.chance.choice(FAULTS)]
            call.outcome = delivering._obstacle(self.ledger, call.claim) or delivering._tell(self.ledger, call.claim)
            self.ledger.faults = []

    def end_call(self) -> None:
        """Write the outcome of a call, or let its worker die."""
        done = [call for call in self.calls if call.outcome is not None]
        if done:
            call = self.chance.choice(done)
            self.calls.remove(call)
            if self.chance.random() < 0.8:
                self.write_outcome(call)

    def write_outcome(self, call: Call) -> None:
        """Write what a call brought, if the part is still the worker's."""
        outcome = call.outcome
        assert outcome is not None
        leases.finish(call.claim, lambda customer, part: delivering._write_outcome(customer, part, outcome))

    def work(self) -> None:
        """Let a worker do a whole step, with a fault perhaps."""
        self.ledger.faults = [self.chance.choice(FAULTS)]
        leases.expire_leases()
        if not looking_up.look_up_next(self.ledger).did_something:
            delivering.deliver_next(self.ledger)
        self.ledger.faults = []

    def wait(self) -> None:
        """Let time pass: calls that come late arrive before the settle time is over."""
        if self.chance.random() < 0.5:
            self.ledger.arrive()
        seconds = self.chance.choice((1, 60, SETTLE, LEASE))
        if seconds >= SETTLE:
            self.ledger.arrive()
        self.now += timedelta(seconds=seconds)

    # --- What is looked at -------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Compare the screen with what it must show: all payments that stand here, on what others have booked.

        Many steps find nothing to do. When no row was written since and the same is expected, it is not read again.
        """
        now = (connection.connection.total_changes, self.fetched_others, self.taken)
        if now == self.looked_at:
            return
        self.looked_at = now
        shown = shown_balance(Customer.objects.get(pk=self.customer.pk))
        self.wrong_balances += shown != self.fetched_others + self.taken

    def come_to_rest(self) -> None:
        """Let everything that is on its way end, without further faults."""
        self.ledger.arrive()
        for call in [call for call in self.calls if call.outcome is not None]:
            self.write_outcome(call)
        for _ in range(60):
            self.now += timedelta(seconds=LEASE)
            leases.expire_leases()
            while looking_up.look_up_next(self.ledger).did_something:
                pass
            while delivering.deliver_next(self.ledger).did_something:
                pass
            if not Delivery.objects.filter(state__in=[State.WAITING, State.SENDING, State.UNKNOWN]).exists():
                break
        self.refresh()
        self.check()

    def figures(self) -> dict[str, int]:
        """Return what went wrong in this schedule, and how much was done."""
        found = dict.fromkeys(MUST_BE_ZERO, 0) | {"wrong_balances": self.wrong_balances, "parts": 0}
        told = [p.reference for p in self.ledger.entered.values()]
        rows = list(Delivery.objects.order_by("pk"))
        undone = {row.allocation_id for row in rows if row.kind == Delivery.Kind.UNDO and row.state == State.DELIVERED}
        order = [told.index(row.reference) for row in rows if row.reference in told]
        found["out_of_order"] = int(order != sorted(order))
        for part in (row for row in rows if row.kind == Delivery.Kind.APPLY):
            stands = len(self.ledger.standing(part.reference))
            is_undone = part.allocation_id in undone
            found["parts"] += 1
            found["doubled"] += stands > 1
            found["lost"] += part.state == State.DELIVERED and not is_undone and stands == 0
            found["not_taken_back"] += stands > 0 and (is_undone or part.state in {State.CANCELLED, State.REFUSED})
            found["left_unknown"] += part.state in {State.UNKNOWN, State.SENDING, State.WAITING}
        return found


ACTS: tuple[Callable[[World], None], ...] = (
    World.take, World.take, World.reverse, World.book, World.begin_fetch, World.end_fetch, World.refresh,
    World.begin_call, World.make_call, World.end_call, World.work, World.work, World.wait,
)  # fmt: skip


def run(*, small: bool, seed: int) -> running.Result:
    """Return the figures of the desk as shipped, and of one without look-ups, and of one without the order."""
    count, few = (16, 40) if small else (SCHEDULES, 100)
    figures = play(range(count), seed) if small else play_shared(count, seed)
    blind, disordered = play(range(few), seed, without_look_ups), play(range(few), seed, without_order)
    return {
        "schedules": count,
        **figures,
        "control": {
            "without": "the look-ups before a second try, and then without the order of events",
            "schedules": few,
            "doubled": blind["doubled"],
            "wrong_balances": disordered["wrong_balances"],
            "caught": blind["doubled"] > 0 and disordered["wrong_balances"] > 0,
        },
        "holds": not any(figures[name] for name in MUST_BE_ZERO),
    }


def play_shared(count: int, seed: int) -> dict[str, int]:
    """Play the schedules in one process for each processor, each on a copy of the scratch database (SQLite)."""
    workers, name = os.cpu_count() or 1, str(connection.settings_dict["NAME"])
    with ExitStack() as stack:
        children = []
        for worker in range(workers):
            copy_sqlite(name, f"{name}-{worker}")
            environment = {**os.environ, "DATABASE_URL": f"sqlite:///{name}-{worker}"}
            command = [sys.executable, "-c", SHARE, str(worker), str(count), str(workers), str(seed)]
            child = subprocess.Popen(command, env=environment, cwd=running.ROOT, stdout=subprocess.PIPE, text=True)
            children.append(stack.enter_context(child))
        written = [json.loads(child.communicate()[0]) for child in children]
    return {name: sum(figures[name] for figures in written) for name in written[0]}


def play(schedules: range, seed: int, without: Callable[[], ExitStack] = ExitStack) -> dict[str, int]:
    """Play these schedules and return what went wrong in all of them together."""
    total = dict.fromkeys((*MUST_BE_ZERO, "parts"), 0)
    pulling.pull_customer(account(), "7")  # as every schedule begins; each puts the database back
    customer = Customer.objects.get(external_id="7")
    operator = OperatorFactory.create(username=f"proof{seed}{without.__name__}", is_superuser=True)
    method = cash()
    type(method).objects.filter(pk=method.pk).update(external_id="1")
    with without():
        for number in schedules:
            with undone_afterwards():
                for name, value in play_one(f"{seed}/{number}", operator, customer).items():
                    total[name] += value
    return total


def account() -> Ledger:
    """Return the books over there with one customer, who owes 100.00 on two invoices."""
    ledger = Ledger()
    ledger.add("7")
    ledger.issue("7", "A", "60")
    ledger.issue("7", "B", "40")
    return ledger


def play_one(seed: str, operator: Operator, customer: Customer) -> dict[str, int]:
    """Play one schedule."""
    chance = Random(seed)
    world = World(chance, operator, customer, account())
    with patch.object(timezone, "now", lambda: world.now):
        for _ in range(STEPS):
            try:
                chance.choice(ACTS)(world)
            except PaymentRefused:
                continue  # a rule of the desk, as at a counter
            world.check()
        world.come_to_rest()
    return world.figures()


@contextmanager
def undone_afterwards() -> Iterator[None]:
    """Put the database back after a schedule; what commits in it commits inside, as in a test."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # as Django's own tests do: `durable` is satisfied
    with around:
        yield
        transaction.set_rollback(True)


def without_look_ups() -> ExitStack:
    """Take the look-ups away: what nobody answered about is sent again at once."""

    def again(system: object) -> delivering.Step:
        claim = leases.claim_look_up(0)
        if claim is None:
            return delivering.NOTHING
        leases.finish(claim, lambda customer, part: leases.end(customer, part, state=State.WAITING, lease=None))
        return delivering.DONE

    stack = ExitStack()
    stack.enter_context(patch.object(looking_up, "look_up_next", again))
    return stack


def without_order() -> ExitStack:
    """Take the order of events away: every answer is written when it comes."""
    stack = ExitStack()
    stack.enter_context(patch.object(pulling, "left_alone_by", lambda fetch: lambda customers: frozenset()))
    return stack


if __name__ == "__main__":
    running.alone(run)
