"""Money: one field, one parser, one formatter. A Decimal in Python, whole ten-thousandths in a bigint."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import (  # type: ignore[attr-defined]  # documented nowhere, used by GIS and others
    Combinable,
    register_combinable_fields,
)
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field
else:

    class Field(models.Field):
        """Django's Field, which takes type arguments only in its stubs."""

        __class_getitem__ = classmethod(lambda cls, _types: cls)


Set = TypeVar("Set")
Get = TypeVar("Get")

SCALE = 4  # Splynx carries four decimals, and so do we
LONGEST_WHOLE_PART = 11  # digits before the mark; fits a bigint of ten-thousandths with room for sums
ZERO = Decimal(0)
SYMBOL_LANGUAGES = ("en", "es", "pt_BR", "fr", "cs", "pl", "uk", "ar")
SPACE = " \u00a0\u202f\u2009"
OTHER_DIGITS = str.maketrans(
    {chr(first + n): str(n) for first in (0x0660, 0xFF10) for n in range(10)}  # Arabic-Indic, full width
)
TYPED = re.compile(rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?:[{SPACE}][0-9]{{3}})+)(?:[.,](?P<part>[0-9]+))?")


class AmountNotUnderstood(ValueError):
    """A typed amount outside the grammar; the message tells the operator what to write."""


def exponent() -> int:
    """Return how many decimals an amount taken in the installation's currency has (EUR 2, JPY 0, KWD 3)."""
    return get_currency_precision(settings.CASHDESK_CURRENCY)


def unit() -> Decimal:
    """Return the smallest amount that can be taken (EUR 0.01, JPY 1, KWD 0.001)."""
    return Decimal(1).scaleb(-exponent())


def round_up(amount: Decimal) -> Decimal:
    """Return the amount rounded up to whole units of the currency; the one place where money is rounded."""
    return amount.quantize(unit(), rounding=ROUND_CEILING)


def is_whole(amount: Decimal) -> bool:
    """Return whether the amount is in whole units of the currency."""
    return amount == amount.quantize(unit(), rounding=ROUND_CEILING)


@lru_cache
def signs(currency: str) -> tuple[str, ...]:
    """Return what may stand at either end of a typed amount: the currency's code and its signs, longest first."""
    found = {currency} | {get_currency_symbol(currency, language) for language in SYMBOL_LANGUAGES}
    return tuple(sorted(found, key=len, reverse=True))


def _without_sign(text: str) -> str:
    for sign in signs(settings.CASHDESK_CURRENCY):
        if text[: len(sign)].casefold() == sign.casefold():
            return re.sub(rf"\A[{SPACE}]", "", text[len(sign) :])
        if text[-len(sign) :].casefold() == sign.casefold():
            return re.sub(rf"[{SPACE}]\Z", "", text[: -len(sign)])
    return text


def parse_amount(text: str) -> Decimal:
    """Return the amount that an operator typed, in whole units of the currency.

    The grammar is the same in every language (screens.md R36): both marks are the decimal mark, spaces in groups of
    three, digits of three scripts, a currency sign at either end. Raises AmountNotUnderstood with what to write.
    """
    match = TYPED.fullmatch(_without_sign(text).translate(OTHER_DIGITS))
    if match is None:
        raise AmountNotUnderstood(_("Enter an amount, like %(example)s") % {"example": example()})
    whole = re.sub(rf"[{SPACE}]", "", match["whole"])
    part = match["part"] or ""
    if len(whole) > LONGEST_WHOLE_PART:
        raise AmountNotUnderstood(_("This number is too long for an amount. Write fewer digits"))
    if len(part) > exponent():
        raise AmountNotUnderstood(_too_fine(whole, part))
    return Decimal(f"{whole}.{part or 0}").quantize(unit())


def reads_as_amount(text: str) -> bool:
    """Return whether the text has the shape of an amount, also where it is too long or too fine for one."""
    return TYPED.fullmatch(_without_sign(text).translate(OTHER_DIGITS)) is not None


def _too_fine(whole: str, part: str) -> str:
    """Return the sentence for an amount with more decimals than the currency has."""
    if len(part) == 3 and set(part) == {"0"}:  # 1.000 may be a thousand or one
        return _("Write %(thousand)s or %(one)s") % {
            "thousand": f"{whole}{part}",
            "one": str(Decimal(whole).quantize(unit())),
        }
    if exponent() == 0:
        return _("Write the amount without decimals")
    return _("Write at most %(count)d decimals") % {"count": exponent()}


def example() -> str:
    """Return an example of a well-written amount for this currency, like 1234.50."""
    return str(Decimal("1234.50").quantize(unit()))


def format_amount(amount: Decimal) -> str:
    """Return the amount with its currency in the active language; finer than a unit only where the amount is."""
    locale = to_locale(get_language() or settings.LANGUAGE_CODE)
    shown = amount if amount else ZERO  # no minus before a zero
    if is_whole(shown):
        return str(format_currency(shown, settings.CASHDESK_CURRENCY, locale=locale))
    return str(
        format_currency(
            shown, settings.CASHDESK_CURRENCY, locale=locale, currency_digits=False, decimal_quantization=False
        )
    )


def plain_amount(amount: Decimal) -> str:
    """Return the amount for files and form fields: a dot, the currency's decimals, no thousands mark (1234.50)."""
    return f"{amount.quantize(unit()) if is_whole(amount) else amount.normalize():f}"


class AmountField(forms.CharField):
    """A form field for typed money; cleans to a Decimal, keeps what was typed on an error."""

    def __init__(self, **kwargs: Any) -> None:  # Any: whatever CharField takes
        super().__init__(strip=False, **kwargs)  # the grammar, not the field, decides about spaces
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: object) -> Decimal | None:  # type: ignore[override]  # CharField says str
        """Return the amount; raises ValidationError with the parser's sentence."""
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        try:
            return parse_amount(str(value))
        except AmountNotUnderstood as fault:
            raise ValidationError(str(fault), code="amount") from fault

    def prepare_value(self, value: Any) -> Any:  # Any: Django's own signature
        """Return the text for the box."""
        return plain_amount(value) if isinstance(value, Decimal) else value


class MoneyField(Field[Set, Get]):
    """Money stored as whole ten-thousandths in a bigint; NaN, infinity and finer parts cannot be stored."""

    _pyi_private_set_type: Decimal | int | str | Combinable  # what django-stubs reads, without None where not null
    _pyi_private_get_type: Decimal

    description = "An amount of money, exact to a ten-thousandth"

    def get_internal_type(self) -> str:
        """Return the type that decides the column: bigint."""
        return "BigIntegerField"

    def db_check(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return SQLite's own check of the column, which would else take text (above every number) and fractions."""
        if connection.vendor != "sqlite":
            return None
        return f"typeof({connection.ops.quote_name(self.column)}) IN ('integer', 'null')"

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> Decimal | None:
        """Return the stored ten-thousandths as a Decimal (a sum arrives as Decimal or int)."""
        return None if value is None else Decimal(int(value)).scaleb(-SCALE)

    def to_python(self, value: Any) -> Decimal | None:
        """Return the value as a Decimal; raises ValidationError when it is none."""
        if value is None:
            return None
        try:
            amount = Decimal(value)
        except (ArithmeticError, TypeError, ValueError) as fault:
            raise ValidationError("Money is a decimal number.") from fault
        return amount

    def get_prep_value(self, value: Any) -> int | None:
        """Return whole ten-thousandths; raises ValueError for a float, a NaN or anything finer."""
        if value is None or hasattr(value, "resolve_expression"):
            return value  # type: ignore[no-any-return]  # an expression is prepared elsewhere
        if isinstance(value, float):
            raise ValueError("Money is never a float.")
        amount = Decimal(value)
        if not amount.is_finite() or amount != amount.quantize(Decimal(1).scaleb(-SCALE)):
            raise ValueError(f"{value!r} is not a whole number of ten-thousandths.")
        return int(amount.scaleb(SCALE))

    def formfield(self, *args: Any, **kwargs: Any) -> Any:  # Any: Django's own signature
        """Return the field for typed money."""
        return super().formfield(*args, **{"form_class": AmountField, **kwargs})


for sign in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, sign, MoneyField, MoneyField)
