"""The POST of the payment form: the key before everything, one payment for one form, each refusal writes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Operator, Reseller
from customers.models import Customer, Invoice
from payments.models import Payment
from tests.desk.pages import address_of, card_form, page, soup_of, words
from tests.factories import CustomerFactory, InvoiceFactory, card, cash, give_room, pay
from tests.people import signed_in
from tills.days import today
from tills.models import PaymentMethod, Transaction

D = Decimal


@pytest.fixture
def novak(db: None) -> Customer:
    """Owes one invoice of 60."""
    customer: Customer = CustomerFactory.create(name="Jan Novák", balance=D("-60"))
    InvoiceFactory.create(customer=customer, number="INV-1")
    return customer


@pytest.fixture
def desk(alice: Operator) -> Client:
    return signed_in(alice)


def post(desk: Client, customer: Customer, form: dict[str, Any]) -> HttpResponseBase:
    return desk.post(address_of(customer), form)


def refused(answer: HttpResponseBase) -> BeautifulSoup:
    """Return the page of a refusal, which is a 422 that wrote nothing and keeps the form."""
    assert not Transaction.objects.exists()
    assert not Payment.objects.exists()
    return soup_of(answer, 422)


def errors(soup: BeautifulSoup) -> list[str]:
    return [words(error) for error in soup.select(".error-summary li")]


def test_a_form_as_it_stands_takes_the_payment_and_leads_to_its_receipt(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak, comment="for  March\t2026 ")
    answer = post(desk, novak, form)
    payment = Payment.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/cashdesk/payments/{payment.key}/")
    assert str(payment.key) == form["key"][0]
    assert (payment.transaction.amount, payment.transaction.method) == (D("60"), cash())
    assert payment.transaction.comment == "for March 2026"
    assert [part.amount for part in payment.allocations.all()] == [D("60")]


def test_double_click_takes_the_money_once(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak)
    first, second = post(desk, novak, form), post(desk, novak, form)
    assert (second.status_code, second["Location"]) == (303, first["Location"])
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("text", ["60", "60,00", "€ 60.00", "٦٠"])
def test_the_same_amount_in_another_writing_is_the_same_form(desk: Client, novak: Customer, text: str) -> None:
    form = card_form(desk, novak)
    first = post(desk, novak, form)
    assert post(desk, novak, form | {"amount": text})["Location"] == first["Location"]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("other", [{"amount": "61"}, {"amount": "abc"}, {"amount": ""}, {"method": "x"}, {"method": ""},
    {"method": "9" * 5000}, {"paid_on": "2020-01-01"}, {"paid_on": "x"}, {"amount": ["60", "60"]}])  # fmt: skip
def test_a_used_form_with_other_content_shows_what_it_took(
    desk: Client, novak: Customer, other: dict[str, Any]
) -> None:
    form = card_form(desk, novak)
    first = post(desk, novak, form)
    soup = soup_of(post(desk, novak, form | other), 409)
    assert "This form was already used" in words(soup.h1)
    assert "€60.00 , Cash" in words(soup.main)
    assert soup.select_one(f"a[href='{first['Location']}']") is not None
    assert Payment.objects.count() == 1


def test_a_used_form_at_another_customer_is_other_content(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak)
    post(desk, novak, form)
    other = CustomerFactory.create()
    soup = soup_of(post(desk, other, form), 409)
    assert "Jan Novák" in words(soup.main)
    assert "from another customer" in words(soup.main)


def test_the_key_comes_before_scope_method_limit_and_customer(alice: Operator, novak: Customer) -> None:
    desk = signed_in(alice)
    form = card_form(desk, novak, method=card().pk)
    first = post(desk, novak, form)
    PaymentMethod.objects.filter(pk=card().pk).update(is_active=False)
    Customer.objects.filter(pk=novak.pk).update(gone_at=timezone.now())
    assert post(desk, novak, form)["Location"] == first["Location"]


def test_the_key_answers_also_when_the_customer_went_to_another_reseller(charlie: Operator, north: Reseller) -> None:
    give_room(north)
    desk, customer = signed_in(charlie), CustomerFactory.create(reseller=north, balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    form = card_form(desk, customer)
    first = post(desk, customer, form)
    Customer.objects.filter(pk=customer.pk).update(reseller=None)
    assert post(desk, customer, form)["Location"] == first["Location"]
    assert post(desk, customer, form | {"key": uuid4()}).status_code == 404


def test_somebody_elses_key_answers_like_nothing_and_takes_nothing(
    desk: Client, bob: Operator, novak: Customer
) -> None:
    theirs = pay(bob, novak, "60.00")
    InvoiceFactory.create(customer=novak)
    Customer.objects.filter(pk=novak.pk).update(balance=D("-120"))
    soup = soup_of(post(desk, novak, card_form(desk, novak, key=theirs.key, amount="50")), 422)
    assert "This form cannot be used. Open the customer again." in errors(soup)
    assert "Bob" not in words(soup.main)
    assert Payment.objects.count() == 1


def test_a_foreign_customer_answers_as_a_missing_one(charlie: Operator, north: Reseller, novak: Customer) -> None:
    give_room(north)
    desk = signed_in(charlie)
    form = {"key": uuid4(), "amount": "60", "method": cash().pk}
    assert post(desk, novak, form).status_code == 404
    assert desk.post("/cashdesk/customers/999999/", form).status_code == 404
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": ""}, "Enter an amount, like 1234.50"),
        ({"amount": "abc"}, "Enter an amount, like 1234.50"),
        ({"amount": "1.000"}, "Write 1000 or 1.00"),
        ({"amount": "0"}, "Amount must be €0.01 or more"),
        ({"amount": "50000.01"}, "Amount must be €50,000.00 or less"),
        ({"method": ""}, "Choose how the customer paid"),
        ({"method": "999"}, "Choose how the customer paid"),
        ({"method": "9" * 30}, "Choose how the customer paid"),
        ({"comment": "x" * 161}, "Shorten this to 160 characters. It has 161"),
        ({"comment": "bell\a"}, "Remove the character that cannot be printed"),
        ({"comment": "nul\0"}, "Null characters are not allowed."),
        ({"reference": "r" * 65}, "Shorten this to 64 characters. It has 65"),
        ({"invoices": ["x"]}, "Choose the documents again"),
        ({"invoices": ["9" * 30]}, "Choose the documents again"),
        ({"invoices": ["999999"]}, "One of the chosen documents has been paid meanwhile. Choose again."),
        ({"paid_on": "yesterday"}, "Enter the day of payment, like 2026-11-23"),
        ({"paid_on": "2020-01-01"}, "The day of payment must be today"),
        ({"amount": ["60", "60"]}, "This form came with a field twice. Open the customer again."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do_and_keeps_the_form_and_its_key(
    desk: Client, novak: Customer, changes: dict[str, Any], said: str
) -> None:
    form = card_form(desk, novak) | {"comment": "kept"} | changes
    soup = refused(post(desk, novak, form))
    assert errors(soup) == [said]
    assert words(soup.title).startswith("Error: ")
    assert soup.select_one("input[name=key]")["value"] == form["key"][0]  # type: ignore[index]  # it is there
    assert soup.select_one("#id_comment")["value"].strip() == str(form["comment"]).strip()  # type: ignore[index,union-attr]


def test_each_error_links_to_its_field_and_says_the_same_there(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak) | {"amount": "x", "method": "", "comment": "x" * 200, "invoices": ["y"]}
    soup = refused(post(desk, novak, form))
    links = soup.select(".error-summary a")
    assert len(links) == 4
    for link in links:
        name = str(link["href"]).removeprefix("#")
        assert soup.select_one(f"[id={name}]") is not None
        assert words(soup.select_one(f"[id={name}_error]")) == words(link)
    assert soup.select_one("#id_amount")["aria-describedby"] == "id_amount_error"  # type: ignore[index]  # it is there
    assert soup.select_one("#id_amount")["aria-invalid"] == "true"  # type: ignore[index]


def test_chosen_documents_stay_chosen(desk: Client, novak: Customer) -> None:
    proforma = InvoiceFactory.create(customer=novak, kind=Invoice.Kind.PROFORMA)
    soup = refused(post(desk, novak, card_form(desk, novak, amount="", invoices=[proforma.pk])))
    assert [box["value"] for box in soup.select("[name=invoices][checked]")] == [str(proforma.pk)]


def test_a_chosen_proforma_is_paid_first(desk: Client, novak: Customer) -> None:
    proforma = InvoiceFactory.create(customer=novak, kind=Invoice.Kind.PROFORMA)
    post(desk, novak, card_form(desk, novak, amount="70", invoices=[proforma.pk]))
    parts = Payment.objects.get().allocations.order_by("pk").values_list("invoice__number", "amount")
    assert list(parts) == [(proforma.number, D("60")), ("INV-1", D("10"))]


def test_a_method_that_needs_a_reference_asks_for_it(desk: Client, novak: Customer) -> None:
    cheque = PaymentMethod.objects.get(name="Cheque")
    form = card_form(desk, novak, method=cheque.pk)
    assert errors(refused(post(desk, novak, form))) == ["Enter the Cheque number"]
    post(desk, novak, form | {"reference": "C-77"})
    assert Payment.objects.get().reference == "C-77"


@pytest.mark.parametrize("key", ["", "no-key", "1234", "ـ" * 32])
def test_a_form_without_a_key_takes_nothing_and_gets_a_new_one(desk: Client, novak: Customer, key: str) -> None:
    form = card_form(desk, novak) | {"key": key}
    soup = refused(post(desk, novak, form))
    assert errors(soup) == ["This form had lost its key. Check the amount and take the payment again."]
    fresh = str(soup.select_one("input[name=key]")["value"])  # type: ignore[index]  # it is there
    assert post(desk, novak, form | {"key": fresh}).status_code == 303


def test_a_till_without_room_refuses_and_says_how_much_is_left(charlie: Operator, north: Reseller) -> None:
    give_room(north, "20.00")
    desk, customer = signed_in(charlie), CustomerFactory.create(reseller=north, balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    soup = refused(post(desk, customer, card_form(desk, customer)))
    assert errors(soup) == ["Your till can take €20.00 more. Ask your administrator for a deposit."]
    assert soup.select_one("#id_amount")["value"] == "60.00"  # type: ignore[index]  # it is there


def test_the_payment_that_reaches_the_limit_answers_again_with_its_receipt(charlie: Operator, north: Reseller) -> None:
    give_room(north, "60.00")
    desk, customer = signed_in(charlie), CustomerFactory.create(reseller=north, balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    form = card_form(desk, customer)
    first = post(desk, customer, form)
    assert first.status_code == 303
    assert post(desk, customer, form)["Location"] == first["Location"]
    assert Transaction.objects.count() == 1


def test_a_gone_customer_pays_nothing(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak)
    Customer.objects.filter(pk=novak.pk).update(gone_at=timezone.now())
    soup = refused(post(desk, novak, form))
    assert "The billing system no longer has this customer. No payment can be taken." in errors(soup)


def test_an_earlier_day_is_taken_within_the_days_allowed(desk: Client, novak: Customer, settings: Settings) -> None:
    settings.CASHDESK_BACKDATE_DAYS = 2
    day = today() - timedelta(days=1)
    assert post(desk, novak, card_form(desk, novak, paid_on=day.isoformat())).status_code == 303
    assert Payment.objects.get().paid_on == day


def test_fields_that_may_be_missing_may_be_missing(desk: Client, novak: Customer) -> None:
    assert post(desk, novak, {"key": uuid4(), "amount": "60", "method": cash().pk}).status_code == 303
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("name", ["amount", "method", "comment", "reference", "paid_on", "invoices", "key"])
@pytest.mark.parametrize("text", ["\0", "\\ud800", "9" * 4500, "-1", "[]", "NaN", "1e5", "🙂", "x" * 20_000])
def test_no_text_in_a_field_breaks_the_desk(desk: Client, novak: Customer, name: str, text: str) -> None:
    answer = post(desk, novak, card_form(desk, novak) | {name: text})
    assert 200 <= answer.status_code < 500
    assert (answer.status_code == 303) == Payment.objects.exists()


def test_text_that_cannot_be_written_is_a_bad_request(desk: Client, novak: Customer) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="comment"\r\n\r\n\\ud800\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=raw_unicode_escape"
    assert desk.post(address_of(novak), body, content_type=kind).status_code == 400
    assert not Payment.objects.exists()


def test_a_body_of_a_megabyte_is_refused(desk: Client, novak: Customer) -> None:
    assert 400 <= post(desk, novak, {"amount": "9" * 1_000_000}).status_code < 500
    assert not Payment.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(desk: Client, novak: Customer, method: str) -> None:
    assert getattr(desk, method)(address_of(novak)).status_code == 405


def test_opening_a_card_twice_gives_two_keys(desk: Client, novak: Customer) -> None:
    assert card_form(desk, novak)["key"] != card_form(desk, novak)["key"]


def test_the_receipt_of_a_payment_can_be_opened_again(desk: Client, novak: Customer) -> None:
    address = post(desk, novak, card_form(desk, novak))["Location"]
    assert words(page(desk, address).select_one(".receipt")) == words(page(desk, address).select_one(".receipt"))
