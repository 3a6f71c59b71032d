"""Taking a payment: what is written, what is refused, and that the same form never takes money twice."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator, Reseller
from customers.models import Invoice
from payments.balances import open_documents, shown_balance
from payments.models import Allocation, Delivery, Payment
from payments.refusals import (
    AmountRefused,
    CustomerGone,
    DateRefused,
    FormUnusable,
    InvoicesRefused,
    KeyUsedOtherwise,
    MethodRefused,
    PaymentRefused,
    ReferenceMissing,
    TillLimitReached,
)
from payments.taking import Order, take_payment
from tests.factories import CustomerFactory, InvoiceFactory, card, cash, order, pay
from tills import proofs
from tills.days import today
from tills.models import PaymentMethod, Till, Transaction

D = Decimal


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Transaction, Payment, Allocation, Delivery))


def refused(operator: Operator, wanted: Order, refusal: type[Exception]) -> str:
    """Take the payment, see it refused and nothing written, and return the sentence for the operator."""
    with pytest.raises(refusal) as caught:
        take_payment(operator=operator, order=wanted)
    assert nothing_written()
    return str(caught.value)


def test_a_payment_over_two_invoices_with_a_rest_on_account(alice: Operator) -> None:
    """Novak owes 100: 60 and 40. He gives 120 in cash: both are paid and 20 stays as credit."""
    novak = CustomerFactory.create(name="Jan Novák", login="jnovak", balance=D("-100"))
    first = InvoiceFactory.create(customer=novak, due_on=date(2026, 1, 1))
    second = InvoiceFactory.create(customer=novak, total=D("40"), due_on=date(2026, 2, 1))

    payment = pay(alice, novak, "120.00", comment="for two months")

    line = payment.transaction
    assert (line.number, line.amount, line.effect, line.cash) == (1, D(120), D(-120), D(120))
    assert (line.balance_before, line.balance_after, line.comment) == (D(0), D(-120), "for two months")
    assert line.document_number == f"{line.till.code}-000001"
    parts = payment.allocations.values_list("invoice", "amount")
    assert list(parts) == [(first.pk, D(60)), (second.pk, D(40)), (None, D(20))]
    assert (payment.customer_name, payment.customer_login) == ("Jan Novák", "jnovak")
    assert (payment.customer_balance_before, payment.customer_balance_after) == (D(-100), D(20))
    assert shown_balance(novak) == D(20)
    assert open_documents(novak, alice) == []
    told = Delivery.objects.values_list("reference", "kind", "state", "reflected", "batch")
    code = line.document_number
    assert list(told) == [(f"{code}/{n}", "apply", "waiting", False, None) for n in (1, 2, 3)]


def test_the_customers_and_invoices_rows_are_not_touched(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-60"))
    invoice = InvoiceFactory.create(customer=customer)
    pay(alice, customer)
    customer.refresh_from_db()
    invoice.refresh_from_db()
    assert (customer.balance, invoice.due) == (D(-60), D(60))


def test_the_document_as_signed_says_what_was_taken(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-60"))
    invoice = InvoiceFactory.create(customer=customer)
    payment = pay(alice, customer, "70.00")
    signed = json.loads(payment.transaction.payload)
    assert signed["line"]["amount"] == 700_000
    assert signed["payment"]["key"] == str(payment.key)
    assert [part["amount"] for part in signed["parts"]] == [600_000, 100_000]
    assert signed["parts"][0]["document"] == {
        "id": invoice.pk, "kind": "invoice", "number": invoice.number, "due": 600_000, "open": 600_000,
    }  # fmt: skip
    line = payment.transaction
    assert line.digest == proofs.digest(payload=line.payload, previous=proofs.FIRST)


def test_numbers_balances_and_digests_follow_each_other(alice: Operator) -> None:
    customer = CustomerFactory.create()
    lines = [pay(alice, customer, amount).transaction for amount in ("10.00", "20.00", "5.50")]
    assert [line.number for line in lines] == [1, 2, 3]
    assert [line.balance_after for line in lines] == [D(-10), D(-30), D("-35.5")]
    assert [line.previous_digest for line in lines] == [proofs.FIRST, lines[0].digest, lines[1].digest]


def test_card_money_neither_moves_the_till_nor_the_drawer(alice: Operator) -> None:
    line = pay(alice, CustomerFactory.create(), "10.00", method_id=card().pk).transaction
    assert (line.effect, line.cash, line.balance_after) == (D(0), D(0), D(0))


def test_a_cheque_lowers_the_balance_but_is_not_in_the_drawer(alice: Operator) -> None:
    cheque = PaymentMethod.objects.get(name="Cheque")
    line = pay(alice, CustomerFactory.create(), "10.00", method_id=cheque.pk, reference="4711").transaction
    assert (line.effect, line.cash) == (D(-10), D(0))


# --- The same form again ---------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_takes_the_money_once(alice: Operator) -> None:
    wanted = order(CustomerFactory.create())
    first = take_payment(operator=alice, order=wanted)
    assert take_payment(operator=alice, order=wanted) == first
    assert Transaction.objects.count() == Payment.objects.count() == Allocation.objects.count() == 1


def test_the_same_form_leads_to_its_receipt_whatever_has_changed_since(alice: Operator, settings: Settings) -> None:
    """Switched-off method, a till at its limit, a gone customer, a lower maximum: the money was taken all the same."""
    customer = CustomerFactory.create()
    wanted = order(customer)
    first = take_payment(operator=alice, order=wanted)
    Till.objects.update(limit=D(0))
    PaymentMethod.objects.update(is_active=False)
    customer.gone_at = timezone.now()
    customer.save()
    settings.CASHDESK_MAX_AMOUNT = D(1)
    assert take_payment(operator=alice, order=wanted) == first


def test_an_empty_day_equals_any_day(alice: Operator) -> None:
    wanted = order(CustomerFactory.create(), paid_on=today())
    first = take_payment(operator=alice, order=wanted)
    assert take_payment(operator=alice, order=replace(wanted, paid_on=None)) == first


@pytest.mark.parametrize("what", ["customer", "amount", "method", "day"])
def test_the_same_key_with_other_content_is_refused(alice: Operator, what: str) -> None:
    wanted = order(CustomerFactory.create())
    first = take_payment(operator=alice, order=wanted)
    changes: dict[str, dict[str, Any]] = {
        "customer": {"customer_id": CustomerFactory.create().pk},
        "amount": {"amount": D("60.01")},
        "method": {"method_id": card().pk},
        "day": {"paid_on": today() - timedelta(days=1)},
    }
    with pytest.raises(KeyUsedOtherwise) as refusal:
        take_payment(operator=alice, order=replace(wanted, **changes[what]))
    assert refusal.value.payment == first
    assert Payment.objects.count() == 1


def test_somebody_elses_key_says_nothing_about_their_payment(alice: Operator, bob: Operator) -> None:
    wanted = order(CustomerFactory.create())
    take_payment(operator=alice, order=wanted)
    with pytest.raises(FormUnusable, match=r"This form cannot be used. Open the customer again\."):
        take_payment(operator=bob, order=wanted)
    assert Payment.objects.count() == 1


# --- Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "50000.01", "NaN", "Infinity"])
def test_an_amount_that_cannot_be_taken_is_refused(alice: Operator, amount: str) -> None:
    refused(alice, order(CustomerFactory.create(), amount), AmountRefused)


def test_yen_have_no_decimals(alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_CURRENCY = "JPY"
    refused(alice, order(CustomerFactory.create(), "10.5"), AmountRefused)
    assert pay(alice, CustomerFactory.create(), "10").transaction.amount == 10


def test_a_payment_past_the_tills_limit_is_refused_with_what_may_still_be_taken(alice: Operator) -> None:
    customer = CustomerFactory.create()
    Till.objects.create(code="T", operator=alice, limit=D("100"))
    pay(alice, customer, "70.00")
    with pytest.raises(TillLimitReached, match=r"€30\.00"):
        pay(alice, customer, "30.01")
    assert pay(alice, customer, "30.00").transaction.balance_after == D(-100)
    assert pay(alice, customer, "500.00", method_id=card().pk).transaction.balance_after == D(-100)


def test_a_reseller_pays_in_first(charlie: Operator, north: Reseller) -> None:
    refused(charlie, order(CustomerFactory.create(reseller=north), "0.01"), TillLimitReached)


def test_a_till_that_is_switched_off_takes_nothing(alice: Operator) -> None:
    Till.objects.create(code="T", operator=alice, is_active=False)
    refused(alice, order(CustomerFactory.create()), PaymentRefused)


def test_another_resellers_customer_is_not_there(charlie: Operator) -> None:
    foreign = refused(charlie, order(CustomerFactory.create()), CustomerGone)
    unknown = refused(charlie, replace(order(CustomerFactory.create()), customer_id=999_999), CustomerGone)
    assert foreign == unknown


def test_a_gone_customer_pays_nothing(alice: Operator) -> None:
    refused(alice, order(CustomerFactory.create(gone_at=timezone.now())), CustomerGone)


def test_an_operator_switched_off_since_the_page_was_opened_takes_nothing(alice: Operator) -> None:
    customer = CustomerFactory.create()
    Operator.objects.filter(pk=alice.pk).update(cashdesk_access=False)
    refused(alice, order(customer), PermissionDenied)


def test_a_method_that_is_switched_off_or_unknown_is_refused(alice: Operator) -> None:
    wanted = order(CustomerFactory.create())
    PaymentMethod.objects.filter(pk=cash().pk).update(is_active=False)
    refused(alice, wanted, MethodRefused)
    refused(alice, replace(wanted, method_id=999), MethodRefused)


def test_a_required_reference_is_asked_for_by_its_label(alice: Operator) -> None:
    cheque = PaymentMethod.objects.get(name="Cheque")
    sentence = refused(alice, order(CustomerFactory.create(), method_id=cheque.pk), ReferenceMissing)
    assert sentence == "Enter the Cheque number"


def test_a_day_outside_the_allowed_ones_is_refused(alice: Operator, settings: Settings) -> None:
    wanted = order(CustomerFactory.create())
    refused(alice, replace(wanted, paid_on=today() + timedelta(days=1)), DateRefused)
    refused(alice, replace(wanted, paid_on=today() - timedelta(days=1)), DateRefused)
    settings.CASHDESK_BACKDATE_DAYS = 3
    refused(alice, replace(wanted, paid_on=today() - timedelta(days=4)), DateRefused)
    payment = take_payment(operator=alice, order=replace(wanted, paid_on=today() - timedelta(days=3)))
    assert (payment.paid_on, payment.transaction.business_date) == (today() - timedelta(days=3), today())


def test_a_document_that_is_not_open_or_not_the_customers_is_refused(alice: Operator) -> None:
    customer = CustomerFactory.create()
    paid = InvoiceFactory.create(customer=customer, due=D(0))
    foreign = InvoiceFactory.create()
    for invoice in (paid, foreign):
        refused(alice, order(customer, invoices=(invoice.pk,)), InvoicesRefused)


def test_a_chosen_proforma_is_paid(alice: Operator) -> None:
    proforma = InvoiceFactory.create(kind=Invoice.Kind.PROFORMA)
    payment = pay(alice, proforma.customer, invoices=(proforma.pk,))
    assert payment.allocations.get().invoice == proforma


def test_a_key_that_nobody_used_is_free_for_everybody(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    assert pay(alice, customer, key=uuid4()) != pay(bob, customer, key=uuid4())


def test_the_number_of_statements_does_not_grow_with_the_invoices(alice: Operator) -> None:
    pay(alice, CustomerFactory.create(), "1.00")  # makes the till
    counts = []
    for invoices in (1, 20):
        customer = CustomerFactory.create()
        InvoiceFactory.create_batch(invoices, customer=customer)
        with CaptureQueriesContext(connection) as asked:
            pay(alice, customer, f"{60 * invoices}.00")
        counts.append(len(asked))
    assert counts[0] == counts[1]
