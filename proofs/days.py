"""Payments at every edge of a day, in zones whose clocks jump and under clocks that are wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch
from zoneinfo import ZoneInfo

import time_machine
from django.test import override_settings

from accounts.models import Operator
from customers.models import Customer
from payments import history
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from payments.verifying import Asked, verify_books
from proofs.running import Result, alone
from tests.factories import CustomerFactory, OperatorFactory, pay
from tests.people import grant
from tills.models import Transaction

PROMISE = (
    "in 8 time zones, on both days of the year when the clock jumps and at every edge of a day, with days that start "
    "at 00:00, 02:30 and 04:00: each line in exactly one business day, no day comes back, the days of the history sum "
    "to the ledger; with the clock an hour back, a day ahead or stopped the numbers stay in order"
)
NOT_SHOWN = "clocks of several servers that differ; a change of a zone's rules, or of the settings, between two days"

ZONES = (
    "Europe/Berlin", "Europe/Kyiv", "Europe/Lisbon", "Pacific/Chatham", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Africa/Casablanca", "UTC",
)  # fmt: skip
STARTS = (time(0), time(2, 30), time(4))
YEAR = 2026
ORDINARY = (date(YEAR, 3, 29), date(YEAR, 10, 25))  # where the clock never jumps
NEAR = [timedelta(microseconds=-1), timedelta(0), timedelta(seconds=1)]
SAMPLE = 8  # moments of each jump that the small version takes
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def run(*, small: bool, seed: int) -> Result:
    """Take payments at all edges, with the shipped day and then with the day of UTC (small: fewer zones)."""
    chance = random.Random(seed)
    zones = chance.sample(ZONES[:-2], 2) if small else ZONES
    desk = Desk(chance)
    for zone in zones:
        for starts in STARTS:
            desk.work(zone, starts, small=small)
    desk.work_with_wrong_clocks()
    lines, wrong, sums = desk.lines, desk.wrong, desk.sums
    with patch("tills.journal.business_date", lambda moment: moment.astimezone(UTC).date()):
        desk.work("Pacific/Chatham", time(4), small=small)
    books = verify_books(Asked())
    noticed = desk.wrong - wrong
    return {
        "zones": len(zones),
        "lines": lines,
        "wrong_days": wrong,
        "sums_that_differ": sums,
        "numbers_out_of_order": desk.disorder,
        "faults_found_by_verify_books": books.faults_in_all,
        "lines_it_warns_about": books.warnings_in_all,
        "control": {"without": "the zone (days of UTC)", "wrong_days": noticed, "caught": noticed > 0},
        "holds": not (wrong or sums or desk.disorder or books.faults_in_all) and lines > 0,
    }


class Desk:
    """One operator who takes payments at given moments, and a supervisor who reverses some of them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.operator: Operator = OperatorFactory.create()
        self.boss = grant(OperatorFactory.create(), "payments.view_all_payments", "payments.reverse_payment")
        self.customer: Customer = CustomerFactory.create()
        self.lines = self.wrong = self.sums = self.disorder = 0

    def work(self, zone: str, starts: time, *, small: bool) -> None:
        """Take and reverse at every edge of this zone's two days, then hold each line and each day against the rule."""
        self.customer = CustomerFactory.create()  # whose payments are not too many to be summed quickly
        with override_settings(TIME_ZONE=zone, CASHDESK_DAY_STARTS=starts):
            for middle in jumps(ZoneInfo(zone)):
                rule = list(days_by_the_rule(ZoneInfo(zone), starts, middle))
                moments = edges(ZoneInfo(zone), rule)
                self._take_and_check(self.chance.sample(moments, SAMPLE) if small else moments, rule)

    def _take_and_check(self, moments: Sequence[datetime], rule: Sequence[tuple[datetime, date]]) -> None:
        made = [line for moment in sorted(moments) for line in self.lines_at(moment)]
        self.lines += len(made)
        self.wrong += sum(line.business_date != day_in(rule, line.recorded_at) for line in made)
        self.sums += not self._days_sum_to_the_ledger(made)

    def lines_at(self, moment: datetime) -> Iterator[Transaction]:
        """Yield the lines written when the clock says so: a payment, and sometimes the reversal of it."""
        with time_machine.travel(moment, tick=False):
            payment = pay(self.operator, self.customer, str(Decimal(self.chance.randint(1, 9000)).scaleb(-2)))
            yield payment.transaction
            if self.chance.random() < 0.2:
                yield self.reverse(payment).transaction

    def reverse(self, payment: Payment) -> Reversal:
        """Return the reversal of a payment by the supervisor."""
        return reverse_payment(operator=self.boss, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)

    def _days_sum_to_the_ledger(self, made: Sequence[Transaction]) -> bool:
        """Return whether the history's days, one by one, hold each of these lines once and sum to them."""
        first, last = made[0].recorded_at.date(), made[-1].recorded_at.date()
        days = [first + timedelta(days=n) for n in range(-2, (last - first).days + 3)]
        ids, amount = [], Decimal(0)
        for day in days:
            lines = history.filtered(self.boss, history.Wanted(since=day, until=day)).filter(pk__gte=made[0].pk)
            ids += list(lines.values_list("pk", flat=True))
            amount += history.totals(self.boss, lines, history.Place()).amount
        signed = sum(line.amount if line.kind == Transaction.Kind.PAYMENT else -line.amount for line in made)
        return sorted(ids) == [line.pk for line in made] and amount == signed

    def work_with_wrong_clocks(self) -> None:
        """Take payments while the clock goes back an hour, stops, jumps a day ahead and comes back."""
        now = datetime(YEAR + 1, 6, 1, 22, 30, tzinfo=UTC)
        clocks = [now, now - HOUR, now, now, now, now + 24 * HOUR, now, now + MINUTE]
        with override_settings(TIME_ZONE="Europe/Berlin"):
            rule = list(days_by_the_rule(ZoneInfo("Europe/Berlin"), time(0), date(YEAR + 1, 6, 1)))
            made = [line for moment in clocks for line in self.lines_at(moment)]
        self.lines += len(made)
        self.wrong += sum(line.business_date != day_in(rule, line.recorded_at) for line in made)
        self.disorder += sum(after.number != before.number + 1 for before, after in pairwise(made))


def jumps(zone: ZoneInfo) -> list[date]:
    """Return the days of the year on which the zone's clock jumps; where it never does, two ordinary days."""
    noons = [datetime(YEAR, 1, 1, 12, tzinfo=zone) + timedelta(days=n) for n in range(365)]
    found = [after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()]
    return found or list(ORDINARY)


def days_by_the_rule(zone: ZoneInfo, starts: time, middle: date) -> Iterator[tuple[datetime, date]]:
    """Yield when each business day around this date begins: read off the wall clock, minute by minute.

    A second reading of the rule, slower and on its own: a day begins when the clock first says so, and never again.
    """
    moment = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=2)
    reached = date.min
    since_midnight = timedelta(hours=starts.hour, minutes=starts.minute)
    for _minute in range(5 * 24 * 60):
        on_the_wall = moment.astimezone(zone).replace(tzinfo=None)
        day = (on_the_wall - since_midnight).date()
        if day > reached:
            reached = day
            yield moment, day
        moment += MINUTE


def day_in(rule: Sequence[tuple[datetime, date]], moment: datetime) -> date:
    """Return the business day of a moment by the slow reading."""
    return [day for begins, day in rule if begins <= moment][-1]


def edges(zone: ZoneInfo, rule: Sequence[tuple[datetime, date]]) -> list[datetime]:
    """Return the moments at which something could go wrong: where days begin, midnights, the jump and its hours."""
    first, last = rule[1][0], rule[-1][0]
    minutes = [first + n * MINUTE for n in range(int((last - first) / MINUTE))]
    local = [moment.astimezone(zone) for moment in minutes]
    jump = [
        m
        for m, before, after in zip(minutes[1:], local, local[1:], strict=False)
        if before.utcoffset() != after.utcoffset()
    ]
    midnights = [moment for moment, on_the_wall in zip(minutes, local, strict=True) if on_the_wall.time() == time(0)]
    found = {edge + near for edge in (*(begins for begins, _ in rule[1:-1]), *midnights, *jump) for near in NEAR}
    found |= {moment + hours * HOUR / 2 for moment in jump for hours in range(-4, 9)}
    return sorted(moment for moment in found if first <= moment < last)


if __name__ == "__main__":
    alone(run)
