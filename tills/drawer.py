"""What happens to the drawer during a shift besides payments: pay-ins, pay-outs, and cash to the safe."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Operator
from tills import journal
from tills.deposits import check_amount
from tills.models import Kind, Transaction
from tills.once import Asked, Done, carry_out, check_may
from tills.refusals import ReasonNeeded
from tills.shifts import Locked, check_open, check_room, lock_own, transfer


def pay_in(*, operator: Operator, shift_id: int, amount: Decimal, comment: str, voucher: str, key: UUID) -> Transaction:
    """Put cash into the own drawer that no customer paid, with a reason and a voucher, and return the line.

    Sent again with the same key it returns the same line. Raises a TillRefused, PermissionDenied, or
    Shift.DoesNotExist for somebody else's shift, and has then written nothing.
    """
    return _move(operator, shift_id, Kind.PAY_IN, amount, comment, voucher, key)


def pay_out(
    *, operator: Operator, shift_id: int, amount: Decimal, comment: str, voucher: str, key: UUID
) -> Transaction:
    """Take cash out of the own drawer, with a reason and a voucher, and return the line; see pay_in.

    The drawer itself says whether there is enough: a refusal would tell what is expected to lie in it.
    """
    return _move(operator, shift_id, Kind.PAY_OUT, amount, comment, voucher, key)


def drop_cash(*, operator: Operator, shift_id: int, amount: Decimal, comment: str, key: UUID) -> Transaction:
    """Bring cash from the own drawer to the safe: a line in both journals; return the till's, see pay_in."""
    return _move(operator, shift_id, Kind.DROP, amount, comment, "", key)


def _move(
    operator: Operator, shift_id: int, kind: Kind, amount: Decimal, comment: str, voucher: str, key: UUID
) -> Transaction:
    content = {"shift": shift_id, "amount": amount, "comment": comment, "voucher": voucher}
    asked = Asked(operator=operator, key=key, act=kind.value, content=content)

    def do(locked: Locked) -> Done:
        check_may(operator)
        check_open(locked.shift)
        check_amount(amount)
        if kind == Kind.DROP:
            line = transfer(asked, locked, (Kind.DROP, Kind.DROP_TAKEN), amount, comment)
            return Done(line, locked.shift)
        if not comment:
            raise ReasonNeeded(_("Write what it is for"))
        if kind == Kind.PAY_IN:
            check_room(locked.till, amount)
        entry = journal.entry_of(kind, operator=operator, amount=amount, comment=comment)
        details = asked.details(voucher=voucher)
        line = journal.write(till=locked.till, last=journal.head(locked.till), entry=entry, details=details)
        return Done(line, locked.shift)

    line = carry_out(asked, lambda: lock_own(operator, shift_id), do).line
    if line is None:
        raise ValueError("this form has a line")
    return line
