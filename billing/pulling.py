"""Customers and documents in, from a live billing system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from django.utils import timezone

from billing.connectors.protocol import BillingSystem, BillingUnavailable
from billing.contacts import note_answer, note_failure
from billing.faults import TooManyVanished
from billing.gathering import Gathered, gather, gather_by_id
from billing.models import Missed, Pull
from billing.ordering import ask_again, begin_fetch, left_alone_by, mark_reflected, with_nothing_on_its_way
from billing.vanishing import Vanished
from customers import projecting
from customers.figures import Changes
from customers.models import WANTED, Customer

ASKED_AT_ONCE = 100  # by id: what one fetch number stands for is soon written
FAILURES = 20  # customers in a row without an answer, with none between who had one: then the rest is not tried

Progress = Callable[[int], object]
Thing = TypeVar("Thing")


class NobodyAnswers(BillingUnavailable):
    """Too many customers in a row have no figures."""


class Refreshed(StrEnum):
    """What became of one customer's figures."""

    WRITTEN = "written"
    GONE = "gone"
    LEFT_ALONE = "left alone"


@dataclass
class Run:
    """One pull while it runs, and what it has done so far."""

    system: BillingSystem
    record: Pull | None = None
    vanished: Vanished = field(default_factory=Vanished)
    changes: Changes = field(default_factory=Changes)
    asked: int = 0
    reflected: int = 0
    unmapped: set[str] = field(default_factory=set)
    unclear: dict[str, str] = field(default_factory=dict)
    failures: int = 0  # customers in a row of whom no figures came

    @property
    def number(self) -> int:
        """The pull's own number: what was fetched in it has a larger one."""
        return self.record.number if self.record else 0

    def write(self, gathered: Gathered, fetch: int, as_of: datetime) -> Changes:
        """Write what was gathered by the fetch with this number, some at a time; return what was written."""
        changes = Changes()
        for some in _in_parts(gathered.figures, projecting.MOST_AT_ONCE):

            def settle(ids: Sequence[int]) -> None:
                projecting.note_fetch(ids, fetch=fetch, as_of=as_of)
                self.reflected += mark_reflected(ids)

            changes += projecting.write_customers(
                figures=some, fetch=fetch, as_of=as_of, after_write=settle, left_alone=left_alone_by(fetch)
            )
        for absent in _in_parts(gathered.absent, projecting.MOST_AT_ONCE):
            changes += projecting.write_gone(
                external_ids=absent, fetch=fetch, after_write=lambda ids: None, left_alone=left_alone_by(fetch)
            )
        Missed.objects.filter(pk__in=[*(f.external_id for f in gathered.figures), *gathered.absent]).delete()
        self.changes += changes
        self.asked += len(gathered.figures) + len(gathered.absent)
        self.unmapped |= gathered.unmapped
        self.keep_in_mind(gathered.unclear, others_answered=bool(gathered.figures or gathered.absent))
        return changes

    def keep_in_mind(self, unclear: dict[str, str], *, others_answered: bool) -> None:
        """Ask again, another time, for customers of whom no figures came; raises NobodyAnswers."""
        if unclear:
            ask_again(unclear)
            remember(unclear)
            self.unclear |= unclear
        self.failures = 0 if others_answered else self.failures + len(unclear)
        if self.failures > FAILURES:
            raise NobodyAnswers(next(reversed(self.unclear.values())))


def pull_all(system: BillingSystem, *, allow_vanished: bool = False, progress: Progress = lambda count: None) -> Run:
    """Ask for every customer and make the stored ones say the same; return what was done.

    Customers who are not in the list are asked for by id before they count as gone. Stopped on the way it is run again;
    two at once do no harm. Raises BillingUnavailable, or TooManyVanished behind more than one in twenty.
    """
    run = Run(system, _begin(is_full=True), Vanished(allow_vanished))
    with _recorded(run):
        _pull_pages(run, progress)
        _pull_vanished(run)
    return run


def pull_changed(system: BillingSystem, *, progress: Progress = lambda count: None) -> Run:
    """Ask for the customers changed since the last pull, and for all who wait to be asked for; return what was done.

    Without a full pull before, it is a full one. Raises BillingUnavailable.
    """
    since = _changed_since()
    if since is None:
        return pull_all(system, progress=progress)
    run = Run(system, _begin(is_full=False))
    with _recorded(run):
        asked: set[str] = set()
        changed = (external_id for page in system.changed_customers(since) for external_id in page)
        _pull_ids(run, changed, asked, progress)
        wanted = Customer.objects.filter(WANTED).filter(with_nothing_on_its_way()).order_by("asked", "pk")
        _pull_marked(run, wanted.values_list("external_id", flat=True), asked, progress)
        _pull_marked(run, list(Missed.objects.values_list("pk", flat=True)), asked, progress)
    return run


def pull_customer(system: BillingSystem, external_id: str) -> Refreshed:
    """Ask for one customer and write what was said; raises BillingUnavailable when there is no answer."""
    run = Run(system)
    fetch, as_of = begin_fetch(), timezone.now()
    gathered = gather_by_id(system, [external_id])
    if gathered.unclear:
        ask_again(gathered.unclear)
        raise BillingUnavailable(next(iter(gathered.unclear.values())))
    changes = run.write(gathered, fetch, as_of)
    if changes.left_alone:
        return Refreshed.LEFT_ALONE
    return Refreshed.GONE if gathered.absent else Refreshed.WRITTEN


def remember(external_ids: Iterable[str]) -> None:
    """Note those who are not stored yet, and so cannot be marked, to be asked for by the next pull."""
    named = [external_id for external_id in external_ids if external_id]
    known = set(Customer.objects.filter(external_id__in=named).values_list("external_id", flat=True))
    missed = [Missed(external_id=external_id) for external_id in named if external_id not in known]
    Missed.objects.bulk_create(missed, ignore_conflicts=True)


def _pull_pages(run: Run, progress: Progress) -> None:
    """Write the list page by page; each page has a number of its own, drawn before it is asked for."""
    pages = iter(run.system.customers())
    while True:
        fetch, as_of = begin_fetch(), timezone.now()
        page = next(pages, None)
        if page is None:
            return
        unreadable = {row.external_id: row.reason for row in page.unreadable}
        run.keep_in_mind(unreadable, others_answered=bool(page.rows))
        for some in _in_parts(page.rows, projecting.MOST_AT_ONCE):
            gathered = gather(run.system, some)
            run.vanished.check_documents(gathered.figures)
            run.write(gathered, fetch, as_of)
        progress(len(page.rows) + len(page.unreadable))


def _pull_vanished(run: Run) -> None:
    """Ask by id for those whom the list did not name, and mark as gone who really is."""
    vanished = run.vanished.customers(since=run.number)
    _pull_ids(run, list(vanished.values_list("external_id", flat=True)), set(), lambda count: None)


def _pull_ids(run: Run, external_ids: Iterable[str], asked: set[str], progress: Progress) -> None:
    """Ask for customers by id, each once in a run, some at a time."""
    for some in _in_parts(external_ids, ASKED_AT_ONCE):
        new = [external_id for external_id in dict.fromkeys(some) if external_id not in asked]
        asked.update(new)
        fetch, as_of = begin_fetch(), timezone.now()
        run.write(gather_by_id(run.system, new), fetch, as_of)
        progress(len(new))


def _pull_marked(run: Run, external_ids: Iterable[str], asked: set[str], progress: Progress) -> None:
    """Ask for customers who stay marked until their figures come, whoever was asked for longest ago first.

    They may be the very ones that cannot be read. So when none of them answers, the rest waits for the next pull, and
    this one has done its work: whatever has changed has been asked for.
    """
    run.failures = 0
    try:
        _pull_ids(run, external_ids, asked, progress)
    except NobodyAnswers:
        return


def _begin(*, is_full: bool) -> Pull:
    """Take this pull's place in the order of fetches, before it asks for anything."""
    return Pull.objects.create(number=begin_fetch(), is_full=is_full, started_at=timezone.now())


def _changed_since() -> datetime | None:
    """Return since when changes are asked for; None when all customers must be asked for first."""
    finished = Pull.objects.filter(finished_at__isnull=False)
    if not finished.filter(is_full=True).exists():
        return None
    return finished.latest("number").started_at


@contextmanager
def _recorded(run: Run) -> Iterator[None]:
    """Write on the pull's row how it ended."""
    try:
        yield
    except (BillingUnavailable, TooManyVanished) as error:
        note_failure("pull", str(error))
        _record(run, error=str(error)[:255])
        raise
    note_answer("pull")
    _record(run, finished_at=timezone.now())


def _record(run: Run, **columns: object) -> None:
    partners = ", ".join(sorted(run.unmapped))[:255]
    counts = {"customers": run.asked, "changed": run.changes.written, "left_alone": run.changes.left_alone}
    Pull.objects.filter(pk=run.number).update(unmapped=partners, **counts, **columns)


def _in_parts(things: Iterable[Thing], most: int) -> Iterator[list[Thing]]:
    """Yield the things in order, some at a time."""
    rest = iter(things)
    while some := list(islice(rest, most)):
        yield some
