"""The rows of the day's report: sums under a name, and how pieces are merged into them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.money import ZERO
from tills.models import numbered


@dataclass(frozen=True, kw_only=True)
class Sums:
    """How many payments and reversals there are, and what they sum to; both amounts are above zero."""

    payments: int = 0
    paid: Decimal = ZERO
    reversals: int = 0
    undone: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Payments less reversals."""
        return self.paid - self.undone


@dataclass(frozen=True, kw_only=True)
class Row(Sums):
    """The sums under one name, with the first and the last document number where lines were summed."""

    name: str
    first: str = ""
    last: str = ""


@dataclass(frozen=True, kw_only=True)
class Bucket(Sums):
    """The sums of one business day, or of one hour of the clock: 0 to 23, and from 24 on what is of the next day.

    Where the day starts in the middle of an hour, the rest of that hour is its last one, 28 for a day from 04:30.
    """

    start: date | int


@dataclass(frozen=True, kw_only=True)
class Piece(Sums):
    """The lines of one till, method, taker and reseller: every table is merged from these.

    `first` and `last` are ids of lines: a till's ids rise with its numbers, so that they compare across tills.
    """

    method: tuple[int, int, str]
    taker: int
    till: str
    reseller: tuple[str, int]
    first: int
    last: int
    first_number: int
    last_number: int


def table(pieces: Iterable[Piece], key: Callable[[Piece], Hashable], name: Callable[[Piece], str]) -> list[Row]:
    """Return a row for each key, in the order in which the pieces bring them."""
    groups: dict[Hashable, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(key(piece), []).append(piece)
    return [merged(name(group[0]), group) for group in groups.values()]


def merged(name: str, pieces: list[Piece]) -> Row:
    """Return the sums of the pieces under one name."""
    first = min(pieces, key=lambda piece: piece.first, default=None)
    last = max(pieces, key=lambda piece: piece.last, default=None)
    return Row(
        name=name,
        payments=sum(piece.payments for piece in pieces),
        paid=sum((piece.paid for piece in pieces), ZERO),
        reversals=sum(piece.reversals for piece in pieces),
        undone=sum((piece.undone for piece in pieces), ZERO),
        first=numbered(first.till, first.first_number) if first else "",
        last=numbered(last.till, last.last_number) if last else "",
    )
