"""The forms of a shift: a count by denomination, cash in and out, and the words that some steps need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _

from accounts.models import Operator
from cashdesk.forms.base import LineField
from cashdesk.forms.deposits import COMMENT, AmountForm, CommentForm, KeyedForm
from customers.money import AmountNotUnderstood, format_amount, parse_amount, plain_amount, reads_as_amount
from tills.counting import MOST_PIECES, Counted, Paper
from tills.denominations import denominations

MOST_PAPERS = 200
REFERENCE = 64
LONGEST_AMOUNT = 4  # words, with a space for thousands


class PapersField(forms.CharField):
    """Cheques or slips, one in a line: the amount, and after a space its number if it has one."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> tuple[Paper, ...]:  # Any: Django's own signature
        """Return the papers; raises ValidationError with the line that is not understood."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        if len(lines) > MOST_PAPERS:
            raise ValidationError(_("List at most %(most)d") % {"most": MOST_PAPERS}, code="many")
        return tuple(self._paper(line) for line in lines)

    def _paper(self, line: str) -> Paper:
        amount, _space, reference = line.partition(" ")
        try:
            parsed = parse_amount(amount)
        except AmountNotUnderstood as fault:
            facts = {"line": line[:40], "what": str(fault)}
            raise ValidationError(_("%(line)s: %(what)s") % facts, code="amount") from fault
        if parsed <= 0 or len(reference) > REFERENCE or not reference.isprintable():
            raise ValidationError(
                _("%(line)s: an amount above zero, a space, and a short number") % {"line": line[:40]}
            )
        self._check_one_reading(line, amount, parsed)
        return Paper(parsed, reference.strip())

    def _check_one_reading(self, line: str, amount: str, parsed: Decimal) -> None:
        """Raise ValidationError for 1 234.50 778, whose first words are one amount with a space for thousands."""
        words = line.split()
        most = min(len(words), LONGEST_AMOUNT)
        longest = max((n for n in range(1, most + 1) if reads_as_amount(" ".join(words[:n]))), default=0)
        if longest <= len(amount.split()) or parse_or_none(" ".join(words[:longest])) == parsed:
            return
        one = " ".join(["".join(words[:longest]), *words[longest:]])
        plain = plain_amount(parsed)
        two = " ".join([plain, *words[len(amount.split()) :]]) if "." in plain else line.replace(" ", " #", 1)
        facts = {"line": line[:40], "one": one[:40], "two": two[:40]}
        raise ValidationError(_("%(line)s: write %(one)s or %(two)s") % facts, code="amount")


def parse_or_none(text: str) -> Decimal | None:
    """Return the amount, or None where it is not understood."""
    try:
        return parse_amount(text)
    except AmountNotUnderstood:
        return None


class CountForm(KeyedForm):
    """How many of each note and coin, and the papers beside them."""

    has_papers = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.values = {f"d{int(value * 10000)}": value for value in denominations()}
        for name, value in self.values.items():
            self.fields[name] = forms.IntegerField(
                label=format_amount(value),
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "pieces"}),
                error_messages=dict.fromkeys(
                    ("invalid", "min_value", "max_value"),
                    _("%(value)s: enter how many there are, like 12") % {"value": format_amount(value)},
                ),
            )
        if self.has_papers:
            hint = _("One in a line: the amount, a space, and its number.")
            self.fields["cheques"] = PapersField(label=_("Cheques"), required=False, help_text=hint)
            self.fields["slips"] = PapersField(label=_("Card slips"), required=False, help_text=hint)

    @property
    def currency(self) -> str:
        """The currency in which the page sums what was typed so far."""
        return str(settings.CASHDESK_CURRENCY)

    def clean(self) -> None:
        """Refuse a form in which nothing was counted: a count can never be taken back. A zero is a number."""
        if not any(self.data.get(name, "").strip() for name in self.values):
            first = next(iter(self.values))
            self.add_error(first, _("Enter at least one number, 0 where there is nothing"))

    def pieces(self) -> Iterator[BoundField]:
        """Yield the fields of the notes and coins, the largest first."""
        return (self[name] for name in self.values)

    def counted(self) -> Counted:
        """Return what was counted. Needs a form without faults."""
        clean = self.cleaned_data
        cash: dict[Decimal, int] = {value: clean[name] or 0 for name, value in self.values.items()}
        return Counted(cash=cash, cheques=clean.get("cheques", ()), slips=clean.get("slips", ()))


class FloatForm(CountForm):
    """A float for a cashier."""

    has_papers = False

    def __init__(self, *args: Any, cashiers: Sequence[Operator], **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.cashiers = {person.pk: person for person in cashiers}
        choose = _("Choose who gets the float")
        field = forms.TypedChoiceField(
            label=_("For whom"),
            coerce=int,
            choices=[("", "–"), *((pk, person.get_full_name()) for pk, person in self.cashiers.items())],
            widget=forms.Select(attrs={"autofocus": True}),
            error_messages={"required": choose, "invalid_choice": choose},
        )
        self.fields = {"cashier": field, **self.fields}


class ForcedForm(CountForm):
    """A supervisor's own count of somebody else's drawer, and why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, **kwargs)
        self.fields["comment"] = LineField(label=_("Why you close this shift"), most=COMMENT, required=False)


class CloseForm(CommentForm):
    """The end of a shift by the count that was shown, and why it is off, if it is."""

    count = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, comment=_("If the count is off: why"), **kwargs)
        self.fields["comment"].widget.attrs["autofocus"] = True
        self.fields["count"].error_messages = dict.fromkeys(
            ("required", "invalid"), _("This form had lost its count. Open the page again.")
        )


class DrawerForm(AmountForm):
    """Cash into the drawer or out of it, with a reason and the number of a voucher."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Form's own
        super().__init__(*args, comment=_("What it is for"), **kwargs)
        self.fields["voucher"] = LineField(label=_("Voucher number (optional)"), most=REFERENCE, required=False)
