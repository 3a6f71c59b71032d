"""Splynx's spellings of values, which differ by version, and what each of them means (splynx.md 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _

from billing.connectors.splynx.answers import one_line
from customers.money import LONGEST_WHOLE_PART, SCALE

Row: TypeAlias = Mapping[str, object]

ON = {"1", "true", "yes", "on"}
LARGEST = Decimal(10) ** LONGEST_WHOLE_PART
NEVER = ("", "0000-00-00")
LONGEST_ID = 20


class Unexpected(ValueError):
    """A field does not hold what its name promises; the message names the field."""


def identifier(row: Row, name: str) -> str:
    """Return a number above zero as text: 6 and "6" are the same id; raises Unexpected for anything else."""
    found = optional_identifier(row, name)
    if not found:
        raise Unexpected(_("%(field)s is not an id") % {"field": name})
    return found


def optional_identifier(row: Row, name: str) -> str:
    """Return an id, or empty for none: null, 0, "0" and a missing field; raises Unexpected for anything else."""
    value = row.get(name)
    if value is None or value == "" or value is False:
        return ""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < LONGEST_ID:
        value = int(value)
    if isinstance(value, Decimal) and value.adjusted() < LONGEST_ID and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**LONGEST_ID:
        raise Unexpected(_("%(field)s is not an id") % {"field": name})
    return str(value) if value else ""


def amount(row: Row, name: str) -> Decimal:
    """Return an amount with at most four decimals: "100.0000", 16.47 and 100; raises Unexpected for anything else."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unexpected(_("%(field)s is not an amount") % {"field": name})
    try:
        found = Decimal(value)
        fits = found.is_finite() and abs(found) < LARGEST
        exact = found.quantize(Decimal(1).scaleb(-SCALE)) if fits else found
    except ArithmeticError as fault:
        raise Unexpected(_("%(field)s is not an amount") % {"field": name}) from fault
    if not fits or "_" in str(value):
        raise Unexpected(_("%(field)s is not an amount") % {"field": name})
    return exact  # finer than a ten-thousandth is a rounding of theirs: 33.3333333 in a float


def day(row: Row, name: str) -> date | None:
    """Return the day of a date or of a date with time; None for null and 0000-00-00; raises Unexpected."""
    value = row.get(name)
    if value is None or value is False:
        return None
    if not isinstance(value, str):
        raise Unexpected(_("%(field)s is not a day") % {"field": name})
    if value[:10] in NEVER:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as fault:
        raise Unexpected(_("%(field)s is not a day") % {"field": name}) from fault


def moment(row: Row, name: str) -> datetime | date | None:
    """Return what a column of changes holds: local date and time there, or only a day; None for never."""
    value = row.get(name)
    if isinstance(value, str) and len(value) > len("0000-00-00") and value[:10] not in NEVER:
        try:
            return datetime.fromisoformat(value).replace(tzinfo=None)
        except ValueError as fault:
            raise Unexpected(_("%(field)s is not a time") % {"field": name}) from fault
    return day(row, name)


def text(row: Row, name: str, length: int) -> str:
    """Return a text in one line, cut at a length; empty for null; a number is its digits."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unexpected(_("%(field)s is not a text") % {"field": name})
    return one_line(str(value))[:length].strip()


def is_on(row: Row, name: str) -> bool:
    """Return whether a flag is set, in any of its spellings."""
    return str(row.get(name, "")).lower() in ON
