"""Deposits as who manages them reads them: every till in scope with its balance, and what was done to each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Operator, Reseller
from customers.money import ZERO
from payments.history import DOCUMENT, TEXT_LINES, TextTooWide, fold, holds
from tills import blindness, journal
from tills.deposits import KINDS
from tills.models import Kind, Till, Transaction, numbered

ROWS = 25
CHUNK = 500
Lines = QuerySet[Transaction, Transaction]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A till with what is left of its deposit; without figures while they are hidden from who asks."""

    till: Till
    holder: str
    is_hidden: bool
    balance: Decimal
    room: Decimal | None
    changed_at: datetime | None
    has_deposit: bool

    @property
    def left(self) -> Decimal:
        """What can be withdrawn."""
        return max(ZERO, self.balance)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for: business days (None: open), till, who did it, words."""

    since: date | None = None
    until: date | None = None
    till_id: int | None = None
    operator_id: int | None = None
    text: str = ""


def holder_of(till: Till) -> str:
    """Return whose till it is, in words. Reads the holder."""
    if till.reseller is not None:
        return till.reseller.name
    return till.operator.get_full_name() if till.operator is not None else till.code


def tills_in_scope(operator: Operator) -> QuerySet[Till, Till]:
    """Return the tills of everybody in the operator's scope, without the safe, which is nobody's."""
    held = Till.objects.in_scope_of(operator).exclude(operator=None, reseller=None)
    return held.select_related("operator", "reseller").order_by("code")


def standings(operator: Operator, tills: QuerySet[Till, Till]) -> list[Standing]:
    """Return where these tills stand, in one query and one about the own shift."""
    last = Transaction.objects.filter(till=OuterRef("pk")).order_by("-number")
    moved = Transaction.objects.filter(till=OuterRef("pk"), kind__in=KINDS).order_by("-number")
    rows = tills.annotate(
        balance=Subquery(last.values("balance_after")[:1]),
        changed_at=Subquery(moved.values("recorded_at")[:1]),
        last_kind=Subquery(moved.exclude(kind=Kind.WITHDRAWAL).values("kind")[:1]),
    )
    own = blindness.blind_shift(operator)
    return [_standing(till, is_hidden=own is not None and own.till_id == till.pk) for till in rows]


def _standing(till: Till, *, is_hidden: bool) -> Standing:
    balance = till.balance or ZERO  # type: ignore[attr-defined]  # annotated
    return Standing(
        till=till,
        holder=holder_of(till),
        is_hidden=is_hidden,
        balance=ZERO if is_hidden else balance,
        room=None if is_hidden else journal.room_of(till, balance),
        changed_at=till.changed_at,  # type: ignore[attr-defined]  # annotated
        has_deposit=till.last_kind not in {None, Kind.CLOSING},  # type: ignore[attr-defined]  # annotated
    )


def holders_without_till(operator: Operator) -> list[Operator | Reseller]:
    """Return those in scope who may have a deposit and have no till yet, by name."""
    people = Operator.objects.visible_to(operator).filter(reseller=None, cashdesk_access=True, is_active=True)
    houses = Reseller.objects.visible_to(operator).filter(is_active=True)
    without = ~Exists(Till.objects.filter(operator=OuterRef("pk")))
    alone = ~Exists(Till.objects.filter(reseller=OuterRef("pk")))
    return [*houses.filter(alone).order_by("name"), *people.filter(without).order_by("name", "username")]


def filtered(operator: Operator, wanted: Wanted) -> Lines:
    """Return the deposit lines in scope that are wanted, newest first; raises TextTooWide."""
    lines = Transaction.objects.filter(kind__in=KINDS, till__in=tills_in_scope(operator).order_by().values("pk"))
    bounds = {
        "business_date__gte": wanted.since,
        "business_date__lte": wanted.until,
        "till": wanted.till_id,
        "operator": wanted.operator_id,
    }
    lines = lines.filter(**{name: value for name, value in bounds.items() if value is not None})
    if wanted.text.strip():
        lines = lines.filter(pk__in=_ids_with(lines, wanted.text))
    return lines.order_by("-pk")


def _ids_with(lines: Lines, text: str) -> list[int]:
    """Return the ids of the lines with this number, else of those where every word stands somewhere."""
    number = DOCUMENT.fullmatch(text.strip())
    if number is not None:
        found = lines.filter(till__code__iexact=number["code"], number=int(number["number"]))
        if ids := list(found.values_list("pk", flat=True)):
            return ids
    names = ("till__operator__name", "till__operator__username", "till__reseller__name", "operator__name")
    read = list(
        lines.order_by().values_list("pk", "till__code", "number", "comment", *names)[: TEXT_LINES + 1],
    )
    if len(read) > TEXT_LINES:
        raise TextTooWide
    words = fold(text).split()
    return [
        pk
        for pk, code, place, comment, *named in read
        if holds(" ".join([numbered(code, place), comment, *(name or "" for name in named)]), words)
    ]


@dataclass(frozen=True)
class Row:
    """One line of the deposit history; without its balances while they are hidden from who asks."""

    line: Transaction
    is_hidden: bool

    @property
    def holder(self) -> str:
        """Whose till it is."""
        return holder_of(self.line.till)


def read(operator: Operator, lines: Lines, most: int) -> list[Row]:
    """Return the first lines, at most so many, with all that a row shows."""
    own = blindness.blind_shift(operator)
    found = lines.select_related("till__operator", "till__reseller", "operator").defer("payload")[:most]
    return [Row(line, own is not None and own.till_id == line.till_id) for line in found]


@dataclass(frozen=True)
class Page:
    """At most 25 rows, newest first, and the keys of the pages beside it (None: there is none)."""

    rows: Sequence[Row]
    older: int | None
    newer: int | None


def page(operator: Operator, lines: Lines, *, before: int | None = None, after: int | None = None) -> Page:
    """Return the page right before or right after a line, else the newest one."""
    if after is not None:
        rows = read(operator, lines.filter(pk__gt=after).reverse(), ROWS)[::-1]
    else:
        rows = read(operator, lines.filter(pk__lt=before) if before is not None else lines, ROWS)
    if not rows:
        return Page(rows, None, None)
    oldest, newest = rows[-1].line.pk, rows[0].line.pk
    is_older = lines.filter(pk__lt=oldest).exists()
    is_newer = lines.filter(pk__gt=newest).exists()
    return Page(rows, oldest if is_older else None, newest if is_newer else None)


def in_chunks(operator: Operator, lines: Lines) -> Iterator[list[Row]]:
    """Return all lines, newest first, in lists of at most 500; no query stays open meanwhile."""
    rows = read(operator, lines, CHUNK)
    while rows:
        yield rows
        rows = read(operator, lines.filter(Q(pk__lt=rows[-1].line.pk)), CHUNK) if len(rows) == CHUNK else []
