"""A fault at every SQL statement of every money act, and at its COMMIT: all of it is written, or nothing is."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

import time_machine
from django.db import DatabaseError, InterfaceError, connection, connections
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Operator
from payments.giving_up import give_up
from payments.models import Delivery, Reversal
from payments.moving import move_payment
from payments.printing import print_receipt
from payments.refusals import AlreadyReversed
from payments.reversing import reverse_payment
from payments.taking import take_payment
from proofs.contents import difference, read_contents
from proofs.ground import kept_scene
from proofs.running import Result, alone
from proofs.striking import (
    EXIT,
    Strike,
    Struck,
    fail,
    leave,
    lose_the_answer,
    neighbour,
    run_out_of_time,
    wait_in_vain,
)  # fmt: skip
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, order, pay
from tills import locking

PROMISE = (
    "a fault at every SQL statement and at COMMIT of take, first take, reverse, move, give up and print (exception, "
    "process exit, connection cut, statement timeout, lock timeout; on SQLite the first two) leaves all or nothing, "
    "and the same request sent again completes it exactly once"
)
NOT_SHOWN = "faults of the disk or the kernel; a network that loses packets (the database is on loopback)"

NEW, OTHER, TAKEN = (UUID(int=n) for n in (1, 2, 3))
ATTEMPTS = 3  # how often an act asks for a lock that is not available, as tills/locking.py promises


@dataclass(frozen=True)
class Act:
    """One act on the scene: called again it asks for the same once more."""

    name: str
    operator: Operator
    act: Callable[[Operator], object]
    asks_for: str = "tills_paymentmethod"  # what a deferred foreign key of its rows looks up at COMMIT
    counts_again: bool = False  # a second call writes once more, as paper that is printed again must be counted

    def request(self) -> Callable[[], object]:
        """Return the act of one request, whose operator is read anew: rights are kept on the object."""
        operator = Operator.objects.get(pk=self.operator.pk)
        return lambda: self.act(operator)

    def call(self) -> None:
        """Do the act without a fault."""
        self.request()()


@dataclass(frozen=True)
class Fault:
    """One kind of fault, and what must be written afterwards: nothing, or everything."""

    name: str
    strike: Callable[[int, Any, str], Strike]  # of the statement's place, the neighbour (nobody on SQLite), asks_for
    leaves: str = "nothing"  # or "everything", or either of them
    attempts: int = 1
    at_commit: bool = False
    kills: bool = False
    postgresql: bool = False


FAULTS = (
    Fault("exception", lambda place, near, table: Strike(place, fail)),
    Fault("process exit", lambda place, near, table: Strike(place, leave), kills=True),
    Fault("connection cut", lambda place, near, table: Strike(place, near.cut), postgresql=True),
    Fault("statement timeout", lambda place, near, table: Strike(place, run_out_of_time), postgresql=True),
    Fault(
        "lock timeouts", lambda place, near, table: Strike(place, wait_in_vain, always=True),
        attempts=ATTEMPTS, postgresql=True,
    ),
    Fault(
        "one lock timeout", lambda place, near, table: Strike(place, wait_in_vain),
        leaves="everything", attempts=2, postgresql=True,
    ),
    Fault("exception", lambda place, near, table: Strike(before_commit=fail), leaves="either", at_commit=True),
    Fault("refusal", lambda place, near, table: Strike(before_commit=lose_the_answer), at_commit=True),
    Fault("process exit", lambda place, near, table: Strike(before_commit=leave), at_commit=True, kills=True),
    Fault(
        "answer lost after", lambda place, near, table: Strike(after_commit=lose_the_answer),
        leaves="everything", at_commit=True,
    ),
    Fault(
        "process exit after", lambda place, near, table: Strike(after_commit=leave),
        leaves="everything", at_commit=True, kills=True,
    ),
    Fault(
        "connection cut", lambda place, near, table: Strike(before_commit=near.cut), at_commit=True, postgresql=True
    ),
    Fault(  # a statement timeout ends no COMMIT: PostgreSQL stops that clock before it
        "lock timeouts", lambda place, near, table: Strike(before_commit=near.blocking(table)),
        attempts=ATTEMPTS, at_commit=True, postgresql=True,
    ),
    Fault(
        "one lock timeout", lambda place, near, table: Strike(before_commit=near.blocking(table, 1)),
        leaves="everything", attempts=2, at_commit=True, postgresql=True,
    ),
)  # fmt: skip


def run(*, small: bool, seed: int) -> Result:
    """Strike every act everywhere (small: each fault once, at a drawn statement); then once more without atomic."""
    chance = random.Random(seed)
    with time_machine.travel(timezone.now(), tick=False):
        on_the_scene = acts()
        with kept_scene() as put_back:
            trials = [Trial(act, put_back) for act in on_the_scene]
            for number, fault in enumerate(FAULTS):
                for trial in [trials[number % len(trials)]] if small else trials:
                    trial.strike(fault, [chance.randint(1, trial.statements)] if small else trial.places)
            control = without_transaction(on_the_scene[:1] if small else on_the_scene, put_back)
    broken = [line for trial in trials for line in trial.broken]
    return {
        "cases": sum(trial.cases for trial in trials),
        "statements": {trial.act.name: trial.statements for trial in trials},
        "half_written_or_wrong": len(broken),
        "which": broken[:5],
        "control": control,
        "holds": not broken,
    }


def acts() -> list[Act]:
    """Build the scene, commit it, and return the acts on it."""
    alice, newcomer = OperatorFactory.create(username="alice"), OperatorFactory.create(username="newcomer")
    debtor, other = (CustomerFactory.create(balance=Decimal(-130)) for _ in range(2))
    for customer in (debtor, other):
        InvoiceFactory.create(customer=customer, total=Decimal(40))
        InvoiceFactory.create(customer=customer, total=Decimal(90))
    proforma = InvoiceFactory.create(customer=debtor, kind="proforma", total=Decimal(15))
    pay(alice, debtor, "70.00", key=TAKEN)
    told = Delivery.objects.filter(reference__endswith="/1")  # is undone; the other part is cancelled
    told.update(state="delivered", batch=1)
    wanted = order(debtor, "150.00", key=NEW, invoices=(proforma.pk,))
    return [
        Act("take", alice, lambda who: take_payment(operator=who, order=wanted)),
        Act("first take", newcomer, lambda who: take_payment(operator=who, order=wanted)),
        Act("reverse", alice, reverse),
        Act("move", alice, lambda who: move_payment(operator=who, key=TAKEN, customer_id=other.pk, new_key=OTHER)),
        Act("give up", alice, lambda who: give_up(operator=who, key=NEW), "accounts_operator"),
        Act("print", alice, lambda who: print_receipt(operator=who, key=TAKEN), "accounts_operator", counts_again=True),
    ]


def reverse(operator: Operator) -> None:
    """Reverse the payment of the scene; the second time there is nothing left to do."""
    with suppress(AlreadyReversed):
        reverse_payment(operator=operator, key=TAKEN, reason=Reversal.Reason.WRONG_AMOUNT)


class Trial:
    """One act: struck at one place, looked at, sent again and looked at again, as often as there are places."""

    def __init__(self, act: Act, put_back: Callable[[], None]) -> None:
        self.act, self.put_back = act, put_back
        self.cases, self.broken = 0, list[str]()
        put_back()
        self.before = read_contents()
        request, whole = act.request(), Strike()
        with whole.on_its_way():
            request()
        self.statements = whole.seen
        self.done = difference(self.before, read_contents())
        act.call()
        self.done_again = difference(self.before, read_contents())
        if not self.done or whole.commits != 1 or (self.done_again == self.done) == act.counts_again:
            raise AssertionError(f"{act.name} is not an act: without a fault it wrote {self.done}")

    @property
    def places(self) -> Sequence[int]:
        """The number of every statement."""
        return range(1, self.statements + 1)

    def strike(self, fault: Fault, places: Sequence[int]) -> None:
        """Strike at these statements, or at COMMIT, if this database knows the fault."""
        if not fault.postgresql or connection.vendor == "postgresql":
            for place in [0] if fault.at_commit else places:
                self.check(fault, place)

    def check(self, fault: Fault, place: int) -> None:
        """Strike once; note what is not as it must be."""
        self.put_back()
        with neighbour() as near:
            strike = fault.strike(place, near, self.act.asks_for)
            came_out = struck_in_child(self.act, strike) if fault.kills else struck_here(self.act, strike)
        left = difference(self.before, read_contents())
        self.act.call()
        after = difference(self.before, read_contents())
        self.cases += 1
        allowed = {"nothing": [dict[str, Any]()], "everything": [self.done], "either": [{}, self.done]}
        done_twice = left != {} and self.act.counts_again
        survives = fault.leaves == "everything" and fault.attempts > 1  # it was tried again, as the act promises
        wrong = {
            f"the caller saw that it {came_out}": came_out != ("went through" if survives else "was struck"),
            f"{strike.attempts} attempts": strike.attempts != fault.attempts and strike.watches_attempts,
            "half-written": left not in allowed[fault.leaves],
            "not once after the second request": after != (self.done_again if done_twice else self.done),
        }
        if any(wrong.values()):
            where = "COMMIT" if fault.at_commit else f"statement {place}"
            seen = ", ".join(words for words, is_so in wrong.items() if is_so)
            self.broken.append(f"{self.act.name}, {fault.name} at {where}: {seen}")


def struck_here(act: Act, strike: Strike) -> str:
    """Call the act in this process while the fault is on its way; return what the caller saw."""
    request = act.request()
    try:
        with strike.on_its_way():
            request()
    except (Struck, DatabaseError, InterfaceError):
        connection.close()  # the next request of this worker gets a new one, as Django's own does
        return "was struck"
    return "went through"


def struck_in_child(act: Act, strike: Strike) -> str:
    """Call the act in a process that the fault ends without warning; return what its parent saw."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            request = act.request()
            with strike.on_its_way():
                request()
        finally:
            os._exit(0)  # it was not struck
    _, status = os.waitpid(child, 0)
    return "was struck" if os.waitstatus_to_exitcode(status) == EXIT else "went through"


def without_transaction(on_the_scene: Sequence[Act], put_back: Callable[[], None]) -> dict[str, object]:
    """Strike acts that open no transaction, with the plainest fault: something must be half-written."""
    half, cases = 0, 0
    with ExitStack() as patches:
        patches.enter_context(patch.object(locking, "_once", lambda act: act()))
        patches.enter_context(patch("tills.journal.require_transaction"))
        patches.enter_context(patch("tills.holders.require_transaction"))
        patches.enter_context(patch("tills.once.require_transaction"))
        patches.enter_context(patch.object(QuerySet, "select_for_update", lambda rows, **how: rows.all()))
        for act in on_the_scene:
            put_back()
            before, request, whole = read_contents(), act.request(), Strike()
            with whole.on_its_way():
                request()
            done = difference(before, read_contents())
            left = done
            for place in range(1, whole.seen + 1):
                if left:
                    put_back()
                struck_here(act, Strike(place, fail))
                left = difference(before, read_contents())
                cases += 1
                half += left not in ({}, done)
    return {"without": "a transaction", "cases": cases, "half_written": half, "caught": half > 0}


if __name__ == "__main__":
    alone(run)
