"""R42: an answer that does not come. The page never calls it failed, and the key says what became of it."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from accounts.models import Operator
from customers.models import Customer
from payments.models import GivenUpKey, Payment, Reversal
from tests.factories import PASSWORD, OperatorFactory, pay
from tests.screens.conftest import Counter
from tests.shifts.desk import opened, supervisor

# Ten seconds without an answer pass at once; the page's own code is as it is shipped.
HURRY = """
const later = window.setTimeout;
window.setTimeout = (act, wait, ...rest) => later(act, wait === 10000 ? 100 : wait, ...rest);
"""
CARD_POST = "**/cashdesk/customers/*/"
MOVE_POST = "**/cashdesk/payments/*/move/"


def open_card(counter: Counter) -> Page:
    """Open Jan Novák's card in a browser whose ten seconds are short."""
    counter.page.add_init_script(HURRY)
    page = counter.open("/cashdesk/?q=jnovak")
    expect(page.locator("#id_amount")).to_be_focused()
    return page


def lose(page: Page, *, after_saving: bool, address: str = CARD_POST) -> None:
    """Let the POST of the payment reach the desk or not, and never its answer the page.

    The browser gets a 204 instead, which leaves the page as it is: in a request that hangs Playwright sees nothing.
    """

    def swallow(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        if after_saving:
            route.fetch(max_redirects=0)
        route.fulfill(status=204)

    page.route(address, swallow)


def send_and_wait(page: Page) -> None:
    """Take the payment and wait until the page says that there is no answer."""
    page.locator("#take").click(no_wait_after=True)
    expect(page.locator("#no-answer")).to_be_visible()
    expect(page.locator("#no-answer")).to_contain_text("Do not take the money twice")


def test_a_saved_payment_whose_answer_was_lost_is_found_by_its_key(counter: Counter) -> None:
    page = open_card(counter)
    lose(page, after_saving=True)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("h1")).to_have_text("Payment taken")
    assert Payment.objects.count() == 1


def test_what_was_not_saved_is_sent_again_with_the_same_key(counter: Counter) -> None:
    page = open_card(counter)
    key = page.locator("#payment-form [name=key]").get_attribute("value")
    page.locator("#id_comment").fill("October")
    lose(page, after_saving=False)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("h1")).to_have_text("Not saved so far")
    page.unroute(CARD_POST)
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("h1")).to_have_text("Payment taken")
    payment = Payment.objects.get()
    assert (str(payment.key), payment.transaction.comment) == (key, "October")


def test_sending_again_that_is_not_answered_either_says_so(counter: Counter) -> None:
    page = open_card(counter)
    key = page.locator("#payment-form [name=key]").get_attribute("value")
    lose(page, after_saving=False)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("#no-answer")).to_be_hidden()
    page.get_by_role("button", name="Send again").click(no_wait_after=True)
    expect(page.locator("#no-answer")).to_be_visible()
    expect(page.locator("#no-answer")).to_contain_text("No answer yet. Do not take the money twice.")
    link = page.locator("#no-answer").get_by_role("link", name="Check whether it was saved")
    assert link.get_attribute("href") == f"/cashdesk/payments/{key}/"


def test_only_after_giving_up_it_is_said_that_nothing_was_recorded(counter: Counter) -> None:
    page = open_card(counter)
    lose(page, after_saving=False)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("main")).not_to_contain_text("Nothing was recorded")
    page.get_by_role("button", name="Give up this form").click()
    expect(page.locator("main")).to_contain_text("Nothing was recorded, and nothing will be")
    assert GivenUpKey.objects.count() == 1
    assert not Payment.objects.exists()
    page.unroute(CARD_POST)
    counter.open("/cashdesk/?q=jnovak")
    expect(page.locator("#no-answer")).to_be_hidden()


def open_move(counter: Counter, alice: Operator) -> Page:
    """Open the page that moves a payment of Jana's to Jan, in a browser whose ten seconds are short."""
    payment = pay(alice, Customer.objects.get(login="jnovakova"), "30.00")
    counter.page.add_init_script(HURRY)
    right = Customer.objects.get(login="jnovak")
    return counter.open(f"/cashdesk/payments/{payment.key}/move/?customer={right.pk}")


def test_a_move_without_an_answer_is_looked_up_and_sent_again_once(counter: Counter, alice: Operator) -> None:
    page = open_move(counter, alice)
    page.locator("#id_comment").fill("the other Novák")
    lose(page, after_saving=False, address=MOVE_POST)
    page.locator("form .button-primary").click(no_wait_after=True)
    expect(page.locator("#no-answer")).to_contain_text("No answer yet. Do not take the money twice.")
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("h1")).to_have_text("Not saved so far")
    page.unroute(MOVE_POST)
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("h1")).to_have_text("Payment taken")
    reversal = Reversal.objects.get()
    assert reversal.replacement == Payment.objects.latest("pk")
    assert (reversal.transaction.comment, Payment.objects.count()) == ("the other Novák", 2)


def test_a_move_whose_answer_was_lost_is_found_by_its_key(counter: Counter, alice: Operator) -> None:
    page = open_move(counter, alice)
    lose(page, after_saving=True, address=MOVE_POST)
    page.locator("form .button-primary").click(no_wait_after=True)
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator(".receipt")).to_contain_text("Moved here from receipt")
    assert Payment.objects.count() == 2


def test_a_move_without_a_connection_says_so_at_once(counter: Counter, alice: Operator) -> None:
    page = open_move(counter, alice)
    lose(page, after_saving=False, address=MOVE_POST)
    page.locator("form .button-primary").click(no_wait_after=True)
    page.context.set_offline(True)  # Playwright's own signature
    expect(page.locator("#no-answer")).to_contain_text("No connection. Do not take the money twice.")
    page.context.set_offline(False)
    assert not Reversal.objects.exists()


def test_a_form_of_the_shift_does_not_make_the_desk_forget_the_payment(
    counter: Counter, alice: Operator, bob: Operator
) -> None:
    opened(supervisor(bob), alice)
    page = open_card(counter)
    card = page.url
    lose(page, after_saving=False)
    send_and_wait(page)
    counter.open("/cashdesk/shift/")
    page.locator("#drop_amount").fill("20")
    page.get_by_role("button", name="Bring to the safe").click()
    expect(page.locator(".receipt")).to_contain_text("€20.00")
    page.goto(card)
    expect(page.locator("#no-answer")).to_contain_text("has not been answered")


def test_without_a_connection_the_page_says_so_at_once(counter: Counter) -> None:
    page = open_card(counter)
    lose(page, after_saving=False)
    page.locator("#take").click(no_wait_after=True)
    page.context.set_offline(True)  # Playwright's own signature
    expect(page.locator("#no-answer")).to_contain_text("No connection. Do not take the money twice.")
    page.context.set_offline(False)


def test_who_comes_back_to_the_card_is_told_of_the_payment_without_an_answer(counter: Counter) -> None:
    page = open_card(counter)
    card = page.url
    lose(page, after_saving=True)
    send_and_wait(page)
    page.goto(card)
    expect(page.locator("#no-answer")).to_contain_text("has not been answered")
    page.get_by_role("link", name="Check whether it was saved").click()
    expect(page.locator("h1")).to_have_text("Payment taken")
    page.wait_for_load_state()  # the heading can be read before the page's script has run
    page.goto(card)
    expect(page.locator("#no-answer")).to_be_hidden()


def lapse(page: Page, *, sign_in_as: str) -> None:
    """End the session, send the payment again, and sign in where that leads."""
    Session.objects.all().delete()
    page.unroute(CARD_POST)
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("You were signed out. Check whether it was saved.")
    page.locator("#id_username").fill(sign_in_as)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Not saved so far")


def test_after_a_session_that_ended_the_same_form_is_sent_again(counter: Counter) -> None:
    page = open_card(counter)
    lose(page, after_saving=False)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    lapse(page, sign_in_as="alice")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("h1")).to_have_text("Payment taken")
    assert Payment.objects.count() == 1


def test_the_next_operator_at_the_desk_is_not_offered_to_send_it(counter: Counter) -> None:
    OperatorFactory.create(username="dora")
    page = open_card(counter)
    card = page.url
    lose(page, after_saving=False)
    send_and_wait(page)
    page.get_by_role("link", name="Check whether it was saved").click()
    lapse(page, sign_in_as="dora")
    page.wait_for_load_state()
    expect(page.get_by_role("button", name="Send again")).to_be_hidden()
    page.goto(card)
    expect(page.locator("#no-answer")).to_be_hidden()
    assert not Payment.objects.exists()
