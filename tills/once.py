"""A form about a till is carried out once: sent again it answers with what it did, and never does it twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Operator
from tills import proofs
from tills.locking import require_transaction, run_act
from tills.models import Shift, Transaction, UsedForm
from tills.refusals import FormGivenUp, FormTaken, FormUsedOtherwise

Locked = TypeVar("Locked")
MANAGE_DEPOSITS = "tills.manage_deposits"
SUPERVISE = "tills.supervise_tills"
GIVEN_UP = "given_up"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks with which form for what; `content` is all that makes the form the same when it is sent again."""

    operator: Operator
    key: UUID
    act: str
    content: Mapping[str, object] = field(default_factory=dict)

    @property
    def spelled(self) -> str:
        """The content in the one spelling in which it is stored."""
        return proofs.spell(self.content)

    def details(self, **more: object) -> dict[str, object]:
        """Return what belongs to the document of a line that this form writes."""
        return {"movement": {"key": str(self.key), "act": self.act, **more}}


@dataclass(frozen=True)
class Done:
    """What a form did: the line it wrote, if any, and the shift it was about, if any."""

    line: Transaction | None = None
    shift: Shift | None = None


def carry_out(asked: Asked, lock: Callable[[], Locked], do: Callable[[Locked], Done]) -> UsedForm:
    """Take the locks, look the form up, and do what it asks unless it was done before; return the form as used.

    All or nothing, in a transaction of its own. Raises FormUsedOtherwise for the same key with other content,
    FormTaken for somebody else's key, FormGivenUp for a form that was given up, and whatever `lock` and `do` raise;
    nothing is written then.
    """

    def act() -> UsedForm:
        locked = lock()
        return _used_before(asked) or _note(asked, do(locked))

    try:
        return run_act(act)
    except IntegrityError:
        used = _used_before(asked)
        if used is None:
            raise
        return used


def find_used(*, operator: Operator, key: UUID) -> UsedForm | None:
    """Return the operator's own form with this key when it was carried out; somebody else's answers like none."""
    used = UsedForm.objects.select_related("line__till", "shift__till").exclude(act=GIVEN_UP)
    return used.filter(operator=operator, key=key).first()


def give_up_form(*, operator: Operator, key: UUID) -> bool:
    """Return whether the form was carried out; if not, it never will be. Needs an open transaction.

    Both sides write the same unique key: whoever comes second meets an IntegrityError, and reads what the first did.
    """
    require_transaction("give_up_form")
    used = UsedForm.objects.filter(key=key).first()
    if used is not None:
        return used.operator_id == operator.pk and used.act != GIVEN_UP
    _note(Asked(operator=operator, key=key, act=GIVEN_UP), Done())
    return False


def _used_before(asked: Asked) -> UsedForm | None:
    used = UsedForm.objects.select_related("line__till", "shift__till").filter(key=asked.key).first()
    if used is None:
        return None
    if used.operator_id != asked.operator.pk:
        raise FormTaken
    if used.act == GIVEN_UP:
        raise FormGivenUp
    if (used.act, used.content) != (asked.act, asked.spelled):
        raise FormUsedOtherwise(used)
    return used


def _note(asked: Asked, done: Done) -> UsedForm:
    return UsedForm.objects.create(
        key=asked.key,
        operator=asked.operator,
        act=asked.act,
        content=asked.spelled,
        line=done.line,
        shift=done.shift,
        recorded_at=timezone.now(),
    )


def check_may(operator: Operator, right: str | None = None) -> None:
    """Raise PermissionDenied unless the operator may still use the desk, and has the right now, if one is named."""
    now = Operator.objects.select_related("reseller").get(pk=operator.pk)
    if not now.may_use_desk or (right is not None and not now.has_perm(right)):
        raise PermissionDenied
