"""What a person does about a part that the billing system refused, or did not answer about.

Entering by hand takes two steps. "I am entering it" makes the part unknown, with no look-up: the customer's figures
stand still until "entered", with its id over there, or "not entered" ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Operator
from billing.connectors.protocol import BillingSystem, BillingUnavailable, Part, RemotePayment
from billing.leases import end, lock_part, settle_time
from billing.models import Settlement
from billing.parts import describe_part, with_all_around
from customers.models import Customer
from payments.models import Delivery
from tills.locking import run_act

MANAGE_PERMISSION = "billing.manage_billing"
State, Step = Delivery.State, Settlement.Step


class SettlementRefused(Exception):
    """Nothing was written; the message is for the person."""


def try_again(*, operator: Operator, delivery_id: int, comment: str = "") -> None:
    """Let a refused part be sent again, and an unknown one that waits for a person be looked for again.

    Raises Delivery.DoesNotExist outside the scope, PermissionDenied, or SettlementRefused.
    """
    check_right(operator)

    def act(customer: Customer, delivery: Delivery) -> None:
        _note(delivery, operator, Step.RETRY, comment)
        if delivery.state == State.REFUSED:
            end(customer, delivery, state=State.WAITING, lease=None, attempts=0, error="")
        elif delivery.state == State.UNKNOWN and delivery.lease is None and being_entered_by(delivery) is None:
            end(customer, delivery, lease=timezone.now(), look_ups=0, error="")
        else:
            raise SettlementRefused(_("This part is not stuck any more. Look at it again."))

    _settle(operator, delivery_id, act)


def begin_entering(*, operator: Operator, delivery_id: int, comment: str) -> None:
    """Note that a person is entering a part over there by hand; until they say how it ended nothing else touches it.

    Raises as try_again does, also without a comment.
    """
    check_right(operator)
    check_comment(comment)

    def act(customer: Customer, delivery: Delivery) -> None:
        if delivery.state not in {State.REFUSED, State.UNKNOWN} or being_entered_by(delivery) is not None:
            raise SettlementRefused(_("This part is not stuck any more, or somebody is entering it already."))
        _note(delivery, operator, Step.ENTERING, comment)
        error = _("%(person)s is entering it by hand.") % {"person": operator.get_full_name()}
        end(customer, delivery, state=State.UNKNOWN, lease=None, error=error)

    _settle(operator, delivery_id, act)


def mark_entered(*, operator: Operator, delivery_id: int, remote_id: str, comment: str, system: BillingSystem) -> None:
    """Note that a part stands over there under this id, which is looked at there before anything is written.

    A wrong id would let a later reversal delete somebody else's payment, and beside one whose answer was lost it would
    stand there twice. Raises as begin_entering does.
    """
    check_right(operator)
    check_comment(comment)
    delivery = with_all_around(Delivery.objects.settled_by(operator)).get(pk=delivery_id)
    _check_remote(system, delivery, remote_id)

    def act(customer: Customer, locked: Delivery) -> None:
        _check_being_entered(locked)
        _check_unused(locked, remote_id)
        _note(locked, operator, Step.ENTERED, comment, remote_id)
        end(customer, locked, state=State.DELIVERED, remote_id=remote_id, error="")

    _settle(operator, delivery_id, act)


def mark_not_entered(*, operator: Operator, delivery_id: int, comment: str) -> None:
    """Note that a part was not entered: it is refused as before, or looked for as before. Raises as begin_entering."""
    check_right(operator)
    check_comment(comment)

    def act(customer: Customer, delivery: Delivery) -> None:
        began = _check_being_entered(delivery)
        _note(delivery, operator, Step.NOT_ENTERED, comment)
        if began.was == State.REFUSED:
            end(customer, delivery, state=State.REFUSED, error=_("Not entered: %(why)s") % {"why": comment})
        else:
            end(customer, delivery, lease=timezone.now() + settle_time(), look_ups=0, error="")

    _settle(operator, delivery_id, act)


def being_entered_by(delivery: Delivery) -> Settlement | None:
    """Return who is entering an unknown part by hand, since when and why; None when nobody is."""
    last = Settlement.objects.filter(delivery=delivery).select_related("operator").last()
    is_entering = last is not None and last.step == Step.ENTERING and delivery.state == State.UNKNOWN
    return last if is_entering else None


def check_right(operator: Operator) -> None:
    """Raise PermissionDenied without the right to settle."""
    if not operator.has_perm(MANAGE_PERMISSION):
        raise PermissionDenied


def check_comment(comment: str) -> None:
    """Raise SettlementRefused without a reason in words."""
    if not comment.strip():
        raise SettlementRefused(_("Say in a few words why."))


def _settle(operator: Operator, delivery_id: int, act: Callable[[Customer, Delivery], None]) -> None:
    Delivery.objects.settled_by(operator).get(pk=delivery_id)
    run_act(lambda: act(*lock_part(delivery_id)))


def _note(delivery: Delivery, operator: Operator, step: Settlement.Step, comment: str, remote_id: str = "") -> None:
    Settlement.objects.create(
        delivery=delivery,
        operator=operator,
        step=step,
        was=delivery.state,
        comment=comment.strip()[:255],
        remote_id=remote_id,
        recorded_at=timezone.now(),
    )


def _check_being_entered(delivery: Delivery) -> Settlement:
    began = being_entered_by(delivery)
    if began is None:
        raise SettlementRefused(_("Nobody is entering this part. Look at it again."))
    return began


def _check_remote(system: BillingSystem, delivery: Delivery, remote_id: str) -> None:
    if not remote_id:
        raise SettlementRefused(_("Write the id that the payment has in the billing system."))
    part = describe_part(delivery)
    try:
        payment = system.payment(remote_id)
        under_ours = system.look_up(delivery.reference, part.customer_id)
    except BillingUnavailable as error:
        raise SettlementRefused(_("The billing system does not answer, so the id could not be looked at.")) from error
    if delivery.kind == Delivery.Kind.UNDO:
        _check_undone(delivery, part, payment, remote_id)
    elif payment is None:
        raise SettlementRefused(_("There is no payment with this id in the billing system."))
    elif (payment.customer_id, payment.amount) != (part.customer_id, part.amount):
        raise SettlementRefused(_("The payment with this id has another customer or another amount."))
    _check_alone(under_ours, remote_id)


def _check_undone(undo: Delivery, part: Part, payment: RemotePayment | None, remote_id: str) -> None:
    """Check that the id is the deleted payment's, or that a payment below zero stands under it.

    What went over in a file has no id here: then there is nothing to compare the id with.
    """
    if payment is not None:
        if (payment.customer_id, payment.amount) != (part.customer_id, -part.amount):
            raise SettlementRefused(_("Under this id stands something else than the payment taken back."))
        return
    taken_back = Delivery.objects.get(allocation=undo.allocation_id, kind=Delivery.Kind.APPLY).remote_id
    if taken_back and remote_id != taken_back:
        raise SettlementRefused(
            _(
                "Nothing stands under this id in the billing system. Write %(id)s if you deleted the payment there, "
                "else the id of the payment below zero."
            )
            % {"id": taken_back}
        )


def _check_alone(under_ours: Sequence[RemotePayment], remote_id: str) -> None:
    others = [payment.remote_id for payment in under_ours if not payment.deleted and payment.remote_id != remote_id]
    if others:
        raise SettlementRefused(
            _(
                "Payment %(ids)s stands in the billing system under this reference already. Write that id, or delete "
                "it there first: otherwise it would stand there twice."
            )
            % {"ids": ", ".join(others)}
        )


def _check_unused(delivery: Delivery, remote_id: str) -> None:
    others = Delivery.objects.filter(remote_id=remote_id).exclude(allocation=delivery.allocation_id)
    if others.exists():
        raise SettlementRefused(_("This id belongs to another payment of ours already."))
