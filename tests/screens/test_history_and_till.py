"""History and till in a browser: they fit, axe finds nothing, the arrows walk over the rows, and what is on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import Operator
from customers.models import Customer
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import card, pay
from tests.screens.conftest import Counter
from tests.screens.looks import SIZES, check_look, check_widths
from tills.models import Transaction

PAGES = {
    "history": "/cashdesk/history/?from=&to=",
    "history-nothing": "/cashdesk/history/?q=nobody",
    "history-error": "/cashdesk/history/?from=2026-03-02&to=2026-03-01",
    "history-paper": "/cashdesk/history/?print=1",
    "till": "/cashdesk/till/",
}


@pytest.fixture
def taken(customers: None, alice: Operator) -> list[Transaction]:
    """Alice took 28 payments, the last of them by card, and reversed the one before it; the newest line first."""
    jan, firm = Customer.objects.get(login="jnovak"), Customer.objects.get(login="novaksro")
    for number in range(26):
        comment = "paid for the whole house, the receipt goes to the office on the second floor" if number == 25 else ""
        wrong = pay(alice, firm if number % 2 else jan, f"{number + 1}.50", comment=comment)
    pay(alice, jan, "1234.50", method_id=card().pk)
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="twice")
    return list(Transaction.objects.order_by("-pk"))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing_and_everything_fits(
    counter_of: Callable[..., Counter],
    taken: list[Transaction],
    bob: Operator,
    alice: Operator,
    width: int,
    height: int,
) -> None:
    for who in (alice, bob):
        counter = counter_of(who, width, height)
        for name, address in PAGES.items():
            page = counter.open(address)
            check_look(page, f"{name}-{who}")
        assert [said for said in counter.complaints if "422" not in said] == []


def test_pages_fit_every_width_also_with_wide_text(
    counter_of: Callable[..., Counter], taken: list[Transaction], alice: Operator
) -> None:
    counter = counter_of(alice, 320, 640)
    for name, address in PAGES.items():
        page = counter.open(address)
        check_widths(page, name)


@pytest.mark.parametrize("address", ["/cashdesk/history/", "/cashdesk/till/"])
def test_the_arrows_walk_over_the_rows_and_enter_opens_the_receipt(
    counter_of: Callable[..., Counter], taken: list[Transaction], alice: Operator, address: str
) -> None:
    counter = counter_of(alice)
    page = counter.open(address)
    links = page.locator("a.row-link")
    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    expect(links.nth(1)).to_have_text(taken[1].document_number)
    page.keyboard.press("End")
    expect(links.nth(24)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{counter.url}/cashdesk/payments/{taken[1].payment.key}/")
    assert counter.complaints == []


def test_filters_work_without_script_and_stay_in_the_address(
    counter_of: Callable[..., Counter], taken: list[Transaction], alice: Operator
) -> None:
    counter = counter_of(alice, java_script_enabled=False)
    page = counter.open("/cashdesk/history/")
    page.get_by_label("Method").select_option("Cash")
    page.get_by_label("Name, login, comment or receipt number").fill("jan nov")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("a.row-link")).to_have_count(13)
    expect(page.get_by_label("Method")).to_have_value(str(taken[0].method_id))
    page.reload()
    expect(page.locator("a.row-link")).to_have_count(13)

    page = counter.open("/cashdesk/history/")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("a.row-link")).to_have_count(3)
    page.get_by_role("link", name="Newer").click()
    expect(page.locator("a.row-link").first).to_have_text(taken[0].document_number)


def test_the_file_is_downloaded(counter_of: Callable[..., Counter], taken: list[Transaction], alice: Operator) -> None:
    page = counter_of(alice, accept_downloads=True).open("/cashdesk/history/?from=&to=")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV file").click()

    assert download.value.suggested_filename == "history-start-to-now.csv"
    assert len(download.value.path().read_bytes().splitlines()) == 1 + len(taken)


def test_only_the_list_is_on_paper_black_on_white(
    counter_of: Callable[..., Counter], taken: list[Transaction], alice: Operator
) -> None:
    page = counter_of(alice, color_scheme="dark").open("/cashdesk/history/")
    page.get_by_role("link", name="Print", exact=True).click()
    expect(page.locator("a.row-link")).to_have_count(28)
    page.wait_for_load_state()
    page.get_by_role("button", name="Print").click()
    expect(page.locator("html[data-printed]")).to_be_attached()

    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("header.bar")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    colours = "[...new Set([...document.querySelectorAll('table *')].map((one) => getComputedStyle(one).color))]"
    assert page.evaluate(colours) == ["rgb(0, 0, 0)"]
    assert page.pdf(format="A4").count(b"/Type /Page\n") in (1, 2)
