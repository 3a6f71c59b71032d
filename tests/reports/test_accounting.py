"""The export for accounting: each movement on two accounts, sums to zero, and nothing goes out half."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from payments import accounting
from payments.accounting import account_sums, movements, read_accounts
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.answers import body_of
from tests.desk.pages import page, soup_of, words
from tests.factories import CustomerFactory, card, cash, give_room, pay
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, dropped, opened, supervisor, till_with_shifts
from tills.days import today
from tills.models import Booking, Kind, Transaction

PAGE, FILE = "/cashdesk/reports/accounts/", "/cashdesk/reports/accounts.csv"
D = Decimal


@pytest.fixture
def booked(house: None) -> None:
    """Cash stands on 211, cards on 261, receivables on 311."""
    Booking.objects.create(kind=Kind.PAYMENT, method=cash(), debit="211", credit="311")
    Booking.objects.create(kind=Kind.PAYMENT, method=card(), debit="261", credit="311")


def rows(operator: Operator) -> list[dict[str, str]]:
    answer = signed_in(operator).get(FILE)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(body_of(answer).decode("utf-8-sig"), newline=""), strict=True))


def balances(found: list[dict[str, str]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in found:
        sums[row["debit"]] += D(row["amount"])
        sums[row["credit"]] -= D(row["amount"])
    return dict(sums)


def test_every_movement_is_a_line_and_a_reversal_exchanges_the_sides(
    alice: Operator, bob: Operator, booked: None
) -> None:
    wrong = pay(alice, CustomerFactory.create(), "60.00")
    pay(bob, CustomerFactory.create(), "40.00", method_id=card().pk)
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)

    found = rows(bob)

    assert [(row["kind"], row["debit"], row["credit"], row["amount"]) for row in found] == [
        ("payment", "211", "311", "60.00"),
        ("payment", "261", "311", "40.00"),
        ("reversal", "311", "211", "60.00"),
    ]
    assert balances(found) == {"211": D(0), "261": D("40.00"), "311": D("-40.00")}
    assert sum(balances(found).values()) == 0


def test_the_page_sums_to_what_the_file_sums_to(alice: Operator, bob: Operator, booked: None) -> None:
    pay(alice, CustomerFactory.create(), "60.00")
    sums = account_sums(movements(bob, today(), today()), read_accounts())
    assert {row.account: row.balance for row in sums} == balances(rows(bob))
    assert [words(row) for row in page(signed_in(bob), PAGE).select("tbody tr")] == [
        "211 €60.00 €0.00 €60.00", "311 €0.00 €60.00 −€60.00",
    ]  # fmt: skip


def test_a_whole_shift_with_every_kind_sums_to_zero(alice: Operator, bob: Operator, booked: None) -> None:
    for kind, debit, credit in (
        (Kind.FLOAT, "211", "261"), (Kind.FLOAT_GIVEN, "261", "211"), (Kind.DROP, "261", "211"),
        (Kind.DROP_TAKEN, "211", "261"), (Kind.SHORT, "335", "211"),
    ):  # fmt: skip
        Booking.objects.create(kind=kind, debit=debit, credit=credit)
    till_with_shifts(alice, tolerance=D("5.00"))
    shift = opened(supervisor(bob), alice)
    pay(alice, CustomerFactory.create(), "60.00")
    closed(alice, counted(alice, shift, cash_of("158.00")))

    found = rows(bob)

    assert len(found) == Transaction.objects.count()
    assert balances(found) == {"211": D("58.00"), "261": D(0), "311": D("-60.00"), "335": D("2.00")}
    cash_moved = Transaction.objects.aggregate(sum=Sum("cash"))["sum"]
    assert balances(found)["211"] == cash_moved


def test_a_missing_account_is_named_and_nothing_goes_out(alice: Operator, bob: Operator) -> None:
    Booking.objects.create(kind=Kind.PAYMENT, method=cash(), debit="211", credit="311")
    pay(alice, CustomerFactory.create())
    pay(alice, CustomerFactory.create(), method_id=card().pk)
    client = signed_in(bob)

    for soup in (page(client, PAGE), soup_of(client.get(FILE), 422)):
        assert [words(item) for item in soup.select("main li")] == ["Payment by Card"]
        assert not soup.select("table")


def test_a_reversal_alone_asks_for_its_payments_accounts(alice: Operator, bob: Operator) -> None:
    wrong = pay(alice, CustomerFactory.create())
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    assert [words(item) for item in page(signed_in(bob), PAGE).select("main li")] == ["Payment by Cash"]


def test_only_what_is_in_scope_is_booked(charlie: Operator, alice: Operator, north: Reseller, booked: None) -> None:
    give_room(north)
    pay(alice, CustomerFactory.create(), "60.00")
    pay(charlie, CustomerFactory.create(reseller=north), "5.00")
    chief = grant(charlie, "payments.view_all_payments")
    assert [row["amount"] for row in rows(chief)] == ["5.00"]


@pytest.mark.parametrize("address", [PAGE, FILE])
def test_without_the_right_there_is_nothing(alice: Operator, booked: None, address: str) -> None:
    pay(alice, CustomerFactory.create())
    soup = soup_of(signed_in(alice).get(address), 403)
    assert "60.00" not in words(soup.select_one("main"))


def test_ones_own_blind_shift_is_left_out(alice: Operator, bob: Operator, booked: None) -> None:
    chief, cashier = supervisor(bob), grant(alice, "payments.view_all_payments")
    till_with_shifts(alice)
    opened(chief, cashier)
    pay(cashier, CustomerFactory.create(), "61.37")
    body = body_of(signed_in(cashier).get(PAGE)).decode()
    assert "61.37" not in body


def test_while_ones_own_blind_shift_is_left_out_no_half_of_it_is_booked_and_nothing_goes_out(
    alice: Operator, bob: Operator, booked: None
) -> None:
    for kind in (Kind.FLOAT, Kind.FLOAT_GIVEN, Kind.DROP, Kind.DROP_TAKEN):
        Booking.objects.create(kind=kind, debit="211", credit="261")
    chief, cashier = supervisor(bob), grant(alice, "payments.view_all_payments")
    till_with_shifts(alice)
    shift = opened(chief, cashier)
    dropped(cashier, shift, "33.00")
    opened(chief, chief, cash_of("20"))  # the safe's lines of other shifts stay
    pay(chief, CustomerFactory.create(), "10.00")
    said = "Your own open shift is left out until its cash has been counted."

    client = signed_in(cashier)
    soup = page(client, PAGE)
    assert said in words(soup)
    assert not soup.select("a[download]")
    sums = account_sums(movements(cashier, today(), today()), read_accounts())
    assert [(row.account, row.debit, row.credit) for row in sums] == [
        ("211", D("50.00"), D(0)), ("261", D(0), D("40.00")), ("311", D(0), D("10.00")),
    ]  # fmt: skip
    assert said in words(soup_of(client.get(FILE), 422))

    counted(cashier, shift, cash_of("67"))
    assert said not in words(page(client, PAGE))
    assert len(rows(cashier)) == Transaction.objects.count() == 7


def test_the_file_is_read_in_chunks_and_holds_each_line_once(
    alice: Operator, bob: Operator, booked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "CHUNK", 3)
    for _number in range(7):
        pay(alice, CustomerFactory.create(), "1.00")
    documents = [line.document_number for line in Transaction.objects.order_by("pk")]
    assert [row["document"] for row in rows(bob)] == documents


def test_what_is_taken_while_the_file_is_read_is_not_in_it(alice: Operator, bob: Operator) -> None:
    Booking.objects.create(kind=Kind.PAYMENT, method=cash(), debit="211", credit="311")
    pay(alice, CustomerFactory.create())
    answer = signed_in(bob).get(FILE)
    pieces = iter(answer)
    body = next(pieces) + next(pieces)
    pay(alice, CustomerFactory.create(), method_id=card().pk)  # it has no accounts
    assert (body + b"".join(pieces)).count(b"\r\n") == 2


def test_more_lines_cost_no_more_queries(alice: Operator, bob: Operator, booked: None) -> None:
    pay(bob, CustomerFactory.create(), "1.00")
    client = signed_in(bob)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _number in range(19):
        pay(alice, CustomerFactory.create(), "1.00")
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)


def test_an_administrator_enters_accounts_and_is_told_what_contradicts(db: None) -> None:
    chief = Operator.objects.create_superuser("chief2", password="a long word for tests")
    client = signed_in(chief)
    address = "/admin/tills/booking/add/"
    wrong = client.post(address, {"kind": "over", "method": cash().pk, "debit": "1", "credit": "2"})
    assert "Choose a method for a payment, and none for anything else." in body_of(wrong).decode()
    assert not Booking.objects.exists()
    client.post(address, {"kind": "over", "method": "", "debit": "211", "credit": "668"})
    assert str(Booking.objects.get()) == "211 / 668"
