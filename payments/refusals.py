"""Why a payment is not taken: one family, whose messages tell the operator what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from payments.models import Payment, Reversal


class PaymentRefused(Exception):
    """The payment was not taken and nothing was written; the message is for the operator.

    `field` names the form's field the message belongs to, empty where it is about the whole form.
    """

    field = ""


class AmountRefused(PaymentRefused):
    """The amount is not one that can be taken."""

    field = "amount"


class TillLimitReached(PaymentRefused):
    """The till's balance would fall below its limit."""

    field = "amount"


class NoOpenShift(PaymentRefused):
    """The till needs an open shift and has none, or its drawer was counted already."""


class MethodRefused(PaymentRefused):
    """The method is switched off."""

    field = "method"


class ReferenceMissing(PaymentRefused):
    """The method asks for a reference and there is none."""

    field = "reference"


class DateRefused(PaymentRefused):
    """The day of the payment is in the future, or too long ago."""

    field = "paid_on"


class InvoicesRefused(PaymentRefused):
    """A chosen document is not open any more, or not this customer's."""

    field = "invoices"


class CustomerGone(PaymentRefused):
    """The billing system no longer names the customer."""


class FormUnusable(PaymentRefused):
    """The form's key belongs to somebody else's payment; says nothing about it."""

    def __init__(self) -> None:
        super().__init__(_("This form cannot be used. Open the customer again."))


class KeyUsedOtherwise(PaymentRefused):
    """The form's key already took the operator's own payment, with other content."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(_("This form was already used."))
        self.payment = payment


class KeyGivenUp(PaymentRefused):
    """The form was given up before; the payment comes too late."""

    def __init__(self) -> None:
        super().__init__(_("This form was given up, and nothing was recorded. Open the customer again."))


class DrawerCounted(PaymentRefused):
    """The holder of the till has counted its drawer, and has seen what was expected."""

    def __init__(self) -> None:
        super().__init__(_("The drawer was counted. Ask your supervisor."))


class AlreadyReversed(PaymentRefused):
    """The payment has been reversed before."""

    def __init__(self, reversal: Reversal) -> None:
        super().__init__(_("This payment has been reversed already."))
        self.reversal = reversal


class ReasonMissing(PaymentRefused):
    """A reversal needs a reason in words."""

    field = "comment"
