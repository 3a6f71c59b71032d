"""How fast the lists are when the journal is long, and which of their questions read it from end to end.

    python tests/postgres.py -- python -m benchmarks.lists [--lines 300000]
    DATABASE_URL=sqlite:///somewhere/lists.sqlite3 python -m benchmarks.lists

prints one JSON line per page: milliseconds (the median of some rounds), questions asked, and which steps of their
plans read a long table in its own order. PostgreSQL chooses that where much is asked for, or where a limit ends it
soon; that an index does for every list tests/desk/test_list_plans.py says of both databases.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from benchmarks.books import BEGAN, Ledger

import time_machine  # isort: skip  # after Django was set up
from django.conf import settings  # isort: skip
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_databases, setup_test_environment, teardown_databases

from accounts.models import Operator
from benchmarks.plans import scanning
from payments.models import Payment
from tests.factories import OperatorFactory
from tests.people import signed_in
from tills.models import EFFECTS, Kind, Till, Transaction

SECONDS = 43  # from line to line: some 2000 a day
DEPOSITS = 40  # every so many lines of a till its deposit is refilled
RIGHTS = ("view_all_payments", "reverse_payment", "manage_deposits", "supervise_tills")


class Journal(Ledger):
    """The same twenty tills over months instead of days, and with deposits that are refilled now and then."""

    def line(self, till: Till, last: Transaction | None, kind: str, **facts: object) -> Transaction:
        """Return the next line of the till at its time of the day."""
        line = super().line(till, last, kind, **facts)
        line.recorded_at = BEGAN + timedelta(seconds=self.written * SECONDS)
        line.business_date = line.recorded_at.date()
        return line

    def lines_of(self, till: Till) -> Iterator[Transaction]:
        """Make a till's lines one after the other, for ever; the first creates its deposit."""
        last: Transaction | None = None
        taken: Payment | None = None
        for place in count():
            if place % DEPOSITS == 0:
                last, taken = self.deposit(till, last, Kind.REFILL if place else Kind.DEPOSIT), None
            elif taken is not None and self.chance.random() < 1 / 9:
                last, taken = self.reversal(till, last, taken), None
            else:
                taken = self.payment(till, last)
                last = taken.transaction
            yield last

    def deposit(self, till: Till, last: Transaction | None, kind: Kind) -> Transaction:
        """Add to the till's deposit."""
        amount, (effect, cash) = Decimal(1000), EFFECTS[kind]
        facts = {"amount": amount, "effect": effect * amount, "cash": cash * amount}
        line = self.line(till, last, kind.value, comment="by bank", **facts)
        self.sign(line, movement={"key": "", "act": kind.value})
        return line


@dataclass(frozen=True)
class Measured:
    """A page with who asks for it."""

    who: Client
    address: str

    def figures(self, rounds: int) -> dict[str, object]:
        """Return how long it takes, how much is asked, and which plans scan the journal."""
        took = []
        for _round in range(rounds):
            began = time.monotonic()
            answer = self.who.get(self.address)
            took.append(time.monotonic() - began)
            assert answer.status_code == 200, self.address
        with CaptureQueriesContext(connection) as asked:
            self.who.get(self.address)
        scans = [line for query in asked.captured_queries for line in scanning(query["sql"])]
        return {
            "page": self.address, "milliseconds": round(1000 * statistics.median(took), 1),
            "queries": len(asked), "in_its_own_order": scans,
        }  # fmt: skip


def pages(last: date) -> list[Measured]:
    """Return the pages that are measured."""
    till = Till.objects.order_by("pk")[0]
    assert till.operator is not None
    cashier = signed_in(till.operator)
    chief: Operator = OperatorFactory.create(username="chief")
    chief.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    boss, day, month = signed_in(chief), last.isoformat(), (last - timedelta(days=30)).isoformat()
    middle = Transaction.objects.filter(till=till, number__lte=5000, kind="payment").order_by("-number")[0]
    history, deposits = "/cashdesk/history/", "/cashdesk/deposits/"
    return [
        *(Measured(cashier, address) for address in (
            "/cashdesk/", "/cashdesk/till/", f"/cashdesk/till/?before={middle.number}", history, "/cashdesk/shift/",
            f"{history}?from={month}&to={day}", f"{history}?from=&to=", f"{history}?from=&to=&before={middle.pk}",
        )),
        *(Measured(boss, address) for address in (
            history, f"{history}?operator={till.operator_id}", f"/cashdesk/reports/day/?from={day}&to={day}",
            f"/cashdesk/reports/day/?from={month}&to={day}", deposits, f"{deposits}{till.pk}/", f"{deposits}history/",
            f"{deposits}history/?till={till.pk}", f"{deposits}history/?from={day}&to={day}",
            f"{deposits}history/?before={middle.pk}", f"{deposits}history/?q=bank&from={month}", "/cashdesk/shifts/",
        )),
        Measured(boss, f"{history}?from=&to="),
        Measured(boss, f"/cashdesk/reports/day/?from={last - timedelta(days=365)}&to={day}"),
    ]  # fmt: skip


def main() -> None:
    """Fill a scratch database and ask for every page."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--lines", type=int, default=300_000)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    setup_test_environment()
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    made = setup_databases(verbosity=0, interactive=False, serialized_aliases={})
    try:
        Journal().fill(asked.lines)
        newest: datetime = Transaction.objects.order_by("-pk")[0].recorded_at
        with time_machine.travel(newest, tick=True):
            for page in pages(newest.date()):
                figures = page.figures(asked.rounds)
                sys.stdout.write(json.dumps({"database": connection.vendor, **figures}) + "\n")
                sys.stdout.flush()
    finally:
        teardown_databases(made, verbosity=0)


if __name__ == "__main__":
    main()
