"""How the desk looks and behaves for one operator."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Operator
from cashdesk.forms.base import DeskForm

PREFERENCES = ("theme", "paper", "letter_keys")


class PreferencesForm(DeskForm):
    """The operator's own look, paper and keys; no other column of theirs can be reached from here."""

    theme = forms.ChoiceField(label=_("Look"), choices=Operator.Theme.choices, widget=forms.RadioSelect)
    paper = forms.ChoiceField(
        label=_("Receipts are printed on"), choices=Operator.Paper.choices, widget=forms.RadioSelect
    )
    letter_keys = forms.BooleanField(
        label=_("Use the letter keys / and ?"),
        required=False,
        help_text=_("Switch them off if speech input or a slip of the hand sets them off."),
    )


def save_preferences(operator: Operator, form: PreferencesForm) -> None:
    """Write these columns alone, so that a switch set by an administrator meanwhile is not set back."""
    for name in PREFERENCES:
        setattr(operator, name, form.cleaned_data[name])
    operator.save(update_fields=PREFERENCES)
