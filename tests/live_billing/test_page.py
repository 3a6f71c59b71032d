"""The billing page, settling on it, the live card, and the hook: over HTTP, as people and programs meet them."""

import hashlib
import hmac
import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator
from billing.contacts import REST, may_ask, note_failure
from billing.delivering import deliver_next
from billing.models import Contact, Pull, Reconciliation, Settlement
from billing.working import drain
from cashdesk.views import billing as billing_views
from cashdesk.views import refreshing
from customers.models import WANTED, Customer
from payments.models import Payment
from tests.factories import OperatorFactory, order, pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, parts, states
from tests.people import grant, signed_in

PAGE = "/cashdesk/billing/"
HOOK = "/cashdesk/billing/hook/"
SECRET = "hook-secret"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def live(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Return the billing system in memory, in the place of the one that the settings name."""
    settings.CASHDESK_BILLING, settings.CASHDESK_SPLYNX_HOOK_SECRET = "splynx", SECRET
    monkeypatch.setattr(billing_views, "billing_system", lambda: ledger)
    monkeypatch.setattr(refreshing, "system_for_cards", lambda: ledger)
    return ledger


@pytest.fixture
def carol(alice: Operator) -> Operator:
    """Return Alice with the right to settle."""
    return grant(alice, "billing.manage_billing")


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def card(customer: Customer) -> str:
    return f"/cashdesk/customers/{customer.pk}/"


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


# --- The live card ---------------------------------------------------------------------------------------------------


def test_a_card_says_how_old_its_figures_are_and_asks_by_itself(anna: Customer, alice: Operator) -> None:
    page = text(signed_in(alice), card(anna))
    assert "as of" in page
    assert 'hx-trigger="load, submit"' in page


def test_a_card_fed_by_files_shows_nothing_of_it(anna: Customer, alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_BILLING = "files"
    page = text(signed_in(alice), card(anna))
    assert not {"as of", "live.js", "refresh/"} & {word for word in ("as of", "live.js", "refresh/") if word in page}
    assert signed_in(alice).post(f"{card(anna)}refresh/").status_code == 404


def test_opening_a_card_asks_nobody(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    ledger.asked.clear()
    text(signed_in(alice), card(anna))
    assert ledger.asked == []


def test_a_refresh_shows_the_new_figures_and_touches_no_field(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.accounts["7"].balance = Decimal(-33)
    clock.forward(60)
    answer = signed_in(alice).post(f"{card(anna)}refresh/", headers=HTMX)
    page = answer.content.decode()
    assert "33.00" in page
    assert 'hx-swap-oob="true"' in page
    assert "hx-trigger" not in page  # it does not ask again by itself
    assert 'name="amount"' not in page


def test_a_refresh_without_script_leads_back_to_the_card(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.accounts["7"].balance = Decimal(-33)
    clock.forward(60)
    answer = signed_in(alice).post(f"{card(anna)}refresh/", follow=True)
    assert answer.redirect_chain == [(card(anna), 303)]
    assert "33.00" in answer.content.decode()


def test_after_two_failures_nobody_is_asked_for_half_a_minute(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.is_down = True
    client = signed_in(alice)
    clock.forward(60)
    for _ in range(4):
        answer = client.post(f"{card(anna)}refresh/", headers=HTMX)
        assert "does not answer" in answer.content.decode()
    asked = len([what for what in ledger.asked if what == "customer 7"])
    clock.forward(REST.total_seconds())
    client.post(f"{card(anna)}refresh/", headers=HTMX)
    assert len([what for what in ledger.asked if what == "customer 7"]) == asked + 1
    assert asked == 3  # the pull of the fixture, and two that failed


def test_after_the_rest_one_tries_first(ledger: Ledger, anna: Customer, alice: Operator, clock: Clock) -> None:
    ledger.is_down = True
    client = signed_in(alice)
    clock.forward(60)
    for _ in range(2):
        client.post(f"{card(anna)}refresh/", headers=HTMX)
    clock.forward(REST.total_seconds())
    assert [may_ask(refreshing.ROLE) for _ in range(3)] == [True, False, False]
    clock.forward(REST.total_seconds())  # whoever tried never came back
    ledger.is_down = False
    for _ in range(2):
        clock.forward(6)
        assert "does not answer" not in client.post(f"{card(anna)}refresh/", headers=HTMX).content.decode()


def test_while_two_cards_wait_for_an_answer_a_third_one_does_not_join_them(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    """While an answer is on its way the next card asks, and while that one waits the next: all threads would hang."""
    client, pages = signed_in(alice), []

    def another(what: str) -> None:
        if what == "customer 7":
            pages.append(client.post(f"{card(anna)}refresh/", headers=HTMX).content.decode())

    clock.forward(60)
    ledger.asked.clear()
    ledger.between = another
    pages.append(client.post(f"{card(anna)}refresh/", headers=HTMX).content.decode())
    assert ["does not answer" in page for page in pages] == [True, False, False]
    assert ledger.asked.count("customer 7") == 2
    assert Contact.objects.get(role=refreshing.ROLE).failures == 0


def test_the_payment_is_taken_whatever_the_billing_system_answers(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.is_down = True
    client, wanted = signed_in(alice), order(anna)
    clock.forward(60)
    client.post(f"{card(anna)}refresh/", headers=HTMX)
    form = {"amount": "60.00", "method": wanted.method_id, "key": str(wanted.key)}
    assert client.post(card(anna), form).status_code == 303
    assert Payment.objects.count() == 1


def test_a_customer_who_is_gone_meanwhile_makes_the_page_load_again(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    del ledger.accounts["7"]
    clock.forward(60)
    assert signed_in(alice).post(f"{card(anna)}refresh/", headers=HTMX)["HX-Refresh"] == "true"


def test_another_resellers_customer_is_not_refreshed(
    ledger: Ledger, anna: Customer, charlie: Operator, clock: Clock
) -> None:
    ledger.asked.clear()
    clock.forward(60)
    assert signed_in(charlie).post(f"{card(anna)}refresh/", headers=HTMX).status_code == 404
    assert ledger.asked == []


# --- The hook --------------------------------------------------------------------------------------------------------


def call(body: bytes, signature: str | None = None, content_type: str = "application/json") -> int:
    """Return the status with which a hook's call is answered."""
    signed = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest() if signature is None else signature
    client = Client(enforce_csrf_checks=True)
    return client.post(HOOK, body, content_type=content_type, HTTP_X_SPLYNX_SIGNATURE=signed).status_code


def event(**data: object) -> bytes:
    return json.dumps({"type": "event", "data": data}).encode()


@pytest.mark.parametrize(
    "body",
    [
        event(customer_id=7, model="models\\common\\finance\\Payments"),
        event(customer_id="7"),
        event(model="models\\common\\customers\\Customers", attributes={"id": "7"}),
    ],
)
def test_a_signed_event_marks_its_customer_and_changes_nothing_else(body: bytes, anna: Customer) -> None:
    before = Customer.objects.values().get()
    assert call(body) == 204
    assert Customer.objects.filter(WANTED).exists()
    after = Customer.objects.values().get()
    assert {name for name, value in after.items() if before.get(name) != value} == {"asked"}


def form(**data: str) -> bytes:
    return urlencode({"type": "event", **{f"data{name}": value for name, value in data.items()}}).encode()


@pytest.mark.parametrize(
    "body",
    [
        form(**{"[customer_id]": "7", "[model]": "models\\common\\finance\\Payments"}),
        form(**{"[customer_id]": "0", "[model]": "models\\common\\customers\\Customers", "[attributes][id]": "7"}),
        form(**{"[model]": "models\\common\\customers\\Customers", "[attributes][id]": "7"}),
    ],
)
def test_an_event_may_come_as_a_form_and_twice(body: bytes, anna: Customer) -> None:
    assert [call(body, content_type="application/x-www-form-urlencoded") for _ in range(2)] == [204, 204]
    assert Customer.objects.filter(WANTED).exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"ping"}', event(customer_id=99), event(customer_id="../7"), event(),
        form(**{"[model]": "models\\common\\finance\\Invoices", "[attributes][id]": "7"}),
        form(**{"[attributes][id]": "7"}), b"type=event&data=7",
    ],
)  # fmt: skip
def test_what_is_about_nobody_we_know_marks_nobody(body: bytes, anna: Customer) -> None:
    assert call(body) == 204
    assert not Customer.objects.filter(WANTED).exists()


@pytest.mark.parametrize("signature", ["", "0" * 40, "é", hashlib.sha1(event(customer_id=7)).hexdigest()])
def test_without_the_right_signature_nothing_is_marked(signature: str, anna: Customer) -> None:
    assert call(event(customer_id=7), signature) == 403
    assert not Customer.objects.filter(WANTED).exists()
    assert not Contact.objects.filter(role="hook").exists()


def test_a_changed_byte_breaks_the_signature(anna: Customer) -> None:
    signed = hmac.new(SECRET.encode(), event(customer_id=8), hashlib.sha1).hexdigest()
    assert call(event(customer_id=7), signed) == 403


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"a":' * 3000, b"type=event&" + b"a=1&" * 600])
def test_what_is_not_understood_is_refused(body: bytes, anna: Customer) -> None:
    assert call(body) == 400


def test_without_a_secret_there_is_no_hook(settings: Settings, anna: Customer) -> None:
    settings.CASHDESK_SPLYNX_HOOK_SECRET = ""
    body = event(customer_id=7)
    assert call(body, hmac.new(b"", body, hashlib.sha1).hexdigest()) == 404
    assert not Customer.objects.filter(WANTED).exists()
