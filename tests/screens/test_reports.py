"""The accountant's pages in a browser: they fit, axe finds nothing, they work without script, and fit on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Operator
from customers.models import Customer
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import card, pay
from tests.screens.conftest import Counter
from tests.screens.looks import SIZES, check_look, check_widths

PAGES = {
    "report-day": "/cashdesk/reports/day/",
    "report-range": f"/cashdesk/reports/day/?from={timezone.localdate() - timedelta(days=30)}",
    "report-error": "/cashdesk/reports/day/?from=2026-03-02&to=2026-03-01",
    "accounts": "/cashdesk/reports/accounts/",
    "report-paper": "/cashdesk/reports/day/?print=1",
}


@pytest.fixture
def taken(customers: None, alice: Operator, bob: Operator) -> None:
    """Alice and Bob took payments, and one of them was undone."""
    jan, firm = Customer.objects.get(login="jnovak"), Customer.objects.get(login="novaksro")
    pay(alice, jan, "12345.50", comment="paid for the whole house")
    pay(bob, firm, "80.00", method_id=card().pk)
    wrong = pay(alice, firm, "20.00")
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="twice")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_everything_fits(
    counter_of: Callable[..., Counter], taken: None, bob: Operator, width: int, height: int
) -> None:
    counter = counter_of(bob, width, height)
    for name, address in PAGES.items():
        page = counter.open(address)
        check_look(page, name)
    assert [said for said in counter.complaints if "422" not in said] == []


def test_pages_fit_a_width_of_320_also_with_wide_text(
    counter_of: Callable[..., Counter], taken: None, bob: Operator
) -> None:
    counter = counter_of(bob, 320, 640)
    for name, address in PAGES.items():
        counter.page.set_viewport_size({"width": 320, "height": 640})
        page = counter.open(address)
        check_widths(page, name)


def test_the_report_works_without_script(counter_of: Callable[..., Counter], taken: None, bob: Operator) -> None:
    page = counter_of(bob, java_script_enabled=False).open("/cashdesk/")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Day report").click()
    expect(page.get_by_role("img")).to_be_visible()
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Payments per day")).to_be_visible()


def test_only_the_figures_are_on_paper(counter_of: Callable[..., Counter], taken: None, bob: Operator) -> None:
    page = counter_of(bob, color_scheme="dark").open(PAGES["report-paper"])
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    colours = "[...new Set([...document.querySelectorAll('table *')].map((one) => getComputedStyle(one).color))]"
    assert page.evaluate(colours) == ["rgb(0, 0, 0)"]
    assert page.pdf(format="A4").count(b"/Type /Page\n") in (1, 2)
