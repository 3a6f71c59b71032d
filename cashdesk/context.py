"""What every page shows around its own content: the bar, the help line, the look."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Operator
from customers.money import ZERO
from tills import journal
from tills.blindness import OwnTill, own_till
from tills.holders import till_to_be


@dataclass(frozen=True)
class Bar:
    """The operator's till as the bar shows it; asks the database when a template reads it, and once."""

    operator: Operator

    @cached_property
    def own(self) -> OwnTill:
        """The till, if there is one yet, and how its shift stands."""
        return own_till(self.operator)

    @property
    def is_blind(self) -> bool:
        """Whether the operator counts blind and may see no figure of the till until then."""
        return self.own.is_hidden

    @property
    def has_shifts(self) -> bool:
        """Whether the till works in shifts, or is in one."""
        till = self.own.till or till_to_be(self.operator.reseller or self.operator)
        return self.own.has_shift or till.requires_shift

    @cached_property
    def till(self) -> tuple[Decimal, Decimal | None]:
        """The till's balance and what may still be taken (None: no limit)."""
        till = self.own.till
        if till is None:  # not used yet: a reseller's pays in first, an operator's own has no limit
            return ZERO, (None if self.operator.reseller_id is None else ZERO)
        balance = journal.balance_of(till)
        return balance, journal.room_of(till, balance)

    @property
    def balance(self) -> Decimal:
        """The till's balance; below zero is what was collected and not yet paid in."""
        return self.till[0]

    @property
    def room(self) -> Decimal | None:
        """What may still be taken; None where there is no limit."""
        return self.till[1]


def desk(request: HttpRequest) -> dict[str, object]:
    """Return what base.html needs. Nothing here asks the database: an anonymous person's page needs none."""
    return {
        "provider_name": settings.CASHDESK_PROVIDER_NAME,
        "help_line": settings.CASHDESK_HELP,
        "bar": lambda: bar_of(request),
    }


def bar_of(request: HttpRequest) -> Bar | None:
    """Return the bar of somebody who may use the desk; an administrator without the switch has none."""
    user = getattr(request, "user", None)
    return Bar(user) if isinstance(user, Operator) and user.may_use_desk else None
