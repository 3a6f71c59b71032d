"""A shift through the pages: float, cash in and out, count, close, report; and what each refusal looks like."""

from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator
from tests.desk.pages import filled_form, page, soup_of, words
from tests.factories import CustomerFactory, OperatorFactory, pay
from tests.people import signed_in
from tests.shifts.desk import cash_of, closed, counted, issued, opened, till_with_shifts
from tills import shifts
from tills.closing import force_close
from tills.counting import Counted
from tills.holders import till_to_be
from tills.models import Count, CountRow, Shift, Till, Transaction, ZReport

SHIFT, SHIFTS, NEW = "/cashdesk/shift/", "/cashdesk/shifts/", "/cashdesk/shifts/new/"


def form(act: str, **fields: str) -> dict[str, str]:
    """Return what a form sends that was opened now: it names the shift and the count that its page shows."""
    shift = Shift.objects.order_by("pk").last()
    count = shift.counts.order_by("number").last() if shift else None
    shown = {"shift": str(shift.pk) if shift else "", "count": str(count.number) if count else ""}
    return {"act": act, "key": str(uuid4()), **shown, **fields}


def count_of(**pieces: int) -> dict[str, str]:
    """Return the fields of a count: d50=2 is two fifties."""
    return {f"d{int(name[1:]) * 10000}": str(count) for name, count in pieces.items()}


def headings(soup: BeautifulSoup) -> list[str]:
    return [words(heading) for heading in soup.select("main h1, main h2")]


def test_a_whole_shift_through_the_pages(alice: Operator, bob: Operator, till: Till) -> None:
    cashier, chief = signed_in(alice), signed_in(bob)
    assert "Your supervisor issues a float" in words(page(cashier, SHIFT))
    answer = chief.post(NEW, {"cashier": alice.pk, "key": uuid4(), **count_of(d50=1, d10=5)})
    assert answer["Location"] == SHIFTS

    soup = page(cashier, SHIFT)
    assert "Confirm €100.00 and open the shift" in words(soup)
    assert "5" in words(soup.select_one("table.rows"))
    assert cashier.post(SHIFT, form("open"))["Location"] == SHIFT
    pay(alice, CustomerFactory.create(), "60.00")
    slip = cashier.post(SHIFT, form("pay_out", amount="2.50", comment="Stamps", voucher="R-17"))["Location"]
    assert "R-17" in words(page(cashier, slip))
    assert SHIFT in [link["href"] for link in page(cashier, slip).select("main a")]
    assert "Signature" in words(page(cashier, slip).select_one(".receipt"))
    assert cashier.post(SHIFT, form("pay_in", amount="1", comment="Found", voucher="")).status_code == 303
    assert cashier.post(SHIFT, form("drop", amount="50", comment="")).status_code == 303

    fields = form("count", cheques="12.50 77\n3", slips="60", **count_of(d50=2, d5=1))
    assert cashier.post(SHIFT, fields)["Location"] == SHIFT
    soup = page(cashier, SHIFT)
    assert "€108.50" in words(soup)
    assert "The difference of −€3.50 is written down as short" in words(soup)
    assert headings(soup)[-3:] == ["Counted", "Close the shift", "Count again"]
    assert "Write why" in words(
        soup_of(cashier.post(SHIFT, form("close", comment="")), 422).select_one(".error-summary")
    )

    report = cashier.post(SHIFT, form("close", comment="No idea"))["Location"]
    text = words(page(cashier, report).select_one(".receipt"))
    numbers = f"{till.code}-000001 – {till.code}-000007"
    sums = ("Cash · 1 payment €60.00", "Pay-out · 1 €2.50", "Expected €108.50", "Counted €105.00", "Short −€3.50")
    for part in ("Z report 1", *sums, "Reason No idea", numbers, "Cheque 77 €12.50",
                 "Cheques together · 2 €15.50", "Card slips together · 1 €60.00"):  # fmt: skip
        assert part in text
    assert "Z report 1" in words(page(cashier, SHIFT))
    ended = page(chief, SHIFTS).select_one("[data-label='Over or short']")
    assert words(ended) == "−€3.50"


@pytest.mark.parametrize("act", ["open", "drop", "count", "close"])
def test_a_form_sent_twice_leads_to_the_same_page(alice: Operator, bob: Operator, till: Till, act: str) -> None:
    client = signed_in(alice)
    if act == "open":
        issued(bob, alice)
    else:
        shift = opened(bob, alice)
        if act == "close":
            counted(alice, shift, cash_of("100"))
    fields = form(act, amount="5", comment="", **count_of(d50=2))
    first, second = (client.post(SHIFT, fields) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert Shift.objects.count() == 1
    assert ZReport.objects.count() == (act == "close")
    assert Count.objects.filter(purpose="closing").count() == (act in {"count", "close"})


@pytest.mark.parametrize("act", ["open", "drop", "pay_out", "count"])
def test_a_form_of_a_shift_that_is_over_does_nothing_to_the_one_that_followed(
    alice: Operator, bob: Operator, till: Till, act: str
) -> None:
    """The page of the first shift is still open in another tab; the amount on its button is the first float's."""
    first = issued(bob, alice)
    if act != "open":
        opened_first = shifts.open_shift(operator=alice, shift_id=first.pk, key=uuid4())
    old = form(act, amount="5", comment="Stamps", voucher="R-17", **count_of(d50=2, d20=7))
    if act == "open":
        shifts.take_float_back(operator=bob, shift_id=first.pk, key=uuid4())
        second = issued(bob, alice, cash_of("250"))
    else:
        closed(alice, counted(alice, opened_first, cash_of("100")))
        second = opened(bob, alice, cash_of("250"))
    before = Transaction.objects.count()

    soup = soup_of(signed_in(alice).post(SHIFT, old), 409)

    said = "This float was taken back meanwhile" if act == "open" else "This shift was closed meanwhile"
    assert said in words(soup.select_one(".error-summary"))
    assert Transaction.objects.count() == before
    assert Shift.objects.get(pk=second.pk).state == ("issued" if act == "open" else "open")
    if act == "open":
        assert "Confirm €250.00 and open the shift" in words(soup)
    else:
        kept = {"drop": "#drop_amount[value='5']", "pay_out": "#pay_out_voucher[value='R-17']"}
        assert soup.select_one(kept.get(act, "#count_d200000[value='7']"))
    shown = filled_form(soup, f"form:has(button[value={act}])")
    assert shown["shift"] == [str(second.pk)]


def test_a_count_that_comes_after_the_supervisor_closed_the_shift_is_shown_again(
    alice: Operator, bob: Operator, till: Till
) -> None:
    shift = opened(bob, alice)
    typed = form("count", cheques="12.50 77", **count_of(d50=2, d20=7))
    force_close(operator=bob, shift_id=shift.pk, counted=cash_of("100"), comment="Late", key=uuid4())

    soup = soup_of(signed_in(alice).post(SHIFT, typed), 409)

    assert "This shift was closed meanwhile" in words(soup.select_one(".error-summary"))
    kept = [words(row) for row in soup.select("[aria-labelledby=not-recorded] dl > div")]
    assert kept == ["€50.00 2", "€20.00 7", "Cheques 12.50 77"]
    assert Count.objects.filter(purpose="closing").count() == 1


def test_closing_closes_with_the_count_that_was_shown(alice: Operator, bob: Operator, till: Till) -> None:
    """In another tab the drawer was counted again: the button here still says the first amount."""
    shift = counted(alice, opened(bob, alice), cash_of("100"))
    client = signed_in(alice)
    old = filled_form(page(client, SHIFT), "form:has(button[value=close])") | {"act": "close"}
    counted(alice, shift, cash_of("50"))

    soup = soup_of(client.post(SHIFT, old | {"comment": "No idea"}), 422)

    assert "The drawer was counted again meanwhile" in words(soup.select_one(".error-summary"))
    assert soup.select_one("#close_comment[value='No idea']")
    assert Shift.objects.get().state == Shift.State.COUNTED
    again = filled_form(soup, "form:has(button[value=close])") | {"act": "close"}
    assert client.post(SHIFT, again).status_code == 303
    assert client.post(SHIFT, again)["Location"] == f"{SHIFTS}{shift.pk}/"
    assert ZReport.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"d500000": "x"}, "€50.00: enter how many there are, like 12"),
        ({"d500000": "-1"}, "€50.00: enter how many there are, like 12"),
        ({"d500000": "1000001"}, "€50.00: enter how many there are, like 12"),
        ({"cheques": "12.50 a\nmany"}, "many: Enter an amount, like 1234.50"),
        ({"slips": "0"}, "0: an amount above zero"),
        ({"cheques": "1 234.50 778"}, "1 234.50 778: write 1234.50 778 or 1.00 234.50 778"),
        ({"cheques": "12 778"}, "12 778: write 12778 or 12.00 778"),
        ({"slips": "1 234.505"}, "1 234.505: write 1234.505 or 1.00 234.505"),
        ({"key": "x"}, "This form had lost its key"),
    ],
)
def test_a_count_that_is_not_understood_counts_nothing(
    alice: Operator, bob: Operator, till: Till, fields: dict[str, str], said: str
) -> None:
    opened(bob, alice)
    soup = soup_of(signed_in(alice).post(SHIFT, form("count") | fields), 422)
    assert said in words(soup.select_one(".error-summary"))
    assert Shift.objects.get().state == Shift.State.OPEN
    assert Count.objects.count() == 1


@pytest.mark.parametrize("typed", [{}, {"d500000": " "}, {"cheques": "12.50 77"}])
def test_a_count_in_which_nothing_was_counted_does_not_end_the_shift(
    alice: Operator, bob: Operator, till: Till, typed: dict[str, str]
) -> None:
    opened(bob, alice)
    client = signed_in(alice)
    soup = soup_of(client.post(SHIFT, form("count") | typed), 422)
    assert "Enter at least one number, 0 where there is nothing" in words(soup.select_one(".error-summary"))
    assert Shift.objects.get().state == Shift.State.OPEN
    assert client.post(SHIFT, form("count", d10000="0"))["Location"] == SHIFT
    assert Shift.objects.get().state == Shift.State.COUNTED


@pytest.mark.parametrize(
    ("line", "amount", "number"),
    [
        ("1234.50 778", "1234.50", "778"),
        ("1\u00a0234.50 778", "1234.50", "778"),
        ("12.00 778", "12.00", "778"),
        ("12 77", "12.00", "77"),
        ("12 7788", "12.00", "7788"),
        ("12 No 778", "12.00", "No 778"),
        ("12.50 € 778", "12.50", "€ 778"),
    ],
)
def test_a_line_that_reads_in_one_way_is_a_cheque_with_its_number(
    alice: Operator, bob: Operator, till: Till, line: str, amount: str, number: str
) -> None:
    opened(bob, alice)
    signed_in(alice).post(SHIFT, form("count", cheques=line, **count_of(d50=2)))
    cheque = CountRow.objects.get(what="cheque")
    assert (cheque.value, cheque.reference) == (Decimal(amount), number)


def test_where_there_are_no_decimals_a_sign_stands_before_the_number(
    alice: Operator, bob: Operator, till: Till, settings: Settings
) -> None:
    settings.CASHDESK_CURRENCY = "JPY"
    opened(bob, alice, Counted())
    client = signed_in(alice)
    soup = soup_of(client.post(SHIFT, form("count", cheques="100 778", **count_of(d50=0))), 422)
    assert "100 778: write 100778 or 100 #778" in words(soup.select_one(".error-summary"))
    assert client.post(SHIFT, form("count", cheques="100 #778", **count_of(d50=0))).status_code == 303


def test_a_pay_out_needs_a_reason(alice: Operator, bob: Operator, till: Till) -> None:
    opened(bob, alice)
    soup = soup_of(signed_in(alice).post(SHIFT, form("pay_out", amount="5", comment="")), 422)
    assert "Write what it is for" in words(soup.select_one(".error-summary"))
    assert Transaction.objects.filter(till=till).count() == 1


def test_a_shift_of_another_day_is_shown_to_the_supervisor_who_closes_it(
    alice: Operator, bob: Operator, till: Till
) -> None:
    with time_machine.travel("2026-11-20T17:00:00Z", tick=False):
        shift = opened(bob, alice)
        assert "Left open" not in words(page(signed_in(bob), SHIFTS))
    with time_machine.travel("2026-11-21T07:00:00Z", tick=False):
        chief = signed_in(bob)
        assert "Left open past the day's end" in words(page(chief, SHIFTS))
        address = f"{SHIFTS}{shift.pk}/"
        assert "€100.00" in words(page(chief, address).select_one(".receipt"))
        refused = soup_of(chief.post(address, form("force_close", comment="", **count_of(d50=2))), 422)
        assert "Write why you close this shift" in words(refused.select_one(".error-summary"))
        answer = chief.post(address, form("force_close", comment="Went home", **count_of(d50=1)))
        assert answer["Location"] == address
        assert "Short −€50.00" in words(page(chief, address).select_one(".receipt"))
        fields = form("write_off", comment="Robbed")
        assert chief.post(address, fields)["Location"] == chief.post(address, fields)["Location"] == address
    assert Transaction.objects.filter(kind="write_off").count() == 1


def test_a_supervisor_settles_nothing_of_their_own(bob: Operator) -> None:
    till_with_shifts(bob)
    shift = opened(bob, bob)
    client, address = signed_in(bob), f"{SHIFTS}{shift.pk}/"
    assert client.post(address, form("force_close", comment="x", **count_of(d50=2))).status_code == 403
    closed(bob, counted(bob, shift, cash_of("50")), "lost")
    assert client.post(address, form("write_off", comment="x")).status_code == 403
    assert not Transaction.objects.filter(kind="write_off").exists()
    assert "Write the short off" not in words(page(client, address))


def test_a_float_that_was_not_confirmed_is_taken_back(alice: Operator, bob: Operator, till: Till) -> None:
    shift = issued(bob, alice)
    assert signed_in(bob).post(f"{SHIFTS}{shift.pk}/", form("take_back")).status_code == 303
    assert Shift.objects.get().state == Shift.State.CANCELLED
    assert not Transaction.objects.exists()


def test_a_cashier_cannot_do_what_a_supervisor_does(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    client = signed_in(alice)
    assert client.get(SHIFTS).status_code == client.get(NEW).status_code == 403
    for act in ("force_close", "take_back", "write_off"):
        assert client.post(f"{SHIFTS}{shift.pk}/", form(act, comment="x")).status_code == 403
    assert Shift.objects.get().state == Shift.State.OPEN


def test_another_cashiers_shift_is_not_there(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    other = signed_in(OperatorFactory.create())
    assert other.get(f"{SHIFTS}{shift.pk}/").status_code == other.get(f"{SHIFTS}999/").status_code == 404
    assert other.post(SHIFT, form("count", **count_of(d50=2))).status_code == 409
    assert Shift.objects.get().state == Shift.State.OPEN


def test_who_works_without_shifts_sees_none_of_it(alice: Operator, charlie: Operator) -> None:
    for operator in (alice, charlie):
        assert "Your till works without shifts" in words(page(signed_in(operator), SHIFT))
        assert SHIFT not in [link["href"] for link in page(signed_in(operator), "/cashdesk/").select("header a")]


def test_a_float_leads_to_the_shift_page_also_where_no_shift_is_required(alice: Operator, bob: Operator) -> None:
    issued(bob, alice)
    client = signed_in(alice)
    assert SHIFT in [link["href"] for link in page(client, "/cashdesk/").select("header a")]
    assert "Confirm €100.00" in words(page(client, SHIFT))


def test_who_begins_where_shifts_are_the_default_is_told_so_before_the_first_payment(
    alice: Operator, charlie: Operator, settings: Settings
) -> None:
    settings.CASHDESK_SHIFTS = True
    client = signed_in(alice)
    assert SHIFT in [link["href"] for link in page(client, "/cashdesk/").select("header a")]
    assert "Your supervisor issues a float" in words(page(client, SHIFT))
    assert "Your till works without shifts" in words(page(signed_in(charlie), SHIFT))
    assert not Till.objects.exists()


def test_the_setting_is_the_default_of_new_tills(alice: Operator, charlie: Operator, settings: Settings) -> None:
    assert not till_to_be(alice).requires_shift
    settings.CASHDESK_SHIFTS = True
    assert till_to_be(alice).requires_shift
    assert charlie.reseller is not None
    assert not till_to_be(charlie.reseller).requires_shift


def test_denominations_are_those_of_the_setting(bob: Operator, settings: Settings) -> None:
    def asked(client: Client) -> list[str]:
        return [words(label) for label in page(client, NEW).select(".denomination label")]

    assert asked(signed_in(bob))[:3] == ["€500.00", "€200.00", "€100.00"]
    settings.CASHDESK_DENOMINATIONS = [Decimal(1), Decimal(20)]
    assert asked(signed_in(bob)) == ["€20.00", "€1.00"]


def test_twenty_shifts_cost_as_many_queries_as_one(
    bob: Operator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, counts = signed_in(bob), []
    for more in (1, 19):
        for _ in range(more):
            cashier = OperatorFactory.create()
            opened(bob, cashier)
        with django_assert_max_num_queries(30) as asked:
            assert client.get(SHIFTS).status_code == 200
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]
