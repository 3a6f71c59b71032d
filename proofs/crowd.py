"""People who take payments over real HTTP while the ground shakes, and who write down what they were told."""

from __future__ import annotations

import logging
import time
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from threading import Condition, Event, Thread
from uuid import uuid4

import httpx

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment
from tests.counter import Counter
from tests.factories import CustomerFactory, OperatorFactory, cash

PATIENCE = 30  # seconds that one payment may stay unanswered after the shaking has ended
BACK_OFF = 0.1  # seconds before a client tries again
MAY_BE_RECORDED = "What you sent may have been recorded. Do not take the money twice."
NEVER_SAID = ("failed", "nothing was recorded", "was not saved")  # while the outcome is unknown
ASKS = "Go back without taking money"  # the page that asks whether an unusual payment is meant


@dataclass
class Notes:
    """What the crowd knows: every payment meant, those acknowledged with a receipt, and how often no answer came."""

    meant: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    unanswered: int = 0
    resolved: int = 0
    claims: list[str] = field(default_factory=list)  # answers that did not say that the outcome is unknown
    lock: Condition = field(default_factory=Condition)

    def wait_for_more(self, payments: int, most_seconds: float = 20) -> bool:
        """Wait until so many more payments are acknowledged: the desk works again, and there is something to break.

        Returns whether they came.
        """
        with self.lock:
            wanted = len(self.acknowledged) + payments
            return self.lock.wait_for(lambda: len(self.acknowledged) >= wanted, most_seconds)

    def figures(self) -> dict[str, int]:
        """Return what the books say about the notes: acknowledged and lost, meant once and there twice."""
        there = Tally(Payment.objects.values_list("transaction__comment", flat=True))
        return {
            "payments": sum(there.values()),
            "acknowledged": len(self.acknowledged),
            "acknowledged_lost": sum(not there[name] for name in self.acknowledged),
            "doubled": sum(number > 1 for number in there.values()),
            "never_meant": sum(name not in self.meant for name in there),
            "without_answer": self.unanswered,
            "resolved_by_the_same_key": self.resolved,
            "left_unresolved": len(self.meant - self.acknowledged),
            "false_claims": len(self.claims),
        }


@dataclass
class Cashier:
    """One operator with one browser, who takes one payment after the other until told to stop.

    `new_key_per_try` is the mistake that a client without keys makes; only controls make it.
    """

    operator: Operator
    counter: Counter
    customers: list[Customer]
    notes: Notes
    new_key_per_try: bool = False
    gives_up: bool = False  # leaves what was not answered as it is

    def work(self, stop: Event) -> None:
        """Take payments of different amounts from the customers in turn."""
        with self.counter:
            for number in count(1):
                if stop.is_set():
                    return
                customer = self.customers[number % len(self.customers)]
                self._take(customer, f"{self.operator.username}-{number}", Decimal(number).scaleb(-2))

    def _take(self, customer: Customer, name: str, amount: Decimal) -> None:
        path = f"/cashdesk/customers/{customer.pk}/"
        form = {"key": str(uuid4()), "amount": str(amount), "method": str(cash_id()), "comment": name}
        with self.notes.lock:
            self.notes.meant.add(name)
        deadline, tries = time.monotonic() + PATIENCE, 0
        while time.monotonic() < deadline:
            answer = self._send(path, form)
            if answer is not None:
                with self.notes.lock:
                    self.notes.acknowledged.add(name)
                    self.notes.lock.notify_all()
                    self.notes.resolved += tries > 0
                return
            tries += 1
            with self.notes.lock:
                self.notes.unanswered += 1
            if self.gives_up:
                return
            time.sleep(BACK_OFF)
            if self.new_key_per_try:
                form["key"] = str(uuid4())

    def _send(self, path: str, form: dict[str, str]) -> httpx.Response | None:
        """Return the answer that leads to a receipt, or None when there was no answer, or none that knows."""
        token = self.counter.client.cookies.get("cashdesk-csrf") or ""
        sent = {**form, "csrfmiddlewaretoken": token}
        try:
            answer = self.counter.post(path, sent)
            if asks(answer, form["key"]):  # "you took as much minutes ago": the cashier confirms
                answer = self.counter.post(path, sent)
        except httpx.HTTPError:
            return None  # no page, or half of one: whoever sees that knows that nothing was said
        if leads_to_receipt(answer, form["key"]):
            return answer
        if not (asks(answer, form["key"]) or says_it_may_be_recorded(answer, form["key"])):
            said = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text[:200]!r}"
            logging.getLogger(__name__).warning("A page that claims to know: %s", said)
            with self.notes.lock:
                self.notes.claims.append(said)
        return None


def leads_to_receipt(answer: httpx.Response, key: str) -> bool:
    """Return whether an answer is the redirect to the receipt of the payment with this key."""
    return answer.status_code == 303 and answer.headers["location"].endswith(f"/payments/{key}/")


def asks(answer: httpx.Response, key: str) -> bool:
    """Return whether an answer is the page that asks once more, and would send this key again."""
    return answer.status_code == 200 and ASKS in answer.text and f'value="{key}"' in answer.text


def says_it_may_be_recorded(answer: httpx.Response, key: str) -> bool:
    """Return whether a page says that the payment may have been recorded, and leads to where that can be seen."""
    leads_there = f'href="/cashdesk/payments/{key}/"' in answer.text
    claims = any(claim in answer.text.lower() for claim in NEVER_SAID)
    return MAY_BE_RECORDED in answer.text and leads_there and not claims


def cash_id() -> int:
    """Return the id of the method that all of the crowd's payments use."""
    global _cash  # asked once: the database may be down when it is needed
    if not _cash:
        _cash = cash().pk
    return _cash


_cash = 0


def make_crowd(url: str, size: int, **habits: bool) -> tuple[list[Cashier], Notes]:
    """Return so many cashiers with customers who owe much, and their common notes."""
    notes = Notes()
    cash_id()
    customers = CustomerFactory.create_batch(4 * size, balance=Decimal(-1_000_000))
    operators = OperatorFactory.create_batch(size)
    counters = [Counter(url).take_place(operator) for operator in operators]
    for counter in counters:
        counter.client.get("/cashdesk/").raise_for_status()  # the cookie against forged forms
    return [
        Cashier(operator, counters[place], customers[4 * place : 4 * place + 4], notes, **habits)
        for place, operator in enumerate(operators)
    ], notes


@contextmanager
def at_work(crowd: list[Cashier]) -> Iterator[None]:
    """Let the crowd work for as long as the block lasts, and wait until the last payment is resolved."""
    stop = Event()
    threads = [Thread(target=cashier.work, args=[stop]) for cashier in crowd]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
