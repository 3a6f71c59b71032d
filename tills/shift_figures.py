"""What a shift comes to: sums by method and by kind, read from the journal; the X report now, the Z report for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Sum

from customers.money import ZERO
from tills.models import Kind, Shift, Transaction


@dataclass(frozen=True, kw_only=True)
class MethodSum:
    """What was paid by one method, and what of it was reversed."""

    method: int
    name: str
    payments: int = 0
    paid: Decimal = ZERO
    reversals: int = 0
    undone: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Payments less reversals."""
        return self.paid - self.undone


@dataclass(frozen=True, kw_only=True)
class KindSum:
    """How many lines of one kind there are, and what they sum to."""

    kind: str
    count: int
    amount: Decimal

    @property
    def label(self) -> str:
        """The kind in words."""
        return str(Kind(self.kind).label)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The sums of a shift's lines, and of those that came after the report before and before the shift opened."""

    methods: list[MethodSum] = field(default_factory=list)
    movements: list[KindSum] = field(default_factory=list)
    before: list[KindSum] = field(default_factory=list)
    cash: Decimal = ZERO
    taken: Decimal = ZERO  # payments less reversals, before the opening too
    paid: Decimal = ZERO  # payments alone, before the opening too
    lines: int = 0

    @property
    def payments(self) -> Decimal:
        """What was paid in the shift."""
        return sum((method.paid for method in self.methods), ZERO)

    @property
    def reversals(self) -> Decimal:
        """What was reversed in the shift."""
        return sum((method.undone for method in self.methods), ZERO)


def read_figures(shift: Shift) -> Figures:
    """Return the sums of all lines that the shift's report covers, in one query."""
    lines = Transaction.objects.filter(till=shift.till_id, number__gte=shift.first_number or 1)
    if shift.last_number is not None:
        lines = lines.filter(number__lte=shift.last_number)
    rows = lines.order_by("method__order", "method", "kind").values_list(
        "shift", "kind", "method", "method__name", "method__order"
    )
    methods: dict[int, MethodSum] = {}
    movements, before = [], []
    cash = taken = paid = ZERO
    count = 0
    for own, kind, method, name, _order, number, amount, moved in rows.annotate(
        count=Count("pk"), sum=Sum("amount"), moved=Sum("cash")
    ):
        cash, count = cash + moved, count + number
        sign = {Kind.PAYMENT: 1, Kind.REVERSAL: -1}.get(kind, 0)
        taken, paid = taken + sign * amount, paid + (amount if sign > 0 else ZERO)
        if own != shift.pk:
            before.append(KindSum(kind=kind, count=number, amount=amount))
        elif sign:
            methods[method] = _added(methods.get(method), method, name, kind, number, amount)
        else:
            movements.append(KindSum(kind=kind, count=number, amount=amount))
    return Figures(
        methods=list(methods.values()), movements=merged(movements), before=merged(before), cash=cash, taken=taken,
        paid=paid,
        lines=count,
    )  # fmt: skip


def _added(found: MethodSum | None, method: int, name: str, kind: str, count: int, amount: Decimal) -> MethodSum:
    former = found or MethodSum(method=method, name=name)
    if kind == Kind.PAYMENT:
        return MethodSum(
            method=method, name=name, payments=count, paid=amount, reversals=former.reversals, undone=former.undone
        )
    return MethodSum(
        method=method, name=name, payments=former.payments, paid=former.paid, reversals=count, undone=amount
    )


def merged(sums: list[KindSum]) -> list[KindSum]:
    """Return one sum per kind, in the order of the kinds."""
    return [
        KindSum(
            kind=kind,
            count=sum(row.count for row in sums if row.kind == kind),
            amount=sum((row.amount for row in sums if row.kind == kind), ZERO),
        )
        for kind in Kind.values
        if any(row.kind == kind for row in sums)
    ]


def expected_cash(shift: Shift) -> Decimal:
    """Return the cash that should lie in the drawer: what moved it since the report before; never from the balance."""
    lines = Transaction.objects.filter(till=shift.till_id, number__gte=shift.first_number or 1)
    return lines.aggregate(cash=Sum("cash"))["cash"] or ZERO
