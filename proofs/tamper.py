"""Everything that can be changed in the books is changed, one thing at a time: verify_books finds all of it."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import connections, transaction

from payments.anchoring import append_anchor
from payments.verifying import Asked, Report, verify_books
from payments.verifying.anchors import read_anchors, verify_anchors
from payments.verifying.books import ground, stretch_of
from payments.verifying.lines import Ground, examine
from payments.verifying.shifts import shift_faults, till_faults
from proofs import tampering
from proofs.ground import kept_scene, own_copy
from proofs.running import Result, alone
from proofs.shop import Shop
from proofs.tampering import Tampering
from tills.models import Till, Transaction

PROMISE = (
    "every row x every column of the money tables changed, rows deleted, doubled, swapped, tails and tills cut, lines "
    "re-hashed without the key, an old backup restored, anchors changed: all of it is found; an honest ledger never"
)
NOT_SHOWN = (
    "whoever has the proof key and every copy of the anchors can write another history; printings and given-up forms "
    "are counted, not signed; a shift's tolerance and times, and its counts' times, are signed at the close; what the "
    "billing system was told is compared by check_billing"
)
DOCUMENTS, CLEAN_RUNS = 500, 100  # so many at least
ELSEWHERE = {"old backup restored", "anchors changed"}  # the sorts that are done to more than rows
PROCESSES = 2  # one Python process fills one core
STRANGER = "a key that somebody without the proof key has made up"


class Books:
    """The ledger that is tampered with, its anchors, and how often what was found."""

    def __init__(self, folder: Path) -> None:
        self.anchors = folder / "anchors"
        self.tried, self.found = Counter[str](), Counter[str]()
        self.missed: list[str] = []

    def try_all(self, tamperings: Iterable[Tampering]) -> None:
        """Do each of them, look, and undo it."""
        for tampering_ in tamperings:
            self.tried[tampering_.sort] += 1
            if self.shows(tampering_, anchors=tampering_.anchored):
                self.found[tampering_.sort] += 1
            else:
                self.missed.append(f"{tampering_.sort}: {tampering_.what}")

    def shows(self, one: Tampering, *, anchors: bool) -> bool:
        """Return whether the verification finds it: in that part of it which should (quick), or in the whole."""
        with transaction.atomic():
            one.do()
            quickly = self.till_shows(one.till) or (anchors and self.anchors_show()) or any(shift_faults())
            found = quickly or not self.verify(anchors=anchors).is_sound
            transaction.set_rollback(True)
        return found

    def till_shows(self, pk: int | None) -> bool:
        """Return whether the till's own journal, or its shifts, show that something is wrong."""
        till = Till.objects.filter(pk=pk or 0).first()
        return till is not None and (bool(examine(stretch_of(till), self.ground).faults) or any(till_faults(till)))

    def anchors_show(self) -> bool:
        """Return whether the anchors show that something is wrong."""
        report = Report()
        verify_anchors(read_anchors(self.anchors), report)
        return not report.is_sound

    @cached_property
    def ground(self) -> Ground:
        """What lines are held against: operators and methods, with which nobody tampers here."""
        return ground()

    def verify(self, *, anchors: bool) -> Report:
        """Verify the whole as the command does."""
        return verify_books(Asked(anchors=self.anchors if anchors else None))


def run(*, small: bool, seed: int) -> Result:
    """Write a ledger by honest acts, take the guards away, and tamper; then many honest ledgers (small: a part)."""
    with TemporaryDirectory() as folder, kept_scene() as put_back:
        alarms, runs = clean_runs(seed, put_back, count=3 if small else CLEAN_RUNS, acts=12 if small else 40)
        put_back()
        books = Books(Path(folder))
        restore = write_ledger(books, seed, acts=24 if small else 360)
        documents = Transaction.objects.count()
        if books.verify(anchors=True).faults:
            raise AssertionError(f"an honest ledger shows {books.verify(anchors=True).faults[:3]}")
        chance = Random(seed)
        if small:
            books.try_all(some_of_each_sort(all_tamperings(chance, documents), chance))
        else:
            try_in_two_processes(books, seed, documents)
        books.try_all([Tampering("old backup restored", "all tables", None, restore, anchored=True)])
        books.try_all(changed_anchors(books))
        control = without_key_and_anchors(books, chance, restore)
    untried = sorted(sort for sort in tampering.sorts() | ELSEWHERE if not books.tried[sort])
    reached = small or (documents >= DOCUMENTS and runs >= CLEAN_RUNS and not untried)
    return {
        "documents": documents,
        "tamperings": books.tried.total(),
        "found": books.found.total(),
        "sorts": by_sort(books.tried),
        "sorts_not_tried": untried,
        "missed": books.missed[:10],
        "clean_runs": runs,
        "false_alarms": alarms,
        "control": control,
        "holds": not (books.missed or alarms or tampering.uncovered_tables()) and reached,
    }


def clean_runs(seed: int, put_back: Callable[[], None], *, count: int, acts: int) -> tuple[int, int]:
    """Return how many honest ledgers showed something, and how many there were; each with another seed."""
    alarms = 0
    for number in range(count):
        put_back()
        with TemporaryDirectory() as folder:
            shop, anchors = Shop(seed * 1000 + number, cashiers=2, customers=10), Path(folder, "anchors")
            for _half in range(2):
                shop.work(acts // 2, live=number % 2 == 0)
                append_anchor(anchors)
            report = verify_books(Asked(anchors=anchors, max_age_minutes=60))
        alarms += not report.is_sound
    return alarms, count


def write_ledger(books: Books, seed: int, *, acts: int) -> Callable[[], object]:
    """Fill the books in two halves with anchors, without guards afterwards; return what restores the first half."""
    shop = Shop(seed, cashiers=3 if acts < 100 else 12)
    shop.work(acts // 2)
    append_anchor(books.anchors)
    restore = tampering.keep_backup()
    shop.work(acts // 2)
    shop.drawers.finish()
    append_anchor(books.anchors)
    while acts > 100 and Transaction.objects.count() < 480:
        shop.work(10)
    for _payment in range(3 if acts < 100 else 24):  # a till whose end undoes nothing: the easiest one to cut
        shop.pay_with(shop.cashiers[-1])
    append_anchor(books.anchors)
    tampering.remove_guards()
    return restore


def all_tamperings(chance: Random, documents: int) -> Iterator[Tampering]:
    """Yield everything that is done to the rows."""
    return chain(
        tampering.changed_columns(chance),
        tampering.deleted_rows(),
        tampering.doubled_rows(),
        tampering.swapped_rows(),
        tampering.cut_tails(20),
        tampering.cut_tills(),
        tampering.rehashed(chance, min(100, documents // 4), key=STRANGER),
    )


def some_of_each_sort(tamperings: Iterator[Tampering], chance: Random) -> Iterable[Tampering]:
    """Return three of each sort."""
    sorts: dict[str, list[Tampering]] = {}
    for one in tamperings:
        sorts.setdefault(one.sort, []).append(one)
    return [one for ones in sorts.values() for one in chance.sample(ones, min(len(ones), 3))]


def try_in_two_processes(books: Books, seed: int, documents: int) -> None:
    """Do all of them, shared out between processes with a copy of the ledger each, and add up what they saw."""
    connections.close_all()
    work = [(share, books.anchors, seed, documents) for share in range(PROCESSES)]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        for tried, found, missed in pool.map(try_share, work):
            books.tried += tried
            books.found += found
            books.missed += missed


def try_share(work: tuple[int, Path, int, int]) -> tuple[Counter[str], Counter[str], list[str]]:
    """Do every other one of the same row of tamperings."""
    share, anchors, seed, documents = work
    books = Books(anchors.parent)
    with own_copy("ab"[share], as_it_is=True):
        books.try_all(islice(all_tamperings(Random(seed), documents), share, None, PROCESSES))
    return books.tried, books.found, books.missed


def changed_anchors(books: Books) -> Iterator[Tampering]:
    """Yield what can be done to the file of anchors; every one of them leaves the books alone."""
    lines = books.anchors.read_text().splitlines(keepends=True)
    texts = {
        "a balance changed": [lines[0].replace('"balance":', '"balance":1', 1), *lines[1:]],
        "a time changed": [lines[0].replace('"at":"2', '"at":"3', 1), *lines[1:]],
        "one taken from the middle": [lines[0], *lines[2:]],
        "the first one taken away": lines[1:],
        "two swapped": [lines[1], lines[0], *lines[2:]],
        "one doubled": [lines[0], *lines],
        "all taken away": [],
        "half a line": [*lines[:-1], lines[-1][:100]],
    }
    for what, changed in texts.items():
        books.anchors.write_text("".join(changed))
        yield Tampering("anchors changed", what, None, lambda: None, anchored=True)
    books.anchors.write_text("".join(lines))


def without_key_and_anchors(books: Books, chance: Random, restore: Callable[[], object]) -> dict[str, object]:
    """Return what is found when there are no anchors, or when the key is known, as with a plain hash."""
    cuts = list(tampering.cut_tails(20))
    cut = chance.sample(cuts, min(40, len(cuts)))  # each is looked for in the whole of the books
    hashed = list(tampering.rehashed(chance, 20, key=settings.CASHDESK_PROOF_KEY))
    backup = Tampering("old backup restored", "all tables", None, restore)
    tails = sum(books.shows(one, anchors=False) for one in cut)
    forged = sum(books.shows(one, anchors=False) for one in hashed)
    return {
        "without": "anchors, and with the key known (a plain hash)",
        "tails_cut": len(cut),
        "tails_found": tails,
        "rehashed": len(hashed),
        "rehashed_found": forged,
        "old_backup_found": books.shows(backup, anchors=False),
        "caught": tails < len(cut) and forged < len(hashed),
    }


def by_sort(tried: Counter[str]) -> dict[str, int]:
    """Return how often each sort was tried, the columns of a table together."""
    sorts: Counter[str] = Counter()
    for sort, count in tried.items():
        table, _, column = sort.partition(".")
        sorts[f"{table} columns" if column else sort] += count
    return dict(sorts)


if __name__ == "__main__":
    alone(run)
