"""Payments out: one part at a time is told to the billing system, once, in order for each customer."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingSystem, Delivered, NotSent, Outcome, Refused, Unanswered
from billing.leases import Claim, claim_waiting, end, finish, note_unmapped, settle_time
from billing.parts import describe_part, describe_undo
from customers.models import Customer
from payments.models import Delivery


@dataclass(frozen=True)
class Step:
    """How a worker's step went; a reason says that the billing system did not answer, so better wait a little."""

    did_something: bool
    failure: str = ""


NOTHING, DONE = Step(did_something=False), Step(did_something=True)
LONGEST_DELAY = 60  # seconds until a part that did not arrive is tried again
State = Delivery.State
log = logging.getLogger(__name__)


def deliver_next(system: BillingSystem) -> Step:
    """Tell the billing system the next part there is to tell, and write the outcome.

    Called by any number of workers at once. The outcome is written only while the part is still this worker's: else the
    look-up decides.
    """
    claim = claim_waiting(system.longest_call)
    if claim is None:
        note_unmapped(unmapped())
        return NOTHING
    outcome = _obstacle(system, claim) or _tell(system, claim)
    if not finish(claim, lambda customer, delivery: _write_outcome(customer, delivery, outcome)):
        log.warning("%s: the outcome came after the lease, the look-up decides.", claim.delivery.reference)
    if isinstance(outcome, (NotSent, Unanswered)) and outcome.reason != unmapped():
        return Step(did_something=True, failure=outcome.reason or "?")
    return DONE


def _tell(system: BillingSystem, claim: Claim) -> Outcome:
    if claim.delivery.kind == Delivery.Kind.UNDO:
        return system.undo(describe_undo(claim.delivery))
    return system.deliver(describe_part(claim.delivery))


def _obstacle(system: BillingSystem, claim: Claim) -> Outcome | None:
    """Return why the call is not made at all, if there is a reason."""
    line = claim.delivery.allocation.payment.transaction
    if claim.delivery.kind == Delivery.Kind.APPLY and not (line.method and line.method.external_id):
        return NotSent(unmapped())
    if timezone.now() + timedelta(seconds=system.longest_call) > claim.lease:
        return NotSent(_("This machine was too slow to make the call in time."))
    return None


def unmapped() -> str:
    """Return what is said of a part whose method the billing system does not know."""
    return _("The method has no id in the billing system. Enter it in the administration.")


def _write_outcome(customer: Customer, delivery: Delivery, outcome: Outcome) -> None:
    if isinstance(outcome, Delivered):
        end(customer, delivery, state=State.DELIVERED, remote_id=outcome.remote_id, lease=None, error="")
    elif isinstance(outcome, Refused):
        end(customer, delivery, state=State.REFUSED, lease=None, error=outcome.reason)
    elif isinstance(outcome, NotSent):
        delay = timedelta(seconds=min(LONGEST_DELAY, 2 ** min(delivery.attempts, 10)))
        end(customer, delivery, state=State.WAITING, lease=timezone.now() + delay, error=outcome.reason)
    else:
        end(customer, delivery, state=State.UNKNOWN, lease=timezone.now() + settle_time(), error=outcome.reason)
