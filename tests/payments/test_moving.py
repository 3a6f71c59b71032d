"""The wrong customer: reversal and new payment in one act, and both papers tell the truth."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator, Reseller
from customers.models import Customer
from payments.balances import open_documents, shown_balance
from payments.giving_up import give_up
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.refusals import AlreadyReversed, CustomerGone, KeyGivenUp, KeyUsedOtherwise
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, InvoiceFactory, ResellerFactory, order, pay
from tests.people import grant
from tills.models import PaymentMethod, Till, Transaction

D = Decimal


@pytest.fixture
def wrong(house: None) -> Customer:
    return CustomerFactory.create(name="Jana Nováková")


@pytest.fixture
def right(house: None) -> Customer:
    customer: Customer = CustomerFactory.create(name="Jan Novák", balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    return customer


def test_the_money_goes_to_the_right_customer_in_one_act(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment = pay(alice, wrong, comment="October")
    moved = move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=uuid4())

    assert (shown_balance(wrong), shown_balance(right)) == (D(0), D(0))
    assert open_documents(right, alice) == []
    kinds = Transaction.objects.order_by("number").values_list("number", "kind", "balance_after", "customer")
    assert list(kinds) == [
        (1, "payment", D(-60), wrong.pk), (2, "reversal", D(0), wrong.pk), (3, "payment", D(-60), right.pk),
    ]  # fmt: skip
    reversal = Reversal.objects.get()
    assert (reversal.payment, reversal.replacement, reversal.reason) == (payment, moved, "customer")
    assert moved.transaction.comment == "October"
    assert moved.customer_name == "Jan Novák"


def test_the_same_form_moves_the_money_once(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment, new_key = pay(alice, wrong), uuid4()
    moved = move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=new_key)
    assert move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=new_key) == moved
    assert Transaction.objects.count() == 3


def test_the_same_form_with_another_customer_is_refused(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment, new_key = pay(alice, wrong), uuid4()
    move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=new_key)
    with pytest.raises(KeyUsedOtherwise):
        move_payment(operator=alice, key=payment.key, customer_id=CustomerFactory.create().pk, new_key=new_key)
    assert Transaction.objects.count() == 3


def test_a_reversed_payment_cannot_be_moved(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment = pay(alice, wrong)
    reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.CHANGED_MIND)
    with pytest.raises(AlreadyReversed):
        move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert Payment.objects.count() == 1


def test_a_refused_new_payment_leaves_the_old_one_standing(alice: Operator, wrong: Customer) -> None:
    payment = pay(alice, wrong)
    for customer_id in (wrong.pk, 999_999):
        with pytest.raises(CustomerGone):
            move_payment(operator=alice, key=payment.key, customer_id=customer_id, new_key=uuid4())
    assert Transaction.objects.count() == 1
    assert not Reversal.objects.exists()


def test_nobody_moves_money_to_another_resellers_customer(charlie: Operator, north: Reseller, right: Customer) -> None:
    Till.objects.create(code="R", reseller=north, limit=D(100))
    payment = pay(charlie, CustomerFactory.create(reseller=north))
    with pytest.raises(CustomerGone):
        move_payment(operator=charlie, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert Transaction.objects.count() == 1


def test_head_office_moves_a_resellers_payment_within_the_reseller_only(
    charlie: Operator, bob: Operator, north: Reseller, right: Customer
) -> None:
    """The line stays in the reseller's till, where all its operators read the customer's name."""
    chief = grant(bob, "payments.reverse_payment")
    south = ResellerFactory.create(name="South", code="south")
    Till.objects.create(code="R", reseller=north, limit=D(100))
    payment = pay(charlie, CustomerFactory.create(reseller=north))
    for foreign in (CustomerFactory.create(reseller=south), right):
        with pytest.raises(CustomerGone):
            move_payment(operator=chief, key=payment.key, customer_id=foreign.pk, new_key=uuid4())
    assert Transaction.objects.count() == 1
    own = CustomerFactory.create(reseller=north)
    moved = move_payment(operator=chief, key=payment.key, customer_id=own.pk, new_key=uuid4())
    assert moved.transaction.reseller == north


def test_the_rights_are_those_of_a_reversal(alice: Operator, bob: Operator, wrong: Customer, right: Customer) -> None:
    payment = pay(alice, wrong)
    with pytest.raises(PermissionDenied):
        move_payment(operator=bob, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("gone", ["reverse_payment", "view_all_payments"])
def test_a_right_that_was_taken_away_meanwhile_moves_nothing(
    alice: Operator, bob: Operator, wrong: Customer, right: Customer, gone: str
) -> None:
    payment = pay(alice, wrong)
    bob = grant(bob, "payments.reverse_payment")
    assert bob.get_all_permissions() == {"payments.reverse_payment", "payments.view_all_payments"}  # kept in it
    bob.user_permissions.remove(Permission.objects.get(codename=gone))
    with pytest.raises(PermissionDenied if gone == "reverse_payment" else Payment.DoesNotExist):
        move_payment(operator=bob, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert Transaction.objects.count() == 1


def test_an_own_payment_is_moved_within_the_time_and_later_with_the_right_only(
    alice: Operator, wrong: Customer, right: Customer, settings: Settings
) -> None:
    first, second = pay(alice, wrong), pay(alice, wrong)
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        with pytest.raises(PermissionDenied):
            move_payment(operator=alice, key=first.key, customer_id=right.pk, new_key=uuid4())
        assert Transaction.objects.count() == 2
        move_payment(
            operator=grant(alice, "payments.reverse_payment"), key=first.key, customer_id=right.pk, new_key=uuid4()
        )
    settings.CASHDESK_REVERSE_MINUTES = 0
    alice.user_permissions.clear()
    with pytest.raises(PermissionDenied):
        move_payment(operator=Operator.objects.get(pk=alice.pk), key=second.key, customer_id=right.pk, new_key=uuid4())


def test_moving_a_payment_does_not_begin_its_time_anew(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment = pay(alice, wrong)
    with time_machine.travel(timezone.now() + timedelta(minutes=14), tick=False):
        moved = move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=uuid4())
        back = move_payment(operator=alice, key=moved.key, customer_id=wrong.pk, new_key=uuid4())
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1), tick=False):
        with pytest.raises(PermissionDenied):
            reverse_payment(operator=alice, key=back.key, reason=Reversal.Reason.WRONG_AMOUNT)
        with pytest.raises(PermissionDenied):
            move_payment(operator=alice, key=back.key, customer_id=right.pk, new_key=uuid4())
    assert Transaction.objects.count() == 5


def test_a_form_that_was_given_up_moves_nothing(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment, new_key = pay(alice, wrong), uuid4()
    give_up(operator=alice, key=new_key)
    with pytest.raises(KeyGivenUp):
        move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=new_key)
    assert Transaction.objects.count() == 1


def test_a_till_at_its_limit_can_still_move_a_payment(alice: Operator, wrong: Customer, right: Customer) -> None:
    Till.objects.create(code="T", operator=alice, limit=D(60))
    payment = pay(alice, wrong)
    moved = move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert moved.transaction.balance_after == D(-60)


@pytest.mark.parametrize("rule", ["day", "limit", "till", "method", "reference", "amount"])
def test_a_rule_that_came_after_the_money_does_not_keep_it_at_the_wrong_customer(
    alice: Operator, bob: Operator, wrong: Customer, right: Customer, settings: Settings, rule: str
) -> None:
    """The money is in the till; only whose it is was wrong. A supervisor may find out on the next day."""
    bob = grant(bob, "payments.reverse_payment")
    payment = pay(alice, wrong)
    paid_on = payment.paid_on
    match rule:
        case "limit":
            Till.objects.update(limit=D(0))
        case "till":
            Till.objects.update(is_active=False)
        case "method":
            PaymentMethod.objects.update(is_active=False)
        case "reference":
            PaymentMethod.objects.update(reference_label="Slip", reference_required=True)
        case "amount":
            settings.CASHDESK_MAX_AMOUNT = D(10)
    later = timezone.now() + timedelta(days=1 if rule == "day" else 0)
    with time_machine.travel(later, tick=False):
        moved = move_payment(operator=bob, key=payment.key, customer_id=right.pk, new_key=uuid4())
    assert (shown_balance(wrong), shown_balance(right)) == (D(0), D(0))
    assert (moved.paid_on, moved.transaction.till) == (paid_on, payment.transaction.till)


def test_a_used_key_of_another_payment_is_refused(alice: Operator, wrong: Customer, right: Customer) -> None:
    payment, other = pay(alice, wrong), order(right)
    taken = pay(alice, right, key=other.key)
    with pytest.raises((KeyUsedOtherwise, AlreadyReversed)):
        move_payment(operator=alice, key=payment.key, customer_id=wrong.pk, new_key=taken.key)
    assert Payment.objects.count() == 2


def test_a_payment_that_looks_like_the_moved_one_is_not_taken_for_it(
    alice: Operator, wrong: Customer, right: Customer
) -> None:
    """Same customer, amount and method, and yet nothing was moved: it must not look as if it had been."""
    payment, lookalike = pay(alice, wrong), pay(alice, right)
    with pytest.raises(KeyUsedOtherwise):
        move_payment(operator=alice, key=payment.key, customer_id=right.pk, new_key=lookalike.key)
    assert Payment.objects.count() == 2
    assert not Reversal.objects.exists()
