"""A key that no payment has: what the page says, what giving up does; and the paper that is counted."""

from uuid import uuid4

from pytest_django import Settings

from accounts.models import Operator
from payments.models import GivenUpKey, Payment, Printing
from tests.factories import CustomerFactory, cash, pay
from tests.people import signed_in
from tills.models import Transaction


def test_an_unknown_key_is_not_saved_so_far_and_never_said_to_be_lost(alice: Operator) -> None:
    answer = signed_in(alice).get(f"/cashdesk/payments/{uuid4()}/")
    assert answer.status_code == 404
    assert "Not saved so far" in answer.text
    assert "Nothing was recorded" not in answer.text


def test_only_after_giving_up_the_page_says_that_nothing_was_recorded(alice: Operator) -> None:
    desk, key, customer = signed_in(alice), uuid4(), CustomerFactory.create()
    answer = desk.post(f"/cashdesk/payments/{key}/give-up/")
    assert (answer.status_code, answer["Location"]) == (303, f"/cashdesk/payments/{key}/")
    assert "Nothing was recorded, and nothing will be" in desk.get(f"/cashdesk/payments/{key}/").text
    form = {"key": key, "amount": "10.00", "method": cash().pk}
    for _ in range(2):  # the first is asked about, the second is its confirmation
        late = desk.post(f"/cashdesk/customers/{customer.pk}/", form)
    assert late.status_code == 422
    assert "This form was given up" in late.text
    assert not Payment.objects.exists()


def test_money_is_given_back_for_a_new_payment_only(alice: Operator) -> None:
    """The form may have been to move a payment: that one stands, and handing out its money would lose it."""
    payment, desk, key = pay(alice, CustomerFactory.create()), signed_in(alice), uuid4()
    told = desk.post(f"/cashdesk/payments/{key}/give-up/", follow=True).text
    assert "If it was a new payment, give the money back, or take it anew." in told
    assert told.count("ive the money back") == 1
    form = {"key": key, "customer": CustomerFactory.create().pk}
    assert "This form was given up" in desk.post(f"/cashdesk/payments/{payment.key}/move/", form).text
    assert Transaction.objects.count() == 1


def test_giving_up_a_saved_payment_leads_to_its_receipt(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    answer = signed_in(alice).post(f"/cashdesk/payments/{payment.key}/give-up/", follow=True)
    assert "Payment taken" in answer.text
    assert not GivenUpKey.objects.exists()


def test_the_first_paper_is_the_original_then_copies(alice: Operator) -> None:
    payment, desk = pay(alice, CustomerFactory.create()), signed_in(alice)
    papers = [desk.post(f"/cashdesk/payments/{payment.key}/print/").text for _ in range(3)]
    kinds = ["Original", "Copy 2", "Copy 3"]
    for paper, kind in zip(papers, kinds, strict=True):
        assert f'paper-kind">{kind}</p>' in paper
    assert Printing.objects.count() == 3
    assert 'paper-kind">Copy</p>' in desk.get(f"/cashdesk/payments/{payment.key}/").text
    assert Printing.objects.count() == 3


def test_paper_is_counted_by_post_only(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    assert signed_in(alice).get(f"/cashdesk/payments/{payment.key}/print/").status_code == 405
    assert not Printing.objects.exists()


def test_the_paper_has_a_code_to_check_it_only_with_an_address(alice: Operator, settings: Settings) -> None:
    payment = pay(alice, CustomerFactory.create())
    assert "receipt-check" not in signed_in(alice).get(f"/cashdesk/payments/{payment.key}/").text
    settings.CASHDESK_BASE_URL = "https://pay.example"
    paper = signed_in(alice).get(f"/cashdesk/payments/{payment.key}/").text
    assert "https://pay.example/r/" in paper
    assert "data:image/svg+xml" in paper
