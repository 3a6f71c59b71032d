"""Each part reaches the billing system once, in order, whatever becomes of the answer."""

from decimal import Decimal

import pytest

from accounts.models import Operator
from billing.delivering import NOTHING, deliver_next
from billing.leases import claim_waiting, expire_leases
from billing.looking_up import look_up_next
from billing.pulling import pull_customer
from billing.working import LONGEST_REST, Worker, drain
from customers.models import Customer
from payments.models import Delivery, Payment, Reversal
from payments.reversing import reverse_payment
from tests.factories import card, pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, balance, parts, pulled, states

SETTLE = 120


def reverse(operator: Operator, payment: Payment) -> None:
    """Take a payment back."""
    reverse_payment(operator=operator, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed wrongly")


def test_a_payment_over_two_invoices_with_a_rest_goes_out_as_its_parts(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "120", comment="in the shop")
    assert drain(ledger) == 3
    number = payment.transaction.document_number
    told = [(p.reference, p.document_id, str(int(p.amount))) for p in ledger.entered.values()]
    assert told == [(f"{number}/1", "A", "60"), (f"{number}/2", "B", "40"), (f"{number}/3", "", "20")]
    assert ledger.accounts["7"].balance == Decimal(20)
    assert all(document.due == 0 for document in ledger.accounts["7"].documents.values())
    assert [part.remote_id for part in parts(payment)] == ["1", "2", "3"]
    assert states(payment) == ["delivered"] * 3


def test_nothing_to_deliver_is_nothing(ledger: Ledger, anna: Customer) -> None:
    assert deliver_next(ledger) == NOTHING
    assert not ledger.told


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_part_without_an_answer_is_applied_once(
    fault: str, ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = [fault]
    deliver_next(ledger)
    assert states(payment) == ["unknown"]
    clock.forward(SETTLE - 1)
    assert drain(ledger) == 0  # too early to look
    clock.forward(1)
    drain(ledger)
    assert states(payment) == (["delivered"] if fault == "after" else ["unknown"])
    clock.forward(SETTLE - 1)
    drain(ledger)
    assert len(ledger.told) == 1  # a second try needs a second look
    clock.forward(1)
    drain(ledger)
    assert states(payment) == ["delivered"]
    assert len(ledger.standing(payment.transaction.document_number + "/1")) == 1
    assert ledger.accounts["7"].balance == Decimal(-40)


def test_a_part_that_arrives_between_the_two_looks_is_not_sent_again(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["late"]
    deliver_next(ledger)
    clock.forward(SETTLE)
    drain(ledger)
    ledger.arrive()
    clock.forward(SETTLE)
    drain(ledger)
    assert (states(payment), len(ledger.told)) == (["delivered"], 1)


def test_without_the_looks_a_second_try_doubles_the_payment(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    """The control: the part is put back as if nothing had been looked for."""
    payment = pay(alice, anna, "60")
    ledger.faults = ["after"]
    deliver_next(ledger)
    Delivery.objects.filter(allocation__payment=payment).update(state=Delivery.State.WAITING, lease=None)
    drain(ledger)
    assert len(ledger.standing(payment.transaction.document_number + "/1")) == 2


def test_an_unknown_part_holds_up_its_customer_and_nobody_else(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.add("8")
    other = pulled(ledger, "8")
    first, second, others = pay(alice, anna, "60"), pay(alice, anna, "5"), pay(alice, other, "7")
    ledger.faults = ["before"]
    deliver_next(ledger)
    drain(ledger)
    assert (states(first), states(second), states(others)) == (["unknown"], ["waiting"], ["delivered"])


def test_a_refused_part_stops_with_its_reason_and_holds_up_nobody(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    first, second = pay(alice, anna, "60"), pay(alice, anna, "5")
    ledger.faults = ["refused"]
    drain(ledger)
    assert (states(first), states(second)) == (["refused"], ["delivered"])
    assert parts(first)[0].error == "Customer is not there"
    assert balance(anna) == Decimal(-35)


def test_while_the_billing_system_is_down_everything_waits_and_afterwards_goes_out_in_order(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    ledger.is_down = True
    payments = [pay(alice, anna, amount) for amount in ("10", "20", "30")]
    for _ in range(5):
        clock.forward(60)
        assert deliver_next(ledger).failure
    assert [state for payment in payments for state in states(payment)] == ["waiting"] * 3
    ledger.is_down = False
    ledger.told.clear()
    clock.forward(60)
    drain(ledger)
    assert ledger.told == [part.reference for payment in payments for part in parts(payment)]


def test_a_worker_rests_longer_and_longer_however_long_it_lasts(ledger: Ledger) -> None:
    rests = [Worker(ledger, failures=failures).rest() for failures in (1, 3, 6, 100, 100_000)]
    assert rests[0] <= 1 < rests[1] <= 4 < rests[2]
    assert max(rests) <= LONGEST_REST


def test_a_method_that_is_not_mapped_waits_with_its_reason_and_calls_nobody(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60", method_id=card().pk)
    assert deliver_next(ledger) == NOTHING
    assert (states(payment), ledger.told) == (["waiting"], [])
    assert "no id in the billing system" in parts(payment)[0].error
    method = card()
    method.external_id = "3"
    method.save()
    drain(ledger)
    assert (states(payment), parts(payment)[0].error) == (["delivered"], "")


def test_a_method_that_is_not_mapped_holds_up_no_other_payment_of_its_customer(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    unmapped = [pay(alice, anna, f"{n}.00", method_id=card().pk) for n in range(1, 25)]  # more than are looked at
    payment = pay(alice, anna, "60")
    drain(ledger)
    assert states(payment) == ["delivered"]
    assert {state for one in unmapped for state in states(one)} == {"waiting"}
    pull_customer(ledger, "7")
    assert balance(anna) == sum(range(1, 25)) - 40


def test_an_undo_goes_out_when_its_apply_is_delivered(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    payment = pay(alice, anna, "100")
    drain(ledger)
    reverse(alice, payment)
    drain(ledger)
    assert states(payment) == ["delivered"] * 4
    assert ledger.accounts["7"].balance == Decimal(-100)
    assert [part.reference.rpartition("/")[2] for part in parts(payment)] == ["1", "2", "1", "2"]


def test_what_waits_is_cancelled_by_a_reversal_and_never_told(ledger: Ledger, anna: Customer, alice: Operator) -> None:
    payment = pay(alice, anna, "60")
    reverse(alice, payment)
    assert (drain(ledger), states(payment), ledger.told) == (0, ["cancelled"], [])
    assert balance(anna) == Decimal(-100)


@pytest.mark.parametrize("fault", ["refused", "not sent", "before"])
def test_an_undo_of_what_was_never_applied_is_cancelled_with_it(
    fault: str, ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = [fault]

    def meanwhile(what: str) -> None:
        if what == "told":
            ledger.between = lambda what: None
            reverse(alice, payment)

    ledger.between = meanwhile
    deliver_next(ledger)
    for _ in range(2):
        clock.forward(SETTLE)
        drain(ledger)
    assert (states(payment), len(ledger.told)) == (["cancelled", "cancelled"], 1)
    assert balance(anna) == Decimal(-100) == ledger.accounts["7"].balance


def test_an_undo_of_an_unknown_part_that_was_applied_goes_out_after_the_look(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["after"]
    deliver_next(ledger)
    reverse(alice, payment)
    assert balance(anna) == Decimal(-100)
    clock.forward(SETTLE)
    drain(ledger)
    assert states(payment) == ["delivered", "delivered"]
    assert ledger.accounts["7"].balance == Decimal(-100)


@pytest.mark.parametrize("fault", ["before", "after", "late"])
def test_an_undo_without_an_answer_is_applied_once(
    fault: str, ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    drain(ledger)
    reverse(alice, payment)
    ledger.faults = [fault]
    drain(ledger)
    assert states(payment) == ["delivered", "unknown"]
    clock.forward(SETTLE)
    drain(ledger)
    ledger.arrive()
    clock.forward(SETTLE)
    drain(ledger)
    assert states(payment) == ["delivered", "delivered"]
    assert ledger.accounts["7"].balance == Decimal(-100)


def test_a_worker_that_never_came_back_leaves_an_unknown_part(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    claim = claim_waiting(ledger.longest_call)
    assert claim is not None
    assert states(payment) == ["sending"]
    assert expire_leases() == 0
    clock.now = claim.lease
    clock.forward(1)
    assert expire_leases() == 1
    assert states(payment) == ["unknown"]
    assert drain(ledger) == 0
    clock.forward(SETTLE)
    drain(ledger)
    clock.forward(SETTLE)
    drain(ledger)
    assert (states(payment), len(ledger.told)) == (["delivered"], 1)


def test_an_outcome_behind_the_lease_is_not_written(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")

    def oversleep(what: str) -> None:
        ledger.between = lambda what: None
        clock.forward(3600)
        expire_leases()

    ledger.between = oversleep
    deliver_next(ledger)
    assert states(payment) == ["unknown"]
    clock.forward(SETTLE)
    drain(ledger)
    assert (states(payment), len(ledger.told)) == (["delivered"], 1)


def test_a_call_that_could_end_behind_its_lease_is_not_made(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = pay(alice, anna, "60")

    def slowly(longest_call: float) -> object:
        claim = claim_waiting(longest_call)
        clock.forward(31)  # the margin is 30 s
        return claim

    monkeypatch.setattr("billing.delivering.claim_waiting", slowly)
    assert deliver_next(ledger).failure
    assert (states(payment), ledger.told) == (["waiting"], [])


def test_what_cannot_be_decided_waits_for_a_person(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["after"]
    deliver_next(ledger)
    ledger.entered["2"] = ledger.entered["1"]
    clock.forward(SETTLE)
    drain(ledger)
    clock.forward(10 * SETTLE)
    assert look_up_next(ledger) == NOTHING
    part = parts(payment)[0]
    assert (part.state, part.lease) == ("unknown", None)
    assert "Several payments" in part.error


def test_a_look_without_an_answer_decides_nothing(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["after"]
    deliver_next(ledger)
    ledger.is_down = True
    for _ in range(4):
        clock.forward(SETTLE)
        assert look_up_next(ledger).failure
    assert states(payment) == ["unknown"]
    ledger.is_down = False
    clock.forward(SETTLE)
    drain(ledger)
    assert (states(payment), len(ledger.told)) == (["delivered"], 1)
