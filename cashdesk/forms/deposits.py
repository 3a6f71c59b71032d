"""The forms of the deposits: shape only; what may be moved is tills' own to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Operator, Reseller
from cashdesk.forms.base import DeskForm, LineField
from cashdesk.forms.history import ChosenRow, DayField
from customers.money import AmountField, example
from payments.deposit_rows import Wanted, holder_of, tills_in_scope

COMMENT = 160


class KeyedForm(DeskForm):
    """A form that is carried out once: it carries the key under which it is known."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, sent: QueryDict | None = None, *, name: str = "id", **kwargs: Any) -> None:  # Any: Form's own
        kwargs["initial"] = {"key": uuid4(), **kwargs.get("initial", {})}
        super().__init__(sent, auto_id=f"{name}_%s", **kwargs)
        self.fields["key"].error_messages = dict.fromkeys(
            ("required", "invalid"), _("This form had lost its key. Open the page again.")
        )


class CommentForm(KeyedForm):
    """A comment and nothing else."""

    def __init__(self, *args: Any, comment: str = "", **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.fields["comment"] = LineField(label=comment or _("Comment (optional)"), most=COMMENT, required=False)


class AmountForm(CommentForm):
    """An amount and a comment."""

    amount = AmountField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        amount = self.fields["amount"]
        amount.label = _("Amount in %(currency)s") % {"currency": settings.CASHDESK_CURRENCY}
        amount.error_messages["required"] = _("Enter an amount, like %(example)s") % {"example": example()}


class NewDepositForm(AmountForm):
    """A deposit for somebody who has no till yet: who, how much, and a comment."""

    def __init__(self, *args: Any, holders: Sequence[Operator | Reseller], **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.holders = {f"{type(holder).__name__.lower()}-{holder.pk}": holder for holder in holders}
        names = [
            (name, holder.name if isinstance(holder, Reseller) else holder.get_full_name())
            for name, holder in self.holders.items()
        ]
        choose = _("Choose for whom the deposit is")
        holder = forms.ChoiceField(
            label=_("For whom"),
            choices=[("", "–"), *names],
            error_messages={"required": choose, "invalid_choice": choose},
        )
        self.fields = {"holder": holder, **self.fields}


class DepositHistoryForm(DeskForm):
    """Which lines of deposits are looked for; cleans to a Wanted."""

    def __init__(self, query: QueryDict, *, operator: Operator) -> None:
        filters = query.copy()
        for name in ("from", "to", "till", "operator", "q"):
            filters.setdefault(name, "")
        super().__init__(filters)
        tills = {till.pk: f"{till.code} · {holder_of(till)}" for till in tills_in_scope(operator)}
        people = Operator.objects.visible_to(operator).order_by("name", "username").only("name", "username")
        self.fields["from"], self.fields["to"] = DayField(_("From")), DayField(_("To"))
        self.fields["till"] = ChosenRow(_("Till"), _("All tills"), tills, _("Choose a till from the list"))
        self.fields["operator"] = ChosenRow(
            _("By"),
            _("Everybody"),
            {person.pk: person.get_full_name() for person in people},
            _("Choose an operator from the list"),
        )
        self.fields["q"] = LineField(
            label=_("Comment, name or number"),
            most=100,
            required=False,
            widget=forms.TextInput(attrs={"type": "search", "spellcheck": "false"}),
        )

    def clean(self) -> None:
        """Refuse a period that ends before it begins."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", _("This day must not be before the first day"))

    def wanted(self) -> Wanted:
        """Return what is asked for. Needs a form without faults."""
        clean = self.cleaned_data
        return Wanted(
            since=clean["from"],
            until=clean["to"],
            till_id=clean["till"],
            operator_id=clean["operator"],
            text=clean["q"],
        )
