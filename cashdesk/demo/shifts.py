"""Where shifts are the rule (CASHDESK_SHIFTS), the demo's cashier begins one before the first payment."""

from decimal import Decimal
from uuid import uuid4

from accounts.models import Operator
from tills.counting import Counted
from tills.denominations import denominations
from tills.holders import find_till, till_to_be
from tills.models import IN_PROGRESS, Shift
from tills.shifts import issue_float, open_shift


def begin_shift(operator: Operator) -> None:
    """Issue a float and confirm it, if the operator's till needs a shift and has none."""
    till = find_till(operator) or till_to_be(operator.reseller or operator)
    if not till.requires_shift or Shift.objects.filter(till__operator=operator, state__in=IN_PROGRESS).exists():
        return
    notes: dict[Decimal, int] = dict.fromkeys(denominations()[3:7], 2)
    chief = Operator.objects.get(username="admin")
    shift = issue_float(operator=chief, cashier=operator, counted=Counted(cash=notes), key=uuid4())
    open_shift(operator=operator, shift_id=shift.pk, key=uuid4())
