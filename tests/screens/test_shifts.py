"""The pages of deposits and shifts in a browser: they fit, axe finds nothing, and a day goes by the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Operator
from customers.models import Customer
from tests.factories import pay
from tests.people import grant
from tests.screens.conftest import Counter
from tests.screens.looks import SIZES, check_look, check_widths
from tests.shifts.desk import cash_of, closed, counted, issued, notes, opened, supervisor, till_with_shifts
from tills.deposits import create_deposit
from tills.models import Shift, Transaction


@pytest.fixture
def chief(customers: None, bob: Operator) -> Operator:
    """Bob, who supervises tills and manages deposits."""
    return grant(supervisor(bob), "tills.manage_deposits")


def look(counter: Counter, name: str, address: str) -> None:
    """Open a page at all sizes and look at it."""
    for width, height in SIZES:
        counter.page.set_viewport_size({"width": width, "height": height})
        check_look(counter.open(address), name)
    check_widths(counter.page, name)
    counter.page.set_viewport_size({"width": 1366, "height": 768})


def test_a_shift_from_the_float_to_the_report(
    counter_of: Callable[..., Counter], chief: Operator, alice: Operator
) -> None:
    till_with_shifts(alice)
    counter = counter_of(alice)
    look(counter, "shift-none", "/cashdesk/shift/")
    issued(chief, alice, notes(n50=1, n20=2, n10=1))
    look(counter, "shift-float", "/cashdesk/shift/")
    counter.open("/cashdesk/shift/").get_by_role("button", name="Confirm €100.00 and open the shift").click()
    pay(alice, Customer.objects.get(login="jnovak"), "134.90")
    look(counter, "shift-open", "/cashdesk/shift/")
    page = counter.open("/cashdesk/shift/")
    count_by_keyboard(page)
    page.get_by_role("button", name="This is what I counted").click()
    expect(page.get_by_text("−€0.90").first).to_be_visible()
    look(counter, "shift-counted", "/cashdesk/shift/")
    page = counter.open("/cashdesk/shift/")
    page.locator("form", has_text="Close the shift").get_by_label("If the count is off: why").fill(
        "Change given wrongly"
    )
    page.get_by_role("button", name="Close the shift with €234.00").click()
    expect(page.get_by_role("heading", name="Z report 1")).to_be_visible()
    look(counter, "z-report", page.url.removeprefix(counter.url))
    assert Shift.objects.get().state == Shift.State.CLOSED
    assert counter.complaints == []


def count_by_keyboard(page: Page) -> None:
    """Type 3 fifties, 4 twenties and 2 coins of two: Enter goes on to the next box and sends nothing."""
    page.get_by_label("€50.00", exact=True).focus()
    for pieces in ("3", "4", "", "", "2"):  # 50, 20, 10, 5, 2
        page.keyboard.type(pieces)
        page.keyboard.press("Enter")
    expect(page.get_by_label("€1.00", exact=True)).to_be_focused()
    expect(page.get_by_text("Cash counted €234.00")).to_be_visible()
    assert Shift.objects.get().state == Shift.State.OPEN


def test_the_supervisors_pages(counter_of: Callable[..., Counter], chief: Operator, alice: Operator) -> None:
    till_with_shifts(alice)
    closed(alice, counted(alice, opened(chief, alice), cash_of("90")), "lost")
    written_off = Shift.objects.get().pk
    running = opened(chief, alice)
    counter = counter_of(chief)
    pages = {"shifts": "", "shift-new": "new/", "x-report": f"{running.pk}/", "z-report-short": f"{written_off}/"}
    for name, rest in pages.items():
        look(counter, name, f"/cashdesk/shifts/{rest}")
    assert counter.complaints == []


def test_the_pages_of_the_deposits(counter_of: Callable[..., Counter], chief: Operator, alice: Operator) -> None:
    line = create_deposit(operator=chief, holder=alice, amount=Decimal(1050), comment="first", key=uuid4())
    counter = counter_of(chief)
    pages = {"": "deposits", "new/": "deposit-new", "history/": "deposit-history", f"{line.till_id}/": "deposit"}
    for rest, name in pages.items():
        look(counter, name, f"/cashdesk/deposits/{rest}")
    page = counter.open(f"/cashdesk/deposits/{line.till_id}/")
    page.locator("form", has_text="Refill the deposit").get_by_label("Amount in EUR").fill("50")
    page.get_by_role("button", name="Refill the deposit").click()
    expect(page.get_by_role("heading", name="Deposit refilled")).to_be_visible()
    look(counter, "movement", page.url.removeprefix(counter.url))
    assert Transaction.objects.count() == 2
    assert counter.complaints == []
