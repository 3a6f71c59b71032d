"""The customer card: who it is, what is owed in words, what is unpaid, and the payment form."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Operator, Reseller
from customers.models import Customer, Invoice
from tests.desk.pages import address_of, card_form, page, words
from tests.factories import CustomerFactory, InvoiceFactory, card, pay
from tests.people import signed_in
from tills.days import today
from tills.models import PaymentMethod

D = Decimal


def open_card(operator: Operator, customer: Customer) -> BeautifulSoup:
    return page(signed_in(operator), address_of(customer))


def rows(soup: BeautifulSoup) -> list[str]:
    return [words(row) for row in soup.select(".documents tbody tr")]


def amount_in(soup: BeautifulSoup) -> str:
    return str(soup.select_one("#id_amount").get("value", ""))  # type: ignore[union-attr]  # each card has one


@pytest.mark.parametrize(("balance", "said"), [("-60", "Owes €60.00"), ("45.5", "Credit €45.50"), ("0", "Settled")])
def test_the_balance_says_in_words_who_owes(alice: Operator, balance: str, said: str) -> None:
    soup = open_card(alice, CustomerFactory.create(balance=D(balance)))
    assert words(soup.select_one(".card-standing .balance")) == said
    assert "-" not in said


def test_the_head_names_the_customer_with_login_id_and_company(alice: Operator) -> None:
    customer = CustomerFactory.create(name="Jan Novák", company="Novák s.r.o.", login="jnovak", external_id="1042")
    head = words(open_card(alice, customer).select_one(".card-head"))
    assert "Jan Novák Novák s.r.o. · jnovak · no. 1042" in head


def test_only_unpaid_documents_are_listed_oldest_first_and_overdue_in_words(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-120"))
    for number, days, due in (("LATE", -12, "60"), ("PAID", -30, "0"), ("SOON", 5, "60")):
        InvoiceFactory.create(customer=customer, number=number, due=D(due), due_on=today() + timedelta(days=days))
    InvoiceFactory.create(customer=customer, number="ASKED", kind=Invoice.Kind.PROFORMA, due_on=today())
    shown = rows(open_card(alice, customer))
    assert [row.split()[0] for row in shown] == ["LATE", "ASKED", "SOON"]
    assert "Overdue 12 days" in shown[0]
    assert "Proforma" in shown[1]
    assert "Overdue" not in shown[1] + shown[2]


def test_a_partly_paid_invoice_says_so(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-1200"))
    InvoiceFactory.create(customer=customer, total=D("1200"), due=D("500"))
    assert "€500.00 of €1,200.00 remaining" in rows(open_card(alice, customer))[0]


def test_the_form_begins_with_all_that_is_due(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-120"))
    InvoiceFactory.create(customer=customer, due_on=date(2026, 1, 1))
    InvoiceFactory.create(customer=customer)
    soup = open_card(alice, customer)
    assert amount_in(soup) == "120.00"
    assert [words(b) for b in soup.select(".quick button")] == [
        "All due €120.00", "Oldest €60.00", "€20.00", "€50.00", "€100.00",
    ]  # fmt: skip
    assert words(soup.select_one("#take")) == "Take €120.00 in cash"
    assert "differ" not in words(soup.main)


def test_balance_and_invoices_that_differ_are_both_said(alice: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-80"))
    InvoiceFactory.create(customer=customer)
    soup = open_card(alice, customer)
    assert "the balance says Owes €80.00 , the unpaid invoices sum to €60.00" in words(soup.main)
    assert amount_in(soup) == "60.00"


def test_without_unpaid_invoices_an_advance_can_be_taken(alice: Operator) -> None:
    soup = open_card(alice, CustomerFactory.create())
    assert "No unpaid invoices" in words(soup.select_one(".documents"))
    assert amount_in(soup) == ""
    assert words(soup.select_one("#take")) == "Take payment"


def test_the_amount_box_takes_text_and_the_form_no_bubbles(alice: Operator) -> None:
    soup = open_card(alice, CustomerFactory.create())
    box = soup.select_one("#id_amount")
    form = soup.select_one("#payment-form")
    assert box is not None
    assert form is not None
    wanted = {
        "type": "text",
        "inputmode": "decimal",
        "autocomplete": "off",
        "enterkeyhint": "done",
        "spellcheck": "false",
    }
    assert {name: box[name] for name in wanted} == wanted
    assert form.has_attr("novalidate")
    assert not soup.select("[required], [maxlength], [type=number]")
    assert words(soup.select_one("label[for=id_amount]")) == "Amount in EUR"


def test_the_cash_handed_over_is_never_sent(alice: Operator) -> None:
    box = open_card(alice, CustomerFactory.create()).select_one("#handed")
    assert box is not None
    assert not box.has_attr("name")


def test_six_methods_are_radios_and_more_are_a_list(alice: Operator) -> None:
    customer = CustomerFactory.create()
    PaymentMethod.objects.create(name="Voucher")
    assert len(open_card(alice, customer).select("input[type=radio][name=method]")) == 6
    PaymentMethod.objects.create(name="Crypto")
    soup = open_card(alice, customer)
    assert not soup.select("input[type=radio]")
    assert len(soup.select("select[name=method] option")) == 7


def test_a_method_that_is_off_cannot_be_chosen(alice: Operator) -> None:
    PaymentMethod.objects.filter(name="Card").update(is_active=False)
    assert "Card" not in words(open_card(alice, CustomerFactory.create()).select_one(".methods"))


def test_the_method_used_last_is_chosen_for_the_rest_of_the_session(alice: Operator) -> None:
    client, customer = signed_in(alice), CustomerFactory.create(balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    client.post(address_of(customer), card_form(client, customer, method=card().pk))
    assert card_form(client, CustomerFactory.create())["method"] == [str(card().pk)]
    assert card_form(signed_in(alice), CustomerFactory.create())["method"] != [str(card().pk)]


def test_the_day_is_asked_only_where_it_may_lie_back(alice: Operator, settings: Settings) -> None:
    customer = CustomerFactory.create()
    assert open_card(alice, customer).select_one("[name=paid_on]") is None
    settings.CASHDESK_BACKDATE_DAYS = 3
    assert card_form(signed_in(alice), customer)["paid_on"] == [today().isoformat()]


def test_the_last_own_payment_is_told_and_nobody_elses(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    payment = pay(alice, customer, "7.00")
    soup = open_card(alice, customer)
    assert "Your last payment from this customer" in words(soup.main)
    assert soup.select_one(f"a[href='/cashdesk/payments/{payment.key}/']") is not None
    assert "Your last payment" not in words(open_card(bob, customer).main)


def test_a_gone_customer_can_be_read_but_not_paid_for(alice: Operator) -> None:
    customer = CustomerFactory.create(gone_at=timezone.now(), balance=D("-60"))
    InvoiceFactory.create(customer=customer, number="OPEN-1")
    soup = open_card(alice, customer)
    assert "OPEN-1" in words(soup.main)
    assert "no longer has this customer" in words(soup.main)
    assert soup.select_one("#payment-form") is None


@pytest.mark.parametrize("pk", ["999999", "9" * 18, "9" * 30, "9" * 5000])
def test_foreign_and_missing_customers_answer_alike(charlie: Operator, pk: str) -> None:
    client, foreign = signed_in(charlie), CustomerFactory.create()
    for place in ("", "preview/"):
        assert client.get(f"/cashdesk/customers/{foreign.pk}/{place}").status_code == 404
        assert client.get(f"/cashdesk/customers/{pk}/{place}").status_code == 404


def test_the_way_back_leads_to_the_search_one_came_from(alice: Operator) -> None:
    client, customer = signed_in(alice), CustomerFactory.create()
    back = page(client, address_of(customer), Referer="http://testserver/cashdesk/?q=jan+n").select_one(".back a")
    assert back is not None
    assert back["href"] == "/cashdesk/?q=jan+n&show=list"
    for elsewhere in ("http://evil.example/cashdesk/?q=x", "http://testserver/cashdesk/history/?q=x", "http://[", ""):
        back = page(client, address_of(customer), Referer=elsewhere).select_one(".back a")
        assert back is not None
        assert back["href"] == "/cashdesk/"


def test_a_card_costs_the_same_for_one_document_and_for_twenty(alice: Operator, north: Reseller) -> None:
    client, customer = signed_in(alice), CustomerFactory.create()
    InvoiceFactory.create(customer=customer)
    with CaptureQueriesContext(connection) as frame:
        page(client, "/cashdesk/keyboard/")
    with CaptureQueriesContext(connection) as one:
        page(client, address_of(customer))
    InvoiceFactory.create_batch(19, customer=customer)
    with CaptureQueriesContext(connection) as twenty:
        page(client, address_of(customer))
    assert len(one) == len(twenty)
    assert len(one) - len(frame) <= 6
