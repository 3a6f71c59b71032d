"""The whole way without JavaScript: search is a form, the preview is a button, the payment is a form."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from accounts.models import Operator
from payments.models import Payment
from tests.screens.conftest import Counter


def test_the_whole_way_without_script(counter_of: Callable[..., Counter], customers: None, alice: Operator) -> None:
    counter = counter_of(alice, java_script_enabled=False)
    page = counter.open("/cashdesk/")
    page.get_by_label("Name, login or invoice number").fill("nov")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(counter.url + "/cashdesk/?q=nov")
    page.get_by_role("link", name="Jan Novák").click()
    expect(page.get_by_role("link", name="Search results")).to_be_visible()
    expect(page.locator("#handed")).to_be_hidden()

    page.get_by_label("Amount in EUR").fill("80")
    page.get_by_label("Cheque").check()
    page.get_by_role("button", name="Show how it is split").click()
    expect(page.locator("#preview")).to_have_text("Pays INV-2026-101 fully and INV-2026-118 partly (€6.55 of €61.45).")
    page.get_by_role("button", name="Take €80.00 by cheque").click()
    expect(page.get_by_role("link", name="Enter the Cheque number")).to_be_visible()
    page.get_by_label("Reference").fill("C-1")
    page.get_by_role("button", name="Take €80.00 by cheque").click()
    expect(page.locator(".panel-ok")).to_contain_text("€80.00")
    assert Payment.objects.get().reference == "C-1"

    page.get_by_role("link", name="Same customer").click()
    page.get_by_label("Amount in EUR").fill("80")
    page.get_by_role("button", name="Take €54.90 by cheque").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You took €80.00 from Jan Novák")
    page.get_by_role("button", name="Go back without taking money").click()
    expect(page.get_by_label("Amount in EUR")).to_have_value("80")
    assert Payment.objects.count() == 1
