"""What a person may do about a part that is stuck, and what it does to the figures."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.models import Operator
from billing import settling
from billing.delivering import deliver_next
from billing.models import Settlement
from billing.parts import describe_part
from billing.pulling import Refreshed, pull_customer
from billing.settling import SettlementRefused
from billing.working import drain
from customers.models import Customer
from payments.models import Delivery, Payment
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, balance, parts, states
from tests.live_billing.test_delivery import reverse
from tests.people import grant

SETTLE = 120


@pytest.fixture
def carol(alice: Operator) -> Operator:
    """Return Alice with the right to settle."""
    return grant(alice, "billing.manage_billing")


@pytest.fixture
def refused(ledger: Ledger, anna: Customer, carol: Operator) -> Payment:
    """Return a payment of 60.00 that the billing system refused."""
    ledger.faults = ["refused"]
    payment = pay(carol, anna, "60")
    deliver_next(ledger)
    return payment


def test_a_refused_part_is_sent_again(ledger: Ledger, carol: Operator, refused: Payment) -> None:
    settling.try_again(operator=carol, delivery_id=parts(refused)[0].pk)
    drain(ledger)
    assert states(refused) == ["delivered"]
    assert [(s.step, s.was, s.operator) for s in Settlement.objects.all()] == [("retry", "refused", carol)]


def test_while_somebody_enters_it_the_figures_stand_still_and_nobody_looks(
    ledger: Ledger, anna: Customer, carol: Operator, refused: Payment, clock: Clock
) -> None:
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    clock.forward(10 * SETTLE)
    ledger.asked.clear()
    assert (drain(ledger), ledger.asked) == (0, [])
    ledger.accounts["7"].balance += 60
    assert pull_customer(ledger, "7") == Refreshed.LEFT_ALONE
    assert (states(refused), balance(anna)) == (["unknown"], Decimal(-40))


def test_entered_with_its_id_it_is_delivered_and_then_contained(
    ledger: Ledger, anna: Customer, carol: Operator, refused: Payment
) -> None:
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    by_hand = ledger.deliver(describe_part(part))
    remote_id = by_hand.remote_id  # type: ignore[union-attr]
    settling.mark_entered(operator=carol, delivery_id=part.pk, remote_id=remote_id, comment="done", system=ledger)
    assert (states(refused), parts(refused)[0].remote_id) == (["delivered"], remote_id)
    pull_customer(ledger, "7")
    assert (states(refused), balance(anna)) == (["delivered+"], Decimal(-40))


@pytest.mark.parametrize("remote_id", ["", "99", "1"])
def test_a_wrong_id_is_refused(
    remote_id: str, ledger: Ledger, anna: Customer, carol: Operator, refused: Payment
) -> None:
    """99 is nobody's, 1 is a payment of another amount."""
    other = pay(carol, anna, "5")
    drain(ledger)
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    with pytest.raises(SettlementRefused):
        settling.mark_entered(operator=carol, delivery_id=part.pk, remote_id=remote_id, comment="done", system=ledger)
    assert (states(refused), states(other)) == (["unknown"], ["delivered"])
    assert Settlement.objects.count() == 1


def test_an_id_of_another_payment_of_ours_is_refused(
    ledger: Ledger, anna: Customer, carol: Operator, refused: Payment
) -> None:
    pay(carol, anna, "60")
    drain(ledger)
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    first_of_other = Delivery.objects.filter(state="delivered", allocation__amount=40).get()
    entered = ledger.entered[first_of_other.remote_id]
    ledger.entered[first_of_other.remote_id] = replace(entered, amount=Decimal(60))
    with pytest.raises(SettlementRefused, match="another payment of ours"):
        settling.mark_entered(
            operator=carol, delivery_id=part.pk, remote_id=first_of_other.remote_id, comment="done", system=ledger
        )
    assert states(refused) == ["unknown"]


def test_entered_by_hand_beside_a_payment_whose_answer_was_lost_is_refused(
    ledger: Ledger, anna: Customer, carol: Operator
) -> None:
    """Both would stand over there; the one that is under our reference must be settled with, or deleted first."""
    ledger.faults = ["after"]
    payment = pay(carol, anna, "60")
    deliver_next(ledger)
    part = parts(payment)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    by_hand = replace(ledger.entered["1"], remote_id="900", reference="typed by hand")
    ledger.entered["900"] = by_hand
    with pytest.raises(SettlementRefused, match="Payment 1 "):
        settling.mark_entered(operator=carol, delivery_id=part.pk, remote_id="900", comment="done", system=ledger)
    assert states(payment) == ["unknown"]
    ledger.entered["1"] = replace(ledger.entered["1"], deleted=True)
    settling.mark_entered(operator=carol, delivery_id=part.pk, remote_id="900", comment="done", system=ledger)
    assert (states(payment), parts(payment)[0].remote_id) == (["delivered"], "900")


@pytest.fixture
def stuck_undo(ledger: Ledger, anna: Customer, carol: Operator) -> Delivery:
    """Return an undo of payment 1 (60.00) that the billing system refused and a person is entering."""
    payment = pay(carol, anna, "60")
    drain(ledger)
    reverse(carol, payment)
    ledger.faults = ["refused"]
    drain(ledger)
    undo = parts(payment)[1]
    settling.begin_entering(operator=carol, delivery_id=undo.pk, comment="by phone")
    return undo


@pytest.mark.parametrize("remote_id", ["nonsense", "99", "1", "2", "3"])
def test_an_undo_is_not_settled_by_what_does_not_take_the_payment_back(
    remote_id: str, ledger: Ledger, carol: Operator, stuck_undo: Delivery
) -> None:
    """Payment 1 still stands; 2 is of another amount, 3 of another customer, and nothing is under the others."""
    first = ledger.entered["1"]
    ledger.entered["2"] = replace(first, remote_id="2", amount=Decimal(-6))
    ledger.entered["3"] = replace(first, remote_id="3", amount=Decimal(-60), customer_id="8")
    with pytest.raises(SettlementRefused):
        settling.mark_entered(
            operator=carol, delivery_id=stuck_undo.pk, remote_id=remote_id, comment="done", system=ledger
        )
    stuck_undo.refresh_from_db()
    assert (stuck_undo.state, stuck_undo.remote_id) == ("unknown", "")


@pytest.mark.parametrize(("remote_id", "how"), [("1", "deleted"), ("2", "below zero")])
def test_an_undo_is_settled_by_deleting_the_payment_or_by_one_below_zero(
    remote_id: str, how: str, ledger: Ledger, carol: Operator, stuck_undo: Delivery
) -> None:
    first = ledger.entered["1"]
    if how == "deleted":
        ledger.entered["1"] = replace(first, deleted=True)
    else:
        ledger.entered["2"] = replace(first, remote_id="2", reference="by hand", amount=Decimal(-60))
    settling.mark_entered(operator=carol, delivery_id=stuck_undo.pk, remote_id=remote_id, comment="done", system=ledger)
    stuck_undo.refresh_from_db()
    assert (stuck_undo.state, stuck_undo.remote_id) == ("delivered", remote_id)


def test_a_payment_below_zero_takes_one_payment_back(
    ledger: Ledger, anna: Customer, carol: Operator, stuck_undo: Delivery
) -> None:
    """Its id belongs to the undo that was settled with it first."""
    ledger.entered["900"] = replace(ledger.entered["1"], remote_id="900", reference="by hand", amount=Decimal(-60))
    settling.mark_entered(operator=carol, delivery_id=stuck_undo.pk, remote_id="900", comment="done", system=ledger)
    payment = pay(carol, anna, "60")
    drain(ledger)
    reverse(carol, payment)
    ledger.faults = ["refused"]
    drain(ledger)
    second = Delivery.objects.filter(kind="undo").latest("pk")
    settling.begin_entering(operator=carol, delivery_id=second.pk, comment="by phone")
    with pytest.raises(SettlementRefused):
        settling.mark_entered(operator=carol, delivery_id=second.pk, remote_id="900", comment="done", system=ledger)


def test_without_an_answer_the_id_is_not_believed(ledger: Ledger, carol: Operator, refused: Payment) -> None:
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    ledger.is_down = True
    with pytest.raises(SettlementRefused, match="does not answer"):
        settling.mark_entered(operator=carol, delivery_id=part.pk, remote_id="1", comment="done", system=ledger)
    assert states(refused) == ["unknown"]


def test_not_entered_a_refused_part_is_refused_as_before(carol: Operator, refused: Payment) -> None:
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    settling.mark_not_entered(operator=carol, delivery_id=part.pk, comment="nobody there")
    assert states(refused) == ["refused"]
    assert parts(refused)[0].error == "Not entered: nobody there"


def test_not_entered_an_unknown_part_is_looked_for_before_it_is_sent_again(
    ledger: Ledger, anna: Customer, carol: Operator, clock: Clock
) -> None:
    payment = pay(carol, anna, "60")
    ledger.faults = ["late"]
    deliver_next(ledger)
    part = parts(payment)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    settling.mark_not_entered(operator=carol, delivery_id=part.pk, comment="it is there already")
    with pytest.raises(SettlementRefused):
        settling.try_again(operator=carol, delivery_id=part.pk)
    ledger.arrive()
    clock.forward(SETTLE)
    drain(ledger)
    assert (states(payment), len(ledger.told)) == (["delivered"], 1)


def test_not_entered_with_a_reversal_meanwhile_both_are_cancelled(
    ledger: Ledger, anna: Customer, carol: Operator, refused: Payment
) -> None:
    part = parts(refused)[0]
    settling.begin_entering(operator=carol, delivery_id=part.pk, comment="by phone")
    reverse(carol, refused)
    settling.mark_not_entered(operator=carol, delivery_id=part.pk, comment="no need")
    assert states(refused) == ["cancelled", "cancelled"]
    assert balance(anna) == Decimal(-100)


@pytest.mark.parametrize("act", [settling.begin_entering, settling.mark_not_entered])
def test_a_comment_is_required(act: object, carol: Operator, refused: Payment) -> None:
    with pytest.raises(SettlementRefused):
        act(operator=carol, delivery_id=parts(refused)[0].pk, comment="  ")  # type: ignore[operator]
    assert (states(refused), Settlement.objects.count()) == (["refused"], 0)


def test_without_the_right_nothing_is_settled(bob: Operator, refused: Payment) -> None:
    with pytest.raises(PermissionDenied):
        settling.try_again(operator=bob, delivery_id=parts(refused)[0].pk)
    assert states(refused) == ["refused"]


def test_a_part_of_another_reseller_is_not_there(charlie: Operator, refused: Payment) -> None:
    charlie = grant(charlie, "billing.manage_billing")
    with pytest.raises(Delivery.DoesNotExist):
        settling.begin_entering(operator=charlie, delivery_id=parts(refused)[0].pk, comment="mine")
    assert (states(refused), Settlement.objects.count()) == (["refused"], 0)


def test_a_delivered_part_is_not_settled(ledger: Ledger, anna: Customer, carol: Operator) -> None:
    payment = pay(carol, anna, "60")
    drain(ledger)
    for act in (settling.begin_entering, settling.try_again):
        with pytest.raises(SettlementRefused):
            act(operator=carol, delivery_id=parts(payment)[0].pk, comment="again")
    assert (states(payment), Settlement.objects.count()) == (["delivered"], 0)


def test_what_was_settled_is_never_changed(carol: Operator, refused: Payment) -> None:
    settling.try_again(operator=carol, delivery_id=parts(refused)[0].pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.update(comment="another")
    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.all().delete()
