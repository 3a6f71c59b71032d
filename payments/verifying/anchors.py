"""The anchors in a file: each as it was signed, each after the one before, and every head of theirs in the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.anchoring import ALONE, PAPERS, Anchor, AnchorBroken, read_anchor
from payments.verifying.columns import money
from payments.verifying.report import Fault, Report
from tills import proofs
from tills.models import Till, Transaction, numbered

AT_ONCE = 1000


@dataclass
class Head:
    """A till's last line as an anchor saw it; `seen` is the place of the anchor and its time."""

    digest: str
    balance: int
    seen: str


@dataclass
class Read:
    """What all anchors of a file say together."""

    count: int = 0
    last_mac: str = proofs.FIRST
    newest: datetime | None = None
    names: dict[int, str] = field(default_factory=dict)  # of every till, as it was last called
    codes: dict[int, str] = field(default_factory=dict)  # of those with lines, whose code cannot change any more
    heads: dict[int, dict[int, Head]] = field(default_factory=dict)
    papers: dict[str, dict[int, int]] = field(default_factory=dict)  # name: id of the last row: how many there were
    faults: list[Fault] = field(default_factory=list)  # of the file itself


def read_anchors(path: Path, max_age_minutes: int | None = None) -> Read:
    """Return what the anchors in the file say, and what is wrong with the file. Raises OSError when it cannot be read.

    The file is read before the books: what an anchor names was committed before the anchor was written, so whoever
    reads the books afterwards must see it.
    """
    read = Read()
    with path.open(encoding="utf-8", errors="replace") as file:
        for place, line in enumerate(file, start=1):
            where = _("%(file)s line %(place)d") % {"file": path.name, "place": place}
            read.faults += [Fault(where, what) for what in _read_line(line, where, read)]
    if read.count == 0:
        read.faults.append(Fault(path.name, _("there is no anchor in this file")))
    if max_age_minutes is not None and read.newest is not None:
        read.faults += _age_faults(path, read.newest, timedelta(minutes=max_age_minutes))
    return read


def verify_anchors(read: Read, report: Report) -> None:
    """Add to the report what the anchors show."""
    report.anchors = read.count
    report.add_faults(read.faults)
    report.add_faults(_head_faults(read))
    report.add_faults(_paper_faults(read))


def _read_line(line: str, where: str, read: Read) -> Iterator[str]:
    try:
        anchor = read_anchor(line)
    except AnchorBroken as fault:
        yield str(fault)
        return
    if anchor["previous"] is not ALONE and anchor["previous"] != read.last_mac:
        yield _("it was not written after the line before it: anchors were taken away, or added")
    moment = datetime.fromisoformat(anchor["at"])
    read.count, read.last_mac = read.count + 1, anchor["mac"]
    read.newest = max(moment, read.newest) if read.newest else moment
    for name in PAPERS:
        counted = anchor["papers"][name]
        known = read.papers.setdefault(name, {})
        known[counted["last"] or 0] = max(counted["count"], known.get(counted["last"] or 0, 0))
    yield from _collect_heads(anchor, f"{where}, {anchor['at']}", read)


def _collect_heads(anchor: Anchor, seen: str, read: Read) -> Iterator[str]:
    for row in anchor["tills"]:
        till, number = row["till"], row["number"]
        read.names[till] = row["code"]
        if number > 0 and read.codes.setdefault(till, row["code"]) != row["code"]:
            yield _("till %(code)s had another code in an anchor before") % {"code": row["code"]}
        head = read.heads.setdefault(till, {}).setdefault(number, Head(row["digest"], row["balance"], seen))
        if (head.digest, head.balance) != (row["digest"], row["balance"]):
            yield _("till %(code)s had another line %(number)d in an anchor before") % row


def _head_faults(read: Read) -> Iterator[Fault]:
    """Return the heads that are not in the books any more, till by till."""
    there = dict(Till.objects.values_list("pk", "code"))
    for till, name in sorted(read.names.items(), key=lambda row: row[1]):
        code = read.codes.get(till, name)
        if till not in there or there[till] != read.codes.get(till, there[till]):
            facts = {"code": code, "seen": next(iter(read.heads[till].values())).seen}
            yield Fault(_("till %(code)s") % facts, _("it is not there any more; anchored in %(seen)s") % facts)
        numbers = iter(sorted(number for number in read.heads[till] if number > 0))
        while some := list(islice(numbers, AT_ONCE)):
            yield from _missing_heads(till, code, some, read.heads[till])


def _missing_heads(till: int, code: str, numbers: list[int], heads: dict[int, Head]) -> Iterator[Fault]:
    lines = Transaction.objects.filter(till=till, number__in=numbers)
    rows = lines.order_by().values_list("number", "digest", money("balance_after"))
    found = {number: (digest, balance) for number, digest, balance in rows}
    for number in numbers:
        head = heads[number]
        if number not in found:
            what = _("this line is gone; it was the till's last one in %(seen)s")
        elif found[number] != (head.digest, head.balance):
            what = _("this is another line than the till's last one in %(seen)s")
        else:
            continue
        yield Fault(numbered(code, number), what % {"seen": head.seen})


def _paper_faults(read: Read) -> Iterator[Fault]:
    """Return where there are fewer rows up to an id than there were; rows written meanwhile may only add to them."""
    for name, model in PAPERS.items():
        expected = sorted(read.papers.get(name, {}).items())
        ids, counted = _ids(model), 0
        current = next(ids, None)
        for last, count in expected:
            while current is not None and current <= last:
                counted, current = counted + 1, next(ids, None)
            if counted < count:
                what = _("%(count)d rows up to %(last)d were there when they were anchored, now there are %(now)d")
                yield Fault(str(model._meta.verbose_name_plural), what % {"count": count, "last": last, "now": counted})
                break


def _ids(model: type[Model]) -> Iterator[int]:
    last = 0
    while some := list(
        model._default_manager.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: 10 * AT_ONCE]
    ):
        yield from some
        last = some[-1]


def _age_faults(path: Path, newest: datetime, most: timedelta) -> Iterator[Fault]:
    if timezone.now() - newest > most:
        what = _("the newest anchor is from %(moment)s, which is longer ago than allowed")
        yield Fault(path.name, what % {"moment": newest.isoformat(timespec="seconds")})
