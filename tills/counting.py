"""What somebody counted in a drawer, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.money import ZERO, plain_amount
from tills import journal
from tills.denominations import denominations
from tills.models import Count, CountRow, Shift
from tills.refusals import ShiftRefused

MOST_PIECES = 1_000_000


@dataclass(frozen=True)
class Paper:
    """A cheque or a card slip: its amount, and its number if it has one."""

    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Pieces by denomination, and the papers beside them."""

    cash: Mapping[Decimal, int] = field(default_factory=dict)
    cheques: tuple[Paper, ...] = ()
    slips: tuple[Paper, ...] = ()

    @property
    def total(self) -> Decimal:
        """What the cash is worth."""
        return sum((value * pieces for value, pieces in self.cash.items()), ZERO)

    @property
    def content(self) -> dict[str, object]:
        """What makes two counts the same."""
        return {
            "cash": {plain_amount(value): pieces for value, pieces in sorted(self.cash.items()) if pieces},
            "cheques": [[paper.amount, paper.reference] for paper in self.cheques],
            "slips": [[paper.amount, paper.reference] for paper in self.slips],
        }


def check_counted(counted: Counted) -> None:
    """Raise ShiftRefused unless every denomination is one of ours and every number makes sense."""
    known = set(denominations())
    if not set(counted.cash) <= known or any(not 0 <= pieces <= MOST_PIECES for pieces in counted.cash.values()):
        raise ShiftRefused(_("The notes and coins have changed meanwhile. Open the page again and count once more."))
    if any(paper.amount <= 0 for paper in (*counted.cheques, *counted.slips)):
        raise ShiftRefused(_("Every cheque and slip has an amount above zero."))


def write_count(
    *, shift: Shift, operator: Operator, purpose: Count.Purpose, counted: Counted, expected: Decimal | None
) -> Count:
    """Write what was counted, after every line that the till has now. Needs the till's lock."""
    last = journal.head(shift.till)
    count = Count.objects.create(
        shift=shift,
        number=shift.counts.count() + 1,
        purpose=purpose,
        operator=operator,
        cash=counted.total,
        expected=expected,
        after_number=last.number if last else 0,
        recorded_at=timezone.now(),
    )
    rows = [
        CountRow(count=count, what=CountRow.What.CASH, value=value, pieces=pieces)
        for value, pieces in sorted(counted.cash.items(), reverse=True)
        if pieces
    ]
    for what, papers in ((CountRow.What.CHEQUE, counted.cheques), (CountRow.What.SLIP, counted.slips)):
        rows += [CountRow(count=count, what=what, value=p.amount, pieces=1, reference=p.reference) for p in papers]
    CountRow.objects.bulk_create(rows)
    return count
