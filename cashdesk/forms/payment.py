"""The payment form: it checks the shape of what was typed and hands over an Order; the rules are payments' own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.forms.base import DeskForm, IdsField, LineField
from customers.money import AmountField, AmountNotUnderstood, example, parse_amount
from payments.refusals import AmountRefused
from payments.rules import check_amount
from payments.taking import Order
from tills.models import PaymentMethod

GIVEN_ONCE = ("amount", "method", "reference", "comment", "paid_on", "key")


class PreviewForm(DeskForm):
    """What decides how a payment is split: the preview and the payment read it with the same eyes (R22, R37)."""

    amount = AmountField()
    method = forms.TypedChoiceField(
        label=gettext_lazy("Method"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("Choose how the customer paid"),
            "invalid_choice": gettext_lazy("Choose how the customer paid"),
        },
    )
    invoices = IdsField(label=gettext_lazy("Documents"), required=False)

    def __init__(self, *args: Any, methods: Sequence[PaymentMethod], **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.methods = {method.pk: method for method in methods}
        choices = [(method.pk, method.name) for method in methods]
        self.fields["method"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        amount = self.fields["amount"]
        amount.label = _("Amount in %(currency)s") % {"currency": settings.CASHDESK_CURRENCY}
        amount.error_messages["required"] = _("Enter an amount, like %(example)s") % {"example": example()}
        amount.widget.attrs |= {"enterkeyhint": "done", "data-most-digits": _digits(settings.CASHDESK_MAX_AMOUNT)}

    def clean_amount(self) -> object:
        """Return the amount, if it is one that can be taken at all."""
        amount = self.cleaned_data["amount"]
        try:
            check_amount(amount)
        except AmountRefused as refusal:
            raise ValidationError(str(refusal), code="amount") from refusal
        return amount

    def clean(self) -> dict[str, Any]:  # Any: whatever the fields clean to
        """Refuse a form that says one thing twice: nobody could tell which of them was meant."""
        sent = self.data
        if isinstance(sent, QueryDict) and any(len(sent.getlist(name)) > 1 for name in GIVEN_ONCE):
            self.add_error(None, _("This form came with a field twice. Open the customer again."))
        return self.cleaned_data

    @property
    def chosen_method(self) -> PaymentMethod | None:
        """The method that is ticked, whether it was sent or is only the form's beginning."""
        value = str(self["method"].value() or "")
        return self.methods.get(int(value)) if value.isdecimal() and len(value) <= 19 else None

    @property
    def chosen_ids(self) -> frozenset[int]:
        """The documents that are ticked, as far as they are understood."""
        return frozenset(self.cleaned_data.get("invoices", ())) if self.is_bound else frozenset()


class PaymentForm(PreviewForm):
    """The whole payment form; the key is read before it, by the view."""

    reference = LineField(label=gettext_lazy("Reference"), most=64, required=False)
    comment = LineField(label=gettext_lazy("Comment (optional)"), most=160, required=False)
    paid_on = forms.DateField(
        label=gettext_lazy("Paid on"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter the day of payment, like 2026-11-23")},
    )

    def order(self, key: UUID, customer_id: int) -> Order:
        """Return what is asked for; needs a valid form."""
        clean = self.cleaned_data
        return Order(
            key=key,
            customer_id=customer_id,
            amount=clean["amount"],
            method_id=clean["method"],
            reference=clean["reference"],
            comment=clean["comment"],
            paid_on=clean["paid_on"],
            invoices=clean["invoices"],
        )


def _digits(amount: Decimal) -> int:
    """Return how many digits stand before the decimal mark."""
    return len(str(int(amount)))


def read_key(sent: QueryDict) -> UUID | None:
    """Return the form's key, or None when there is none or it is no UUID."""
    try:
        return UUID(sent.get("key", ""))
    except ValueError:
        return None


def read_again(sent: QueryDict, key: UUID, customer_id: int) -> Order | None:
    """Return what a form with a used key asks for, as far as sameness goes; None when it cannot be understood.

    It asks no rule: a method switched off or a limit reached since must not hide that the payment was taken.
    """
    if any(len(sent.getlist(name)) > 1 for name in GIVEN_ONCE):
        return None
    try:
        return Order(
            key=key,
            customer_id=customer_id,
            amount=parse_amount(sent.get("amount", "")),
            method_id=int(sent.get("method", "")),
            paid_on=date.fromisoformat(text) if (text := sent.get("paid_on", "")) else None,
        )
    except (AmountNotUnderstood, ValueError):
        return None
