"""How templates write amounts, balances and dates; all of it is formatted by money.py and dates.py."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import get_currency_symbol
from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from cashdesk import dates
from customers.money import format_amount, plain_amount
from tills.models import Kind

register = template.Library()


@register.filter
def money(amount: Decimal) -> SafeString:
    """Write an amount with its currency; it never wraps, and keeps its direction in any language."""
    return format_html('<bdi class="money">{}</bdi>', format_amount(amount))


@register.filter
def signed(amount: Decimal) -> SafeString:
    """Write an amount that may be below zero with a real minus sign (a till's balance); customers have words (R21)."""
    if amount < 0:
        return format_html('<bdi class="money">\u2212{}</bdi>', format_amount(-amount))
    return money(amount)


@register.filter
def money_text(amount: Decimal) -> str:
    """Write an amount as plain text, for labels and titles."""
    return format_amount(amount)


@register.filter
def money_plain(amount: Decimal) -> str:
    """Write an amount for a form field: a dot, no currency."""
    return plain_amount(amount)


@register.filter
def balance(amount: Decimal) -> SafeString:
    """Write a customer's balance in words that say who owes (R21)."""
    if amount < 0:
        return format_html('<span class="balance owes">{} {}</span>', _("Owes"), money(-amount))
    if amount > 0:
        return format_html('<span class="balance credit">{} {}</span>', _("Credit"), money(amount))
    return format_html('<span class="balance settled">{}</span>', _("Settled"))


@register.filter
def day(value: date) -> str:
    """Write a day."""
    return dates.format_day(value)


@register.filter
def clock(moment: datetime) -> str:
    """Write the time of day."""
    return dates.format_clock(moment)


@register.filter
def recently(moment: datetime) -> str:
    """Write the time of day, with the day when it is not today."""
    return dates.format_recently(moment)


@register.filter
def moment(value: datetime) -> str:
    """Write day, time and zone."""
    return dates.format_moment(value)


@register.filter
def at(found: Mapping[int, object] | str, key: int) -> object:
    """Read what stands under a key, None where nothing does or where a page has no such table."""
    return None if isinstance(found, str) else found.get(key)


@register.filter
def kind(value: str) -> str:
    """Write the kind of a journal line in words."""
    return str(Kind(value).label)


@register.filter
def times(value: Decimal, pieces: int) -> Decimal:
    """Return what so many pieces of a note or coin are worth."""
    return value * pieces


@register.simple_tag
def currency_sign() -> str:
    """Write the sign of the installation's currency, like €, for the end of an amount's box."""
    locale = to_locale(get_language() or settings.LANGUAGE_CODE)
    return str(get_currency_symbol(settings.CASHDESK_CURRENCY, locale=locale))
