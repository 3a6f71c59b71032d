"""The day's report: what was taken and reversed in a period, by method, operator, till and reseller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Max, Min, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, ExtractHour, ExtractMinute
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.models import Invoice
from customers.money import ZERO
from payments.models import Allocation
from payments.report_rows import Bucket, Piece, Row, merged, table
from payments.report_shifts import ShiftRow, read_shifts
from tills.blindness import hidden_lines
from tills.models import Transaction

Lines = QuerySet[Transaction, Transaction]
PAID, UNDONE = Transaction.Kind.PAYMENT, Transaction.Kind.REVERSAL
# A reversal stands under whoever took the payment. A payment made by a move stands under the mover, though its money
# lies in the till that took the first one: who answers for which cash, the table by till says, not the one by operator.
TAKER = Coalesce("reversal__payment__transaction__operator", "operator")
GROUPS = ("till__code", "method__order", "method", "method__name", "reseller", "reseller__name")


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that the report shows; every table sums to the same total."""

    total: Row
    methods: list[Row]
    operators: list[Row]
    tills: list[Row]
    resellers: list[Row]
    documents: list[Row]
    takings: list[Bucket]
    shifts: list[ShiftRow]
    leaves_own_shift_out: bool


def read_report(operator: Operator, since: date, until: date) -> Report:
    """Return the figures of the business days from `since` to `until` in the operator's scope.

    The number of queries does not depend on how much was taken. The operator's own shift that is counted blind is
    left out: from its sums the expected cash would follow.
    """
    days = {"business_date__gte": since, "business_date__lte": until}
    period = Transaction.objects.visible_to(operator).filter(kind__in=(PAID, UNDONE), **days).order_by()
    hidden = hidden_lines(operator)
    lines = period.exclude(hidden)
    pieces = _pieces(lines)
    names = _names({piece.taker for piece in pieces})
    by_taker = sorted(pieces, key=lambda piece: (names[piece.taker], piece.taker))
    by_till = sorted(pieces, key=lambda piece: piece.till)
    by_method = sorted(pieces, key=lambda piece: piece.method)
    by_reseller = sorted(pieces, key=lambda piece: piece.reseller)
    return Report(
        total=merged(_("Total"), pieces),
        methods=table(by_method, lambda piece: piece.method, lambda piece: piece.method[2]),
        operators=table(by_taker, lambda piece: piece.taker, lambda piece: names[piece.taker]),
        tills=table(by_till, lambda piece: piece.till, lambda piece: piece.till),
        resellers=table(by_reseller, lambda piece: piece.reseller, lambda piece: piece.reseller[0] or _("No reseller")),
        documents=_documents(operator, since, until),
        takings=_hours(lines) if since == until else _days(lines, since, until),
        shifts=read_shifts(operator, since, until),
        leaves_own_shift_out=period.filter(hidden).exists(),
    )


def _sums(paid: Q, undone: Q) -> dict[str, Any]:  # Any: aggregates of several types
    return {
        "payments": Count("pk", filter=paid),
        "paid": Sum("amount", filter=paid),
        "reversals": Count("pk", filter=undone),
        "undone": Sum("amount", filter=undone),
    }


def _figures(found: dict[str, Any]) -> dict[str, Any]:
    """Return the sums of a row that was read; a sum of nothing is zero."""
    amounts = {name: found[name] or ZERO for name in ("paid", "undone")}
    return {"payments": found["payments"], "reversals": found["reversals"], **amounts}


def _pieces(lines: Lines) -> list[Piece]:
    """Return the sums of all lines that every table is made of, in one query."""
    bounds = {"first": Min("pk"), "last": Max("pk"), "first_number": Min("number"), "last_number": Max("number")}
    found = lines.annotate(taker=TAKER).values("taker", *GROUPS).annotate(
        **_sums(Q(kind=PAID), Q(kind=UNDONE)), **bounds
    )  # fmt: skip
    return [
        Piece(
            method=(row["method__order"], row["method"], row["method__name"]),
            taker=row["taker"],
            till=row["till__code"],
            reseller=(row["reseller__name"] or "", row["reseller"] or 0),
            **{name: row[name] for name in bounds},
            **_figures(row),
        )
        for row in found
    ]


def _names(ids: set[int]) -> dict[int, str]:
    """Return the names of those who took what the report may show."""
    found = Operator.objects.filter(pk__in=ids).only("name", "username")
    return {row.pk: row.get_full_name() for row in found}


def _documents(operator: Operator, since: date, until: date) -> list[Row]:
    """Return what went on invoices, on proformas and on account; a payment in parts counts once for each kind.

    The days are asked of the lines themselves: through a list of their ids SQLite would read every part there is.
    """
    parts = Allocation.objects.visible_to(operator).order_by()
    sums: dict[str | None, dict[str, Any]] = {}
    for line, count, amount in (
        ("payment__transaction__", "payments", "paid"),
        ("payment__reversal__transaction__", "reversals", "undone"),
    ):
        days = {f"{line}business_date__gte": since, f"{line}business_date__lte": until}
        by_kind = parts.filter(**days).exclude(hidden_lines(operator, line)).values_list("invoice__kind")
        for kind, number, total in by_kind.annotate(number=Count("payment", distinct=True), sum=Sum("amount")):
            sums.setdefault(kind, {})[amount] = total
            sums[kind][count] = number
    names: dict[str | None, Any] = {kind.value: kind.label for kind in Invoice.Kind} | {None: _("On account")}
    return [Row(name=str(name), **sums[kind]) for kind, name in names.items() if kind in sums]


def _hours(lines: Lines) -> list[Bucket]:
    """Return the hours of the clock from the first to the last in which something was taken, in the day's order."""
    zone, starts = timezone.get_default_timezone(), settings.CASHDESK_DAY_STARTS
    hour, minute = (extract("recorded_at", tzinfo=zone) for extract in (ExtractHour, ExtractMinute))
    is_rest = Q(hour=starts.hour, minute__lt=starts.minute)
    found = lines.annotate(hour=hour, minute=minute).annotate(is_rest=Case(When(is_rest, then=1), default=0))
    sums = found.values("hour", "is_rest").annotate(**_sums(Q(kind=PAID), Q(kind=UNDONE)))
    by_place = {(row["hour"] - starts.hour) % 24 + 24 * row["is_rest"]: _figures(row) for row in sums}
    if not by_place:
        return []
    places = range(min(by_place), max(by_place) + 1)
    return [Bucket(start=_start(place + starts.hour), **by_place.get(place, {})) for place in places]


def _start(hour: int) -> int:
    """Return the hour as the clock says it; the rest of the hour in which the day started stays above 23."""
    return hour if hour == settings.CASHDESK_DAY_STARTS.hour + 24 else hour % 24


def _days(lines: Lines, since: date, until: date) -> list[Bucket]:
    """Return every business day of the period."""
    found = lines.values("business_date").annotate(**_sums(Q(kind=PAID), Q(kind=UNDONE)))
    by_day = {row["business_date"]: _figures(row) for row in found}
    days = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return [Bucket(start=day, **by_day.get(day, {})) for day in days]
