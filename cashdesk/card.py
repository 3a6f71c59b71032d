"""What the customer card shows: the balance, the unpaid documents, and how an amount would be split over them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from babel.lists import format_list
from django.conf import settings
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from accounts.models import Operator
from cashdesk.forms.payment import PreviewForm
from customers.models import Customer
from customers.money import ZERO, format_amount
from payments.allocating import OpenDocument, Part, allocate
from payments.balances import invoices_sum, prefilled_amount, what_is_owed
from tills.days import today
from tills.models import PaymentMethod

DOCUMENTS_NAMED = 3  # more are counted: the sentence stands beside the button


@dataclass(frozen=True)
class Row:
    """One unpaid document as a line of the card."""

    document: OpenDocument
    days_overdue: int

    @property
    def is_partly_paid(self) -> bool:
        """Whether something was paid on it already."""
        return self.document.due < self.document.invoice.total


@dataclass(frozen=True)
class Card:
    """A customer with balance and unpaid documents, as the card shows them; read by `read_card`."""

    customer: Customer
    balance: Decimal
    documents: list[OpenDocument]

    @cached_property
    def rows(self) -> list[Row]:
        """The unpaid documents, oldest first."""
        day = today()
        return [Row(document, max(0, (day - document.invoice.due_on).days)) for document in self.documents]

    @cached_property
    def invoices(self) -> list[OpenDocument]:
        """The unpaid documents without the proformas, which are never owed."""
        return [document for document in self.documents if not document.is_proforma]

    @property
    def invoices_sum(self) -> Decimal:
        """What the unpaid invoices sum to."""
        return invoices_sum(self.documents)

    @property
    def owed(self) -> Decimal:
        """What the customer owes by the balance; zero for a credit."""
        return max(ZERO, -self.balance)

    @property
    def differs(self) -> bool:
        """Whether balance and unpaid invoices say different things, so that the card must say both."""
        return self.owed != self.invoices_sum

    @property
    def all_due(self) -> Decimal:
        """The amount to begin with."""
        return prefilled_amount(self.balance, self.documents)

    @property
    def oldest(self) -> Decimal:
        """What the oldest unpaid invoice takes; zero when there is none."""
        return self.invoices[0].takes if self.invoices else ZERO


def read_card(customer: Customer, operator: Operator) -> Card:
    """Return the customer's card, in two queries whatever the number of documents."""
    return Card(customer, *what_is_owed(customer, operator))


@dataclass(frozen=True)
class Preview:
    """What would happen: the sentences beside the button, its label, and the amount as it was understood."""

    label: str
    sentences: list[str]
    amount: Decimal | None = None
    chosen_sum: Decimal = ZERO


def preview_form(form: PreviewForm, card: Card) -> Preview:
    """Return the preview of a sent form: the split, or in the form's own words why there is none."""
    form.is_valid()
    amount: Decimal | None = form.cleaned_data.get("amount")
    if amount is None:
        return Preview(_("Take payment"), [str(error) for error in form.errors.get("amount", [])])
    return preview_amount(amount, form.chosen_method, card, form.chosen_ids)


def preview_amount(
    amount: Decimal, method: PaymentMethod | None, card: Card, chosen_ids: Collection[int] = ()
) -> Preview:
    """Return the preview of an amount, split by the same function as the payment will be."""
    chosen = [document for document in card.documents if document.invoice.pk in chosen_ids]
    parts = allocate(amount, chosen, card.documents)
    return Preview(button_label(amount, method), describe_split(parts), amount, sum((d.takes for d in chosen), ZERO))


def button_label(amount: Decimal, method: PaymentMethod | None) -> str:
    """Return what the button will do, like "Take €60.00 in cash"."""
    if method is None:
        return _("Take %(amount)s") % {"amount": format_amount(amount)}
    facts = {"amount": format_amount(amount), "method": _inside_sentence(method.name)}
    return (
        _("Take %(amount)s in %(method)s") % facts if method.in_drawer else _("Take %(amount)s by %(method)s") % facts
    )


def button_label_again(amount: Decimal) -> str:
    """Return what the button will do when the same amount was taken a moment ago."""
    return _("Take %(amount)s again") % {"amount": format_amount(amount)}


def _inside_sentence(name: str) -> str:
    """Return a method's name as it stands inside a sentence: cash, bank transfer, but PayPal."""
    return name[:1].lower() + name[1:] if name[1:] == name[1:].lower() else name


def describe_split(parts: list[Part]) -> list[str]:
    """Return in words which documents the parts pay and what is kept as credit (R22)."""
    documents = [part for part in parts if part.document is not None]
    credit = sum((part.amount for part in parts if part.document is None), ZERO)
    sentences = []
    if documents:
        sentences.append(_("Pays %(documents)s.") % {"documents": _listed(_describe(documents))})
    if credit:
        sentences.append(_("%(amount)s is kept as credit on the account.") % {"amount": format_amount(credit)})
    return sentences


def _describe(parts: list[Part]) -> list[str]:
    """Return the clauses: what is paid fully, by number or counted when there are many, and what is paid in part."""
    numbers = [part.document.invoice.number for part in parts if part.document and part.pays_fully]
    clauses = []
    if len(numbers) > DOCUMENTS_NAMED:
        clauses.append(_("%(count)d documents fully") % {"count": len(numbers)})
    elif numbers:
        clauses.append(_("%(numbers)s fully") % {"numbers": _listed(numbers)})
    for part in parts:
        if part.document is not None and not part.pays_fully:
            facts = {
                "number": part.document.invoice.number,
                "amount": format_amount(part.amount),
                "due": format_amount(part.document.takes),
            }
            clauses.append(_("%(number)s partly (%(amount)s of %(due)s)") % facts)
    return clauses


def _listed(texts: list[str]) -> str:
    return format_list(texts, locale=to_locale(get_language() or settings.LANGUAGE_CODE))
