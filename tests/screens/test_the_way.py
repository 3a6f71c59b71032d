"""From sign-in to receipt with the keyboard alone, counting the keys; and what happens on the way back."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect

from accounts.models import Operator
from payments.models import Payment
from tests.factories import PASSWORD
from tests.screens.conftest import Counter


def test_the_whole_way_with_the_keyboard(page: Page, desk_server: str, customers: None, alice: Operator) -> None:
    """R1 and R3: the scanner types the number and Enter; two keys later the receipt is printing."""
    page.goto(f"{desk_server}/cashdesk/login/")
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()

    page.keyboard.type("INV-2026-101")
    page.keyboard.press("Enter")
    expect(page.locator("#id_amount")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == "134.90"

    page.keyboard.press("Enter")  # the first key
    expect(page.locator(".panel-ok h1")).to_have_text("Payment taken")
    expect(page.get_by_role("button", name="Print")).to_be_focused()
    assert Payment.objects.get().transaction.amount == Decimal("134.90")

    page.wait_for_load_state()
    page.keyboard.press("F2")  # R5: the next customer is one key away
    expect(page.locator("#q")).to_be_focused()


def test_a_typed_name_takes_four_more_keys(counter: Counter) -> None:
    """R2: arrow, Enter, Enter, Enter."""
    page = counter.open("/cashdesk/")
    page.keyboard.type("jan novak")
    expect(page.locator("#results a.hit").first).to_contain_text("Jan Novák")
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#id_amount")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Print")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("html[data-printed]")).to_be_attached()
    assert counter.complaints == []


def test_back_and_forward_take_nothing_again(counter: Counter) -> None:
    """R6 and R41: after Back the form is usable, and sending it again leads to the same receipt."""
    page = counter.open("/cashdesk/?q=jnovak")
    page.keyboard.press("Enter")
    expect(page.locator(".panel-ok")).to_be_visible()
    receipt = page.url
    page.go_back()
    button = page.locator("#take")
    expect(button).not_to_have_text("Saving…")
    assert button.get_attribute("aria-disabled") is None
    page.go_forward()
    expect(page).to_have_url(receipt)
    assert Payment.objects.count() == 1


def test_a_waiting_button_says_so_ignores_further_clicks_and_comes_back(counter: Counter) -> None:
    """R41; the form is held in the page, since Playwright waits for a navigation that is under way."""
    page = counter.open("/cashdesk/?q=jnovak")
    waiting = """() => {
        const button = document.querySelector("#take");
        let sent = 0;
        window.addEventListener("submit", (event) => {
            if (!event.defaultPrevented) sent += 1;
            event.preventDefault();
        });
        for (let click = 0; click < 3; click += 1) button.click();
        return [button.textContent, button.getAttribute("aria-disabled"), sent];
    }"""
    assert page.evaluate(waiting) == ["Saving…", "true", 1]
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:afterSettle'))")  # a preview that comes too late
    assert not counter.complaints
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#take")).to_have_text("Take €134.90 in cash")
    assert page.locator("#take").get_attribute("aria-disabled") is None


def test_an_error_moves_the_focus_to_its_summary_and_keeps_all_values(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    page.fill("#id_amount", "1.000")
    page.fill("#id_comment", "kept")
    page.locator("#take").click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect(page).to_have_title("Error: Jan Novák · Cashdesk")
    expect(page.locator("#id_amount")).to_have_value("1.000")
    expect(page.locator("#id_comment")).to_have_value("kept")
    page.get_by_role("link", name="Write 1000 or 1.00").click()
    expect(page.locator("#id_amount")).to_be_focused()
