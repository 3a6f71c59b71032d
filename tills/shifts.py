"""A shift begins: a supervisor issues the float, and the cashier confirms it; and what both need of tills."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Operator
from customers.money import format_amount
from tills import blindness, journal
from tills.counting import Counted, check_counted, write_count
from tills.days import business_date
from tills.holders import find_safe, make_till
from tills.models import IN_PROGRESS, Count, Kind, Shift, Till, Transaction, document_number
from tills.once import SUPERVISE, Asked, Done, carry_out, check_may
from tills.refusals import ShiftRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Locked:
    """A till with its safe, both locked in the order of their ids, and the shift that is meant, read after that."""

    till: Till
    safe: Till
    shift: Shift


def issue_float(*, operator: Operator, cashier: Operator, counted: Counted, key: UUID) -> Shift:
    """Lay out a float, counted, for a cashier to confirm, and return the shift; no line is written before they do.

    Sent again with the same key it returns the same shift. Raises a TillRefused, PermissionDenied, or DoesNotExist
    outside the scope, and has then written nothing.
    """
    asked = Asked(operator=operator, key=key, act="issue", content={"cashier": cashier.pk, **counted.content})

    def lock() -> Till:
        found = Operator.objects.visible_to(operator).get(pk=cashier.pk, reseller=None)
        return Till.objects.in_scope_of(operator).select_for_update(of=("self",)).get(pk=make_till(found).pk)

    def do(till: Till) -> Done:
        check_may(operator, SUPERVISE)
        check_counted(counted)
        if not till.is_active:
            raise ShiftRefused(_("This till is switched off. Ask your administrator."))
        if Shift.objects.filter(till=till, state__in=IN_PROGRESS).exists():
            raise ShiftRefused(_("This till has a shift already. It must be closed first."))
        shift = Shift.objects.create(
            till=till,
            number=Shift.objects.filter(till=till).count() + 1,
            blind=till.blind,
            tolerance=till.tolerance,
            float_amount=counted.total,
            issued_by=operator,
            issued_at=timezone.now(),
        )
        write_count(shift=shift, operator=operator, purpose=Count.Purpose.FLOAT, counted=counted, expected=None)
        return Done(shift=shift)

    return shift_of(carry_out(asked, lock, do).shift)


def take_float_back(*, operator: Operator, shift_id: int, key: UUID) -> Shift:
    """Take back a float that was not confirmed, and return the shift, which is cancelled; see issue_float."""
    asked = Asked(operator=operator, key=key, act="take_back", content={"shift": shift_id})

    def do(locked: Locked) -> Done:
        check_may(operator, SUPERVISE)
        if locked.shift.state != Shift.State.ISSUED:
            raise ShiftRefused(_("This float was confirmed or taken back already."))
        end(locked.shift, Shift.State.CANCELLED, operator)
        return Done(shift=locked.shift)

    return shift_of(carry_out(asked, lambda: lock_supervised(operator, shift_id), do).shift)


def open_shift(*, operator: Operator, shift_id: int, key: UUID) -> Shift:
    """Confirm the float: the shift is open, and the float stands in both journals; see issue_float."""
    asked = Asked(operator=operator, key=key, act="open", content={"shift": shift_id})

    def do(locked: Locked) -> Done:
        check_may(operator)
        shift, till = locked.shift, locked.till
        if shift.state != Shift.State.ISSUED:
            raise ShiftRefused(_("This float was confirmed or taken back already."))
        check_room(till, shift.float_amount)
        now = timezone.now()
        shift.state, shift.opened_at, shift.opened_on = Shift.State.OPEN, now, business_date(now)
        shift.first_number = _first_number(till)
        shift.save(update_fields=["state", "opened_at", "opened_on", "first_number"])
        line = None
        if shift.float_amount:
            line = transfer(asked, locked, (Kind.FLOAT, Kind.FLOAT_GIVEN), shift.float_amount)
        return Done(line=line, shift=shift)

    return shift_of(carry_out(asked, lambda: lock_own(operator, shift_id), do).shift)


def shift_of(shift: Shift | None) -> Shift:
    """Return the shift that a form was about."""
    if shift is None:
        raise ValueError("this form is about a shift")
    return shift


def lock_own(operator: Operator, shift_id: int) -> Locked:
    """Return the operator's own shift with till and safe, locked; raises Shift.DoesNotExist for anybody else's."""
    return _lock(Shift.objects.filter(till__operator=operator), shift_id)


def lock_supervised(operator: Operator, shift_id: int) -> Locked:
    """Return a shift in the supervisor's scope with till and safe, locked; raises Shift.DoesNotExist."""
    return _lock(Shift.objects.filter(till__in=Till.objects.in_scope_of(operator)), shift_id)


def _lock(shifts: QuerySet[Shift], shift_id: int) -> Locked:
    till_id = shifts.get(pk=shift_id).till_id
    safe_id = find_safe().pk
    ids = sorted({till_id, safe_id})
    tills = {till.pk: till for till in Till.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    shift = shifts.get(pk=shift_id)
    shift.till = tills[till_id]
    return Locked(tills[till_id], tills[safe_id], shift)


def transfer(
    asked: Asked, locked: Locked, kinds: tuple[Kind, Kind], amount: Decimal, comment: str = "", **more: object
) -> Transaction:
    """Move cash between till and safe: a line in each, each naming the other; return the till's."""
    lines: list[Transaction] = []
    for own, other, kind in ((locked.till, locked.safe, kinds[0]), (locked.safe, locked.till, kinds[1])):
        last = journal.head(own)
        behind = journal.next_number(journal.head(other)) - (1 if lines else 0)
        entry = journal.entry_of(kind, operator=asked.operator, amount=amount, comment=comment)
        details = asked.details(other=document_number(other, behind), **more)
        lines.append(journal.write(till=own, last=last, entry=entry, details=details))
    return lines[0]


def check_room(till: Till, amount: Decimal) -> None:
    """Raise ShiftRefused when this much more may not be held; says no figure to who counts blind."""
    room = journal.room_of(till, journal.balance_of(till))
    if room is None or amount <= room:
        return
    if blindness.is_blind(till):
        raise ShiftRefused(_("This till may not hold that much more. Bring cash to the safe, or ask your supervisor."))
    raise ShiftRefused(
        _("This till may hold %(room)s more. Ask your administrator for a deposit.") % {"room": format_amount(room)}
    )


def check_open(shift: Shift) -> None:
    """Raise ShiftRefused unless payments may be taken in this shift."""
    if not shift.takes_money:
        raise ShiftRefused(_("This shift is not open. Open the shift page to see how it stands."))


def check_other_persons(operator: Operator, till: Till) -> None:
    """Raise PermissionDenied for one's own till: what a supervisor settles is somebody else's."""
    if till.operator_id == operator.pk:
        raise PermissionDenied(_("This is your own till. Somebody else must do this."))


def end(shift: Shift, state: Shift.State, operator: Operator, last_number: int | None = None) -> None:
    """Write that a shift has ended; nothing of it changes afterwards."""
    shift.state, shift.closed_by, shift.closed_at, shift.last_number = state, operator, timezone.now(), last_number
    shift.save(update_fields=["state", "closed_by", "closed_at", "last_number"])


def _first_number(till: Till) -> int:
    """Return the first number that the next Z report covers: right after the one before, so that no line falls between.

    What was taken before the first shift is in no drawer that is counted: the first report begins after all of that.
    """
    last = Shift.objects.filter(till=till, state=Shift.State.CLOSED).order_by("-last_number").first()
    if last is not None:
        return (last.last_number or 0) + 1
    taken = Transaction.objects.filter(till=till, shift=None, kind__in=[Kind.PAYMENT, Kind.REVERSAL])
    return (taken.order_by("-number").values_list("number", flat=True).first() or 0) + 1
