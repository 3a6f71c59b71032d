"""What the holder of a blind shift must not see until the cash is counted; the one place that decides it.

Hidden are balances, limits, sums and counts from which the expected cash follows. The own payments one by one stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from accounts.models import Operator
from tills.models import IN_PROGRESS, Shift, Till


def blind_shift(operator: Operator) -> Shift | None:
    """Return the operator's own shift while it is blind and not counted yet, whatever further rights they have."""
    own = Till.objects.visible_to(operator)
    return Shift.objects.filter(till__in=own, state=Shift.State.OPEN, blind=True).first()


def is_blind(till: Till) -> bool:
    """Return whether this till's holder counts blind now; a refusal that they may read names no figure then."""
    return Shift.objects.filter(till=till, state=Shift.State.OPEN, blind=True).exists()


def hides(operator: Operator, till: Till) -> bool:
    """Return whether this till's figures are hidden from the operator: it is their own, and they count blind."""
    shift = blind_shift(operator)
    return shift is not None and shift.till_id == till.pk


@dataclass(frozen=True)
class OwnTill:
    """The till an operator works with, if there is one yet; whether its figures are hidden, and whether it has a shift.

    A till that requires no shifts has one from the float that a supervisor issued to the close.
    """

    till: Till | None
    is_hidden: bool = False
    has_shift: bool = False


def own_till(operator: Operator) -> OwnTill:
    """Return the till an operator works with, and how its shift stands, in one query."""
    running = Shift.objects.filter(till=OuterRef("pk"), state__in=IN_PROGRESS)
    blind = running.filter(state=Shift.State.OPEN, blind=True)
    found = Till.objects.visible_to(operator).annotate(is_blind=Exists(blind), has_shift=Exists(running)).first()
    if found is None:
        return OwnTill(None)
    return OwnTill(found, found.is_blind, found.has_shift)  # type: ignore[attr-defined]  # annotated


def hidden_lines(operator: Operator, path: str = "") -> Q:
    """Return the condition for journal lines that no sum shown to the operator may contain; `path` leads to the line.

    For an operator who counts nothing blind it holds for no line; it asks no query of its own.
    """
    if operator._state.adding or operator.reseller_id is not None:
        return Q(pk__in=[])  # nobody who is stored, or one of several at a till that has no shifts
    own = Shift.objects.filter(till__operator=operator, state=Shift.State.OPEN, blind=True)
    return Q(**{f"{path}shift__in": own.values("pk")})
