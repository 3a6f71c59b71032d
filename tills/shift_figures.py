"""What a shift comes to: sums by method and by kind, read from the journal; the X report now, the Z report for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from customers.money import ZERO
from tills.models import Kind, Shift, Transaction

Lines = QuerySet[Transaction, Transaction]
TAKEN = Coalesce("reversal__payment__transaction", "pk")  # the line of the payment that this line took or undid


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
    """The sums of a shift's lines, and of those that came after the report before and before the shift opened.

    What was taken without a shift, and what undid that, is in `lines` and in no sum.
    """

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
    """Return the sums of all lines that the shift's report covers."""
    lines = Transaction.objects.filter(till=shift.till_id, number__gte=shift.first_number or 1)
    if shift.last_number is not None:
        lines = lines.filter(number__lte=shift.last_number)
    marked = lines.annotate(is_loose=Case(When(loose(lines), then=1), default=0))
    rows = marked.order_by("method__order", "method", "kind").values_list(
        "is_loose", "shift", "kind", "method", "method__name", "method__order"
    )
    methods: dict[int, MethodSum] = {}
    movements, before = [], []
    cash = taken = paid = ZERO
    count = 0
    for is_loose, own, kind, method, name, _order, number, amount, moved in rows.annotate(
        count=Count("pk"), sum=Sum("amount"), moved=Sum("cash")
    ):
        count += number
        if is_loose:
            continue
        cash += moved
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
    return cash_of(Transaction.objects.filter(till=shift.till_id, number__gte=shift.first_number or 1))


def cash_of(lines: Lines) -> Decimal:
    """Return the cash that these lines moved into a drawer that is counted."""
    sums = lines.aggregate(all=Sum("cash"), loose=Sum("cash", filter=loose(lines)))
    return (sums["all"] or ZERO) - (sums["loose"] or ZERO)


def loose(lines: Lines) -> Q:
    """Return the condition for those lines that are about money taken without a shift: nothing says where it went.

    A payment that was moved is about the money of the first one, so that what counts is when that was taken.
    """
    moved = lines.filter(shift=None).filter(
        Q(payment__replaces__isnull=False) | Q(reversal__payment__replaces__isnull=False)
    )
    chained = [line for line, taken in moved.values_list("pk", TAKEN).iterator() if _first_shift(taken) is None]
    given_back = Q(kind=Kind.REVERSAL, reversal__payment__replaces=None, reversal__payment__transaction__shift=None)
    return Q(shift=None) & (Q(kind=Kind.PAYMENT, payment__replaces=None) | given_back) | Q(pk__in=chained)


def _first_shift(taken: int) -> int | None:
    """Return the shift in which the money of a payment's line was taken, back through every move."""
    shift, earlier = _taken_in(taken)
    while earlier is not None and earlier < taken:
        taken = earlier
        shift, earlier = _taken_in(taken)
    return shift


def _taken_in(line: int) -> tuple[int | None, int | None]:
    """Return the shift of a payment's line, and the line of the payment that it replaces, if it was moved."""
    found = Transaction.objects.values_list("shift", "payment__replaces__payment__transaction")
    return found.filter(pk=line).first() or (None, None)
