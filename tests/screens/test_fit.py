"""Every page at every size, light and dark: fits, reaches, and axe finds nothing; pictures are kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from accounts.models import Operator
from customers.models import Customer
from payments.giving_up import give_up
from payments.models import Reversal
from payments.reversing import reverse_payment
from payments.tokens import token_of
from tests.factories import pay
from tests.screens.conftest import Counter
from tests.screens.looks import SIZES, check_look, check_widths

FIRST_SIGHT = ["h1", ".card-head .muted", ".card-standing .balance", "#id_amount", "#take"]


def refused_form(page: Page) -> None:
    page.fill("#id_amount", "1.000")
    page.locator("#take").click()
    page.locator(".error-summary").wait_for()


def unusual_form(page: Page) -> None:
    page.fill("#id_amount", "30")
    page.locator("#take").click()
    page.locator("h1.panel-warning").wait_for()


def refused_reversal(page: Page) -> None:
    """Send the reversal without a reason."""
    page.locator("form .button-danger").click()
    page.locator(".error-summary").wait_for()


def typed_name(page: Page) -> None:
    page.locator("#q").press_sequentially("nov")
    page.locator("#search-status", has_text="3 customers").wait_for()


@pytest.fixture
def pages(customers: None, alice: Operator) -> dict[str, tuple[str, Callable[[Page], None] | None]]:
    """Return every page of these ways: its address, and what is done there to see it."""
    settled = Customer.objects.get(login="jnovakova")
    payment = pay(alice, settled, "30.00", comment="paid at the counter")
    undone = pay(alice, Customer.objects.get(login="jnovak"), "1.00")
    reverse_payment(operator=alice, key=undone.key, reason=Reversal.Reason.OTHER, comment="wrong drawer")
    given_up = uuid4()
    give_up(operator=alice, key=given_up)
    Customer.objects.filter(login="novaksro").update(balance=Decimal("-10"))
    return {
        "search": ("/cashdesk/", None),
        "results": ("/cashdesk/", typed_name),
        "nobody": ("/cashdesk/?q=zzz", None),
        "card": ("/cashdesk/?q=jnovak", None),
        "card-error": ("/cashdesk/?q=jnovak", refused_form),
        "card-settled": ("/cashdesk/?q=novaksro", None),
        "interruption": ("/cashdesk/?q=jnovakova", unusual_form),
        "receipt": (f"/cashdesk/payments/{payment.key}/", None),
        "receipt-roll": (f"/cashdesk/payments/{payment.key}/?paper=roll80", None),
        "reversed": (f"/cashdesk/payments/{undone.key}/", None),
        "reverse": (f"/cashdesk/payments/{payment.key}/reverse/", None),
        "reverse-error": (f"/cashdesk/payments/{payment.key}/reverse/", refused_reversal),
        "move-search": (f"/cashdesk/payments/{payment.key}/move/?q=novak", None),
        "move": (f"/cashdesk/payments/{payment.key}/move/?customer={undone.transaction.customer_id}", None),
        "not-saved": (f"/cashdesk/payments/{uuid4()}/", None),
        "given-up": (f"/cashdesk/payments/{given_up}/", None),
        "check": (f"/r/{token_of(payment)}", None),
        "check-wrong": ("/r/aaaaaaaaaaaaaaaaaaaa", None),
        "preferences": ("/cashdesk/preferences/", None),
        "keyboard": ("/cashdesk/keyboard/", None),
    }


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_everything_fits(
    counter_of: Callable[..., Counter],
    pages: dict[str, tuple[str, Callable[[Page], None] | None]],
    alice: Operator,
    width: int,
    height: int,
) -> None:
    counter = counter_of(alice, width, height)
    for name, (address, act) in pages.items():
        page = counter.open(address)
        if act:
            act(page)
        check_look(page, name)
        for part in FIRST_SIGHT if name == "card" else ():
            box = page.locator(part).first.bounding_box()
            assert box is not None, part
            assert box["y"] >= 0, part
            assert box["y"] + box["height"] <= height, part


def test_pages_fit_with_narrow_screens_large_letters_and_wide_text(
    counter_of: Callable[..., Counter], pages: dict[str, tuple[str, Callable[[Page], None] | None]], alice: Operator
) -> None:
    """R56: reflow at 320, the page at twice its size, and text spacing."""
    counter = counter_of(alice, 320, 640)
    for name, (address, act) in pages.items():
        counter.page.set_viewport_size({"width": 320, "height": 640})
        page = counter.open(address)
        if act:
            act(page)
        check_widths(page, name)
