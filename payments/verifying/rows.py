"""What is read of a stretch of a till's journal: three queries, in the order in which it is examined."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q

from payments.models import Allocation, Reversal
from payments.verifying.columns import AmongThese, Day, Key, Moment, money
from tills import proofs
from tills.models import Transaction, numbered

STRETCH = 10_000  # lines that are in memory at one time, in each process


@dataclass(frozen=True)
class TillFacts:
    """A till as its lines must know it."""

    pk: int
    code: str
    operator_id: int | None
    reseller_id: int | None

    @cached_property
    def spelled(self) -> str:
        """How a signed line ends: till and whose till it is."""
        return json.dumps({"till": self.pk, "till_operator": self.operator_id}, separators=(",", ":"))[1:-1]

    @cached_property
    def spelled_reseller(self) -> str:
        """How the till's reseller stands in a signed line."""
        return json.dumps(self.reseller_id)


@dataclass(frozen=True)
class Stretch:
    """The lines of a till after one number and up to another; None: no bound on that side."""

    till: TillFacts
    after: int | None
    up_to: int | None
    lines: int  # about how many, for the progress bar

    def bounds(self, path: str = "") -> dict[str, int]:
        """Return the filter for rows whose line, reached by this path, stands in the stretch."""
        asked = {f"{path}till": self.till.pk, f"{path}number__gt": self.after, f"{path}number__lte": self.up_to}
        return {name: value for name, value in asked.items() if value is not None}


class Head(NamedTuple):
    """What a stretch's first line follows; a line is the head of the next one."""

    number: int = 0
    balance_after: int = 0
    digest: str = proofs.FIRST
    recorded_at: str = ""
    key_id: str = ""


class LineRow(NamedTuple):
    """A line with its payment, if it is one, and the line that reversed it, if any; spelled as signed."""

    pk: int
    number: int
    kind: str
    operator_id: int
    reseller_id: int | None
    customer_id: int | None
    customer_external_id: str | None
    method_id: int | None
    shift_id: int | None
    comment: str
    payload: str
    key_id: str
    previous_digest: str
    digest: str
    payment_id: int | None
    reference: str
    customer_name: str
    customer_login: str
    undone_in: int | None
    amount: int
    effect: int
    cash: int
    balance_before: int
    balance_after: int
    recorded_at: str
    business_date: str
    payment_key: str
    paid_on: str
    customer_balance_before: int
    customer_balance_after: int


class PartRow(NamedTuple):
    """A part with one of its deliveries, if it has any."""

    payment_id: int
    pk: int
    invoice_id: int | None
    invoice_kind: str | None
    invoice_customer_id: int | None
    delivery_id: int | None
    delivery_kind: str
    reference: str
    state: str
    reflected: bool
    batch: int | None
    amount: int


class ReversalRow(NamedTuple):
    """A reversal with the line of the payment that it undoes, and with the payment that replaces it, if any."""

    transaction_id: int
    reason: str
    payment_id: int
    till_id: int
    number: int
    kind: str
    customer_id: int | None
    method_id: int | None
    replacement_id: int | None
    replacement_till_id: int | None
    replacement_number: int | None
    payment_key: str
    replacement_key: str | None
    amount: int
    effect: int
    cash: int


LINE_COLUMNS: tuple[Any, ...] = (  # Any: names and expressions
    "pk", "number", "kind", "operator_id", "reseller_id", "customer_id", "customer__external_id", "method_id",
    "shift_id", "comment", "payload", "key_id", "previous_digest", "digest",
    "payment__pk", "payment__reference", "payment__customer_name", "payment__customer_login",
    "payment__reversal__transaction_id",
    money("amount"), money("effect"), money("cash"), money("balance_before"), money("balance_after"),
    Moment("recorded_at"), Day("business_date"), Key("payment__key"), Day("payment__paid_on"),
    money("payment__customer_balance_before"), money("payment__customer_balance_after"),
)  # fmt: skip
PART_COLUMNS: tuple[Any, ...] = (
    "payment_id", "pk", "invoice_id", "invoice__kind", "invoice__customer_id", "deliveries__pk", "deliveries__kind",
    "deliveries__reference", "deliveries__state", "deliveries__reflected", "deliveries__batch", money("amount"),
)  # fmt: skip
LINE_OF = "payment__transaction__"
REVERSAL_COLUMNS: tuple[Any, ...] = (
    "transaction_id", "reason", "payment_id", f"{LINE_OF}till_id", f"{LINE_OF}number", f"{LINE_OF}kind",
    f"{LINE_OF}customer_id", f"{LINE_OF}method_id", "replacement_id", "replacement__transaction__till_id",
    "replacement__transaction__number", Key("payment__key"), Key("replacement__key"),
    money(f"{LINE_OF}amount"), money(f"{LINE_OF}effect"), money(f"{LINE_OF}cash"),
)  # fmt: skip


def stretches(till: TillFacts, lines: int) -> Iterator[Stretch]:
    """Return the till's journal in stretches; the first and the last are open, so that no line falls between."""
    last = max(lines - 1, 0) // STRETCH
    for place in range(last + 1):
        after = place * STRETCH if place else None
        up_to = None if place == last else (place + 1) * STRETCH
        yield Stretch(till, after, up_to, min(STRETCH, lines - place * STRETCH))


def read_head(stretch: Stretch) -> Head:
    """Return what the stretch's first line must follow: the till's last line before it."""
    if stretch.after is None:
        return Head()
    before = Transaction.objects.filter(till=stretch.till.pk, number__lte=stretch.after).order_by("-number", "-pk")
    row = before.values_list("number", money("balance_after"), "digest", Moment("recorded_at"), "key_id").first()
    return Head(*row) if row else Head()


def read_lines(stretch: Stretch) -> list[LineRow]:
    """Return the stretch's lines in the order of their numbers.

    Sorted here: the database would carry the documents along, and write them to its disk to do so.
    """
    lines = Transaction.objects.filter(**stretch.bounds()).order_by()
    found = list(map(LineRow._make, lines.values_list(*LINE_COLUMNS)))
    try:
        return sorted(found, key=attrgetter("number", "pk"))
    except TypeError:  # SQLite stores text in a column of numbers
        return sorted(found, key=lambda row: (type(row.number) is not int, row.number, row.pk))


def name_of(till: TillFacts, number: int) -> str:
    """Return the number printed on paper; of a number that is none, what stands there."""
    return numbered(till.code, number) if type(number) is int else f"{till.code}-{number!r}"


def read_parts(lines: Sequence[LineRow]) -> dict[int, list[PartRow]]:
    """Return the parts of these lines' payments, with their deliveries, by payment."""
    ids = [line.payment_id for line in lines if line.payment_id is not None]
    asked = AmongThese(F("payment_id"), ids) if connection.vendor == "postgresql" else Q(payment__in=ids)
    parts = Allocation.objects.filter(asked).order_by()
    found: dict[int, list[PartRow]] = defaultdict(list)
    for row in map(PartRow._make, parts.values_list(*PART_COLUMNS)):
        found[row.payment_id].append(row)
    return found


def read_reversals(stretch: Stretch) -> dict[int, list[ReversalRow]]:
    """Return the reversals whose lines stand in the stretch, by line."""
    reversals = Reversal.objects.filter(**stretch.bounds("transaction__")).order_by()
    found: dict[int, list[ReversalRow]] = defaultdict(list)
    for row in map(ReversalRow._make, reversals.values_list(*REVERSAL_COLUMNS)):
        found[row.transaction_id].append(row)
    return found


def read_undoing(lines: Sequence[LineRow]) -> dict[int, int]:
    """Return the numbers of the lines, by id, that undo some of these lines; they may stand in a later stretch."""
    ids = [line.undone_in for line in lines if type(line.undone_in) is int]
    return dict(Transaction.objects.filter(pk__in=ids).order_by().values_list("pk", "number"))
