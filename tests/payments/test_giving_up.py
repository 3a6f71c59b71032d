"""A form that is given up takes no money any more, however late it arrives; and paper is counted."""

import pytest

from accounts.models import Operator
from payments.giving_up import give_up, is_given_up
from payments.models import Payment, Printing
from payments.printing import print_receipt
from payments.refusals import KeyGivenUp
from payments.taking import take_payment
from tests.factories import CustomerFactory, order, pay
from tills.models import Transaction


def test_a_late_arrival_is_refused(alice: Operator) -> None:
    wanted = order(CustomerFactory.create())
    assert give_up(operator=alice, key=wanted.key) is None
    assert is_given_up(operator=alice, key=wanted.key)
    with pytest.raises(KeyGivenUp):
        take_payment(operator=alice, order=wanted)
    assert not Transaction.objects.exists()


def test_giving_up_what_was_taken_leads_to_its_receipt(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    assert give_up(operator=alice, key=payment.key) == payment
    assert not is_given_up(operator=alice, key=payment.key)


def test_giving_up_twice_is_giving_up_once(alice: Operator) -> None:
    key = order(CustomerFactory.create()).key
    assert give_up(operator=alice, key=key) is give_up(operator=alice, key=key) is None


def test_nobody_gives_up_a_colleagues_form(alice: Operator, bob: Operator) -> None:
    wanted = order(CustomerFactory.create())
    give_up(operator=bob, key=wanted.key)
    assert take_payment(operator=alice, order=wanted).key == wanted.key


def test_the_first_paper_is_the_original_and_the_second_copy_two(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    assert [print_receipt(operator=alice, key=payment.key).number for _ in range(3)] == [1, 2, 3]


def test_nobody_prints_a_receipt_outside_the_scope(alice: Operator, charlie: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())
    with pytest.raises(Payment.DoesNotExist):
        print_receipt(operator=charlie, key=payment.key)
    assert not Printing.objects.exists()
