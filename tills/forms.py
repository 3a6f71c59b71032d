"""The forms with which an administrator makes tills and changes what may be changed of them and of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from tills.models import PaymentMethod, Till

if TYPE_CHECKING:
    TillForm = forms.ModelForm[Till]
    PaymentMethodForm = forms.ModelForm[PaymentMethod]
else:
    TillForm = PaymentMethodForm = forms.ModelForm


class AddTillForm(TillForm):
    """A till for one operator or one reseller."""

    class Meta:
        model = Till
        fields = ("operator", "reseller", "limit")
        help_texts = {
            "limit": lazy(
                "How far below zero the balance may go. Empty: as usual, 0 for a reseller, none for an operator."
            )
        }

    def clean(self) -> dict[str, Any]:
        """Return the fields; raises ValidationError unless there is one holder."""
        super().clean()  # asks for uniqueness to be checked
        if bool(self.cleaned_data.get("operator")) == bool(self.cleaned_data.get("reseller")):
            raise ValidationError(_("Choose either an operator or a reseller."), code="one_holder")
        return self.cleaned_data


class ChangeTillForm(TillForm):
    """What may be changed of a till."""

    class Meta:
        model = Till
        fields = ("code", "limit", "is_active", "requires_shift", "blind", "tolerance")

    def clean(self) -> dict[str, Any]:
        """Return the fields; adds a sentence where several people would share one shift."""
        super().clean()  # asks for uniqueness to be checked
        if self.cleaned_data.get("requires_shift") and self.instance.operator_id is None:
            self.add_error("requires_shift", _("Only a till of one operator can work in shifts."))
        tolerance = self.cleaned_data.get("tolerance")
        if tolerance is not None and tolerance < 0:
            self.add_error("tolerance", _("Write 0 or more"))
        return self.cleaned_data


class MethodForm(PaymentMethodForm):
    """A payment method; says in words what the database's rules would say by their names."""

    class Meta:
        model = PaymentMethod
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        """Return the fields; adds a sentence beside what contradicts another field."""
        super().clean()  # asks for uniqueness to be checked
        chosen = {name: self.cleaned_data.get(name, getattr(self.instance, name)) for name in EFFECT_AND_REFERENCE}
        if chosen["in_drawer"] and not chosen["stays_with_operator"]:
            self._explain("in_drawer", _("Cash in the drawer stays with the operator: tick both."))
        if chosen["reference_required"] and not chosen["reference_label"]:
            self._explain("reference_label", _("Name the reference that is required."))
        return self.cleaned_data

    def _explain(self, field: str, sentence: str) -> None:
        self.add_error(field if field in self.fields else None, sentence)


EFFECT_AND_REFERENCE = ("stays_with_operator", "in_drawer", "reference_label", "reference_required")
