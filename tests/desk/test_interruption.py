"""The page that asks once more (R43): only for the unusual, and never between a form and its twin."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator, Reseller
from cashdesk.card import read_card
from cashdesk.views import taking
from customers.models import Customer, Invoice
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from tests.desk.pages import address_of, card_form, filled_form, soup_of, words
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, card, give_room, order, pay
from tests.people import signed_in

D = Decimal


@pytest.fixture
def novak(db: None) -> Customer:
    """Owes one invoice of 60."""
    customer: Customer = CustomerFactory.create(name="Jan Novák", balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    return customer


@pytest.fixture
def desk(alice: Operator) -> Client:
    return signed_in(alice)


def asked(desk: Client, customer: Customer, form: dict[str, Any]) -> BeautifulSoup:
    """Return the page that asks, which has written nothing."""
    before = Payment.objects.count()
    soup = soup_of(desk.post(address_of(customer), form))
    assert soup.select_one("#payment-form") is None
    assert Payment.objects.count() == before
    return soup


def takes(desk: Client, customer: Customer, form: dict[str, Any]) -> bool:
    """Return whether this is taken without a question."""
    return desk.post(address_of(customer), form).status_code == 303


def test_the_same_amount_minutes_later_is_asked_about(desk: Client, alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak, "20.00")
    soup = asked(desk, novak, card_form(desk, novak, amount="20"))
    assert words(soup.h1) == "You took €20.00 from Jan Novák less than a minute ago"
    number = payment.transaction.document_number
    assert f"Receipt {number}, Cash, by you. Taking it again makes €40.00." in words(soup.main)
    assert words(soup.select_one(".button-take")) == "Take €20.00 again"


def test_the_confirmation_sends_the_same_fields_and_takes_the_payment(
    desk: Client, alice: Operator, novak: Customer
) -> None:
    pay(alice, novak, "20.00")
    form = card_form(desk, novak, amount="20", comment="twice", method=card().pk)
    again = filled_form(asked(desk, novak, form), "form:has(.button-take)")
    assert again["key"] == form["key"]
    assert {name: again[name] for name in ("amount", "comment")} == {"amount": ["20"], "comment": ["twice"]}
    assert takes(desk, novak, again)
    assert Payment.objects.order_by("-pk")[0].transaction.comment == "twice"


def test_a_colleagues_payment_is_told_without_a_name_or_number(desk: Client, novak: Customer) -> None:
    theirs = pay(OperatorFactory.create(name="Berta"), novak, "20.00")
    said = words(asked(desk, novak, card_form(desk, novak, amount="20")).main)
    assert "A colleague took €20.00 from Jan Novák" in said
    assert "Berta" not in said
    assert theirs.transaction.document_number not in said


def test_another_amount_or_customer_is_usual(desk: Client, alice: Operator, novak: Customer) -> None:
    pay(alice, CustomerFactory.create(), "20.00")
    pay(alice, novak, "20.00")
    assert takes(desk, novak, card_form(desk, novak, amount="21"))


def test_the_page_says_how_long_ago_it_was(desk: Client, alice: Operator, novak: Customer) -> None:
    form = card_form(desk, novak, amount="20")
    with time_machine.travel(timezone.now() - timedelta(minutes=9)):
        pay(alice, novak, "20.00")
    said = words(asked(desk, novak, form).h1)
    assert "9 minutes ago" in said


def test_after_ten_minutes_the_same_amount_is_usual(desk: Client, alice: Operator, novak: Customer) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=11)):
        pay(alice, novak, "20.00")
    assert takes(desk, novak, card_form(desk, novak, amount="20"))


def test_another_house_is_not_even_hinted_at(charlie: Operator, north: Reseller, alice: Operator) -> None:
    give_room(north)
    customer = CustomerFactory.create(reseller=north, balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    pay(alice, customer, "20.00")
    desk = signed_in(charlie)
    assert takes(desk, customer, card_form(desk, customer, amount="20"))


def test_a_large_payment_is_asked_about(desk: Client, settings: Settings) -> None:
    settings.CASHDESK_CONFIRM_AMOUNT = D("500")
    rich = CustomerFactory.create(balance=D("-1000"))
    InvoiceFactory.create(customer=rich, total=D("1000"), due=D("1000"))
    assert words(asked(desk, rich, card_form(desk, rich, amount="500")).h1) == "€500.00 is a large payment"
    assert takes(desk, rich, card_form(desk, rich, amount="499.99"))


def test_much_more_than_is_due_is_asked_about(desk: Client, novak: Customer, settings: Settings) -> None:
    settings.CASHDESK_CONFIRM_OVER_PERCENT = 50
    soup = asked(desk, novak, card_form(desk, novak, amount="90.01"))
    assert words(soup.h1) == "€90.01 is much more than Jan Novák owes"
    assert takes(desk, novak, card_form(desk, novak, amount="90.00"))


def test_a_customer_without_debt_is_asked_about_unless_a_proforma_is_chosen(desk: Client) -> None:
    settled = CustomerFactory.create(name="Ida")
    proforma = InvoiceFactory.create(customer=settled, kind=Invoice.Kind.PROFORMA)
    assert words(asked(desk, settled, card_form(desk, settled, amount="60")).h1) == "Ida owes nothing"
    assert takes(desk, settled, card_form(desk, settled, amount="60", invoices=[proforma.pk]))


def test_all_reasons_are_told_on_one_page(desk: Client, alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_CONFIRM_AMOUNT = D("10")
    settled = CustomerFactory.create(name="Ida")
    pay(alice, settled, "20.00")
    said = words(asked(desk, settled, card_form(desk, settled, amount="20")).main)
    assert "You took €20.00 from Ida" in said
    assert "€20.00 is a large payment" in said
    assert "Ida owes nothing" in said


def test_a_changed_amount_is_asked_about_anew(desk: Client) -> None:
    settled = CustomerFactory.create()
    form = card_form(desk, settled, amount="60")
    asked(desk, settled, form)
    asked(desk, settled, form | {"amount": "70"})
    assert takes(desk, settled, form | {"amount": "70"})


def test_a_reason_that_was_not_told_yet_is_asked_about(desk: Client, alice: Operator) -> None:
    settled = CustomerFactory.create()
    form = card_form(desk, settled, amount="60")
    asked(desk, settled, form)
    pay(alice, settled, "60.00")
    assert "You took" in words(asked(desk, settled, form).h1)
    assert takes(desk, settled, form)


def test_the_question_to_one_operator_is_no_confirmation_of_another(desk: Client, bob: Operator) -> None:
    settled = CustomerFactory.create()
    form = card_form(desk, settled, amount="60")
    asked(desk, settled, form)
    asked(signed_in(bob), settled, form)


def test_going_back_keeps_the_form_and_its_key(desk: Client) -> None:
    settled = CustomerFactory.create()
    form = card_form(desk, settled, amount="60", comment="kept")
    soup = asked(desk, settled, form)
    back = soup.select_one("button[formaction]")
    assert back is not None
    card_again = soup_of(desk.post(str(back["formaction"]), filled_form(soup, "form:has(.button-take)")))
    assert filled_form(card_again)["comment"] == ["kept"]
    assert filled_form(card_again)["key"] == form["key"]
    assert not Payment.objects.exists()


def test_a_refused_form_is_not_asked_about(desk: Client, novak: Customer) -> None:
    soup_of(desk.post(address_of(novak), card_form(desk, novak, amount="60000")), 422)
    Customer.objects.update(gone_at=timezone.now())
    form = {"key": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "amount": "600", "method": card().pk}
    soup_of(desk.post(address_of(novak), form), 422)
    assert not Payment.objects.exists()


def test_a_form_whose_twin_has_just_been_taken_leads_to_its_receipt(
    desk: Client, alice: Operator, novak: Customer
) -> None:
    """The twin commits after the key was looked up and has paid the debt: what looks unusual is the payment itself."""
    form = card_form(desk, novak)
    wanted = order(novak, "60.00", key=form["key"][0])

    def read_after_twin(*args: Any) -> Any:
        pay(alice, novak, "60.00", key=wanted.key)
        return read_card(*args)

    with patch.object(taking, "read_card", read_after_twin):
        answer = desk.post(address_of(novak), form)
    assert (answer.status_code, answer["Location"]) == (303, f"/cashdesk/payments/{wanted.key}/")
    assert Payment.objects.count() == 1


def test_what_was_reversed_is_no_repetition(desk: Client, alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak, "20.00")
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed wrong")
    assert takes(desk, novak, card_form(desk, novak, amount="20"))
