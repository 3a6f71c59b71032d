"""The one door to the books: writes a line into a till's journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from accounts.models import Operator
from customers.models import Customer
from customers.money import ZERO
from tills import proofs
from tills.days import business_date
from tills.locking import require_transaction
from tills.models import EFFECTS, Kind, PaymentMethod, Shift, Till, Transaction, document_number


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is to be written: who moved how much for whom, and what it does to the balance and the drawer."""

    kind: Kind
    operator: Operator
    amount: Decimal
    effect: Decimal
    cash: Decimal
    customer: Customer | None = None
    method: PaymentMethod | None = None
    comment: str = ""


def entry_of(kind: Kind, *, operator: Operator, amount: Decimal, comment: str = "") -> Entry:
    """Return what is to be written for a kind that moves what the table of kinds says, and nothing for a customer."""
    effect, cash = EFFECTS[kind]
    return Entry(
        kind=kind, operator=operator, amount=amount, effect=effect * amount, cash=cash * amount, comment=comment
    )


def head(till: Till) -> Transaction | None:
    """Return the till's last line, which is the till's head; a decision needs the till's lock first."""
    return Transaction.objects.filter(till=till).order_by("-number").first()


def balance_of(till: Till) -> Decimal:
    """Return the till's balance: that of its last line, zero before the first."""
    last = head(till)
    return last.balance_after if last else ZERO


def shift_of(till: Till) -> Shift | None:
    """Return the shift in which the till's lines stand now, if any; a decision needs the till's lock first."""
    return Shift.objects.filter(till=till, state__in=[Shift.State.OPEN, Shift.State.COUNTED]).first()


def room_of(till: Till, balance: Decimal) -> Decimal | None:
    """Return how much may still be taken at this balance, never below zero; None where there is no limit."""
    return None if till.limit is None else max(ZERO, balance + till.limit)


def next_number(last: Transaction | None) -> int:
    """Return the number that follows the till's last line."""
    return last.number + 1 if last else 1


def write(*, till: Till, last: Transaction | None, entry: Entry, details: Mapping[str, object]) -> Transaction:
    """Write one line after the till's last one and return it.

    The caller holds the till's lock in an open transaction and has read `last` under it. `details` is what belongs to
    the document beyond the line (the payment and its parts); all of it is signed. Written twice, the second is refused
    by the unique number. Raises IntegrityError when the database finds that the line does not follow.
    """
    require_transaction("journal.write")
    line = _next_line(till, last, entry)
    line.payload = proofs.canonical({"line": describe(line), **details})
    line.digest = proofs.digest(payload=line.payload, previous=line.previous_digest)
    line.save(force_insert=True)
    return line


def _next_line(till: Till, last: Transaction | None, entry: Entry) -> Transaction:
    now = timezone.now()
    before = last.balance_after if last else ZERO
    return Transaction(
        till=till,
        number=next_number(last),
        kind=entry.kind,
        operator=entry.operator,
        reseller_id=till.reseller_id,
        customer=entry.customer,
        method=entry.method,
        shift=shift_of(till),
        amount=entry.amount,
        effect=entry.effect,
        cash=entry.cash,
        balance_before=before,
        balance_after=before + entry.effect,
        comment=entry.comment,
        recorded_at=now,
        business_date=business_date(now),
        key_id=proofs.current_key_id(),
        previous_digest=last.digest if last else proofs.FIRST,
    )


def describe(line: Transaction) -> dict[str, object]:
    """Return the line as it is signed: every column, whose till it is, and the names behind the ids as they were."""
    return {
        "document": document_number(line.till, line.number),
        "till": line.till_id,
        "till_operator": line.till.operator_id,
        "number": line.number,
        "kind": str(line.kind),
        "operator": describe_operator(line.operator),
        "reseller": line.reseller_id,
        "shift": line.shift_id,
        "customer": None
        if line.customer is None
        else {"id": line.customer_id, "external_id": line.customer.external_id},
        "method": None if line.method is None else describe_method(line.method),
        "amount": line.amount,
        "effect": line.effect,
        "cash": line.cash,
        "balance_before": line.balance_before,
        "balance_after": line.balance_after,
        "comment": line.comment,
        "recorded_at": line.recorded_at,
        "business_date": line.business_date,
        "key_id": line.key_id,
    }


def describe_operator(operator: Operator) -> dict[str, object]:
    """Return an operator as signed: whose id it is, and under which names now."""
    return {"id": operator.pk, "login": operator.username, "name": operator.get_full_name()}


def describe_method(method: PaymentMethod) -> dict[str, object]:
    """Return a method as signed: its id, and its name now."""
    return {"id": method.pk, "name": method.name}
