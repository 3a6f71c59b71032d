"""The card of a desk with a live billing system: how old its figures are, and asking for newer ones."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.models import Operator
from billing.contacts import REST, may_ask
from billing.models import Contact
from cashdesk.views import refreshing
from customers.models import Customer
from payments.models import Payment
from tests.factories import order
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, text
from tests.people import signed_in

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("live")


def card(customer: Customer) -> str:
    return f"/cashdesk/customers/{customer.pk}/"


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
