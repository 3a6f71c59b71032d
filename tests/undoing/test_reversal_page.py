"""The page that reverses a payment: it says what will happen, asks why, and leads to a receipt that tells the truth."""

import html
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment, Reversal
from payments.recording import lock_customers
from tests.customers.stated import customer, stated, write
from tests.factories import CustomerFactory, InvoiceFactory, ResellerFactory, card, give_room, pay
from tests.people import grant, signed_in
from tills.models import Transaction


@pytest.fixture
def payment(alice: Operator) -> Payment:
    """Sixty taken by Alice from Novak, for one invoice."""
    customer = CustomerFactory.create(name="Jan Novák", balance=Decimal(-60))
    InvoiceFactory.create(customer=customer, number="INV-77")
    return pay(alice, customer)


def page(payment: Payment, name: str = "reverse/") -> str:
    return f"/cashdesk/payments/{payment.key}/{name}"


def test_the_receipt_offers_the_reversal_and_the_page_says_what_it_does(alice: Operator, payment: Payment) -> None:
    desk = signed_in(alice)
    assert page(payment) in desk.get(page(payment, "")).text
    shown = desk.get(page(payment)).text
    assert f"Reverse receipt <bdi>{payment.transaction.document_number}</bdi>" in shown
    assert "of <bdi>INV-77</bdi> is open again." in shown
    assert not Reversal.objects.exists()


def effect(desk: Client, address: str) -> str:
    """Return what a page says that will happen, in one line."""
    soup = BeautifulSoup(desk.get(address).text, "html.parser")
    lines = soup.select("main form > p:not(.hint):not(:has(.big))")
    return " ".join(" ".join(line.get_text() for line in lines).split())


STAYS = "The original stays, and its receipt will say that it was reversed."


def test_money_on_account_is_said_to_go_back_and_from_which_till(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create(), "25.00")
    code = payment.transaction.till.code
    goes_back = f"€25.00 goes back to the customer, whose balance falls by it; it is written in till {code}."
    assert effect(signed_in(alice), page(payment)) == f"{goes_back} It is paid out in cash. {STAYS}"


def test_money_that_is_not_in_the_drawer_is_not_said_to_leave_it(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create(), "25.00", method_id=card().pk)
    said = effect(signed_in(alice), page(payment))
    assert said.startswith("€25.00 goes back to the customer, whose balance falls by it; it is written in till ")
    assert said.endswith(f". It is written as Card: no cash is paid out. {STAYS}")


def test_each_document_is_open_again_by_what_was_paid_of_it(alice: Operator) -> None:
    """A part of an invoice never made it paid, and a proforma is a request and never owed."""
    customer = CustomerFactory.create(balance=Decimal(-100))
    request = InvoiceFactory.create(customer=customer, number="PF-1", kind="proforma", total=Decimal(15))
    InvoiceFactory.create(customer=customer, number="INV-1", total=Decimal(100))
    payment = pay(alice, customer, "25.00", invoices=(request.pk,))
    said = effect(signed_in(alice), page(payment))
    assert "€15.00 of proforma PF-1 is requested again. €10.00 of INV-1 is open again." in said
    assert "unpaid" not in said


def test_a_move_gives_no_money_back(alice: Operator, payment: Payment, right: Customer) -> None:
    said = effect(signed_in(alice), page(payment, f"move/?customer={right.pk}"))
    new = "A new payment with a receipt of its own is made for the right customer."
    assert said == f"€60.00 of INV-77 is open again. {STAYS} {new}"


def test_a_reversal_leads_to_the_receipt_that_says_reversed_when_by_whom_and_why(
    alice: Operator, payment: Payment
) -> None:
    desk = signed_in(alice)
    answer = desk.post(page(payment), {"reason": "amount", "comment": "gave <too> much"})
    assert (answer.status_code, answer["Location"]) == (303, page(payment, ""))
    receipt = desk.get(page(payment, "")).text
    assert "Wrong amount: <bdi>gave &lt;too&gt; much</bdi>" in receipt
    assert "/reverse/" not in receipt


def mark(desk: Client, payment: Payment) -> list[str]:
    """Return the lines in which a receipt says that its payment was reversed."""
    receipt = BeautifulSoup(desk.get(page(payment, "")).text, "html.parser")
    return [" ".join(line.get_text(" ").split()) for line in receipt.select(".receipt .reversed-note p")]


def test_the_paper_says_when_by_whom_and_under_which_number_as_it_was_then(
    alice: Operator, bob: Operator, payment: Payment
) -> None:
    bob = grant(bob, "payments.reverse_payment")
    with time_machine.travel(datetime(2031, 5, 6, 7, 8, tzinfo=UTC), tick=False):
        assert signed_in(bob).post(page(payment), {"reason": "changed"}).status_code == 303
    Operator.objects.filter(pk=bob.pk).update(name="Bob Renamed")
    number = Reversal.objects.get().transaction.document_number
    assert number != payment.transaction.document_number
    assert mark(signed_in(alice), payment) == [
        "REVERSED",
        f"May 6, 2031, 7:08:00 AM UTC+00:00 · Bob · {number}",
        "Customer changed their mind",
    ]


def test_a_payment_that_stands_has_no_mark(alice: Operator, payment: Payment) -> None:
    assert mark(signed_in(alice), payment) == []


@pytest.mark.parametrize(
    ("form", "sentence"),
    [({}, "Choose why the payment is reversed"), ({"reason": "other"}, "Write why the payment is reversed")],
)
def test_without_a_reason_nothing_is_reversed(
    alice: Operator, payment: Payment, form: dict[str, str], sentence: str
) -> None:
    answer = signed_in(alice).post(page(payment), form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<title>Error: " in answer.text
    assert Transaction.objects.count() == 1


def test_the_same_form_again_leads_to_the_same_receipt(alice: Operator, payment: Payment) -> None:
    desk = signed_in(alice)
    answers = [desk.post(page(payment), {"reason": "amount"}) for _ in range(3)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, page(payment, ""))}
    assert Transaction.objects.count() == 2


def test_a_colleague_without_the_right_gets_403_and_with_it_may(bob: Operator, payment: Payment) -> None:
    assert signed_in(bob).post(page(payment), {"reason": "amount"}).status_code == 403
    assert Transaction.objects.count() == 1
    bob = grant(bob, "payments.reverse_payment")
    assert signed_in(bob).post(page(payment), {"reason": "amount"}).status_code == 303


@pytest.mark.parametrize("name", ["reverse/", "move/"])
def test_a_payment_that_goes_out_of_sight_meanwhile_answers_like_a_missing_one(
    bob: Operator, payment: Payment, right: Customer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An administrator takes the right away while the form waits for the till."""
    bob = grant(bob, "payments.reverse_payment")

    def wait(*names: Any, **fields: Any) -> dict[int, Customer]:
        bob.user_permissions.remove(Permission.objects.get(codename="view_all_payments"))
        return lock_customers(*names, **fields)

    monkeypatch.setattr("payments.reversing.lock_customers", wait)
    monkeypatch.setattr("payments.moving.lock_customers", wait)
    form = {"reason": "amount", "customer": right.pk, "key": uuid4()}
    answer = signed_in(bob).post(page(payment, name), form)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert Transaction.objects.count() == 1


def test_an_own_payment_after_the_time_gets_403_in_words(alice: Operator, payment: Payment, settings: Settings) -> None:
    settings.CASHDESK_REVERSE_MINUTES = 0
    answer = signed_in(alice).get(page(payment))
    assert answer.status_code == 403
    assert "Ask your supervisor" in answer.text
    assert page(payment) not in signed_in(alice).get(page(payment, "")).text


def without(text: str, key: str) -> str:
    """Return the page without the key that was asked for and without the tokens made anew for each page."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text).replace(key, "")


@pytest.mark.parametrize("name", ["reverse/", "move/", "print/"])
def test_a_foreign_payment_answers_like_a_missing_one(charlie: Operator, payment: Payment, name: str) -> None:
    desk = signed_in(charlie)
    missing = "00000000-0000-4000-8000-000000000000"
    for method in (desk.get, desk.post):
        foreign, unknown = method(page(payment, name)), method(f"/cashdesk/payments/{missing}/{name}")
        assert foreign.status_code == unknown.status_code
        assert without(foreign.text, str(payment.key)) == without(unknown.text, missing)
    assert Transaction.objects.count() == 1


# --- To another customer ---------------------------------------------------------------------------------------------


@pytest.fixture
def right(house: None) -> Customer:
    return CustomerFactory.create(name="Eva Malá")


def move(desk: Client, payment: Payment, right: Customer) -> str:
    """Move through the pages and return where the last answer leads."""
    form = desk.get(page(payment, "move/"), {"customer": right.pk}).context["form"]
    answer = desk.post(page(payment, "move/"), {"customer": right.pk, "key": form.initial["key"]})
    assert answer.status_code == 303
    return str(answer["Location"])


def test_both_receipts_tell_the_truth_after_a_move(alice: Operator, payment: Payment, right: Customer) -> None:
    desk = signed_in(alice)
    new = move(desk, payment, right)
    moved = Payment.objects.exclude(pk=payment.pk).get()
    assert new == page(moved, "")
    old_paper, new_paper = desk.get(page(payment, "")).text, desk.get(new).text
    assert f"Moved to another customer as receipt <bdi>{moved.transaction.document_number}</bdi>" in old_paper
    assert f"Moved here from receipt <bdi>{payment.transaction.document_number}</bdi>" in new_paper
    assert "Eva Malá" in new_paper


def test_who_may_not_open_the_other_paper_gets_its_number_without_a_link(
    alice: Operator, bob: Operator, payment: Payment, right: Customer
) -> None:
    move(signed_in(grant(bob, "payments.reverse_payment")), payment, right)
    moved = Payment.objects.exclude(pk=payment.pk).get()
    paper = signed_in(alice).get(page(payment, "")).text
    assert moved.transaction.document_number in paper
    assert str(moved.key) not in paper
    assert "Eva Malá" not in paper


def test_a_move_whose_form_took_another_payment_shows_that_one(
    alice: Operator, payment: Payment, right: Customer
) -> None:
    taken = pay(alice, right, "25.00")
    answer = signed_in(alice).post(page(payment, "move/"), {"customer": right.pk, "key": taken.key})
    assert answer.status_code == 409
    for fact in ("This form was already used", "€25.00", taken.transaction.document_number, page(payment, "move/")):
        assert fact in answer.text
    assert "Nothing was moved" in answer.text
    assert Transaction.objects.count() == 2


def test_the_same_move_sent_again_with_another_customer_is_a_conflict(
    alice: Operator, payment: Payment, right: Customer
) -> None:
    desk, key = signed_in(alice), uuid4()
    other = CustomerFactory.create(name="Somebody Else")
    assert desk.post(page(payment, "move/"), {"customer": right.pk, "key": key}).status_code == 303
    answer = desk.post(page(payment, "move/"), {"customer": other.pk, "key": key})
    assert answer.status_code == 409
    assert "Eva Malá" in answer.text
    assert page(Payment.objects.get(key=key), "") in answer.text
    assert Transaction.objects.count() == 3


def test_the_same_move_again_leads_to_its_receipt_whatever_changed_since(charlie: Operator) -> None:
    """The answer was lost, and the customer has gone to another reseller: the money is moved all the same."""
    assert charlie.reseller is not None
    give_room(charlie.reseller)
    wrong, target = CustomerFactory.create_batch(2, reseller=charlie.reseller)
    payment, desk, key = pay(charlie, wrong), signed_in(charlie), uuid4()
    form = {"customer": target.pk, "key": key}
    assert desk.post(page(payment, "move/"), form)["Location"] == f"/cashdesk/payments/{key}/"
    Customer.objects.filter(pk=target.pk).update(reseller=ResellerFactory.create())
    again = desk.post(page(payment, "move/"), form)
    assert (again.status_code, again.headers.get("Location")) == (303, f"/cashdesk/payments/{key}/")
    assert desk.post(page(payment, "move/"), {"customer": wrong.pk, "key": key}).status_code == 409
    assert desk.post(page(payment, "move/"), {"customer": 999_999, "key": key}).status_code == 404
    assert Transaction.objects.count() == 3


def test_a_move_to_another_resellers_customer_is_not_possible(
    charlie: Operator, alice: Operator, payment: Payment, right: Customer
) -> None:
    own = CustomerFactory.create(reseller=charlie.reseller)
    desk = signed_in(alice)
    assert desk.get(page(payment, "move/"), {"customer": own.pk}).status_code == 200  # Alice serves all customers
    assert desk.get(page(payment, "move/"), {"customer": 999_999}).status_code == 404
    assert desk.get(page(payment, "move/"), {"customer": "٣"}).status_code in {200, 404}
    assert Transaction.objects.count() == 1


def test_a_resellers_payment_is_offered_to_the_resellers_customers_only(
    charlie: Operator, bob: Operator, house: None
) -> None:
    """North's operators read the new line, and must not learn South's customers."""
    assert charlie.reseller is not None
    give_room(charlie.reseller)
    south = ResellerFactory.create(name="South", code="south")
    write(
        stated("1", "Eva Severní", reseller=charlie.reseller),
        stated("2", "Eva Jižní", reseller=south),
        stated("3", "Eva Ničí"),
    )
    payment = pay(charlie, CustomerFactory.create(reseller=charlie.reseller))
    desk = signed_in(grant(bob, "payments.reverse_payment"))
    found = desk.get(page(payment, "move/"), {"q": "eva"})
    assert "Eva Severní" in found.text
    assert "Jižní" not in found.text
    assert "Ničí" not in found.text
    for foreign in (customer("2"), customer("3")):
        refused = desk.get(page(payment, "move/"), {"customer": foreign.pk})
        assert refused.status_code == 422
        assert "Choose a customer of the same reseller" in html.unescape(refused.text)
        form = {"customer": foreign.pk, "key": uuid4()}
        assert desk.post(page(payment, "move/"), form).status_code == 422
    assert Transaction.objects.count() == 1


def test_a_move_to_the_customer_who_has_the_payment_is_refused_at_once(alice: Operator, payment: Payment) -> None:
    answer = signed_in(alice).get(page(payment, "move/"), {"customer": str(payment.transaction.customer_id)})
    assert answer.status_code == 422
    assert "The payment is this customer's already. Choose another one." in html.unescape(answer.text)
    assert "Move €60.00" not in answer.text
