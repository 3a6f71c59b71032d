"""A shift ends: the drawer is counted, as often as needed; then it is closed by one line of over or short."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.money import ZERO
from tills import journal
from tills.counting import Counted, check_counted, write_count
from tills.models import Count, Kind, Shift, Till, Transaction, WriteOff, document_number
from tills.once import SUPERVISE, Asked, Done, carry_out, check_may
from tills.refusals import ReasonNeeded, ShiftRefused
from tills.shift_figures import expected_cash
from tills.shifts import Locked, check_other_persons, end, lock_own, lock_supervised, shift_of, transfer
from tills.z_reports import write_z


def count_drawer(*, operator: Operator, shift_id: int, counted: Counted, key: UUID) -> Shift:
    """Write down what the holder counted; from then on no payment is taken and the expected cash is shown.

    Counted once more, the last count is the one that closes, and all stay for ever. Sent again with the same key it
    counts once. Raises a TillRefused, PermissionDenied, or Shift.DoesNotExist for somebody else's shift.
    """
    asked = Asked(operator=operator, key=key, act="count", content={"shift": shift_id, **counted.content})

    def do(locked: Locked) -> Done:
        check_may(operator)
        if not locked.shift.is_in_use:
            raise ShiftRefused(_("This shift is not open. Open the shift page to see how it stands."))
        _count(locked.shift, operator, counted)
        if locked.shift.state == Shift.State.OPEN:
            locked.shift.state = Shift.State.COUNTED
            locked.shift.save(update_fields=["state"])
        return Done(shift=locked.shift)

    return shift_of(carry_out(asked, lambda: lock_own(operator, shift_id), do).shift)


def close_shift(*, operator: Operator, shift_id: int, comment: str, key: UUID, count: int | None = None) -> Shift:
    """Close the own counted shift: over or short, the counted cash to the safe, and the Z report; return the shift.

    `count` is the number of the count that the holder saw, if it must be the last one.
    Sent again with the same key it returns the same shift. Raises a TillRefused (ReasonNeeded for a difference above
    the tolerance), PermissionDenied, or Shift.DoesNotExist for somebody else's shift, and has then written nothing.
    """
    asked = Asked(operator=operator, key=key, act="close", content={"shift": shift_id, "comment": comment})

    def do(locked: Locked) -> Done:
        check_may(operator)
        if locked.shift.state != Shift.State.COUNTED:
            raise ShiftRefused(_("Count the drawer first. A shift that was closed stays closed."))
        counted = last_count(locked.shift)
        if count not in (None, counted.number):
            raise ShiftRefused(
                _("The drawer was counted again meanwhile. Look at the last count, and close the shift.")
            )
        last = journal.head(locked.till)
        if (last.number if last else 0) != counted.after_number:
            raise ShiftRefused(_("Something was recorded since the drawer was counted. Count again."))
        _close(asked, locked, counted, comment)
        return Done(shift=locked.shift)

    return shift_of(carry_out(asked, lambda: lock_own(operator, shift_id), do).shift)


def force_close(*, operator: Operator, shift_id: int, counted: Counted, comment: str, key: UUID) -> Shift:
    """Close somebody else's shift with a count of one's own, as a supervisor in scope; see close_shift."""
    content = {"shift": shift_id, "comment": comment, **counted.content}
    asked = Asked(operator=operator, key=key, act="force_close", content=content)

    def do(locked: Locked) -> Done:
        check_may(operator, SUPERVISE)
        check_other_persons(operator, locked.till)
        if not locked.shift.is_in_use:
            raise ShiftRefused(_("This shift is not open. Open the shift page to see how it stands."))
        if not comment:
            raise ReasonNeeded(_("Write why you close this shift"))
        _close(asked, locked, _count(locked.shift, operator, counted), comment)
        return Done(shift=locked.shift)

    return shift_of(carry_out(asked, lambda: lock_supervised(operator, shift_id), do).shift)


def write_off_short(*, operator: Operator, line_id: int, comment: str, key: UUID) -> Transaction:
    """Take a short off what its holder owes, once, as a supervisor in scope who is not the holder; return the line.

    Sent again with the same key it returns the same line. Raises a TillRefused, PermissionDenied, or
    Transaction.DoesNotExist outside the scope, and has then written nothing.
    """
    asked = Asked(operator=operator, key=key, act="write_off", content={"short": line_id, "comment": comment})
    scope = Till.objects.in_scope_of(operator)

    def lock() -> tuple[Till, Transaction]:
        short = Transaction.objects.get(pk=line_id, kind=Kind.SHORT, till__in=scope)
        return Till.objects.select_for_update().get(pk=short.till_id), short

    def do(locked: tuple[Till, Transaction]) -> Done:
        till, short = locked
        check_may(operator, SUPERVISE)
        check_other_persons(operator, till)
        if WriteOff.objects.filter(short=short).exists():
            raise ShiftRefused(_("This short was written off already."))
        if not comment:
            raise ReasonNeeded(_("Write why it is written off"))
        entry = journal.entry_of(Kind.WRITE_OFF, operator=operator, amount=short.amount, comment=comment)
        details = asked.details(short=document_number(till, short.number))
        line = journal.write(till=till, last=journal.head(till), entry=entry, details=details)
        WriteOff.objects.create(short=short, transaction=line)
        return Done(line=line, shift=line.shift)

    line = carry_out(asked, lock, do).line
    if line is None:
        raise ValueError("a write-off has a line")
    return line


def last_count(shift: Shift) -> Count:
    """Return the count that closes the shift if nothing else happens: the last one."""
    return shift.counts.filter(purpose=Count.Purpose.CLOSING).latest("number")


def _count(shift: Shift, operator: Operator, counted: Counted) -> Count:
    check_counted(counted)
    return write_count(
        shift=shift,
        operator=operator,
        purpose=Count.Purpose.CLOSING,
        counted=counted,
        expected=expected_cash(shift),
    )


def _close(asked: Asked, locked: Locked, count: Count, comment: str) -> None:
    """Write over or short and the cash that goes to the safe, end the shift, and write its Z report."""
    shift, difference = locked.shift, count.difference or ZERO
    if abs(difference) > shift.tolerance and not comment:
        raise ReasonNeeded(_("The count is off by more than is tolerated. Write why"))
    if difference:
        kind = Kind.OVER if difference > 0 else Kind.SHORT
        entry = journal.entry_of(kind, operator=asked.operator, amount=abs(difference), comment=comment)
        last = journal.head(locked.till)
        journal.write(till=locked.till, last=last, entry=entry, details=asked.details(count=count.number))
    if count.cash:
        transfer(asked, locked, (Kind.DROP, Kind.DROP_TAKEN), count.cash, count=count.number)
    end(shift, Shift.State.CLOSED, asked.operator, _last_number(locked.till))
    write_z(shift=shift, count=count, comment=comment)


def _last_number(till: Till) -> int:
    last = journal.head(till)
    return last.number if last else 0
