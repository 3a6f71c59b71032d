"""Entering a part over there and taking it back: what is certain about the outcome, and nothing more than that."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.connectors.protocol import (
    BillingUnavailable,
    Delivered,
    NotSent,
    Outcome,
    Part,
    Refused,
    Unanswered,
    Undo,
)
from billing.connectors.splynx.answers import Answer, NotJson, row_of
from billing.connectors.splynx.customers import is_number
from billing.connectors.splynx.exchange import NoAnswer, NotReached
from billing.connectors.splynx.payments import DOCUMENTS, LONGEST_REFERENCE, PAYMENTS, one_payment
from billing.connectors.splynx.session import Session
from billing.connectors.splynx.values import Unexpected, identifier

LONGEST_COMMENT = 256
FOR_GOOD = {400, 404, 409, 410}  # with a reason of Splynx itself
FORBIDDEN = 403
VALIDATION = 422  # by whatever body: none was ever captured, and no proxy answers so
OF_THE_OBJECT = {
    "NOT_ALLOWED_BY_PARTNER_RESTRICTION", "NOT_ALLOWED_BY_USER_RESTRICTION", "ENTITY_CANNOT_BE_DELETED",
    "INVALID_INPUT_DATA",
}  # fmt: skip
LAST_SIGN_OF_OLD_MYSQL = "\uffff"


def deliver(session: Session, part: Part) -> Outcome:
    """Enter one part; refuses by itself what Splynx would take by mistake, like an amount below zero (4.3)."""
    fault = _fault_of(part)
    if fault:
        return fault
    content = _content(part.reference, part, part.amount, part.operator, part.comment)
    if part.document_kind:
        content[DOCUMENTS[part.document_kind]] = int(part.document_id)
    return _post(session, content)


def delete(session: Session, undo: Undo) -> Outcome:
    """Delete the part's payment; one that is gone already counts as deleted, another one under its id is left alone.

    Where nobody knows its id, as of a payment that went over in a file, nothing says that it is gone. The payment could
    just be read, so what forbids its deletion is a right that the key lacks: it would hold up one customer for good.
    """
    if not is_number(undo.remote_id):
        return Refused(_("Nobody knows which id this payment has in Splynx. Take it back there by hand."))
    try:
        payment = one_payment(session, undo.remote_id)
    except BillingUnavailable as fault:
        return NotSent(str(fault))
    if payment is None:
        return Delivered(undo.remote_id)
    if (payment.customer_id, payment.amount) != (undo.part.customer_id, undo.part.amount):
        return Refused(_("Payment %(id)s in Splynx is another one by now.") % {"id": undo.remote_id})
    try:
        answer = session.write("DELETE", f"{PAYMENTS}/{undo.remote_id}")
    except NotReached as fault:
        return NotSent(str(fault))
    except NoAnswer as fault:
        return Unanswered(str(fault))
    if answer.is_good or answer.is_not_there:
        return Delivered(undo.remote_id)
    if answer.status == FORBIDDEN and answer.is_own_word:
        return Refused(session.tell(answer))
    return outcome_of(session, answer)


def enter_negative(session: Session, undo: Undo) -> Outcome:
    """Enter a payment below zero against the part, on account: Splynx keeps refunds so."""
    fault = _fault_of(undo.part) or _fault_of_reference(undo.reference)
    if fault:
        return Refused(fault.reason)  # nobody passes over an undo, so its payment's method must not keep it waiting
    content = _content(undo.reference, undo.part, -undo.part.amount, undo.operator, undo.comment)
    content["date"] = undo.paid_on.isoformat()
    return _post(session, content)


def outcome_of(session: Session, answer: Answer) -> Outcome:
    """Return what an answer that is not good says about the outcome.

    Only a reason in Splynx's own words is for good. A page of a proxy, a missing right or a switched-off method says
    nothing about this payment: it did not arrive. From 500 on nobody knows.
    """
    reason = session.tell(answer)
    if answer.status >= 500:
        return Unanswered(reason)
    is_for_good = answer.is_own_word and (answer.status in FOR_GOOD or answer.code in OF_THE_OBJECT)
    return Refused(reason) if is_for_good or answer.status == VALIDATION else NotSent(reason)


def _post(session: Session, content: Mapping[str, object]) -> Outcome:
    try:
        answer = session.write("POST", PAYMENTS, content)
    except NotReached as fault:
        return NotSent(str(fault))
    except NoAnswer as fault:
        return Unanswered(str(fault))
    if not answer.is_good:
        return outcome_of(session, answer)
    try:
        return Delivered(identifier(row_of(answer), "id"))
    except (NotJson, Unexpected):
        return Unanswered(_("Splynx says that it was done, but not under which id."))


def _content(reference: str, part: Part, amount: Decimal, operator: str, comment: str) -> dict[str, object]:
    return {
        "customer_id": int(part.customer_id),
        "payment_type": part.method_id,
        "date": part.paid_on.isoformat(),
        "amount": f"{amount:f}",
        "receipt_number": reference,
        "comment": told(operator, comment),
    }


def told(operator: str, comment: str) -> str:
    """Return operator and comment in at most 256 characters; over there the key, not the operator, enters payments."""
    text = " ".join(f"{operator}: {comment}".split() if comment else operator.split())
    text = "".join(sign if sign <= LAST_SIGN_OF_OLD_MYSQL else "\ufffd" for sign in text)  # it would answer 500
    return text if len(text) <= LONGEST_COMMENT else f"{text[: LONGEST_COMMENT - 1]}…"


def _fault_of(part: Part) -> Refused | NotSent | None:
    """Return why a part cannot be told as it is; only the missing mapping of its method can be mended."""
    if part.amount <= 0:
        return Refused(_("Only an amount above zero can be entered."))
    if part.amount != part.amount.quantize(Decimal("0.0001")):
        return Refused(_("Splynx keeps four decimals."))
    if not is_number(part.customer_id):
        return Refused(_("%(id)s is not the id of a customer in Splynx.") % {"id": part.customer_id})
    if part.document_kind and not is_number(part.document_id):
        return Refused(_("%(id)s is not the id of a document in Splynx.") % {"id": part.document_id})
    if part.method_id and not is_number(part.method_id):
        return Refused(_("%(id)s is not the id of a payment method in Splynx.") % {"id": part.method_id})
    if not part.method_id:
        return NotSent(_("The payment method has no id in Splynx. Enter it in the administration."))
    return _fault_of_reference(part.reference)


def _fault_of_reference(reference: str) -> Refused | None:
    if not reference or len(reference) > LONGEST_REFERENCE:
        return Refused(_("A reference has between 1 and 32 characters."))
    return None
