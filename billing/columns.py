"""The two files' columns: what each may hold, and what is said when it holds anything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from datetime import date

from django.utils.translation import gettext as _

from customers.models import Customer, Invoice
from customers.money import LONGEST_WHOLE_PART, SCALE

Value = str | int | None
Parser = Callable[[str], Value]

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how undecodable bytes are carried until a place can be named
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
DECIMAL = re.compile(r"(?P<minus>-?)0*(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Wrong(ValueError):
    """A cell does not hold what its column wants; the message says what it wants."""


def check_characters(text: str) -> None:
    """Raise Wrong for bytes that are not UTF-8, for NUL and the other control characters."""
    if text.isascii() and text.isprintable():
        return
    if NOT_UTF8.search(text):
        raise Wrong(_("holds bytes that are not UTF-8"))
    if "\0" in text:
        raise Wrong(_("holds a NUL character"))
    if CONTROL.search(text):
        raise Wrong(_("holds a control character"))


def words(length: int) -> Parser:
    """Return the parser of a name: any text, spaces and line breaks in it count as one space."""

    def parse(text: str) -> str:
        return _checked(" ".join(text.split()), length)

    return parse


def code(length: int) -> Parser:
    """Return the parser of a text that is compared sign by sign and may be empty."""

    def parse(text: str) -> str:
        if text != text.strip():
            raise Wrong(_("begins or ends with a space"))
        return _checked(text, length)

    return parse


def identifier(length: int) -> Parser:
    """Return the parser of a code that must be there."""

    def parse(text: str) -> Value:
        if not text.strip():
            raise Wrong(_("is empty"))
        return code(length)(text)

    return parse


def _checked(text: str, length: int) -> str:
    check_characters(text)
    if len(text) > length:
        raise Wrong(_("is longer than %(length)d characters") % {"length": length})
    return text


def balance(text: str) -> int:
    """Return ten-thousandths of a decimal with a dot, below zero with a minus; raises Wrong for anything else."""
    check_characters(text)
    found = DECIMAL.fullmatch(text)
    if found is None:
        raise Wrong(_("is not a decimal like 1234.50"))
    if len(found["part"] or "") > SCALE:
        raise Wrong(_("has more than %(count)d decimals") % {"count": SCALE})
    if len(found["whole"]) > LONGEST_WHOLE_PART:
        raise Wrong(_("has more than %(count)d digits before the dot") % {"count": LONGEST_WHOLE_PART})
    return int(found["minus"] + found["whole"] + (found["part"] or "").ljust(SCALE, "0"))


def amount(text: str) -> int:
    """Return ten-thousandths of a decimal that is not below zero; raises Wrong for anything else."""
    value = balance(text)
    if value < 0:
        raise Wrong(_("is below zero"))
    return value


def day(text: str) -> str:
    """Return the text of a day that exists; raises Wrong for anything but 2026-11-23."""
    check_characters(text)
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # the 30th of February: the same sentence says it
    raise Wrong(_("is not a day like 2026-11-23"))


def kind(text: str) -> str:
    """Return the kind of document; raises Wrong for any but the two."""
    check_characters(text)
    if text not in Invoice.Kind.values:
        raise Wrong(_("is neither invoice nor proforma"))
    return text


def reseller(codes: Set[str]) -> Parser:
    """Return the parser of a reseller's code, empty for none."""

    def parse(text: str) -> str:
        check_characters(text)
        if text and text not in codes:
            raise Wrong(_("is not the code of a reseller"))
        return text

    return parse


def _length(model: type[Customer] | type[Invoice], name: str) -> int:
    longest: int = getattr(model._meta.get_field(name), "max_length")  # noqa: B009  # not every field has one
    return longest


def customer_columns(resellers: Set[str]) -> dict[str, Parser]:
    """Return the customers file's columns in order, each with its parser."""
    return {
        "external_id": identifier(_length(Customer, "external_id")),
        "login": code(_length(Customer, "login")),
        "name": words(_length(Customer, "name")),
        "company": words(_length(Customer, "company")),
        "reseller": reseller(resellers),
        "balance": balance,
    }


def invoice_columns() -> dict[str, Parser]:
    """Return the invoices file's columns in order, each with its parser."""
    return {
        "number": identifier(_length(Invoice, "number")),
        "kind": kind,
        "customer": identifier(_length(Customer, "external_id")),
        "issued_on": day,
        "due_on": day,
        "total": amount,
        "due": amount,
    }
