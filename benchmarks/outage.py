"""Billing goes down while cashiers take payments: they go on as fast, and the queue drains in order afterwards.

    python -m benchmarks.outage [--seconds 60] [--rounds 3] [--cashiers 8] [--database sqlite]

The same cashiers work while billing is up and down in turn, several times: what else the machine is busy with slows
both. The pauses of the workers grow to half a minute within the first minute of an outage and no further: a minute
leaves them where an hour leaves them (tests/live_billing/test_outage.py lets the hour pass), with a queue as long as
that of a house's hour.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from threading import Event, Thread
from uuid import uuid4

import httpx

from benchmarks import live
from billing.fake.server import FakeSplynx
from customers.models import Customer
from payments.models import Delivery
from tests.counter import Counter
from tests.factories import OperatorFactory, cash

CUSTOMERS_EACH = 4
SETTLE = 5  # seconds; what is out when the line is cut is looked up twice before it goes out again
WARM_UP = 3
FEWEST = 8  # payments of which a median is taken
AS_FAST = 0.8  # of the payments a second with billing up: two cores and a busy machine are no exact measure
LONGEST_DRAIN = 1200


@dataclass(frozen=True)
class Phase:
    """Some time in which payments were taken, and how many seconds each receipt took."""

    seconds: float
    waits: Sequence[float]

    @property
    def rate(self) -> float:
        """Payments a second."""
        return len(self.waits) / self.seconds

    def figures(self) -> live.Result:
        """Return what is told of it."""
        waits = sorted(self.waits)
        return {
            "payments": len(waits),
            "payments_per_second": round(self.rate, 1),
            "median_ms": round(statistics.median(waits) * 1000),
            "p95_ms": round(waits[int(len(waits) * 0.95)] * 1000),
        }


def together(phases: Sequence[Phase]) -> Phase:
    """Return several as one."""
    return Phase(sum(phase.seconds for phase in phases), [wait for phase in phases for wait in phase.waits])


@dataclass
class Crowd:
    """Cashiers who take one payment after the other, and how many seconds each receipt took."""

    counters: Sequence[Counter]
    customers: Sequence[Customer]
    stop: Event = field(default_factory=Event)
    taken: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def work(self, place: int) -> None:
        """Be one cashier until told to stop; no amount comes twice, so that nothing has to be confirmed."""
        counter, method = self.counters[place], str(self.method)
        mine = self.customers[place :: len(self.counters)]
        for number in count(1):
            if self.stop.is_set():
                return
            customer = mine[number % len(mine)]
            token = counter.client.cookies.get("cashdesk-csrf") or ""
            form = {"key": str(uuid4()), "amount": str(Decimal(number).scaleb(-2)), "method": method}
            began = time.monotonic()
            answer = counter.post(f"/cashdesk/customers/{customer.pk}/", {**form, "csrfmiddlewaretoken": token})
            self.taken.append(time.monotonic() - began)
            if answer.status_code != httpx.codes.SEE_OTHER:
                self.failed.append(answer.status_code)

    def measure(self, seconds: float) -> Phase:
        """Let the crowd work for so long, and for a few payments at least, and return how it went."""
        begins, before = time.monotonic(), len(self.taken)
        time.sleep(seconds)  # how long is measured
        live.seconds_until(lambda: len(self.taken) >= before + FEWEST, most=LONGEST_DRAIN)
        return Phase(time.monotonic() - begins, self.taken[before:])

    def __enter__(self) -> Crowd:
        self.method = cash().pk
        for counter in self.counters:
            counter.client.get("/cashdesk/").raise_for_status()  # the cookie against forged forms
        self.threads = [Thread(target=self.work, args=[place]) for place in range(len(self.counters))]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()
        for counter in self.counters:
            counter.client.close()


def run(*, seconds: int, rounds: int, cashiers: int) -> live.Result:
    """Return how fast payments were taken up and down, how the queue drained, and whether the order was kept."""
    with FakeSplynx() as fake:
        for _ in range(cashiers * CUSTOMERS_EACH):
            fake.ledger.add_invoice(fake.ledger.add_customer(), Decimal(1_000_000))
        with live.plugged_in(fake, settle=SETTLE) as desk:
            desk.run("pull_billing", "--full")
            figures = let_it_happen(desk, fake, seconds, rounds, cashiers)
        figures |= {"parts": Delivery.objects.count(), "out_of_order": out_of_order(fake), **doubled_or_lost(fake)}
    must_be_zero = ("failed", "out_of_order", "doubled", "lost")
    as_fast = isinstance(ratio := figures["down_to_up"], float) and ratio >= AS_FAST
    return {**figures, "holds": as_fast and not any(figures[name] for name in must_be_zero)}


def let_it_happen(desk: live.LiveDesk, fake: FakeSplynx, seconds: int, rounds: int, cashiers: int) -> live.Result:
    """Cut the line to the billing system and mend it while the crowd works, and return what was measured."""
    counters = [Counter(desk.url).take_place(one) for one in OperatorFactory.create_batch(cashiers)]
    customers = list(Customer.objects.order_by("pk"))
    up: list[Phase] = []
    down: list[Phase] = []
    with desk.service("deliver_payments", "--loop"), desk.service("deliver_payments", "--loop"):
        with desk.service("pull_billing", "--loop", "5"), Crowd(counters, customers) as crowd:
            time.sleep(WARM_UP)  # the first answers of new processes are slow and not measured
            for number in range(rounds):
                if number:
                    fake.start()
                up.append(crowd.measure(seconds))
                fake.stop()
                down.append(crowd.measure(seconds))
        before, queue = entered(fake), live.open_parts()
        fake.start()
        first = live.seconds_until(lambda: entered(fake) > before, most=LONGEST_DRAIN)
        rest = live.seconds_until(lambda: live.open_parts() == 0, most=LONGEST_DRAIN)
    return {
        "up": together(up).figures(),
        "down": together(down).figures(),
        "down_to_up": round(statistics.median(b.rate / a.rate for a, b in zip(up, down, strict=True)), 2),
        "queue": queue,
        "first_delivered_after_seconds": round(first, 1),
        "drained_after_seconds": round(first + rest, 1),
        "failed": len(crowd.failed),
    }


def entered(fake: FakeSplynx) -> int:
    """Return how many payments stand over there."""
    return len(fake.ledger.rows("payments"))


def out_of_order(fake: FakeSplynx) -> int:
    """Return how many customers' payments stand over there in another order than they were taken in here."""
    here, there = defaultdict(list), defaultdict(list)
    whose = "allocation__payment__transaction__customer__external_id"
    for customer, reference in Delivery.objects.order_by("pk").values_list(whose, "reference"):
        here[int(customer)].append(reference)
    for row in fake.ledger.rows("payments"):
        there[row["customer_id"]].append(row["receipt_number"])
    return sum(here[customer] != there[customer] for customer in here)


def doubled_or_lost(fake: FakeSplynx) -> dict[str, int]:
    """Return how many references stand over there twice, and how many of ours do not."""
    there = [row["receipt_number"] for row in fake.ledger.rows("payments")]
    ours = set(Delivery.objects.values_list("reference", flat=True))
    return {"doubled": len(there) - len(set(there)), "lost": len(ours - set(there))}


if __name__ == "__main__":
    live.alone(run, seconds=60, rounds=3, cashiers=8)
