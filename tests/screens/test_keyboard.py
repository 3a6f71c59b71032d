"""Every key of the desk, what must not become money, and what the form shows while typing."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route, expect

from accounts.models import Operator
from payments.models import Payment
from tests.screens.conftest import Counter


def test_the_keys_of_the_card(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    page.keyboard.press("Alt+Digit3")
    expect(page.get_by_label("Card")).to_be_checked()
    expect(page.locator("#take")).to_have_text("Take €134.90 by card")
    expect(page.get_by_label("Slip number")).to_be_visible()
    expect(page.locator("#handed")).to_be_hidden()
    page.keyboard.press("Alt+Digit1")
    expect(page.locator("#id_reference")).to_be_hidden()
    expect(page.locator("#take")).to_have_text("Take €134.90 in cash")
    page.keyboard.press("F9")
    expect(page.locator("#id_amount")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "134.90"
    page.locator("#id_comment").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".panel-ok")).to_be_visible()
    assert Payment.objects.count() == 1
    assert counter.complaints == []


def test_the_keys_that_lead_to_other_pages(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    page.keyboard.press("F8")
    expect(page).to_have_url(counter.url + "/cashdesk/history/")
    page.wait_for_load_state()  # the keys are there when the script is
    page.keyboard.press("?")
    expect(page).to_have_url(counter.url + "/cashdesk/keyboard/")
    page.wait_for_load_state()
    page.locator(".menu summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Change password")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Change password")).to_be_hidden()
    expect(page.locator(".menu summary")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b?")
    expect(page.locator("#q")).to_have_value("a/b?")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("a/b?")


def test_letter_keys_that_are_switched_off_do_nothing(
    counter_of: Callable[..., Counter], customers: None, alice: Operator
) -> None:
    Operator.objects.update(letter_keys=False)
    counter = counter_of(alice)
    page = counter.open("/cashdesk/keyboard/")
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()
    page.keyboard.press("F2")
    expect(page.locator("#q")).to_be_focused()


def test_arrows_walk_over_the_hits_and_escape_returns(counter: Counter) -> None:
    page = counter.open("/cashdesk/")
    page.keyboard.type("nov")
    hits = page.locator("#results a.hit")
    expect(hits).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(hits.nth(0)).to_be_focused()
    page.keyboard.press("End")
    expect(hits.nth(2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(hits.nth(2)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(hits.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("nov")


def test_quick_amounts_chosen_documents_and_the_change(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    page.get_by_role("button", name="Oldest €73.45").click()
    expect(page.locator("#id_amount")).to_have_value("73.45")
    expect(page.locator("#preview")).to_have_text("Pays INV-2026-101 fully.")
    page.get_by_label("Pay INV-2026-118 first").check()
    expect(page.locator("#preview")).to_contain_text("Pays INV-2026-118 fully and INV-2026-101 partly")
    page.get_by_role("button", name="Take the chosen €61.45").click()
    expect(page.locator("#take")).to_have_text("Take €61.45 in cash")
    page.locator("#handed").fill("100")
    expect(page.locator("#change")).to_have_text("Change to give: €38.55")
    page.locator("#handed").fill("50")
    expect(page.locator("#change")).to_have_text("Still missing: €11.45")
    page.keyboard.press("Enter")
    expect(page.locator("#take")).to_be_focused()
    assert not Payment.objects.exists()
    page.keyboard.press("Enter")
    expect(page.locator(".panel-ok")).to_contain_text("€61.45")


def test_a_code_scanned_into_the_amount_goes_to_search(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.press("Shift")  # a browser's first key takes long on a busy machine, and a scanner's do not
    page.keyboard.type("8590001042")  # no pause between two keys: a scanner
    page.keyboard.press("Enter")
    expect(page).to_have_url(counter.url + "/cashdesk/?q=8590001042")
    page.goto(counter.url + "/cashdesk/?q=jnovak")
    page.fill("#id_amount", "859000")  # more digits than the limit has: a slow scanner
    page.keyboard.press("Enter")
    expect(page).to_have_url(counter.url + "/cashdesk/?q=859000")
    assert not Payment.objects.exists()


def test_a_slow_answer_never_overwrites_a_newer_one(counter: Counter) -> None:
    """R11: the first request is cancelled; even if it were not, nobody would see its rows."""
    page = counter.open("/cashdesk/")
    held: list[Route] = []
    page.route("**/cashdesk/?q=nov", lambda route: held.append(route))
    with page.expect_request("**/cashdesk/?q=nov"):
        page.keyboard.type("nov")
    page.keyboard.type("ak s")
    expect(page.locator("#results a.hit")).to_have_count(1)
    expect(page.locator("#results a.hit")).to_contain_text("Novák s.r.o.")
    assert len(held) == 1
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#results a.hit")).to_have_count(1)
    assert "q=novak" in page.url
    page.locator("#q").fill("")
    expect(page.locator("[role=status]")).to_have_text("Search for a customer to take a payment")
