"""Many at one moment, on PostgreSQL with real commits: what two people do at once comes out as if one had waited."""

from __future__ import annotations

import multiprocessing
import time
from functools import partial

import pytest
from django.db import connection, connections

from payments import taking
from payments.taking import take_payment
from proofs.books import broken_rules, deadlocks, documents
from proofs.desks import COPIES, DESKS, HALF, Desks, Seen
from proofs.ground import kept_scene
from proofs.mixing import mix
from proofs.running import Result, alone
from tests import racing
from tests.factories import order
from tests.racing import Crowd
from tills.models import Till

PROMISE = (
    "50 identical submissions, 16 desks on one invoice, reverse + reverse, reverse + pay, move + reverse with moves "
    "that cross, a limit reached by one of 4, payments during admin saves of operator, till and method and an import "
    "of the customer, and a mix in which 5 % are aborted and 2 % sent twice: one payment per key, no gap, no broken "
    "rule, no deadlock, no unexpected exception"
)
NOT_SHOWN = "more than 2 x 16 clients, several application servers; SQLite, which has one writer at a time"

PROCESSES = 2  # one Python process fills one core
ROUNDS, DOCUMENTS = 200, 50_000
SMALL_ROUNDS, SMALL_DOCUMENTS = 2, 260
LONGEST = 580  # seconds; after them the mix ends, and the figures say how far it came


def run(*, small: bool, seed: int) -> Result:
    """Run the controls, then all races in one process (small) or two, and ask the books."""
    until = time.monotonic() + LONGEST
    control = without_guards(seed)
    if small:
        found = [race_in_one_process(("a", seed, SMALL_ROUNDS, SMALL_DOCUMENTS, until))]
    else:
        connections.close_all()
        work = [(mark, seed, ROUNDS // PROCESSES, DOCUMENTS // PROCESSES, until) for mark in "ab"]
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            found = pool.map(race_in_one_process, work)
    broken, made = [line for seen in found for line in seen.broken], documents()
    rules, stuck = broken_rules(), deadlocks()
    wanted = SMALL_DOCUMENTS if small else DOCUMENTS
    mixed, aborted = sum(seen.in_the_mix for seen in found), sum(seen.aborted for seen in found)
    twice = sum(seen.sent_twice for seen in found)
    shares = small or are_reached(mixed, aborted, twice)  # of a few hundred submissions chance decides
    return {
        "documents": made,
        "submissions": sum(seen.submissions for seen in found),
        "rounds_of_each_race": SMALL_ROUNDS if small else ROUNDS,
        "submissions_of_the_mix": mixed,
        "aborted": aborted,
        "sent_twice": twice,
        "broken_rules": sum(rules.values()),
        "deadlocks": stuck,
        "unexpected": len(broken),
        "which": [*broken[:5], *rules],
        "control": control,
        "holds": not broken and not rules and not stuck and made >= wanted and shares,
    }


def are_reached(mixed: int, aborted: int, twice: int) -> bool:
    """Return whether about 5 % of the mix were really aborted, and about 2 % sent twice."""
    return 0.04 * mixed <= aborted <= 0.065 * mixed and 0.014 * mixed <= twice <= 0.03 * mixed


def race_in_one_process(work: tuple[str, int, int, int, float]) -> Seen:
    """Run so many rounds of every race, then the mix until this process has made its documents."""
    mark, seed, rounds, wanted, until = work
    desks = Desks(mark, seed)
    races = [
        desks.identical, desks.one_invoice, desks.reverse_twice, desks.reverse_and_pay, desks.move_and_reverse,
        desks.limit, desks.administration,
    ]  # fmt: skip
    with Crowd(COPIES) as crowd:
        for number in range(rounds):
            for race in races:
                race(crowd)
            if number == 0:
                gather_statistics()
    made = sum(till.lines.count() for till in desks.tills())
    with Crowd(HALF) as crowd:
        mix(desks, crowd, wanted - made, until)
    connection.close()
    return desks.seen


def gather_statistics() -> None:
    """Let the planner know the tables as they fill: autovacuum comes after a minute of plans for empty ones."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def without_guards(seed: int) -> dict[str, object]:
    """Run three races with a guard gone, each in a scratch copy: the books must be seen to break."""
    found: dict[str, object] = {}
    with kept_scene() as put_back, Crowd(COPIES) as crowd:
        for name, race in (("customers_lock", unlocked), ("key", keyless), ("tills_lock", untilled)):
            with pytest.MonkeyPatch.context() as patches:
                race(Desks("c", seed), crowd, patches)
            found[f"broken_without_{name}"] = sum(broken_rules().values())
            crowd.hang_up()
            put_back()
    return {"without": "a lock, or the look-ups and the unique key", **found, "caught": all(found.values())}


def unlocked(desks: Desks, crowd: Crowd, patches: pytest.MonkeyPatch) -> None:
    """Let sixteen desks read one customer's dues before any of them writes."""
    racing.without_customer_lock(patches)
    racing.meet_after_reading_dues(patches, DESKS)
    desks.one_invoice(crowd)


def keyless(desks: Desks, crowd: Crowd, patches: pytest.MonkeyPatch) -> None:
    """Send fifty copies of one form, with no look-up and no unique key."""
    racing.blind(patches)
    racing.drop_unique_key()
    desks.identical(crowd)


def untilled(desks: Desks, crowd: Crowd, patches: pytest.MonkeyPatch) -> None:
    """Let two acts read the same last line, with nothing in the database left that refuses the second."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER line_follows ON tills_transaction")
        cursor.execute("ALTER TABLE tills_transaction DROP CONSTRAINT line_number_once_per_till")
    racing.drop_unique("payments_delivery", "reference")
    operator = desks.operators[0]
    take_payment(operator=operator, order=order(desks.customers[0]))
    patches.setattr(taking, "lock_till", lambda operator: Till.objects.get(operator=operator))
    racing.meet_after_reading_dues(patches, 2)
    crowd.at_once([partial(take_payment, operator=operator, order=order(customer)) for customer in desks.customers[:2]])


if __name__ == "__main__":
    alone(run)
