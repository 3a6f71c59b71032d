"""The billing page, and settling on it: over HTTP, as people meet it."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator
from billing.contacts import note_failure
from billing.delivering import deliver_next
from billing.models import Pull, Reconciliation, Settlement
from billing.working import drain
from customers.models import Customer
from payments.models import Payment
from tests.factories import OperatorFactory, pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import parts, states, text
from tests.people import grant, signed_in

PAGE = "/cashdesk/billing/"
pytestmark = pytest.mark.usefixtures("live")


@pytest.fixture
def carol(alice: Operator) -> Operator:
    """Return Alice with the right to settle."""
    return grant(alice, "billing.manage_billing")


def refuse(ledger: Ledger, operator: Operator, customer: Customer, amount: str = "60") -> Payment:
    """Return a payment that the billing system refused."""
    ledger.faults = ["refused"]
    payment = pay(operator, customer, amount)
    deliver_next(ledger)
    return payment


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_is_for_a_right_of_its_own(alice: Operator, bob: Operator) -> None:
    for operator in (alice, bob):
        assert signed_in(operator).get(PAGE).status_code == 403


def test_the_page_shows_what_is_stuck_and_why(ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = refuse(ledger, carol, anna)
    page = text(signed_in(carol), PAGE)
    assert parts(payment)[0].reference in page
    assert "Customer is not there" in page


def test_the_page_says_that_the_billing_system_does_not_answer(carol: Operator) -> None:
    note_failure("deliver", "connection refused")
    page = text(signed_in(carol), PAGE)
    assert "does not answer" in page
    assert "connection refused" in page


def test_another_resellers_parts_are_neither_shown_nor_counted(
    ledger: Ledger, anna: Customer, alice: Operator, charlie: Operator
) -> None:
    payment = refuse(ledger, alice, anna)
    client = signed_in(grant(charlie, "billing.manage_billing"))
    page = text(client, PAGE)
    assert parts(payment)[0].reference not in page
    assert "Nothing is stuck." in page
    assert client.get(f"{PAGE}parts/{parts(payment)[0].pk}/").status_code == 404


def test_a_resellers_operator_learns_nothing_of_the_rest_of_the_house(
    ledger: Ledger, anna: Customer, carol: Operator, charlie: Operator
) -> None:
    now = timezone.now()
    Pull.objects.create(number=99, is_full=True, started_at=now, finished_at=now, customers=4711, unmapped="81, 82")
    Reconciliation.objects.create(since=now.date(), started_at=now, finished_at=now, compared=4712)
    note_failure("pull", "customer 83 cannot be read")
    told = ("4711", "4712", "81, 82", "customer 83")
    for operator, sees in ((carol, list(told)), (grant(charlie, "billing.manage_billing"), [])):
        client = signed_in(operator)
        pages = text(client, PAGE) + text(client, f"{PAGE}differences/")
        assert [words for words in told if words in pages] == sees
        assert "Last pull" in pages
        assert "does not answer" in pages
        assert "Nothing differs." in pages


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_asks_the_same_however_much_is_stuck(
    count: int, ledger: Ledger, anna: Customer, carol: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        refuse(ledger, carol, anna, "1")
    client = signed_in(carol)
    client.get(PAGE)
    with django_assert_num_queries(17):
        client.get(PAGE)


def test_a_desk_fed_by_files_says_so(carol: Operator, settings: Settings) -> None:
    settings.CASHDESK_BILLING = "files"
    assert "come as files" in text(signed_in(carol), PAGE)


def test_whoever_settles_sees_what_colleagues_took(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    payment = refuse(ledger, alice, anna)
    dora = grant(OperatorFactory.create(username="dora"), "billing.manage_billing")
    assert parts(payment)[0].reference in text(signed_in(dora), PAGE)
    signed_in(dora).post(f"{PAGE}parts/{parts(payment)[0].pk}/", {"step": "retry"})
    assert states(payment) == ["waiting"]


# --- How far a payment has come --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [("refused", "Not in the billing system"), ("before", "Unknown whether in the billing system"), ("", "In the b")],
)
def test_receipt_and_history_say_how_far_a_payment_has_come(
    fault: str, words: str, ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment, client = pay(alice, anna, "60"), signed_in(alice)
    receipt, history = f"/cashdesk/payments/{payment.key}/", "/cashdesk/history/"
    for address in (receipt, history):
        assert "On its way to the billing system" in text(client, address)
    ledger.faults = [fault]
    deliver_next(ledger)
    assert words in text(client, receipt)
    assert (words in text(client, history)) == bool(fault)  # what has arrived needs no word in a list


# --- Settling --------------------------------------------------------------------------------------------------------


def test_a_part_is_settled_in_two_steps(ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = refuse(ledger, carol, anna)
    address, client = f"{PAGE}parts/{parts(payment)[0].pk}/", signed_in(carol)
    assert "I am entering it" in text(client, address)
    assert client.post(address, {"step": "entering", "comment": "by phone"}).status_code == 303
    assert "is entering it since" in text(client, address)
    assert client.post(address, {"step": "not", "comment": "nobody there"}).status_code == 303
    assert states(payment) == ["refused"]
    assert [s.comment for s in Settlement.objects.all()] == ["by phone", "nobody there"]


def test_entering_without_a_comment_is_refused(ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = refuse(ledger, carol, anna)
    answer = signed_in(carol).post(f"{PAGE}parts/{parts(payment)[0].pk}/", {"step": "entering"})
    assert answer.status_code == 422
    assert (states(payment), Settlement.objects.count()) == (["refused"], 0)


def test_try_again_sends_it_again(ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = refuse(ledger, carol, anna)
    assert signed_in(carol).post(f"{PAGE}parts/{parts(payment)[0].pk}/", {"step": "retry"}).status_code == 303
    drain(ledger)
    assert states(payment) == ["delivered"]


@pytest.mark.parametrize("step", ["", "delete", "entered"])
def test_a_step_that_is_none_writes_nothing(step: str, ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = refuse(ledger, carol, anna)
    answer = signed_in(carol).post(f"{PAGE}parts/{parts(payment)[0].pk}/", {"step": step, "comment": "x"})
    assert answer.status_code == 422
    assert (states(payment), Settlement.objects.count()) == (["refused"], 0)
