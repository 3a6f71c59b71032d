"""Undoing a payment: a row of its own, the same till, the invoices open again, and nobody without the right."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator, Reseller
from customers.models import Customer
from payments.balances import open_documents, shown_balance
from payments.models import Delivery, Payment, Reversal
from payments.refusals import AlreadyReversed, ReasonMissing
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, pay
from tests.people import grant
from tills.models import Till, Transaction

D = Decimal
WRONG = Reversal.Reason.WRONG_AMOUNT


@pytest.fixture
def novak(house: None) -> Customer:
    """Owes one invoice of 60."""
    customer: Customer = CustomerFactory.create(name="Jan Novák", balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    return customer


def nothing_reversed() -> bool:
    return not Reversal.objects.exists() and not Transaction.objects.filter(kind="reversal").exists()


def test_a_reversal_opens_the_invoice_again_and_gives_the_till_its_money_back(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak, "100.00")
    reversal = reverse_payment(operator=alice, key=payment.key, reason=WRONG, comment="gave 100, owed 60")

    line = reversal.transaction
    assert (line.till, line.number, line.kind) == (payment.transaction.till, 2, "reversal")
    assert (line.amount, line.effect, line.cash) == (D(100), D(100), D(-100))
    assert (line.balance_before, line.balance_after) == (D(-100), D(0))
    assert (line.customer, line.method, line.comment) == (novak, payment.transaction.method, "gave 100, owed 60")
    assert shown_balance(novak) == D(-60)
    assert [document.due for document in open_documents(novak, alice)] == [D(60)]
    assert json.loads(line.payload)["reversal"] == {
        "document": payment.transaction.document_number, "key": str(payment.key), "reason": "amount",
        "replacement": None,
    }  # fmt: skip


def test_the_original_stays_as_it_was(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    before = Transaction.objects.values().get(pk=payment.transaction_id)
    reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert Transaction.objects.values().get(pk=payment.transaction_id) == before
    assert Payment.objects.get() == payment


def test_what_the_billing_system_was_not_told_is_cancelled(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak, "100.00")
    Delivery.objects.filter(reference__endswith="/2").update(state="sending", lease=timezone.now())
    Delivery.objects.filter(reference__endswith="/2").update(state="refused")
    reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert list(Delivery.objects.values_list("kind", "state")) == [("apply", "cancelled")] * 2


@pytest.mark.parametrize("steps", [["sending"], ["sending", "unknown"], ["delivered"]])
def test_what_the_billing_system_may_know_is_undone(alice: Operator, novak: Customer, steps: list[str]) -> None:
    payment = pay(alice, novak)
    for state in steps:
        Delivery.objects.update(state=state, lease=timezone.now(), batch=1 if state == "delivered" else None)
    reversal = reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    undo = Delivery.objects.get(kind="undo")
    assert (undo.reference, undo.state) == (f"{reversal.transaction.document_number}/1", "waiting")
    assert shown_balance(novak) == D(-60)


def test_a_payment_that_the_billing_system_shows_already_is_taken_off_again(alice: Operator, novak: Customer) -> None:
    """The fetched figures contain the payment: the balance is zero there, and the undo must count against it."""
    payment = pay(alice, novak)
    Delivery.objects.update(state="delivered", batch=1)
    Delivery.objects.update(reflected=True)
    Customer.objects.update(balance=D(0))
    novak.invoices.update(due=D(0))
    reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert shown_balance(Customer.objects.get()) == D(-60)
    assert [document.due for document in open_documents(novak, alice)] == [D(60)]


def test_a_second_reversal_is_refused(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    first = reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    with pytest.raises(AlreadyReversed) as refusal:
        reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert refusal.value.reversal == first
    assert Transaction.objects.count() == 2


def test_the_database_itself_refuses_a_second_reversal(alice: Operator, novak: Customer) -> None:
    payment, other = pay(alice, novak), pay(alice, novak)
    reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    second = reverse_payment(operator=alice, key=other.key, reason=WRONG).transaction
    with pytest.raises(IntegrityError), transaction.atomic():
        Reversal.objects.create(payment=payment, transaction=second, reason=WRONG)


def test_other_reasons_are_written_in_words(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    with pytest.raises(ReasonMissing, match="Write why the payment is reversed"):
        reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.OTHER)
    assert nothing_reversed()


# --- Who may -------------------------------------------------------------------------------------------------------


def test_an_own_payment_may_be_reversed_for_fifteen_minutes(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        with pytest.raises(PermissionDenied):
            reverse_payment(operator=alice, key=payment.key, reason=WRONG)
        assert nothing_reversed()
    with time_machine.travel(timezone.now() + timedelta(minutes=14), tick=False):
        reverse_payment(operator=alice, key=payment.key, reason=WRONG)


def test_zero_minutes_mean_never(alice: Operator, novak: Customer, settings: Settings) -> None:
    settings.CASHDESK_REVERSE_MINUTES = 0
    payment = pay(alice, novak)
    with pytest.raises(PermissionDenied):
        reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert nothing_reversed()


def test_the_right_lifts_the_time_also_where_it_is_zero(alice: Operator, novak: Customer, settings: Settings) -> None:
    settings.CASHDESK_REVERSE_MINUTES = 0
    payment = pay(alice, novak)
    with time_machine.travel(timezone.now() + timedelta(days=40), tick=False):
        reverse_payment(operator=grant(alice, "payments.reverse_payment"), key=payment.key, reason=WRONG)
    assert Reversal.objects.get().payment == payment


def test_the_right_alone_does_not_show_a_colleagues_payment(alice: Operator, novak: Customer) -> None:
    """It is one right of two: what somebody may not see is not there for them."""
    payment = pay(alice, novak)
    chief = grant(OperatorFactory.create(), "payments.reverse_payment")
    with pytest.raises(Payment.DoesNotExist):
        reverse_payment(operator=chief, key=payment.key, reason=WRONG)
    assert nothing_reversed()


def test_who_was_switched_off_meanwhile_reverses_nothing(alice: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    Operator.objects.filter(pk=alice.pk).update(cashdesk_access=False)
    with pytest.raises(PermissionDenied):
        reverse_payment(operator=alice, key=payment.key, reason=WRONG)
    assert nothing_reversed()


@pytest.mark.parametrize("gone", ["reverse_payment", "view_all_payments"])
def test_a_right_that_was_taken_away_meanwhile_counts_no_more(
    alice: Operator, bob: Operator, novak: Customer, gone: str
) -> None:
    """The sender's rights were read before the locks, for which a reversal may wait for seconds."""
    payment = pay(alice, novak)
    bob = grant(bob, "payments.reverse_payment")
    assert bob.get_all_permissions() == {"payments.reverse_payment", "payments.view_all_payments"}  # kept in it
    bob.user_permissions.remove(Permission.objects.get(codename=gone))
    with pytest.raises(PermissionDenied if gone == "reverse_payment" else Payment.DoesNotExist):
        reverse_payment(operator=bob, key=payment.key, reason=WRONG)
    assert nothing_reversed()


def test_a_colleague_needs_the_right(alice: Operator, bob: Operator, novak: Customer) -> None:
    payment = pay(alice, novak)
    with pytest.raises(PermissionDenied):
        reverse_payment(operator=bob, key=payment.key, reason=WRONG)
    assert nothing_reversed()
    bob = grant(bob, "payments.reverse_payment")
    line = reverse_payment(operator=bob, key=payment.key, reason=WRONG).transaction
    assert (line.operator, line.till) == (bob, payment.transaction.till)
    assert Transaction.objects.visible_to(alice).filter(pk=line.pk).exists()
    assert not Till.objects.filter(operator=bob).exists()


def test_another_resellers_payment_is_not_there(
    alice: Operator, charlie: Operator, north: Reseller, novak: Customer
) -> None:
    payment = pay(alice, novak)
    charlie = grant(charlie, "payments.view_all_payments", "payments.reverse_payment")
    with pytest.raises(Payment.DoesNotExist):
        reverse_payment(operator=charlie, key=payment.key, reason=WRONG)
    assert nothing_reversed()


def test_a_payment_stays_reversible_when_its_customer_moves_to_another_reseller(
    charlie: Operator, north: Reseller
) -> None:
    Till.objects.create(code="R", reseller=north, limit=D(100))
    customer = CustomerFactory.create(reseller=north)
    payment = pay(charlie, customer)
    Customer.objects.update(reseller=None)
    reverse_payment(operator=charlie, key=payment.key, reason=WRONG)
    assert shown_balance(customer) == D(0)
