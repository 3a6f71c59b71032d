"""What comes out of the printer: the receipt alone, black on white, on one sheet of the paper that was chosen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Operator
from customers.models import Customer
from payments.models import Printing
from tests.factories import pay
from tests.screens.conftest import Counter
from tests.screens.looks import SHOTS
from tests.shifts.desk import cash_of, closed, counted, opened, supervisor, till_with_shifts
from tills.models import Shift

MILLIMETRE = 72 / 25.4


def pdf(page: Page, name: str) -> tuple[list[float], int]:
    """Print to a file that is kept, and return width and height of its first page, and how many there are."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    file = page.pdf(prefer_css_page_size=True, path=SHOTS / f"{name}.pdf")
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", file)
    return [float(size) / MILLIMETRE for size in boxes[0]], len(re.findall(rb"/Type /Page\b(?!s)", file))


@pytest.fixture
def receipt(counter_of: Callable[..., Counter], customers: None, alice: Operator) -> Callable[[str], Page]:
    """Return a way to open a receipt for a paper, in the dark look."""
    payment = pay(alice, Customer.objects.get(login="jnovak"), "100.00", comment="paid at the counter")
    counter = counter_of(alice, color_scheme="dark")
    return lambda paper: counter.open(f"/cashdesk/payments/{payment.key}/?paper={paper}")


def test_each_paper_is_one_sheet_of_its_size(receipt: Callable[[str], Page]) -> None:
    """R71 to R73: the roll is as long as the receipt, and nothing is printed outside what the printer reaches."""
    for paper, width, printable in (("a4", 210, 210), ("roll80", 80, 72), ("roll58", 58, 48)):
        page = receipt(paper)
        (wide, high), sheets = pdf(page, f"receipt-{paper}")
        assert (round(wide), sheets) == (width, 1), paper
        inner = "parseFloat(getComputedStyle(document.querySelector('.receipt')).width)"
        padding = "2 * parseFloat(getComputedStyle(document.querySelector('.receipt')).paddingInlineStart)"
        assert page.evaluate(f"{inner} - {padding}") * 25.4 / 96 <= printable + 0.01, paper
        assert high == pytest.approx(297, abs=1) if paper == "a4" else 60 < high < 250, paper


def test_x_and_z_reports_print_on_a4_and_on_rolls(
    counter_of: Callable[..., Counter], customers: None, alice: Operator, bob: Operator
) -> None:
    """Each is one sheet, with room for a name beneath the Z report, and nothing stands out of the paper."""
    till_with_shifts(alice)
    chief = supervisor(bob)
    closed(alice, counted(alice, opened(chief, alice), cash_of("99.99")), "a cent is gone")
    running = opened(chief, alice)
    counter = counter_of(chief)
    for shift, name in ((Shift.objects.get(number=1), "z"), (running, "x")):
        for paper, width in (("a4", 210), ("roll80", 80), ("roll58", 58)):
            page = counter.open(f"/cashdesk/shifts/{shift.pk}/?paper={paper}")
            page.emulate_media(media="print")
            (wide, high), sheets = pdf(page, f"{name}-report-{paper}")
            assert (round(wide), sheets) == (width, 1), (name, paper)
            assert high == pytest.approx(297, abs=1) if paper == "a4" else 60 < high < 400, (name, paper)
            assert page.evaluate(OUTSIDE) == [], (name, paper)
            assert page.locator("form").filter(visible=True).count() == 0
            if name == "z":
                assert page.evaluate(ROOM_TO_SIGN) > 30, paper


OUTSIDE = """() => [...document.querySelectorAll(".receipt *")].filter((one) =>
    one.getBoundingClientRect().right > document.querySelector(".receipt").getBoundingClientRect().right + 1)
    .map((one) => one.outerHTML.slice(0, 80))"""
ROOM_TO_SIGN = """() => document.querySelector(".signature").getBoundingClientRect().top
    - document.querySelector(".signature").previousElementSibling.getBoundingClientRect().bottom"""


def test_only_the_receipt_is_printed_black_on_white(receipt: Callable[[str], Page]) -> None:
    page = receipt("a4")
    page.emulate_media(media="print", color_scheme="dark")
    shown = """() => [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
        && !one.closest(".receipt") && !one.contains(document.querySelector(".receipt")))
        .filter((one) => one.getBoundingClientRect().height > 1).map((one) => one.outerHTML.slice(0, 80))"""
    assert page.evaluate(shown) == []
    colours = """() => [...new Set([...document.querySelectorAll(".receipt, .receipt *")]
        .map((one) => getComputedStyle(one).color))]"""
    assert page.evaluate(colours) == ["rgb(0, 0, 0)"]
    behind = "getComputedStyle(document.querySelector('.receipt')).backgroundColor"
    assert page.evaluate(behind) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_every_paper_after_the_first_is_counted_and_says_copy(receipt: Callable[[str], Page]) -> None:
    """Enter once more on the page that prints must not make a second original that nobody has counted."""
    page = receipt("a4")
    page.keyboard.press("Enter")
    expect(page.locator("html[data-printed]")).to_be_attached()
    page.wait_for_load_state()
    expect(page.locator(".paper-kind")).to_have_text("Original")
    pdf(page, "receipt-original")
    expect(page.locator(".paper-kind")).to_have_text("Copy")
    page.keyboard.press("Enter")
    expect(page.locator(".paper-kind")).to_have_text("Copy 2")
    expect(page.locator("html[data-printed]")).to_be_attached()
    assert Printing.objects.count() == 2
