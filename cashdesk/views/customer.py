"""The customer card with the payment form, and the live preview of how an amount would be split."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cashdesk.card import Preview, preview_amount, preview_form, read_card
from cashdesk.forms.base import refuse_unwritable
from cashdesk.forms.payment import PaymentForm, PreviewForm, read_key
from cashdesk.http import OperatorRequest, key_in
from cashdesk.views.refreshing import live
from cashdesk.views.taking import active_methods, take
from customers.models import Customer
from customers.payers import payers_of
from payments.receipts import last_own_payment
from tills.days import today
from tills.models import PaymentMethod

MOST_RADIOS = 6


@require_http_methods(["GET", "HEAD", "POST"])
def customer(request: OperatorRequest, pk: int) -> HttpResponse:
    """Show one customer; take a payment on POST."""
    if request.method == "POST":
        answer = take(request, pk)
        return (
            answer if isinstance(answer, HttpResponse) else show_card(request, answer.customer, answer.form, answer.key)
        )
    shown = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    payer = payers_of([shown], request.user).get(pk)
    if payer is not None:  # a sub-account shows and pays the account that it is billed through
        return redirect(f"{reverse('customer', args=[payer.pk])}?{urlencode({'for': shown.pk})}")
    return show_card(request, shown)


def opened_for(request: OperatorRequest, shown: Customer) -> Customer | None:
    """Return the sub-account for which this card was opened, so that it can say so."""
    pk = key_in(request, "for")
    if not pk:
        return None
    return Customer.objects.visible_to(request.user).filter(pk=pk, paid_through=shown.external_id).first()


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: OperatorRequest, pk: int) -> HttpResponse:
    """Answer the split in words and the button's label; on POST the whole card with them, for pages without script.

    It decides nothing and writes nothing: the same functions decide again when the payment is taken.
    """
    sent = request.POST if request.method == "POST" else request.GET
    refuse_unwritable(sent)
    shown = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        form = PaymentForm(sent, methods=active_methods())
        return show_card(request, shown, form, read_key(sent), status=200)
    asked = preview_form(PreviewForm(sent, methods=active_methods()), read_card(shown, request.user))
    return render(request, "desk/_preview.html", {"preview": asked, "is_fragment": True})


def show_card(
    request: OperatorRequest,
    shown: Customer,
    form: PaymentForm | None = None,
    key: UUID | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return the card with a new form, or with a sent one as it was typed: 422 when it has errors."""
    card = read_card(shown, request.user)
    if form is None:
        methods = active_methods()
        chosen = remembered(request, methods)
        form = PaymentForm(
            methods=methods,
            initial={"amount": card.all_due or None, "method": chosen and chosen.pk, "paid_on": today()},
        )
        asked = preview_amount(card.all_due, chosen, card) if card.all_due else Preview(label="", sentences=[])
    else:
        asked = preview_form(form, card)
    if not form.errors:
        form.fields["amount"].widget.attrs["autofocus"] = True
    context = {
        **way_back(request),
        "card": card,
        "form": form,
        "key": key or uuid4(),
        "preview": asked,
        "opened_for": opened_for(request, shown),
        "live": live(asks_by_itself=not form.is_bound),
        "last_payment": last_own_payment(operator=request.user, customer=shown),
        "as_radios": len(form.methods) <= MOST_RADIOS,
        "may_backdate": settings.CASHDESK_BACKDATE_DAYS > 0,
        "notes": settings.CASHDESK_QUICK_NOTES[:3],
        "currency": settings.CASHDESK_CURRENCY,
    }
    return render(request, "desk/customer.html", context, status=status or (422 if form.errors else 200))


def remembered(request: OperatorRequest, methods: list[PaymentMethod]) -> PaymentMethod | None:
    """Return the method this operator used last in this session, or the first there is (R7)."""
    last = request.session.get("method")
    return next((method for method in methods if method.pk == last), methods[0] if methods else None)


def way_back(request: OperatorRequest) -> dict[str, object]:
    """Return where the back link leads: to the search the operator came from, without opening its only hit again."""
    address = reverse("search")
    came_from, _question, query = request.headers.get("Referer", "").partition("?")
    texts = parse_qs(query).get("q", []) if came_from == request.build_absolute_uri(address) else []
    if not texts:
        return {"back": address, "back_to_results": False}
    return {"back": f"{address}?{urlencode({'q': texts[0], 'show': 'list'})}", "back_to_results": True}
