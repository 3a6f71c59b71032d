"""When a payment is so unusual that the desk asks once more (R43); shown rarely, or nobody reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Operator
from customers.models import Customer
from customers.money import ZERO, format_amount
from payments.allocating import OpenDocument
from payments.balances import invoices_sum
from payments.orders import Order
from tills.models import Transaction

AGAIN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Unusual:
    """One reason to ask: its name, what is unusual, and what it means, both for the operator."""

    name: str
    heading: str
    detail: str


def find_unusual(
    *, operator: Operator, order: Order, customer: Customer, balance: Decimal, documents: Sequence[OpenDocument]
) -> list[Unusual]:
    """Return every reason to ask before this order is taken, the most telling first; none for a usual payment.

    `balance` and `documents` are what the card shows. A payment with the order's own key is no reason.
    """
    found = (
        _taken_just_now(operator, order, customer),
        _large(order.amount),
        _beyond_what_is_due(order, customer, balance, documents),
    )
    return [reason for reason in found if reason is not None]


def _taken_just_now(operator: Operator, order: Order, customer: Customer) -> Unusual | None:
    """Return the reason that the same amount came from this customer minutes ago, to the operator or a colleague."""
    lines = Transaction.objects.filter(
        customer=customer,
        kind=Transaction.Kind.PAYMENT,
        amount=order.amount,
        payment__reversal=None,
        recorded_at__gte=timezone.now() - AGAIN_WITHIN,
    ).exclude(payment__key=order.key)
    if operator.reseller_id is not None:  # another house's payment is not even hinted at
        lines = lines.filter(reseller=operator.reseller_id)
    line = lines.select_related("till", "method").order_by("-pk").first()
    if line is None:
        return None
    facts = {
        "amount": format_amount(line.amount),
        "customer": customer.shown_name,
        "ago": _minutes_ago(line),
        "receipt": line.document_number,
        "method": line.method.name if line.method else "",
        "sum": format_amount(line.amount + order.amount),
    }
    if line.operator_id == operator.pk:
        heading = _("You took %(amount)s from %(customer)s %(ago)s") % facts
        detail = _("Receipt %(receipt)s, %(method)s, by you. Taking it again makes %(sum)s.") % facts
    else:
        heading = _("A colleague took %(amount)s from %(customer)s %(ago)s") % facts
        detail = _("Taking it again makes %(sum)s.") % facts
    return Unusual("again", heading, detail)


def _minutes_ago(line: Transaction) -> str:
    minutes = int((timezone.now() - line.recorded_at).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute ago")
    return ngettext("%(minutes)d minute ago", "%(minutes)d minutes ago", minutes) % {"minutes": minutes}


def _large(amount: Decimal) -> Unusual | None:
    if amount < settings.CASHDESK_CONFIRM_AMOUNT:
        return None
    heading = _("%(amount)s is a large payment") % {"amount": format_amount(amount)}
    return Unusual("large", heading, _("Compare it with what the customer hands over."))


def _beyond_what_is_due(
    order: Order, customer: Customer, balance: Decimal, documents: Sequence[OpenDocument]
) -> Unusual | None:
    """Return the reason that more is paid than is due; a chosen proforma is due as well: it was asked for."""
    chosen = sum((d.due for d in documents if d.is_proforma and d.invoice.pk in order.invoices), ZERO)
    due = max(-balance, invoices_sum(documents), ZERO) + chosen
    facts = {"amount": format_amount(order.amount), "customer": customer.shown_name, "due": format_amount(due)}
    if due <= 0:
        return Unusual(
            "no_debt",
            _("%(customer)s owes nothing") % facts,
            _("All of %(amount)s is kept as credit on the account.") % facts,
        )
    if order.amount <= due + due * settings.CASHDESK_CONFIRM_OVER_PERCENT / 100:
        return None
    return Unusual(
        "over",
        _("%(amount)s is much more than %(customer)s owes") % facts,
        _("Due is %(due)s. What is left is kept as credit on the account.") % facts,
    )
