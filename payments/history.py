"""What was taken: the journal lines an operator may look back on, filtered, summed and paged by key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from anyascii import anyascii
from django.db.models import Case, Count, F, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from accounts.models import Operator
from customers.money import ZERO, MoneyField
from payments.models import Payment
from tills import blindness
from tills.models import Transaction, numbered

KINDS = (Transaction.Kind.PAYMENT, Transaction.Kind.REVERSAL)
SIGNED = Case(
    When(kind=Transaction.Kind.REVERSAL, then=-1 * F("amount")), default=F("amount"), output_field=MoneyField()
)
PRINTED_NAME = Coalesce("payment__customer_name", "reversal__payment__customer_name")
PRINTED_LOGIN = Coalesce("payment__customer_login", "reversal__payment__customer_login")
ROWS = 25
CHUNK = 500
TEXT_LINES = (
    20_000  # as many lines are read for words; each of them may then stand in one query (SQLite: 32766 at most)
)
DOCUMENT = re.compile(r"(?P<code>.+)-(?P<number>[0-9]{1,9})")

INSIDE_WORDS = re.compile(r"[^a-z0-9\s]")

Lines = QuerySet[Transaction, Transaction]
Day = date | Subquery


class TextTooWide(ValueError):
    """The period holds more lines than are read for words; a shorter one, or the whole document number, is needed."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for: business days from `since` to `until` (None: open), method, operator, words."""

    since: date | None = None
    until: date | None = None
    method_id: int | None = None
    operator_id: int | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page begins: right before or right after the line with this id; neither is the newest page."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, kw_only=True)
class MethodTotal:
    """What was taken by one method, less what was reversed."""

    name: str
    payments: int
    reversals: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What all filtered lines sum to, by method; without the shift that is hidden from who asks.

    `rows` counts all lines, also hidden ones, and `passed` those of them that the place has left behind it: both are
    for finding the pages beside it, and never shown while `is_hidden`.
    """

    by_method: list[MethodTotal]
    rows: int
    passed: int
    is_hidden: bool = False

    @property
    def payments(self) -> int:
        """How many payments there are."""
        return sum(total.payments for total in self.by_method)

    @property
    def reversals(self) -> int:
        """How many reversals there are."""
        return sum(total.reversals for total in self.by_method)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.payments + self.reversals

    @property
    def amount(self) -> Decimal:
        """What they sum to: payments less reversals."""
        return sum((total.amount for total in self.by_method), ZERO)


@dataclass(frozen=True)
class Row:
    """A line as a list shows it, with the payment that it took or undid."""

    line: Transaction
    payment: Payment

    @property
    def is_reversal(self) -> bool:
        """Whether the line undoes the payment."""
        return self.line.kind == Transaction.Kind.REVERSAL

    @property
    def is_reversed(self) -> bool:
        """Whether the line is a payment that was undone later."""
        return not self.is_reversal and hasattr(self.payment, "reversal")

    @property
    def amount(self) -> Decimal:
        """The amount, below zero for a reversal."""
        return -self.line.amount if self.is_reversal else self.line.amount


@dataclass(frozen=True, kw_only=True)
class Page:
    """At most 25 rows, newest first, and the keys of the pages beside it (None: there is none)."""

    rows: list[Row]
    older: int | None
    newer: int | None


def filtered(operator: Operator, wanted: Wanted) -> Lines:
    """Return the lines in the operator's scope that are wanted, newest first; raises TextTooWide.

    The operator's id is asked within the scope, so that a foreign one answers like an unknown one: nothing.
    """
    lines = Transaction.objects.visible_to(operator).filter(kind__in=KINDS)
    bounds = {"business_date__gte": wanted.since, "business_date__lte": wanted.until, "method": wanted.method_id}
    lines = lines.filter(**{name: value for name, value in bounds.items() if value is not None})
    if wanted.operator_id is not None:
        lines = lines.filter(_by(wanted.operator_id))
    if wanted.text.strip():
        lines = lines.filter(pk__in=_ids_with(lines, wanted.text))
    return lines.order_by("-business_date", "-pk")  # as the indexes by operator, reseller and day are sorted


def _by(operator_id: int) -> Q:
    """Return what somebody took or reversed, and what others reversed of theirs."""
    return Q(operator=operator_id) | Q(reversal__payment__transaction__operator=operator_id)


def _ids_with(lines: Lines, text: str) -> list[int]:
    """Return the ids of the lines with this document number, else of those where every word stands somewhere.

    Words are compared in Python, since no database folds accents and scripts alike, and over a bounded number of
    lines, since no index helps with the middle of a word.
    """
    number = DOCUMENT.fullmatch(text.strip())
    if number is not None:
        found = lines.filter(till__code__iexact=number["code"], number=int(number["number"]))
        if ids := list(found.values_list("pk", flat=True)):
            return ids
    printed = (PRINTED_NAME, PRINTED_LOGIN, "comment", "till__code", "number")
    read = list(lines.order_by().values_list("pk", *printed)[: TEXT_LINES + 1])
    if len(read) > TEXT_LINES:
        raise TextTooWide
    words = fold(text).split()
    return [
        pk
        for pk, name, login, comment, code, place in read
        if holds(f"{name} {login} {comment} {numbered(code, place)}", words)
    ]


def holds(text: str, words: list[str]) -> bool:
    """Return whether every word stands in the text, which is read with and without the marks inside its words."""
    folded = fold(text)
    both = f"{folded} {INSIDE_WORDS.sub('', folded)}"
    return all(word in both for word in words)


def fold(text: str) -> str:
    """Return the text as it is compared: without accents, case and script."""
    return anyascii(text).lower()


def totals(operator: Operator, lines: Lines, place: Place) -> Totals:
    """Return what the lines sum to by method, and how many the place has left behind, in one query.

    What counts blind may not know of its own shift is in no sum (tills/blindness.py).
    """
    hidden = blindness.hidden_lines(operator)
    shown = ~hidden
    behind = Q(pk__in=[])
    if place.before is not None:
        behind = ~_older(_day_of(operator, place.before), place.before)
    elif place.after is not None:
        behind = ~_newer(_day_of(operator, place.after), place.after)
    found = list(
        lines.order_by("method__order", "method")
        .values_list("method__name")
        .annotate(
            payments=Count("pk", filter=shown & ~Q(kind=Transaction.Kind.REVERSAL)),
            reversals=Count("pk", filter=shown & Q(kind=Transaction.Kind.REVERSAL)),
            sum=Sum(SIGNED, filter=shown),
            rows=Count("pk"),
            passed=Count("pk", filter=behind),
        )
    )
    by_method = [
        MethodTotal(name=name, payments=payments, reversals=reversals, amount=amount or ZERO)
        for name, payments, reversals, amount, _rows, _passed in found
        if payments or reversals
    ]
    return Totals(
        by_method=by_method,
        rows=sum(rows for *_, rows, _passed in found),
        passed=sum(passed for *_, passed in found),
        is_hidden=sum(total.payments + total.reversals for total in by_method) != sum(rows for *_, rows, _ in found),
    )


def page(operator: Operator, lines: Lines, place: Place, summed: Totals) -> Page:
    """Return the page at this place, in one query; by key, so that it does not cost more the further back it lies."""
    if place.after is not None:
        newer = lines.filter(_newer(_day_of(operator, place.after), place.after))
        rows = read(newer.reverse(), ROWS)[::-1]
    elif place.before is not None:
        rows = read(lines.filter(_older(_day_of(operator, place.before), place.before)), ROWS)
    else:
        rows = read(lines, ROWS)
    left = summed.passed + len(rows) < summed.rows
    has_older, has_newer = (summed.passed > 0, left) if place.after is not None else (left, summed.passed > 0)
    return Page(
        rows=rows,
        older=rows[-1].line.pk if rows and has_older else None,
        newer=rows[0].line.pk if rows and has_newer else None,
    )


def read(lines: Lines, most: int) -> list[Row]:
    """Return the first lines, at most so many, with all that a row shows, in one query."""
    related = ("till", "method", "operator", "payment__reversal", "reversal__payment__transaction__till")
    found = lines.select_related(*related).defer(
        "payload", "operator__password", "reversal__payment__transaction__payload"
    )[:most]
    return [Row(line, line.reversal.payment if hasattr(line, "reversal") else line.payment) for line in found]


def in_chunks(lines: Lines) -> Iterator[list[Row]]:
    """Return all lines, newest first, in lists of at most 500: constant memory, and no query stays open meanwhile.

    Lines are append-only and the walk goes from new to old, so that what is taken meanwhile does not disturb it.
    """
    rows = read(lines, CHUNK)
    while rows:
        yield rows
        last = rows[-1].line
        rows = read(lines.filter(_older(last.business_date, last.pk)), CHUNK) if len(rows) == CHUNK else []


def _day_of(operator: Operator, pk: int) -> Subquery:
    """Return the business day of a line as a part of a query; an id outside the scope has none, like an unknown one."""
    return Subquery(Transaction.objects.visible_to(operator).filter(pk=pk).order_by().values("business_date"))


def _older(day: Day, pk: int) -> Q:
    """Return what stands further down than this line: the first half is what the index can use."""
    return Q(business_date__lte=day) & (Q(business_date__lt=day) | Q(pk__lt=pk))


def _newer(day: Day, pk: int) -> Q:
    """Return what stands further up than this line."""
    return Q(business_date__gte=day) & (Q(business_date__gt=day) | Q(pk__gt=pk))
