"""The day's report: every table sums to what the journal's lines sum to, and nobody sees beyond their scope."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Operator, Reseller
from customers.money import ZERO
from payments.models import Reversal
from payments.moving import move_payment
from payments.report_rows import Row, Sums
from payments.reports import Report, read_report
from payments.reversing import reverse_payment
from payments.taking import take_payment
from tests.answers import body_of
from tests.desk.pages import page, soup_of, words
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, card, give_room, order, pay
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, opened, supervisor, till_with_shifts
from tills.days import today
from tills.models import Transaction

ADDRESS = "/cashdesk/reports/day/"
FILE = "/cashdesk/reports/day.csv"
VIEW_ALL = "payments.view_all_payments"
D = Decimal


@pytest.fixture
def taken(alice: Operator, bob: Operator, charlie: Operator, north: Reseller) -> None:
    """Alice and Bob took cash and a card, Charlie cash; one of Alice's was reversed by Bob, with the right."""
    give_room(north)
    customer = CustomerFactory.create()
    wrong = pay(alice, customer, "60.00")
    pay(alice, customer, "40.00", method_id=card().pk)
    pay(bob, customer, "10.00")
    pay(charlie, CustomerFactory.create(reseller=north), "5.00")
    reverse_payment(
        operator=grant(bob, "payments.reverse_payment"), key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="x"
    )


def figures(rows: list[Row]) -> dict[str, tuple[int, Decimal, int, Decimal, Decimal]]:
    return {row.name: (row.payments, row.paid, row.reversals, row.undone, row.net) for row in rows}


def in_journal(operator: Operator) -> Decimal:
    """Return payments less reversals of the lines that the operator may see, summed by kind alone."""
    sums = dict(Transaction.objects.visible_to(operator).order_by().values_list("kind").annotate(sum=Sum("amount")))
    return Decimal(sums.get("payment", ZERO) - sums.get("reversal", ZERO))


def table_sums(report: Report) -> list[Decimal]:
    tables: list[Sequence[Sums]] = [
        *(report.methods, report.operators, report.tills, report.resellers, report.documents, report.takings)
    ]
    return [sum((row.net for row in table), ZERO) for table in tables]


def test_each_table_names_payments_reversals_and_net(bob: Operator, taken: None) -> None:
    report = read_report(bob, today(), today())

    assert figures(report.methods) == {
        "Cash": (3, D("75.00"), 1, D("60.00"), D("15.00")),
        "Card": (1, D("40.00"), 0, ZERO, D("40.00")),
    }
    assert figures(report.operators) == {
        "Alice": (2, D("100.00"), 1, D("60.00"), D("40.00")),  # Bob undid it, and it was hers
        "Bob": (1, D("10.00"), 0, ZERO, D("10.00")),
        "Charlie": (1, D("5.00"), 0, ZERO, D("5.00")),
    }
    assert figures(report.resellers) == {
        "No reseller": (3, D("110.00"), 1, D("60.00"), D("50.00")),
        "North": (1, D("5.00"), 0, ZERO, D("5.00")),
    }
    tills = {line.till.code for line in Transaction.objects.select_related("till")}
    assert {row.name for row in report.tills} == tills


def test_after_a_move_the_till_keeps_the_money_and_the_mover_the_payment(alice: Operator, bob: Operator) -> None:
    chief = grant(bob, "payments.reverse_payment")
    wrong, right = pay(alice, CustomerFactory.create(), "60.00"), CustomerFactory.create()
    move_payment(operator=chief, key=wrong.key, customer_id=right.pk, new_key=uuid4())

    report = read_report(bob, today(), today())

    assert {row.name: row.net for row in report.operators} == {"Alice": ZERO, "Bob": D("60.00")}
    assert {row.name: row.net for row in report.tills} == {wrong.transaction.till.code: D("60.00")}


def test_every_table_sums_to_the_journal(bob: Operator, taken: None) -> None:
    report = read_report(bob, today(), today())

    assert in_journal(bob) == report.total.net == D("55.00")
    assert table_sums(report) == [D("55.00")] * 6


def test_first_and_last_document_are_those_of_the_lines(bob: Operator, alice: Operator, taken: None) -> None:
    lines = list(Transaction.objects.filter(till__operator=alice).select_related("till").order_by("number"))

    (row,) = (row for row in read_report(bob, today(), today()).tills if row.name == lines[0].till.code)

    assert (row.first, row.last) == (lines[0].document_number, lines[-1].document_number)
    assert len(lines) == 3


def test_what_was_paid_is_on_invoices_on_proformas_and_on_account(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create(balance=D("-60.00"))
    InvoiceFactory.create(customer=customer)
    proforma = InvoiceFactory.create(customer=customer, kind="proforma", total=D("20.00"))
    pay(alice, customer, "70.00")
    chosen = order(customer, "20.00", invoices=(proforma.pk,))
    wrong = take_payment(operator=alice, order=chosen)
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)

    assert figures(read_report(bob, today(), today()).documents) == {
        "Invoice": (1, D("60.00"), 0, ZERO, D("60.00")),
        "Proforma": (1, D("20.00"), 1, D("20.00"), ZERO),
        "On account": (1, D("10.00"), 0, ZERO, D("10.00")),
    }


def test_a_reversal_stands_on_its_own_day(alice: Operator, bob: Operator) -> None:
    chief = grant(alice, "payments.reverse_payment")
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        payment = pay(alice, CustomerFactory.create(), "60.00")
    with time_machine.travel(datetime(2026, 3, 11, 12, tzinfo=UTC), tick=False):
        reverse_payment(operator=chief, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="x")

    nets = [read_report(bob, date(2026, 3, day), date(2026, 3, day)).total.net for day in (9, 10, 11)]
    assert nets == [ZERO, D("60.00"), D("-60.00")]
    both = read_report(bob, date(2026, 3, 10), date(2026, 3, 11))
    assert both.total.net == ZERO
    assert [(bucket.start, bucket.net) for bucket in both.takings] == [
        (date(2026, 3, 10), D("60.00")), (date(2026, 3, 11), D("-60.00")),
    ]  # fmt: skip


def test_hours_are_those_of_the_clock_in_the_days_order(alice: Operator, bob: Operator, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Prague"
    settings.CASHDESK_DAY_STARTS = time(4)
    for moment in (datetime(2026, 3, 10, 21, 30, tzinfo=UTC), datetime(2026, 3, 10, 23, 30, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            pay(alice, CustomerFactory.create(), "10.00")

    report = read_report(bob, date(2026, 3, 10), date(2026, 3, 10))
    assert [(bucket.start, bucket.paid) for bucket in report.takings] == [
        (22, D("10.00")), (23, ZERO), (0, D("10.00")),
    ]  # fmt: skip


def test_a_day_that_starts_at_half_past_keeps_its_first_and_its_last_half_hour_apart(
    alice: Operator, bob: Operator, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Prague"
    settings.CASHDESK_DAY_STARTS = time(4, 30)
    moments = (datetime(2026, 3, 10, 3, 40, tzinfo=UTC), datetime(2026, 3, 11, 3, 20, tzinfo=UTC))
    for moment, amount in zip(moments, ("10.00", "7.00"), strict=True):
        with time_machine.travel(moment, tick=False):
            pay(alice, CustomerFactory.create(), amount)

    client, days = signed_in(bob), "?from=2026-03-10&to=2026-03-10"
    shown = [words(row) for row in page(client, ADDRESS + days).select(".chart-and-table tbody tr")]
    assert len(shown) == 25
    assert shown[0].startswith("04:30–05:00 1 €10.00")
    assert shown[1].startswith("05:00–06:00 0")
    assert shown[-1].startswith("04:00–04:30 1 €7.00")
    hours = [(row["name"], row["paid"]) for row in rows(client, days) if row["table"] == "hour"]
    assert (hours[0], hours[-1]) == (("04", "10.00"), ("04", "7.00"))


def test_resellers_of_one_name_are_not_one(alice: Operator, bob: Operator) -> None:
    for code, amount in (("south-1", "5.00"), ("south-2", "7.00")):
        reseller = Reseller.objects.create(name="South", code=code)
        give_room(reseller)
        operator = OperatorFactory.create(reseller=reseller)
        pay(operator, CustomerFactory.create(reseller=reseller), amount)
    found = read_report(bob, today(), today()).resellers
    assert [(row.name, row.net) for row in found] == [("South", D("5.00")), ("South", D("7.00"))]


def test_a_resellers_supervisor_sees_the_reseller_alone(charlie: Operator, taken: None) -> None:
    body = body_of(signed_in(grant(charlie, VIEW_ALL)).get(ADDRESS)).decode()

    assert "€5.00" in body
    for foreign in ("Alice", "Bob", "€60.00", "€10.00", "No reseller"):
        assert foreign not in body
    assert table_sums(read_report(grant(charlie, VIEW_ALL), today(), today())) == [D("5.00")] * 6


@pytest.mark.parametrize("address", [ADDRESS, FILE])
def test_without_the_right_there_is_no_figure_and_no_link(alice: Operator, taken: None, address: str) -> None:
    client = signed_in(alice)
    answer = client.get(address)
    assert answer.status_code == 403
    assert b"100.00" not in body_of(answer)
    assert ADDRESS not in body_of(client.get("/cashdesk/")).decode()


def test_with_the_right_the_menu_leads_there(bob: Operator) -> None:
    link = page(signed_in(bob), "/cashdesk/").select_one(f'.menu a[href="{ADDRESS}"]')
    assert words(link) == "Day report"


def test_the_page_shows_the_tables_and_the_chart_with_its_figures(bob: Operator, taken: None) -> None:
    soup = page(signed_in(bob), ADDRESS)

    assert [words(caption) for caption in soup.select("caption")] == [
        "By method", "By operator", "By till", "By reseller", "By what was paid", "Payments per hour",
    ]  # fmt: skip
    chart = soup.select_one("svg[role=img]")
    assert chart is not None
    assert "the table beside it has the figures" in words(chart.select_one("title"))
    assert len(chart.select("rect")) == 1
    assert words(soup.select_one(".chart-and-table tbody td")) == "4"
    assert not soup.select("main [style], main script, main style")


def test_a_range_has_a_bar_for_each_day(bob: Operator, taken: None) -> None:
    first = today() - timedelta(days=30)
    soup = page(signed_in(bob), f"{ADDRESS}?from={first}&to={today()}")

    assert len(soup.select("svg rect")) == 31
    assert len(soup.select(".chart-and-table tbody tr")) == 31


def test_a_day_without_payments_says_so(bob: Operator) -> None:
    soup = page(signed_in(bob), ADDRESS)
    assert "Nothing was taken in these days." in words(soup.select_one("main"))
    assert not soup.select("svg, table")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("from=2026-03-02&to=2026-03-01", "This day must not be before the first day"),
        ("from=2026-03-02&to=", "Enter a day, like 2026-11-23"),
        ("from=2025-01-01&to=2026-03-01", "Choose at most 366 days"),
        ("from=yesterday", "Enter a day, like 2026-11-23"),
    ],
)
@pytest.mark.parametrize("address", [ADDRESS, FILE])
def test_days_that_are_not_understood_are_named_and_show_nothing(
    bob: Operator, taken: None, address: str, query: str, fault: str
) -> None:
    soup = soup_of(signed_in(bob).get(f"{address}?{query}"), 422)
    assert fault in words(soup.select_one(".error-summary"))
    assert not soup.select("svg, table, .totals")


def test_the_paper_holds_the_same_figures(bob: Operator, taken: None) -> None:
    client = signed_in(bob)
    screen, paper = (page(client, ADDRESS + query) for query in ("", "?print=1"))
    shown = [words(cell) for cell in screen.select("main table tr")]
    assert shown == [words(cell) for cell in paper.select("main table tr")]
    assert paper.select_one("button[data-print]")


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    text = body_of(client.get(FILE + query)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_file_holds_every_table_and_each_sums_to_the_total(bob: Operator, taken: None) -> None:
    found = rows(signed_in(bob))

    assert found[-1]["table"] == "total"
    assert found[-1]["net"] == "55.00"
    for table in ("method", "operator", "till", "reseller", "document", "hour"):
        assert sum(D(row["net"]) for row in found if row["table"] == table) == D("55.00"), table
    assert {row["currency"] for row in found} == {"EUR"}


def test_no_name_becomes_a_formula_in_the_file(bob: Operator) -> None:
    Operator.objects.filter(pk=bob.pk).update(name="=1+1")
    pay(bob, CustomerFactory.create())
    assert "'=1+1" in {row["name"] for row in rows(signed_in(bob))}


def test_more_payments_cost_no_more_queries(alice: Operator, bob: Operator) -> None:
    customer, client = CustomerFactory.create(), signed_in(bob)
    pay(bob, customer, "1.00")
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    for number in range(19):
        wrong = pay(bob if number % 2 else alice, customer, "1.00")
        if number % 3 == 0:
            reverse_payment(operator=bob if number % 2 else alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    with CaptureQueriesContext(connection) as many:
        client.get(ADDRESS)
    assert len(many) <= len(few)


def test_shifts_stand_with_what_they_were_over_or_short(alice: Operator, bob: Operator) -> None:
    chief = supervisor(bob)
    till_with_shifts(alice, tolerance=D("5.00"))
    shift = opened(chief, alice)
    pay(alice, CustomerFactory.create(), "60.00")
    closed(alice, counted(alice, shift, cash_of("158.00")))

    (row,) = read_report(bob, today(), today()).shifts
    assert (row.operator, row.number, row.state, row.difference) == ("Alice", 1, "Closed", D("-2.00"))
    assert "−€2.00" in words(page(signed_in(bob), ADDRESS).select_one("[aria-labelledby=shifts]"))


def test_a_shift_that_crosses_midnight_is_short_on_the_day_on_which_it_was_closed(
    alice: Operator, bob: Operator
) -> None:
    chief = supervisor(bob)
    till_with_shifts(alice, tolerance=D("5.00"))
    with time_machine.travel("2026-03-23T21:00:00Z", tick=False):
        shift = opened(chief, alice)
    with time_machine.travel("2026-03-25T02:00:00Z", tick=False):
        closed(alice, counted(alice, shift, cash_of("98.00")))

    off = {
        day: [row.difference for row in read_report(bob, date(2026, 3, day), date(2026, 3, day)).shifts]
        for day in range(22, 27)
    }
    assert off == {22: [], 23: [None], 24: [None], 25: [D("-2.00")], 26: []}
    (row,) = read_report(bob, date(2026, 3, 23), date(2026, 3, 25)).shifts
    assert (row.day, row.closed_on, row.difference) == (date(2026, 3, 23), date(2026, 3, 25), D("-2.00"))
    assert "−€2.00" in words(
        page(signed_in(bob), f"{ADDRESS}?from=2026-03-25&to=2026-03-25").select_one("[aria-labelledby=shifts]")
    )


def test_an_open_shift_stands_without_a_difference(alice: Operator, bob: Operator) -> None:
    till_with_shifts(alice)
    opened(supervisor(bob), alice)
    (row,) = read_report(bob, today(), today()).shifts
    assert (row.state, row.difference) == ("Open", None)


def test_ones_own_blind_shift_is_left_out_until_it_is_counted(alice: Operator, bob: Operator) -> None:
    chief = supervisor(bob)
    cashier = grant(alice, VIEW_ALL)
    till_with_shifts(alice)
    pay(bob, CustomerFactory.create(), "10.00")
    shift = opened(chief, cashier)
    pay(cashier, CustomerFactory.create(), "61.37")

    blind = read_report(cashier, today(), today())
    client = signed_in(cashier)
    for address in (ADDRESS, FILE, f"{ADDRESS}?print=1"):
        body = body_of(client.get(address)).decode()
        for figure in ("61.37", "71.37", "161.37"):
            assert figure not in body, address
    assert (blind.total.net, blind.shifts, blind.leaves_own_shift_out) == (D("10.00"), [], True)
    assert table_sums(blind) == [D("10.00")] * 6
    assert read_report(bob, today(), today()).total.net == D("71.37")

    counted(cashier, shift, cash_of("161.37"))
    after = read_report(cashier, today(), today())
    assert (after.total.net, after.leaves_own_shift_out) == (D("71.37"), False)


def test_nothing_but_figures_of_the_desk_stands_in_the_chart(bob: Operator, taken: None) -> None:
    chart = BeautifulSoup(body_of(signed_in(bob).get(ADDRESS)), "html.parser").select_one("svg")
    assert chart is not None
    for bar in chart.select("rect"):
        assert 0 <= D(str(bar["y"])) <= D(str(bar["y"])) + D(str(bar["height"])) <= 224
