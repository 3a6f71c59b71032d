"""The POST of the payment form, in the order of design.md: the key, the scope, the form, the unusual, the act."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from cashdesk.card import button_label, button_label_again, read_card
from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.payment import PaymentForm, read_again, read_key
from cashdesk.http import OperatorRequest, see_other
from customers.models import Customer
from payments.models import Payment
from payments.receipts import read_receipt
from payments.refusals import KeyUsedOtherwise, PaymentRefused
from payments.taking import Order, find_own_payment, is_same, take_payment
from payments.unusual import Unusual, find_unusual
from tills.models import PaymentMethod

ASKED_KEPT = 10


@dataclass(frozen=True)
class Refused:
    """Nothing was taken: the card is shown again with this form and this key."""

    customer: Customer
    form: PaymentForm
    key: UUID | None


def active_methods() -> list[PaymentMethod]:
    """Return the methods that can be chosen, in their order."""
    return list(PaymentMethod.objects.filter(is_active=True))


def take(request: OperatorRequest, pk: int) -> HttpResponse | Refused:
    """Take the payment of a sent form and lead to its receipt; a form sent again leads to the same receipt."""
    refuse_unwritable(request.POST)
    key = read_key(request.POST)
    if key is not None and (again := answer_used_key(request, pk, key)) is not None:
        return again
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = PaymentForm(request.POST, methods=active_methods())
    if not form.is_valid():
        return Refused(customer, form, key)
    if key is None:
        form.add_error(None, _("This form had lost its key. Check the amount and take the payment again."))
        return Refused(customer, form, None)
    return take_asked(request, customer, form, form.order(key, pk))


def answer_used_key(request: OperatorRequest, pk: int, key: UUID) -> HttpResponse | None:
    """Return the receipt's address or the conflict for a key that took the operator's own payment already."""
    earlier = find_own_payment(operator=request.user, key=key)
    if earlier is None:
        return None
    order = read_again(request.POST, key, pk)
    if order is not None and is_same(earlier, order):
        return see_other("receipt", earlier.key)
    return conflict(request, earlier, pk)


def take_asked(request: OperatorRequest, customer: Customer, form: PaymentForm, order: Order) -> HttpResponse | Refused:
    """Ask once more if the payment is unusual, else take it."""
    card = read_card(customer, request.user)
    reasons = find_unusual(
        operator=request.user, order=order, customer=customer, balance=card.balance, documents=card.documents
    )
    if customer.gone_at is None and reasons and not was_asked(request, order, reasons):
        # Its twin may have been taken since the key was looked up, and may itself be what looks unusual now.
        return answer_used_key(request, customer.pk, order.key) or interrupt(request, customer, form, order, reasons)
    try:
        payment = take_payment(operator=request.user, order=order)
    except KeyUsedOtherwise as refusal:
        return conflict(request, refusal.payment, customer.pk)
    except PaymentRefused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return Refused(customer, form, order.key)
    if request.session.get("method") != order.method_id:
        request.session["method"] = order.method_id
    return see_other("receipt", payment.key)


def was_asked(request: OperatorRequest, order: Order, reasons: list[Unusual]) -> bool:
    """Return whether this form was asked about for all of these reasons: its second POST is the confirmation.

    What was asked is remembered for the next time. The confirmation posts the same fields again, so only the server
    can tell the two apart.
    """
    form = [str(order.key), order.customer_id, str(order.amount), order.method_id, str(order.paid_on)]
    names = [reason.name for reason in reasons]
    asked = request.session.get("asked", [])
    if any(form == earlier and set(names) <= set(about) for earlier, about in asked):
        return True
    request.session["asked"] = [*asked, [form, names]][-ASKED_KEPT:]
    return False


def interrupt(
    request: OperatorRequest, customer: Customer, form: PaymentForm, order: Order, reasons: list[Unusual]
) -> HttpResponse:
    """Return the page that says what is unusual; its form sends the same fields to the same address."""
    is_again = reasons[0].name == "again"
    context = {
        "customer": customer,
        "first": reasons[0],
        "others": reasons[1:],
        "order": order,
        "fields": [(name, text) for name in form.fields for text in request.POST.getlist(name)],
        "label": button_label_again(order.amount) if is_again else button_label(order.amount, form.chosen_method),
    }
    return render(request, "desk/interruption.html", context)


def conflict(request: OperatorRequest, payment: Payment, pk: int) -> HttpResponse:
    """Return 409 and what this form has taken already, beside what it asks for now."""
    context = {
        "pk": pk,
        "receipt": read_receipt(payment),
        "asked_amount": request.POST.get("amount", "")[:40],
        "other_customer": payment.transaction.customer_id != pk,
    }
    return render(request, "desk/conflict.html", context, status=409)
