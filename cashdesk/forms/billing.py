"""The forms that settle by hand what the billing system did not take."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Settlement
from cashdesk.forms.base import DeskForm, LineField

Step = Settlement.Step


class SettleForm(DeskForm):
    """What a person does about a part, and why; the id over there once it is entered."""

    step = forms.ChoiceField(choices=Step.choices, widget=forms.HiddenInput)
    remote_id = LineField(label=_("Its id in the billing system"), most=64, required=False)
    comment = LineField(label=_("In words"), most=255, required=False, help_text=_("Needed, except to try again."))
