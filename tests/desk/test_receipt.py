"""The receipt: what was signed, for whoever may see it, and nothing about who may not."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Operator, Reseller
from customers.models import Customer, Invoice
from payments.models import Payment
from tests.answers import given_away
from tests.desk.pages import page, words
from tests.factories import CustomerFactory, InvoiceFactory, card, give_room, pay
from tests.people import signed_in
from tills.models import PaymentMethod

D = Decimal


@pytest.fixture
def novak(db: None) -> Customer:
    customer: Customer = CustomerFactory.create(name="Jan Novák", login="jnovak", balance=D("-60"))
    InvoiceFactory.create(customer=customer, number="INV-1")
    return customer


@pytest.fixture
def payment(alice: Operator, novak: Customer) -> Payment:
    return pay(alice, novak, "100.00", method_id=card().pk, reference="S-1", comment="for March")


def address(payment: Payment) -> str:
    return f"/cashdesk/payments/{payment.key}/"


def facts(soup: BeautifulSoup) -> dict[str, str]:
    return {words(entry.dt): words(entry.dd) for entry in soup.select(".receipt dl > div")}


def parts(soup: BeautifulSoup) -> list[str]:
    return [words(row) for row in soup.select(".receipt tbody tr, .receipt tfoot tr")]


def test_the_receipt_says_all_that_was_signed(alice: Operator, payment: Payment, settings: Settings) -> None:
    settings.CASHDESK_PROVIDER_NAME = "Rapid Net"
    settings.CASHDESK_PROVIDER_ADDRESS = "Main street 1"
    settings.CASHDESK_PROVIDER_TAX_ID = "SI123"
    settings.CASHDESK_RECEIPT_FOOTER = "Keep this receipt."
    soup = page(signed_in(alice), address(payment))
    receipt = words(soup.select_one(".receipt"))
    line = payment.transaction
    for said in ("Rapid Net", "Main street 1", "Tax id SI123", "Keep this receipt.", line.document_number, "UTC+00:00"):
        assert said in receipt
    assert facts(soup) == {
        "Customer": "Jan Novák",
        "Login": "jnovak",
        "Paid by": "Card",
        "Reference": "S-1",
        "Comment": "for March",
        "Balance after": "Credit €40.00",
        "Taken by": "Alice",
        "Check": line.digest[:10],
    }
    assert parts(soup) == ["Invoice INV-1 €60.00", "On account €40.00", "Total paid €100.00"]


def test_the_page_confirms_in_a_green_panel_without_links(alice: Operator, payment: Payment) -> None:
    panel = page(signed_in(alice), address(payment)).select_one(".panel-ok")
    assert panel is not None
    said = words(panel)
    assert said == f"Payment taken €100.00 · Jan Novák · receipt {payment.transaction.document_number}"
    assert panel.a is None


def test_names_are_those_of_the_moment_of_payment(alice: Operator, novak: Customer, payment: Payment) -> None:
    Customer.objects.filter(pk=novak.pk).update(name="Jana Nová", login="other")
    Invoice.objects.update(number="INV-999")
    PaymentMethod.objects.filter(pk=card().pk).update(name="Plastic")
    Operator.objects.filter(pk=alice.pk).update(name="Alicia")
    soup = page(signed_in(alice), address(payment))
    assert [facts(soup)[name] for name in ("Customer", "Login", "Paid by", "Taken by")] == [
        "Jan Novák", "jnovak", "Card", "Alice",
    ]  # fmt: skip
    assert parts(soup)[0] == "Invoice INV-1 €60.00"


def test_amounts_on_the_receipt_are_those_in_the_signed_document(alice: Operator, payment: Payment) -> None:
    signed = json.loads(payment.transaction.payload)
    assert [part["amount"] for part in signed["parts"]] == [600_000, 400_000]
    assert sum(part["amount"] for part in signed["parts"]) == signed["line"]["amount"]


def test_a_proforma_is_called_so(alice: Operator, novak: Customer) -> None:
    proforma = InvoiceFactory.create(customer=novak, number="PF-9", kind=Invoice.Kind.PROFORMA)
    paid = pay(alice, novak, "60.00", invoices=(proforma.pk,))
    assert parts(page(signed_in(alice), address(paid)))[0] == "Proforma PF-9 €60.00"


def test_whoever_may_not_see_it_learns_nothing(
    alice: Operator, bob: Operator, charlie: Operator, north: Reseller, payment: Payment
) -> None:
    give_room(north)
    hers = pay(charlie, CustomerFactory.create(reseller=north), "5.00")
    for operator, foreign in ((alice, hers), (charlie, payment)):
        client, unknown = signed_in(operator), uuid4()
        seen = given_away(client.get(address(foreign)), foreign.key)
        assert seen[0] == 404
        assert seen == given_away(client.get(f"/cashdesk/payments/{unknown}/"), unknown)
    assert signed_in(bob).get(address(payment)).status_code == 200
    assert signed_in(bob).get(address(hers)).status_code == 200


def test_the_way_to_the_customer_ends_with_the_scope(charlie: Operator, north: Reseller) -> None:
    give_room(north)
    customer = CustomerFactory.create(reseller=north)
    paid = pay(charlie, customer, "5.00")
    card_link = f"a[href='/cashdesk/customers/{customer.pk}/']"
    assert page(signed_in(charlie), address(paid)).select_one(card_link) is not None
    Customer.objects.filter(pk=customer.pk).update(reseller=None)
    soup = page(signed_in(charlie), address(paid))
    assert soup.select_one(card_link) is None
    assert words(soup.select_one(".receipt h2")).endswith(paid.transaction.document_number)


@pytest.mark.parametrize(
    ("own", "asked", "shown"),
    [("a4", "", "a4"), ("roll58", "", "roll58"), ("a4", "?paper=roll80", "roll80"), ("roll80", "?paper=x", "roll80")],
)
def test_the_paper_is_the_operators_unless_another_is_asked_for(
    alice: Operator, payment: Payment, own: str, asked: str, shown: str
) -> None:
    Operator.objects.filter(pk=alice.pk).update(paper=own)
    soup = page(signed_in(alice), address(payment) + asked)
    assert soup.body is not None
    assert f"paper-{shown}" in soup.body["class"]
    assert len(soup.select(".papers a[aria-current]")) == 1


def test_a_receipt_costs_the_same_for_one_part_and_for_twenty(alice: Operator, novak: Customer) -> None:
    client, one = signed_in(alice), pay(alice, novak, "60.00")
    InvoiceFactory.create_batch(20, customer=novak)
    twenty = pay(alice, novak, "1200.00")
    with CaptureQueriesContext(connection) as few:
        page(client, address(one))
    with CaptureQueriesContext(connection) as many:
        page(client, address(twenty))
    assert len(few) == len(many)


def test_what_others_typed_is_text_on_the_receipt(alice: Operator) -> None:
    customer = CustomerFactory.create(name="<script>alert(1)</script>", login="{{7*7}}")
    soup = page(signed_in(alice), address(pay(alice, customer, "5.00", comment="<img src=x onerror=1>")))
    assert not soup.select(".receipt script, .receipt img")
    assert facts(soup)["Customer"] == "<script>alert(1)</script>"
    assert facts(soup)["Comment"] == "<img src=x onerror=1>"
