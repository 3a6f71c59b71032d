"""Finding out what became of a part that nobody answered about: by its reference, twice, before it is sent again."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingSystem, BillingUnavailable, Part, RemotePayment
from billing.delivering import DONE, NOTHING, Step
from billing.leases import LOOK_UPS, Claim, claim_look_up, end, finish, settle_time
from billing.parts import describe_part, describe_undo
from customers.models import Customer
from payments.models import Delivery

State = Delivery.State


class Undecided(Exception):
    """What stands over there does not say whether it is this part; the message is for the person who decides."""


def look_up_next(system: BillingSystem) -> Step:
    """Look for the next unknown part whose time has come.

    Found, it is delivered. Not found for the second time it waits to be sent again, or is cancelled with its undo. What
    cannot be decided is left to a person.
    """
    claim = claim_look_up(system.longest_call)
    if claim is None:
        return NOTHING
    try:
        remote_id = _find(system, claim)
    except BillingUnavailable as error:
        reason = str(error)
        finish(claim, lambda customer, part: end(customer, part, lease=timezone.now() + settle_time(), error=reason))
        return Step(did_something=True, failure=reason or "?")
    except Undecided as undecided:
        reason = str(undecided)
        finish(claim, lambda customer, part: end(customer, part, lease=None, error=reason))
        return DONE
    finish(claim, lambda customer, part: _write_finding(customer, part, remote_id))
    return DONE


def _find(system: BillingSystem, claim: Claim) -> str | None:
    if claim.delivery.kind == Delivery.Kind.UNDO:
        return system.look_up_undo(describe_undo(claim.delivery))
    part = describe_part(claim.delivery)
    return decide(part, system.look_up(part.reference, part.customer_id))


def decide(part: Part, found: Sequence[RemotePayment]) -> str | None:
    """Return the id under which the part stands over there, None when it does not; raises Undecided."""
    if not found:
        return None
    if len(found) > 1:
        ids = ", ".join(payment.remote_id for payment in found)
        raise Undecided(_("Several payments over there have this reference: %(ids)s.") % {"ids": ids})
    payment = found[0]
    if payment.deleted:
        raise Undecided(_("Payment %(id)s over there had this reference and was deleted.") % {"id": payment.remote_id})
    if (payment.customer_id, payment.amount) != (part.customer_id, part.amount):
        raise Undecided(
            _("Payment %(id)s over there has this reference, but another customer or amount.")
            % {"id": payment.remote_id}
        )
    return payment.remote_id


def _write_finding(customer: Customer, delivery: Delivery, remote_id: str | None) -> None:
    if remote_id is not None:
        end(customer, delivery, state=State.DELIVERED, remote_id=remote_id, lease=None, error="")
    elif delivery.look_ups + 1 < LOOK_UPS:
        again = timezone.now() + settle_time()
        end(customer, delivery, look_ups=delivery.look_ups + 1, lease=again)
    else:
        end(customer, delivery, state=State.WAITING, look_ups=delivery.look_ups + 1, lease=None)
