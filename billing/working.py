"""A delivery worker: any number of them may run at once."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from django.db import close_old_connections
from django.db.models import Count

from billing.connectors.protocol import BillingSystem
from billing.contacts import note_answer, note_failure
from billing.delivering import NOTHING, Step, deliver_next
from billing.leases import expire_leases
from billing.looking_up import look_up_next
from payments.models import Delivery

IDLE = 0.3  # seconds until a worker without work looks again: a payment is on its way within a second
LONGEST_REST = 30.0
NOTED_EVERY = 10.0
State = Delivery.State


@dataclass
class Worker:
    """One worker: what it is connected to, and how it has fared lately."""

    system: BillingSystem
    failures: int = 0
    noted: float = field(default=float("-inf"))

    def step(self) -> Step:
        """Do the next thing there is to do: lost parts first, then look-ups, then what waits."""
        expire_leases()
        found = look_up_next(self.system)
        step = deliver_next(self.system) if found == NOTHING else found
        self._note(step)
        return step

    def _note(self, step: Step) -> None:
        """Keep the page informed, seldom enough that nobody waits for it."""
        if step.failure:
            self.failures += 1
            note_failure("deliver", step.failure)
        elif step.did_something:
            if self.failures or time.monotonic() - self.noted > NOTED_EVERY:
                note_answer("deliver")
                self.noted = time.monotonic()
            self.failures = 0

    def rest(self) -> float:
        """Return the seconds to wait after a failure: longer each time, and never the same for two workers."""
        return min(LONGEST_REST, 2.0 ** min(self.failures, 10) / 2) * random.uniform(0.5, 1)  # noqa: S311 (no secret)


def drain(system: BillingSystem) -> int:
    """Deliver until there is nothing to do now or the billing system does not answer; return how many steps it took."""
    worker, steps = Worker(system), 0
    while (step := worker.step()).did_something:
        steps += 1
        if step.failure:
            break
    return steps


def work(system: BillingSystem, *, stop: threading.Event) -> None:
    """Deliver until told to stop, resting while there is nothing to do or nobody answers; a step begun is finished."""
    worker = Worker(system)
    while not stop.is_set():
        close_old_connections()
        step = worker.step()
        if step.failure or not step.did_something:
            stop.wait(worker.rest() if step.failure else IDLE)


def unfinished() -> tuple[int, int, int]:
    """Return how many parts wait, are unknown or being sent, and are refused."""
    counts = dict(Delivery.objects.values_list("state").annotate(count=Count("pk")).order_by())
    unknown = counts.get(State.UNKNOWN, 0) + counts.get(State.SENDING, 0)
    return counts.get(State.WAITING, 0), unknown, counts.get(State.REFUSED, 0)
