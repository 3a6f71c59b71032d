"""The journal for the accounting program: each movement with its debit and its credit account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.money import ZERO
from tills.blindness import hidden_lines
from tills.models import Booking, Kind, PaymentMethod, Transaction

CHUNK = 500
Lines = QuerySet[Transaction, Transaction]
Accounts = dict[tuple[str, int | None], tuple[str, str]]  # by kind and method: debit and credit


@dataclass(frozen=True)
class Entry:
    """One movement: its amount goes from the credit to the debit account."""

    line: Transaction
    debit: str
    credit: str


@dataclass(frozen=True)
class AccountSum:
    """What was booked on one account."""

    account: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """Debit less credit; over all accounts they sum to zero."""
        return self.debit - self.credit


def movements(operator: Operator, since: date, until: date) -> Lines:
    """Return the lines of these business days in scope, without the operator's own shift that is counted blind.

    Its float and its drops are left out of the safe, too: else one side of a movement would be booked alone.
    """
    lines = _in_scope(operator, since, until).exclude(hidden_lines(operator))
    return lines.exclude(_other_sides(operator)).order_by("business_date", "pk")


def leaves_own_shift_out(operator: Operator, since: date, until: date) -> bool:
    """Return whether something of these days is left out, since the operator counts blind."""
    return _in_scope(operator, since, until).filter(hidden_lines(operator)).exists()


def _in_scope(operator: Operator, since: date, until: date) -> Lines:
    return Transaction.objects.visible_to(operator).filter(business_date__gte=since, business_date__lte=until)


def _other_sides(operator: Operator) -> Q:
    """Return the condition for the lines in other tills that the lines of the operator's own blind shift name."""
    between = Transaction.objects.filter(hidden_lines(operator), kind__in=(Kind.FLOAT, Kind.DROP))
    found = Q(pk__in=[])
    for payload in between.values_list("payload", flat=True):
        code, _dash, number = json.loads(payload)["movement"]["other"].rpartition("-")
        found |= Q(till__code=code, number=int(number))
    return found


def read_accounts() -> Accounts:
    """Return the accounts of every kind and method that has some; a reversal has its payment's, exchanged."""
    found: Accounts = {}
    for row in Booking.objects.all():
        found[row.kind, row.method_id] = (row.debit, row.credit)
        if row.kind == Kind.PAYMENT:
            found[Kind.REVERSAL.value, row.method_id] = (row.credit, row.debit)
    return found


def missing_accounts(lines: Lines, accounts: Accounts) -> list[str]:
    """Return in words what moved and has no accounts, like Payment by Cash; nothing where all have them."""
    moved: set[tuple[str, int | None]] = set(lines.order_by().values_list("kind", "method").distinct())
    missing = moved - set(accounts)
    wanted = {(Kind.PAYMENT.value if kind == Kind.REVERSAL else kind, method) for kind, method in missing}
    names = dict(PaymentMethod.objects.values_list("pk", "name"))
    return sorted(
        _("%(kind)s by %(method)s") % {"kind": Kind(kind).label, "method": names[method]}
        if method is not None
        else str(Kind(kind).label)
        for kind, method in wanted
    )


def account_sums(lines: Lines, accounts: Accounts) -> list[AccountSum]:
    """Return what was booked on each account, in one query; every movement has accounts."""
    debits: dict[str, Decimal] = {}
    credits_: dict[str, Decimal] = {}
    for kind, method, amount in lines.order_by().values_list("kind", "method").annotate(sum=Sum("amount")):
        debit, credit = accounts[kind, method]
        debits[debit] = debits.get(debit, ZERO) + amount
        credits_[credit] = credits_.get(credit, ZERO) + amount
    return [
        AccountSum(account, debits.get(account, ZERO), credits_.get(account, ZERO))
        for account in sorted(debits.keys() | credits_.keys())
    ]


def entries(lines: Lines, accounts: Accounts) -> Iterator[list[Entry]]:
    """Return all movements that are there now, oldest first, in lists of at most 500.

    What is taken while the file is read is not in it: it may have no accounts yet.
    """
    newest = lines.order_by().aggregate(newest=Max("pk"))["newest"] or 0
    lines = lines.filter(pk__lte=newest).select_related("till", "method", "operator").defer("payload")
    rows = list(lines[:CHUNK])
    while rows:
        yield [Entry(row, *accounts[row.kind, row.method_id]) for row in rows]
        last = rows[-1]
        later = Q(business_date__gt=last.business_date) | Q(pk__gt=last.pk)
        rows = list(lines.filter(Q(business_date__gte=last.business_date) & later)[:CHUNK])
