"""The period of a report: both ends are needed, and it is bounded, so that a page cannot ask for all there is."""

from __future__ import annotations

from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from cashdesk.forms.base import DeskForm
from cashdesk.forms.history import DayField, with_days

MOST_DAYS = 366


class PeriodForm(DeskForm):
    """From which business day to which. Without the days in the address: today."""

    def __init__(self, query: QueryDict) -> None:
        super().__init__(with_days(query))
        for name, label in (("from", _("From")), ("to", _("To"))):
            self.fields[name] = DayField(label)
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = _("Enter a day, like 2026-11-23")

    def clean(self) -> None:
        """Refuse a period that ends before it begins, and one that is too long."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", _("This day must not be before the first day"))
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("to", _("Choose at most %(days)d days") % {"days": MOST_DAYS})

    @property
    def first(self) -> date:
        """The first day. Needs a form without faults."""
        first: date = self.cleaned_data["from"]
        return first

    @property
    def last(self) -> date:
        """The last day. Needs a form without faults."""
        last: date = self.cleaned_data["to"]
        return last

    @property
    def is_one_day(self) -> bool:
        """Whether the period is a single day."""
        return self.first == self.last
