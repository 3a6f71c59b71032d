"""The live preview: the same parser and the same split as the payment, in words; it decides and writes nothing."""

from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from accounts.models import Operator
from customers.models import Customer, Invoice
from payments.models import Allocation
from tests.desk.pages import address_of, card_form, soup_of, words
from tests.factories import CustomerFactory, InvoiceFactory, card, cash
from tests.people import signed_in
from tills.days import today
from tills.models import PaymentMethod, Transaction

D = Decimal


@pytest.fixture
def novak(db: None) -> Customer:
    """Owes two invoices of 60 and 100; was asked for 30."""
    customer: Customer = CustomerFactory.create(balance=D("-160"))
    for number, due, kind in (("INV-1", "60", "invoice"), ("INV-2", "100", "invoice"), ("PF-9", "30", "proforma")):
        InvoiceFactory.create(
            customer=customer, number=number, total=D(due), due=D(due), kind=Invoice.Kind(kind), due_on=today()
        )
    return customer


@pytest.fixture
def desk(alice: Operator) -> Client:
    return signed_in(alice)


def preview(desk: Client, customer: Customer, **asked: Any) -> BeautifulSoup:
    answer = desk.get(f"{address_of(customer)}preview/", {"method": cash().pk, **asked}, headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    return soup_of(answer)


def sentences(soup: BeautifulSoup) -> list[str]:
    return [words(p) for p in soup.select("p")]


def label(soup: BeautifulSoup) -> str:
    return words(soup.select_one("#take-label[hx-swap-oob]"))


@pytest.mark.parametrize(
    ("amount", "said", "button"),
    [
        ("60", ["Pays INV-1 fully."], "Take €60.00 in cash"),
        ("160,00", ["Pays INV-1 and INV-2 fully."], "Take €160.00 in cash"),
        ("80", ["Pays INV-1 fully and INV-2 partly (€20.00 of €100.00)."], "Take €80.00 in cash"),
        ("200", ["Pays INV-1 and INV-2 fully.", "€40.00 is kept as credit on the account."], "Take €200.00 in cash"),
        ("1.000", ["Write 1000 or 1.00"], "Take payment"),
        ("", ["Enter an amount, like 1234.50"], "Take payment"),
        ("50000.01", ["Amount must be €50,000.00 or less"], "Take payment"),
    ],
)
def test_the_split_and_the_button_are_told(
    desk: Client, novak: Customer, amount: str, said: list[str], button: str
) -> None:
    soup = preview(desk, novak, amount=amount)
    assert sentences(soup) == said
    assert label(soup) == button
    assert not Transaction.objects.exists()


def test_the_button_names_the_method(desk: Client, novak: Customer) -> None:
    assert label(preview(desk, novak, amount="60", method=card().pk)) == "Take €60.00 by card"
    assert label(preview(desk, novak, amount="60", method="")) == "Take €60.00"
    paypal = PaymentMethod.objects.create(name="PayPal")
    assert label(preview(desk, novak, amount="60", method=paypal.pk)) == "Take €60.00 by PayPal"


def test_chosen_documents_come_first_and_offer_their_sum(desk: Client, novak: Customer) -> None:
    chosen = [Invoice.objects.get(number=number).pk for number in ("INV-2", "PF-9")]
    soup = preview(desk, novak, amount="60", invoices=chosen)
    assert sentences(soup)[0] == "Pays INV-2 partly (€60.00 of €100.00)."
    assert soup.select_one("button")["data-amount"] == "130.00"  # type: ignore[index]  # it is there


def test_many_documents_are_counted(desk: Client, novak: Customer) -> None:
    InvoiceFactory.create_batch(3, customer=novak)
    assert sentences(preview(desk, novak, amount="330"))[0].startswith("Pays 4 documents fully and INV-")


def test_what_the_preview_says_is_what_the_payment_does(desk: Client, novak: Customer) -> None:
    assert "INV-2 partly (€20.00 of €100.00)" in sentences(preview(desk, novak, amount="80"))[0]
    desk.post(address_of(novak), card_form(desk, novak, amount="80"))
    parts = Allocation.objects.order_by("pk").values_list("invoice__number", "amount")
    assert list(parts) == [("INV-1", D("60")), ("INV-2", D("20"))]


def test_without_script_the_whole_card_comes_back_with_its_values_and_key(desk: Client, novak: Customer) -> None:
    form = card_form(desk, novak, amount="80", comment="kept", method=card().pk)
    soup = soup_of(desk.post(f"{address_of(novak)}preview/", form))
    assert words(soup.select_one("#preview")) == "Pays INV-1 fully and INV-2 partly (€20.00 of €100.00)."
    assert words(soup.select_one("#take")) == "Take €80.00 by card"
    assert soup.select_one("[name=key]")["value"] == form["key"][0]  # type: ignore[index]
    assert soup.select_one("#id_comment")["value"] == "kept"  # type: ignore[index]
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("name", ["amount", "method", "invoices"])
@pytest.mark.parametrize("text", ["\0", "9" * 4000, "-1", "🙂", "None"])
def test_no_text_breaks_the_preview(desk: Client, novak: Customer, name: str, text: str) -> None:
    preview(desk, novak, **{"amount": "60", name: text})
