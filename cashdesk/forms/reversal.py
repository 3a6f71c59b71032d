"""The forms that undo a payment."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from cashdesk.forms.base import DeskForm, LineField
from payments.models import Reversal

CHOOSE = _("Choose why the payment is reversed")


class ReversalForm(DeskForm):
    """Why a payment is reversed: one of a short list, and words."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=Reversal.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    comment = LineField(label=_("In words"), most=160, required=False, help_text=_("Needed for another reason."))


class MoveForm(DeskForm):
    """Where a payment is moved to; the customer and the new key are hidden fields that the page fills."""

    customer = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    comment = LineField(label=_("Comment (optional)"), most=160, required=False)
