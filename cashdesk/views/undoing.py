"""Reversing a payment, and moving one to another customer: pages of their own that say what will happen."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.payment import read_key
from cashdesk.forms.reversal import MoveForm, ReversalForm
from cashdesk.http import OperatorRequest, see_other
from customers.models import Customer
from customers.payers import payers_of
from customers.searching import search as find
from payments.models import Payment, Reversal
from payments.moving import check_target, fits, move_payment
from payments.orders import find_own_payment
from payments.receipts import read_receipt
from payments.refusals import AlreadyReversed, CustomerGone, KeyUsedOtherwise, PaymentRefused
from payments.reversing import may_reverse, reverse_payment
from payments.standings import standings


@require_http_methods(["GET", "HEAD", "POST"])
def reverse(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Say what a reversal will do; reverse the payment on POST."""
    payment = find_payment(request, key)
    if Reversal.objects.filter(payment=payment).exists():
        return see_other("receipt", key) if request.method == "POST" else redirect("receipt", key)
    check_may_reverse(request, payment)
    form = ReversalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        refuse_unwritable(request.POST)
        if form.is_valid() and (answer := try_reversal(request, payment, form)) is not None:
            return answer
    context = {"receipt": read_receipt(payment), "form": form}
    return render(request, "desk/reverse.html", context, status=422 if form.errors else 200)


def try_reversal(request: OperatorRequest, payment: Payment, form: ReversalForm) -> HttpResponse | None:
    """Reverse and lead to the receipt, or put the refusal into the form and return None."""
    reason = Reversal.Reason(form.cleaned_data["reason"])
    try:
        reverse_payment(operator=request.user, key=payment.key, reason=reason, comment=form.cleaned_data["comment"])
    except AlreadyReversed:
        return see_other("receipt", payment.key)
    except Payment.DoesNotExist:
        raise Http404 from None
    except PaymentRefused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return None
    return see_other("receipt", payment.key)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: OperatorRequest, key: UUID) -> HttpResponse:
    """Find the right customer (`q`), say what will happen (`customer`); move the payment on POST."""
    if request.method == "POST":
        refuse_unwritable(request.POST)
        moved = moved_by_form(request, key)
        return see_other("receipt", moved.key) if moved else post_move(request, find_payment(request, key))
    payment = find_payment(request, key)
    refuse_unwritable(request.GET)
    reversal = Reversal.objects.select_related("replacement").filter(payment=payment).first()
    if reversal is not None:
        return redirect("receipt", key)
    check_may_reverse(request, payment)
    chosen = request.GET.get("customer", "")
    if chosen:
        if not chosen.isdecimal() or len(chosen) > 18:
            raise Http404
        target = get_object_or_404(Customer.objects.visible_to(request.user), pk=int(chosen), gone_at=None)
        target = payers_of([target], request.user).get(target.pk, target)
        try:
            check_target(payment, target)
        except CustomerGone as refusal:
            return choose_customer(request, payment, str(refusal))
        form = MoveForm(initial={"customer": target.pk, "key": uuid4()})
        return show_move(request, payment, form, target)
    return choose_customer(request, payment)


def choose_customer(request: OperatorRequest, payment: Payment, refused: str = "") -> HttpResponse:
    """Return the search for the right customer, and why the one just chosen is none; who cannot be is left out."""
    text = request.GET.get("q", "").strip()
    found = find(operator=request.user, text=text) if text else None
    wrong = payment.transaction.customer_id
    rows = [row for row in found.rows if row.pk != wrong and fits(payment, row)] if found else []
    context = {
        "receipt": read_receipt(payment),
        "refused": refused,
        "q": text[:200],
        "rows": standings(rows, request.user) if rows else [],
        "more": bool(found and found.more),
    }
    return render(request, "desk/move_search.html", context, status=422 if refused else 200)


def show_move(
    request: OperatorRequest, payment: Payment, form: MoveForm, target: Customer, status: int = 200
) -> HttpResponse:
    """Return the page that says what moving will do."""
    context = {"receipt": read_receipt(payment), "form": form, "target": target}
    return render(request, "desk/move.html", context, status=status)


def moved_by_form(request: OperatorRequest, key: UUID) -> Payment | None:
    """Return the own payment that this form has made of the one with this key, whatever has changed since."""
    new_key, customer = read_key(request.POST), request.POST.get("customer", "")
    moved = find_own_payment(operator=request.user, key=new_key) if new_key else None
    if moved is None or customer != str(moved.transaction.customer_id):
        return None
    return moved if Reversal.objects.filter(payment__key=key, replacement=moved).exists() else None


def post_move(request: OperatorRequest, payment: Payment) -> HttpResponse:
    """Move the payment and lead to the new receipt; the same form sent again leads there too."""
    form = MoveForm(request.POST)
    if not form.is_valid() and not {"customer", "key"}.isdisjoint(form.errors):
        return see_other("move", payment.key)
    target = get_object_or_404(Customer.objects.visible_to(request.user), pk=form.cleaned_data["customer"])
    if form.is_valid():
        try:
            moved = move_payment(
                operator=request.user,
                key=payment.key,
                customer_id=target.pk,
                new_key=form.cleaned_data["key"],
                comment=form.cleaned_data["comment"],
            )
        except AlreadyReversed:
            return see_other("receipt", payment.key)
        except Payment.DoesNotExist:
            raise Http404 from None
        except KeyUsedOtherwise as refusal:
            return move_conflict(request, payment, refusal.payment, target)
        except PaymentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return see_other("receipt", moved.key)
    return show_move(request, payment, form, target, status=422)


def move_conflict(request: OperatorRequest, payment: Payment, taken: Payment, target: Customer) -> HttpResponse:
    """Return 409 and the own payment that this form has taken already, beside the move that it asks for now."""
    context = {"receipt": read_receipt(taken), "moving": read_receipt(payment), "target": target}
    return render(request, "desk/conflict.html", context, status=409)


def find_payment(request: OperatorRequest, key: UUID) -> Payment:
    """Return a payment in the operator's scope; 404 otherwise."""
    visible = Payment.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("transaction__till", "transaction__method"), key=key)


def check_may_reverse(request: OperatorRequest, payment: Payment) -> None:
    """Raise PermissionDenied, in words, for somebody who may not reverse this payment now."""
    if not may_reverse(request.user, payment):
        raise PermissionDenied(_("You cannot reverse this payment. Ask your supervisor."))
