"""Why something about a till is not done: one family, whose messages tell what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from tills.models import UsedForm


class TillRefused(Exception):
    """Nothing was written; the message is for whoever asked.

    `field` names the form's field the message belongs to, empty where it is about the whole form.
    """

    field = ""


class AmountNotMoved(TillRefused):
    """The amount is not one that can be moved."""

    field = "amount"


class ReasonNeeded(TillRefused):
    """It needs a reason in words."""

    field = "comment"


class DepositRefused(TillRefused):
    """The deposit is not in a state in which this can be done."""


class ShiftRefused(TillRefused):
    """The shift is not in a state in which this can be done."""


class FormTaken(TillRefused):
    """The form's key belongs to somebody else's form; says nothing about it."""

    def __init__(self) -> None:
        super().__init__(_("This form cannot be used. Open the page again."))


class FormGivenUp(TillRefused):
    """The form was given up before; it comes too late."""

    def __init__(self) -> None:
        super().__init__(_("This form was given up, and nothing was recorded. Open the page again."))


class FormUsedOtherwise(TillRefused):
    """The form was carried out before, with other content."""

    def __init__(self, used: UsedForm) -> None:
        super().__init__(_("This form was already used, with other content. Open the page again."))
        self.used = used
