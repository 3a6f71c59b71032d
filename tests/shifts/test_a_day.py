"""A cashier's day in worked examples that a bookkeeper can follow."""

from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from accounts.models import Operator
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.refusals import DrawerCounted, NoOpenShift
from payments.reversing import reverse_payment
from payments.taking import take_payment
from tests.factories import CustomerFactory, card, order, pay
from tests.people import grant, signed_in
from tests.shifts.desk import (
    balance,
    book,
    cash_of,
    closed,
    counted,
    dropped,
    issued,
    notes,
    opened,
    paid_out,
    rows,
    sound,
    supervisor,
    till_with_shifts,
)
from tills import closing, drawer, shifts
from tills.counting import Counted, Paper
from tills.models import Count, Kind, Shift, Till, Transaction, WriteOff, ZReport
from tills.refusals import ReasonNeeded, ShiftRefused
from tills.z_reports import read_z

D = Decimal


def test_a_day_with_float_payments_a_reversal_a_pay_out_a_drop_a_short_count_and_a_recount(
    alice: Operator, bob: Operator, till: Till
) -> None:
    """Expected in the end: 100.00 float, 200.00 taken, 12.50 for stamps, 150.00 to the safe: 137.50.

    Ten payments of 20.00 in cash, one of 50.00 by card, one of 30.00 that is reversed. Counted 127.00, then 137.00.
    """
    shift = opened(bob, alice, notes(n50=1, n20=2, n10=1))
    customer = CustomerFactory.create()
    for _ in range(10):
        pay(alice, customer, "20.00")
    pay(alice, customer, "50.00", method_id=card().pk)
    wrong = pay(alice, customer, "30.00")
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)
    paid_out(alice, shift, "12.50", "Stamps", voucher="R-17")
    dropped(alice, shift, "150.00")

    counted(alice, shift, cash_of("127.00"))
    shift = counted(alice, shift, cash_of("137.00"))
    with pytest.raises(ReasonNeeded):
        closed(alice, shift)
    shift = closed(alice, shift, "Change given wrongly")

    assert [(count.cash, count.expected, count.difference) for count in shift.counts.filter(purpose="closing")] == [
        (D(127), D("137.50"), D("-10.50")),
        (D(137), D("137.50"), D("-0.50")),
    ]
    payments = [f"{n} payment -20.0000 = {-100 - 20 * (n - 1)}.0000, drawer +20.0000" for n in range(2, 12)]
    assert book(till) == [
        "1 float -100.0000 = -100.0000, drawer +100.0000",
        *payments,
        "12 payment +0.0000 = -300.0000, drawer +0.0000",
        "13 payment -30.0000 = -330.0000, drawer +30.0000",
        "14 reversal +30.0000 = -300.0000, drawer -30.0000",
        "15 pay_out +12.5000 = -287.5000, drawer -12.5000",
        "16 drop +150.0000 = -137.5000, drawer -150.0000",
        "17 short +0.0000 = -137.5000, drawer -0.5000",
        "18 drop +137.0000 = -0.5000, drawer -137.0000",
    ]
    safe = Till.objects.get(operator=None, reseller=None)
    assert book(safe) == [
        "1 float_given +100.0000 = 100.0000, drawer -100.0000",
        "2 drop_taken -150.0000 = -50.0000, drawer +150.0000",
        "3 drop_taken -137.0000 = -187.0000, drawer +137.0000",
    ]
    report = read_z(ZReport.objects.get())["z"]
    assert (report["number"], report["first"], report["last"]) == (1, f"{till.code}-000001", f"{till.code}-000018")
    assert [(m["name"], m["payments"], m["paid"], m["reversals"], m["reversed"]) for m in report["methods"]] == [
        ("Cash", 11, D(230), 1, D(30)),
        ("Card", 1, D(50), 0, D(0)),
    ]
    assert {row["kind"]: row["amount"] for row in report["movements"]} == {
        "float": 100, "pay_out": D("12.5"), "drop": 287, "short": D("0.5"),
    }  # fmt: skip
    assert (report["expected"], report["counted"], report["difference"]) == (D("137.5"), D(137), D("-0.5"))
    assert (report["perpetual"], report["perpetual_paid"]) == (250, 280)
    assert report["last_digest"] == Transaction.objects.get(till=till, number=18).digest
    assert [count["cash"] for count in report["counts"]] == [100, 127, 137]
    sound()


def test_a_count_that_fits_writes_no_difference_and_an_empty_drawer_brings_nothing_to_the_safe(
    alice: Operator, bob: Operator, till: Till
) -> None:
    shift = opened(bob, alice, Counted())
    closed(alice, counted(alice, shift, Counted()))

    assert not Transaction.objects.exists()
    assert read_z(ZReport.objects.get())["z"]["first"] is None
    sound()


def test_an_over_belongs_to_the_provider(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    closed(alice, counted(alice, shift, cash_of("103.00")), "Nobody knows")

    assert book(till) == [
        "1 float -100.0000 = -100.0000, drawer +100.0000",
        "2 over -3.0000 = -103.0000, drawer +3.0000",
        "3 drop +103.0000 = 0.0000, drawer -103.0000",
    ]
    sound()


def test_within_the_tolerance_no_reason_is_asked_for(alice: Operator, bob: Operator, till: Till) -> None:
    till_with_shifts(alice, tolerance=D(1))
    shift = opened(bob, alice)
    assert closed(alice, counted(alice, shift, cash_of("99.00"))).state == Shift.State.CLOSED


def test_a_short_is_the_holders_debt_until_a_supervisor_writes_it_off(
    alice: Operator, bob: Operator, till: Till
) -> None:
    shift = opened(bob, alice)
    closed(alice, counted(alice, shift, cash_of("90.00")), "Lost")
    assert balance(till) == -10

    short = Transaction.objects.get(kind=Kind.SHORT)
    line = closing.write_off_short(operator=bob, line_id=short.pk, comment="Robbed", key=uuid4())

    assert (line.effect, line.cash, line.balance_after) == (D(10), D(0), D(0))
    with pytest.raises(ShiftRefused, match="written off already"):
        closing.write_off_short(operator=bob, line_id=short.pk, comment="Again", key=uuid4())
    assert WriteOff.objects.count() == 1
    sound()


def test_two_days_the_second_with_a_reversal_from_between(alice: Operator, bob: Operator, till: Till) -> None:
    """60.00 is given back after the close: it stands in the next shift as before opening, and counts in its drawer."""
    first = opened(bob, alice)
    payment = pay(alice, CustomerFactory.create(), "60.00")
    closed(alice, counted(alice, first, cash_of("160.00")))
    reversal = reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    assert reversal.transaction.shift is None

    second = opened(bob, alice)
    closed(alice, counted(alice, second, cash_of("40.00")))

    reports = [read_z(report)["z"] for report in ZReport.objects.order_by("number")]
    assert [report["number"] for report in reports] == [1, 2]
    assert [report["perpetual"] for report in reports] == [60, 0]
    assert reports[1]["before"] == [{"kind": "reversal", "count": 1, "amount": 60}]
    assert (reports[1]["expected"], reports[1]["difference"]) == (40, 0)
    assert reports[1]["first"] == reversal.transaction.document_number
    sound()


def test_cheques_and_slips_are_listed_in_the_count(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    papers = Counted(cash={D(50): 2}, cheques=(Paper(D(40), "17"),), slips=(Paper(D("25.50")), Paper(D("25.50"))))
    closed(alice, counted(alice, shift, papers))
    last = read_z(ZReport.objects.get())["z"]["counts"][-1]
    assert [(row["what"], row["value"], row["pieces"], row["reference"]) for row in last["rows"]] == [
        ("cash", 50, 2, ""), ("cheque", 40, 1, "17"), ("slip", D("25.5"), 1, ""), ("slip", D("25.5"), 1, ""),
    ]  # fmt: skip
    sound()


def test_without_an_open_shift_no_payment_is_taken(alice: Operator, bob: Operator, till: Till) -> None:
    customer, before = CustomerFactory.create(), rows(Payment, Transaction)
    with pytest.raises(NoOpenShift, match="No shift is open"):
        take_payment(operator=alice, order=order(customer))
    issued(bob, alice)
    with pytest.raises(NoOpenShift):
        take_payment(operator=alice, order=order(customer))
    assert rows(Payment, Transaction) == before


def test_after_the_count_no_payment_is_taken_and_nothing_leaves_the_drawer(
    alice: Operator, bob: Operator, till: Till
) -> None:
    shift = counted(alice, opened(bob, alice), cash_of("100"))
    before = rows(Payment, Transaction)
    with pytest.raises(NoOpenShift, match="was counted"):
        take_payment(operator=alice, order=order(CustomerFactory.create()))
    for act in (drawer.pay_in, drawer.pay_out):
        with pytest.raises(ShiftRefused):
            act(operator=alice, shift_id=shift.pk, amount=D(1), comment="x", voucher="", key=uuid4())
    with pytest.raises(ShiftRefused):
        dropped(alice, shift, "1.00")
    assert rows(Payment, Transaction) == before


def test_what_came_after_the_count_asks_for_another(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    payment = pay(alice, CustomerFactory.create(), "60.00")
    counted(alice, shift, cash_of("160.00"))
    reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    with pytest.raises(ShiftRefused, match="Count again"):
        closed(alice, shift)
    closed(alice, counted(alice, shift, cash_of("100.00")))
    assert balance(till) == 0
    sound()


def test_between_count_and_close_the_cashier_gives_no_money_back(alice: Operator, bob: Operator, till: Till) -> None:
    """They have seen that 60 are missing: a payment of 60 that was never paid back would be no short any more."""
    shift = opened(bob, alice)
    payment, right = pay(alice, CustomerFactory.create(), "60.00"), CustomerFactory.create()
    counted(alice, shift, cash_of("100"))
    before = rows(Transaction, Reversal)

    for holder in (alice, grant(alice, "payments.reverse_payment")):
        with pytest.raises(DrawerCounted):
            reverse_payment(operator=holder, key=payment.key, reason=Reversal.Reason.CHANGED_MIND)
        with pytest.raises(DrawerCounted):
            move_payment(operator=holder, key=payment.key, customer_id=right.pk, new_key=uuid4())
    answer = signed_in(alice).post(f"/cashdesk/payments/{payment.key}/reverse/", {"reason": "changed", "comment": ""})

    assert (answer.status_code, rows(Transaction, Reversal)) == (422, before)
    assert "The drawer was counted. Ask your supervisor." in answer.text
    closed(alice, shift, "no idea")
    ended = Transaction.objects.filter(till=till, number__gt=2).order_by("number")
    assert list(ended.values_list("kind", "cash")) == [("short", D(-60)), ("drop", D(-100))]
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.CHANGED_MIND)


def test_a_supervisor_closes_a_shift_that_was_left_open(alice: Operator, bob: Operator, till: Till) -> None:
    shift = opened(bob, alice)
    pay(alice, CustomerFactory.create(), "60.00")
    closing.force_close(
        operator=bob, shift_id=shift.pk, counted=cash_of("155.00"), comment="Alice went home", key=uuid4()
    )
    report = read_z(ZReport.objects.get())["z"]
    assert (report["closed_by"]["login"], report["difference"]) == ("bob", -5)
    assert balance(till) == -5
    sound()


def test_a_float_that_is_not_confirmed_is_taken_back_without_a_line(alice: Operator, bob: Operator, till: Till) -> None:
    shift = shifts.take_float_back(operator=bob, shift_id=issued(bob, alice).pk, key=uuid4())
    assert shift.state == Shift.State.CANCELLED
    assert not Transaction.objects.exists()
    assert opened(bob, alice).number == 2
    sound()


def test_every_form_of_a_shift_counts_once(alice: Operator, bob: Operator, till: Till) -> None:
    keys = [uuid4() for _ in range(5)]
    for _ in range(2):
        shift = shifts.issue_float(operator=bob, cashier=alice, counted=cash_of("100"), key=keys[0])
        shifts.open_shift(operator=alice, shift_id=shift.pk, key=keys[1])
        drawer.drop_cash(operator=alice, shift_id=shift.pk, amount=D(10), comment="", key=keys[2])
    for _ in range(2):
        closing.count_drawer(operator=alice, shift_id=shift.pk, counted=cash_of("90"), key=keys[3])
        closing.close_shift(operator=alice, shift_id=shift.pk, comment="", key=keys[4])
    assert rows(Shift, Count, ZReport) == {"Shift": 1, "Count": 2, "ZReport": 1}
    assert len(book(till)) == 3
    sound()


def test_a_shift_that_crosses_midnight_stays_one_and_each_payment_has_its_own_day(
    alice: Operator, bob: Operator, till: Till
) -> None:
    with time_machine.travel("2026-11-20T21:00:00Z", tick=False) as clock:
        shift = opened(bob, alice)
        late = pay(alice, CustomerFactory.create(), "60.00")
        clock.move_to("2026-11-21T00:30:00Z")
        early = pay(alice, CustomerFactory.create(), "40.00")
        closed(alice, counted(alice, shift, cash_of("200")))
    days = [payment.transaction.business_date.isoformat() for payment in (late, early)]
    assert days == ["2026-11-20", "2026-11-21"]
    report = read_z(ZReport.objects.get())["z"]
    assert (report["opened_on"], report["perpetual"]) == ("2026-11-20", 100)
    sound()


def test_a_difference_as_large_as_the_tolerance_needs_no_reason_and_a_cent_more_does(
    alice: Operator, bob: Operator, till: Till
) -> None:
    till_with_shifts(alice, tolerance=D(1))
    for cash, needs in (("99.00", False), ("101.00", False), ("98.99", True), ("101.01", True)):
        shift = counted(alice, opened(bob, alice), cash_of(cash))
        if needs:
            with pytest.raises(ReasonNeeded):
                closed(alice, shift)
        closed(alice, shift, "counted twice" if needs else "")
    sound()


def test_whoever_holds_the_till_never_writes_the_own_short_off(alice: Operator, bob: Operator, till: Till) -> None:
    closed(alice, counted(alice, opened(bob, alice), cash_of("90")), "Lost")
    short, before = Transaction.objects.get(kind=Kind.SHORT), rows(Transaction, WriteOff)
    with pytest.raises(PermissionDenied):
        closing.write_off_short(operator=supervisor(alice), line_id=short.pk, comment="mine", key=uuid4())
    assert rows(Transaction, WriteOff) == before


def test_one_shift_at_a_time(alice: Operator, bob: Operator, till: Till) -> None:
    opened(bob, alice)
    with pytest.raises(ShiftRefused, match="has a shift already"):
        issued(bob, alice)
    assert Shift.objects.count() == 1
