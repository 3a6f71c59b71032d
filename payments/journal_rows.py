"""A till's journal as one of its users may read it: colleagues' lines without customer, comment and link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Operator
from payments.history import PRINTED_NAME
from tills import deposits, journal
from tills.models import EFFECTS, Till, Transaction, document_number
from tills.once import MANAGE_DEPOSITS, SUPERVISE
from tills.shift_figures import expected_cash

ROWS = 25
BALANCES = ("effect", "balance_before", "balance_after")
RECEIPT_KEY = Coalesce("payment__key", "reversal__payment__key")


@dataclass(frozen=True, kw_only=True)
class Details:
    """What only those may read who may see the line: whose it is, what was noted, and the key of its receipt."""

    customer: str
    comment: str
    key: UUID | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the journal; without details where it is a colleague's, without balances while those are hidden.

    What is not in the row no template can show. `movement` is the key of the page of a line that is no payment.
    """

    number: int
    document: str
    recorded_at: datetime
    day: date
    kind: str
    amount: Decimal
    effect: Decimal | None
    balance_before: Decimal | None
    balance_after: Decimal | None
    details: Details | None
    movement: int | None


@dataclass(frozen=True, kw_only=True)
class Page:
    """At most 25 rows, newest first, and the numbers that lead to the pages beside it (None: there is none)."""

    rows: list[Row]
    older: int | None
    newer: int | None


def cash_in(till: Till) -> Decimal | None:
    """Return the cash that should lie in the drawer; None without a shift: then nothing says where cash goes."""
    shift = journal.shift_of(till)
    return None if shift is None else expected_cash(shift)


def journal_page(
    *,
    till: Till,
    operator: Operator,
    newest: int,
    before: int | None = None,
    after: int | None = None,
    most: int = ROWS,
    is_hidden: bool = False,
) -> Page:
    """Return the page right before or after a number, else the newest one; `newest` is the till's last number.

    A till's numbers have no gaps, so that the numbers themselves say whether there is more.
    """
    lines = Transaction.objects.filter(till=till).order_by("-number")
    if after is not None:
        lines = lines.filter(number__gt=after).reverse() if after > 0 else lines.none()  # no line has the number 0
    elif before is not None:
        lines = lines.filter(number__lt=before)
    columns = (
        "pk",
        "number",
        "recorded_at",
        "business_date",
        "kind",
        "amount",
        "effect",
        "balance_before",
        "balance_after",
    )
    read = sorted(lines.values(*columns)[:most], key=lambda line: line["number"], reverse=True)
    if is_hidden:
        read = [{**line, **dict.fromkeys(BALANCES)} for line in read]
    visible = _details(till, operator, [line["pk"] for line in read])
    rows = [
        Row(
            document=document_number(till, line["number"]),
            day=line.pop("business_date"),
            movement=line["pk"] if line["kind"] in EFFECTS else None,
            kind=str(Transaction.Kind(line.pop("kind")).label),
            details=visible.get(line.pop("pk")),
            **line,
        )
        for line in read
    ]
    return Page(
        rows=rows,
        older=rows[-1].number if rows and rows[-1].number > 1 else None,
        newer=rows[0].number if rows and rows[0].number < newest else None,
    )


def movements_for(operator: Operator) -> QuerySet[Transaction, Transaction]:
    """Return the lines that are no payments and that this operator may open: the own till's, and by right in scope."""
    mine = Q(till__in=Till.objects.visible_to(operator).values("pk"))
    scope = Till.objects.in_scope_of(operator).values("pk")
    if operator.has_perm(MANAGE_DEPOSITS):
        mine |= Q(till__in=scope, kind__in=deposits.KINDS)
    if operator.has_perm(SUPERVISE):
        mine |= Q(till__in=scope) & ~Q(kind__in=deposits.KINDS)
    return Transaction.objects.filter(mine, kind__in=list(EFFECTS))


def _details(till: Till, operator: Operator, ids: list[int]) -> dict[int, Details]:
    """Return the details of those lines that the operator may see; the rest is never read.

    At a till of one's own nobody else works: what others did to it, a deposit or a short, concerns the holder.
    """
    lines = Transaction.objects.filter(pk__in=ids)
    visible = Q(pk__in=Transaction.objects.visible_to(operator).filter(pk__in=ids).values("pk"))
    if till.operator_id == operator.pk:
        visible |= Q(kind__in=list(EFFECTS))
    found = lines.filter(visible).values_list("pk", "comment", PRINTED_NAME, RECEIPT_KEY)
    return {pk: Details(customer=name or "", comment=comment, key=key) for pk, comment, name, key in found}
