"""Our own payments are neither counted twice nor missing, in whatever order pull, delivery and reversal happen."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import Operator
from billing import ordering
from billing.delivering import deliver_next
from billing.pulling import Refreshed, pull_customer
from customers.models import WANTED, Customer
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, balance, dues, states


def let_happen(ledger: Ledger, act: Callable[[], object], *, at: str) -> None:
    """Let something happen once, while the billing system's answer to a question is on its way."""

    def between(what: str) -> None:
        if what == at:
            ledger.between = lambda what: None
            act()

    ledger.between = between


def test_a_payment_shows_at_once_and_stays_when_it_is_delivered_and_pulled(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    assert (balance(anna), dues(anna, alice)) == (Decimal(-40), {"B": Decimal(40)})
    deliver_next(ledger)
    assert states(payment) == ["delivered"]
    assert (balance(anna), dues(anna, alice)) == (Decimal(-40), {"B": Decimal(40)})
    assert pull_customer(ledger, "7") == Refreshed.WRITTEN
    assert states(payment) == ["delivered+"]
    assert (balance(anna), dues(anna, alice)) == (Decimal(-40), {"B": Decimal(40)})
    assert Customer.objects.get(pk=anna.pk).balance == Decimal(-40)


def test_a_payment_delivered_while_old_figures_are_on_their_way_is_not_lost(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    let_happen(ledger, lambda: deliver_next(ledger), at="balance 7")  # the balance was read before, it says -100
    assert pull_customer(ledger, "7") == Refreshed.LEFT_ALONE
    assert states(payment) == ["delivered"]
    assert balance(anna) == Decimal(-40)


def test_figures_read_while_a_part_is_being_sent_are_not_written(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    refreshed: list[Refreshed] = []
    let_happen(ledger, lambda: refreshed.append(pull_customer(ledger, "7")), at="told")
    deliver_next(ledger)
    assert refreshed == [Refreshed.LEFT_ALONE]
    assert (states(payment), balance(anna)) == (["delivered"], Decimal(-40))


@pytest.mark.parametrize("fault", ["before", "after", "late"])
def test_figures_stand_still_while_a_part_is_unknown(
    fault: str, ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = [fault]
    deliver_next(ledger)
    assert pull_customer(ledger, "7") == Refreshed.LEFT_ALONE
    assert (states(payment), balance(anna)) == (["unknown"], Decimal(-40))


def test_a_payment_taken_while_figures_are_on_their_way_is_on_top_of_them(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    ledger.accounts["7"].balance -= 5
    let_happen(ledger, lambda: pay(alice, anna, "60"), at="documents")
    assert pull_customer(ledger, "7") == Refreshed.WRITTEN
    assert balance(anna) == Decimal(-45)


def test_a_reversal_delivered_while_old_figures_are_on_their_way_is_not_lost(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    deliver_next(ledger)
    pull_customer(ledger, "7")
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed 60 for 6")
    assert balance(anna) == Decimal(-100)
    let_happen(ledger, lambda: deliver_next(ledger), at="balance 7")
    assert pull_customer(ledger, "7") == Refreshed.LEFT_ALONE
    assert (states(payment), balance(anna)) == (["delivered+", "delivered"], Decimal(-100))
    assert pull_customer(ledger, "7") == Refreshed.WRITTEN
    assert (states(payment), balance(anna)) == (["delivered+", "delivered+"], Decimal(-100))


def test_a_fetch_that_comes_back_behind_a_later_one_writes_nothing(ledger: Ledger, anna: Customer) -> None:
    def meanwhile() -> None:
        ledger.accounts["7"].balance = Decimal(-30)
        pull_customer(ledger, "7")

    let_happen(ledger, meanwhile, at="balance 7")
    pull_customer(ledger, "7")
    assert balance(anna) == Decimal(-30)


def test_a_later_fetch_that_changed_nothing_still_keeps_an_older_one_out(ledger: Ledger, anna: Customer) -> None:
    def meanwhile() -> None:
        ledger.accounts["7"].balance = Decimal(-100)
        pull_customer(ledger, "7")

    ledger.accounts["7"].balance = Decimal(-30)
    let_happen(ledger, meanwhile, at="balance 7")
    pull_customer(ledger, "7")
    assert balance(anna) == Decimal(-100)


def test_a_refused_part_counts_on_the_screen_and_lets_figures_in(
    ledger: Ledger, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    ledger.faults = ["refused"]
    deliver_next(ledger)
    ledger.accounts["7"].balance -= 5
    assert pull_customer(ledger, "7") == Refreshed.WRITTEN
    assert (states(payment), balance(anna)) == (["refused"], Decimal(-45))


def test_a_customer_left_alone_is_asked_for_again_by_the_next_pull(
    ledger: Ledger, anna: Customer, alice: Operator, clock: Clock
) -> None:
    pay(alice, anna, "60")
    let_happen(ledger, lambda: deliver_next(ledger), at="balance 7")
    pull_customer(ledger, "7")
    assert [customer.pk for customer in Customer.objects.filter(WANTED)] == [anna.pk]
    pull_customer(ledger, "7")
    assert not Customer.objects.filter(WANTED).exists()


def test_a_mark_that_comes_while_figures_are_on_their_way_outlives_them(ledger: Ledger, anna: Customer) -> None:
    let_happen(ledger, lambda: ordering.ask_again(["7"]), at="balance 7")
    assert pull_customer(ledger, "7") == Refreshed.WRITTEN
    assert Customer.objects.filter(WANTED).exists()


def test_without_the_order_a_delivered_payment_would_be_missing(
    ledger: Ledger, anna: Customer, alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the rule taken away, the screen is wrong at the same interleaving."""
    monkeypatch.setattr("billing.pulling.left_alone_by", lambda fetch: lambda customers: frozenset())
    pay(alice, anna, "60")
    let_happen(ledger, lambda: deliver_next(ledger), at="balance 7")
    pull_customer(ledger, "7")
    assert balance(anna) == Decimal(-100)
