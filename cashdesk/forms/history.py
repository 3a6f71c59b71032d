"""The filters of the history: a GET form whose address can be kept, sent and printed."""

from __future__ import annotations

from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Operator
from cashdesk.forms.base import DeskForm, LineField
from payments.history import Wanted
from tills.days import today
from tills.models import PaymentMethod

ISO = "%Y-%m-%d"


class DayField(forms.DateField):
    """A day as the browser's calendar writes it, whatever the language; empty is an open end."""

    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=[ISO],
            widget=forms.DateInput(format=ISO, attrs={"type": "date"}),
            error_messages={"invalid": _("Enter a day, like 2026-11-23")},
        )


class ChosenRow(forms.TypedChoiceField):
    """One of the rows that the operator may choose, or all; costs one query. Anything else is no choice."""

    def __init__(self, label: str, everything: str, rows: dict[int, str], fault: str) -> None:
        super().__init__(
            label=label,
            required=False,
            choices=[("", everything), *rows.items()],
            coerce=int,
            empty_value=None,
            error_messages={"invalid_choice": fault},
        )


class HistoryForm(DeskForm):
    """Which payments are looked for; cleans to a Wanted. Without the days in the address: today."""

    def __init__(self, query: QueryDict, *, operator: Operator) -> None:
        super().__init__(with_days(query))
        self.fields["from"] = DayField(_("From"))
        self.fields["to"] = DayField(_("To"))
        self.methods = dict(PaymentMethod.objects.values_list("pk", "name"))
        self.operators = operators_for(operator)
        self.fields["method"] = ChosenRow(
            _("Method"), _("All methods"), self.methods, _("Choose a method from the list")
        )
        if self.operators:
            self.fields["operator"] = ChosenRow(
                _("Operator"), _("All operators"), self.operators, _("Choose an operator from the list")
            )
        self.fields["q"] = LineField(
            label=_("Name, login, comment or receipt number"),
            most=100,
            required=False,
            widget=forms.TextInput(attrs={"type": "search", "spellcheck": "false"}),
        )

    def clean(self) -> None:
        """Refuse a period that ends before it begins."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", _("This day must not be before the first day"))

    @property
    def first(self) -> date | None:
        """The first day of the period; None: open. Needs a form without faults."""
        first: date | None = self.cleaned_data["from"]
        return first

    @property
    def last(self) -> date | None:
        """The last day of the period; None: open. Needs a form without faults."""
        last: date | None = self.cleaned_data["to"]
        return last

    @property
    def is_one_day(self) -> bool:
        """Whether the period is a single day."""
        return self.first is not None and self.first == self.last

    def in_words(self) -> list[tuple[str, str]]:
        """Return name and value of the filters beside the days. Needs a form without faults."""
        found = {
            "method": self.methods.get(self.cleaned_data["method"], ""),
            "operator": self.operators.get(self.cleaned_data.get("operator", 0), ""),
            "q": self.cleaned_data["q"],
        }
        return [(str(self.fields[name].label), value) for name, value in found.items() if value]

    def wanted(self) -> Wanted:
        """Return what is asked for. Needs a form without faults."""
        return Wanted(
            since=self.first,
            until=self.last,
            method_id=self.cleaned_data["method"],
            operator_id=self.cleaned_data.get("operator"),
            text=self.cleaned_data["q"],
        )


def operators_for(operator: Operator) -> dict[int, str]:
    """Return the names of those whose payments this operator may see, by id; switched-off ones too, else nobody."""
    if not operator.has_perm("payments.view_all_payments"):
        return {}
    found = Operator.objects.visible_to(operator).order_by("name", "username").only("name", "username")
    return {row.pk: row.get_full_name() for row in found}


def with_days(query: QueryDict) -> QueryDict:
    """Return the address's filters with today for a day that it does not name; an empty one stays open.

    A first day alone leads up to today, a last day alone in the past is that day.
    """
    filters = query.copy()
    now = today()
    if "to" not in query:
        filters["to"] = now.isoformat()
    if "from" not in query:
        last = parse_date(query.get("to", ""))
        filters["from"] = min(now, last or now).isoformat()
    return filters


def parse_date(text: str) -> date | None:
    """Return the day that is written, or None where there is no such day in the calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
