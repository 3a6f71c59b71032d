"""Deposits in worked examples: created, drawn down by payments, refilled, withdrawn and closed."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import ObjectDoesNotExist

from accounts.models import Operator, Reseller
from payments.models import Reversal
from payments.refusals import TillLimitReached
from payments.reversing import reverse_payment
from payments.taking import take_payment
from payments.verifying import Asked, verify_books
from tests.factories import CustomerFactory, ResellerFactory, order, pay
from tests.people import grant
from tests.shifts.desk import balance, book, cash_of, closed, counted, opened
from tills.deposits import close_deposit, create_deposit, has_deposit, refill_deposit, withdraw_deposit
from tills.models import Till, Transaction, UsedForm
from tills.refusals import AmountNotMoved, DepositRefused, FormTaken, FormUsedOtherwise

D = Decimal


@pytest.fixture
def dora(house: None, bob: Operator) -> Operator:
    """Bob, who manages the deposits of the house."""
    return grant(bob, "tills.manage_deposits")


def create(operator: Operator, holder: Operator | Reseller, amount: str = "1000.00", **more: object) -> Transaction:
    facts = {"comment": "", "key": uuid4()} | more
    return create_deposit(operator=operator, holder=holder, amount=D(amount), **facts)  # type: ignore[arg-type]


def test_a_resellers_deposit_from_the_first_day_to_the_last(dora: Operator, charlie: Operator, north: Reseller) -> None:
    """1050.00 is paid in, 735.00 collected, 500.00 added, 15.00 taken back, and the rest when they part."""
    till_id = create(dora, north, "1050.00", comment="first").till_id
    pay(charlie, CustomerFactory.create(reseller=north), "735.00")
    refill_deposit(operator=dora, till_id=till_id, amount=D(500), comment="by bank", key=uuid4())
    withdraw_deposit(operator=dora, till_id=till_id, amount=D(15), comment="", key=uuid4())
    close_deposit(operator=dora, till_id=till_id, comment="parted", key=uuid4())

    assert book(Till.objects.get(pk=till_id)) == [
        "1 deposit +1050.0000 = 1050.0000, drawer +0.0000",
        "2 payment -735.0000 = 315.0000, drawer +735.0000",
        "3 refill +500.0000 = 815.0000, drawer +0.0000",
        "4 withdrawal -15.0000 = 800.0000, drawer +0.0000",
        "5 closing -800.0000 = 0.0000, drawer +0.0000",
    ]
    assert verify_books(Asked()).faults == []


def test_beyond_the_deposit_nothing_is_taken_and_a_reversal_gives_it_back(
    dora: Operator, charlie: Operator, north: Reseller
) -> None:
    till = create(dora, north, "100.00").till
    customer = CustomerFactory.create(reseller=north)
    payment = pay(charlie, customer, "70.00")

    with pytest.raises(TillLimitReached, match=r"Your till can take €30\.00 more\. Ask your administrator"):
        take_payment(operator=charlie, order=order(customer, "30.01"))
    reverse_payment(operator=charlie, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)

    assert balance(till) == 100
    assert pay(charlie, customer, "100.00").transaction.balance_after == 0


def test_the_same_form_moves_the_money_once(dora: Operator, north: Reseller) -> None:
    key = uuid4()
    first, second = (create(dora, north, "50.00", key=key) for _ in range(2))
    assert first == second
    assert Transaction.objects.count() == UsedForm.objects.count() == 1


@pytest.mark.parametrize("other", [{"amount": "50.01"}, {"comment": "other"}])
def test_the_same_form_with_other_content_is_refused(dora: Operator, north: Reseller, other: dict[str, str]) -> None:
    key = uuid4()
    create(dora, north, "50.00", key=key)
    with pytest.raises(FormUsedOtherwise):
        create(dora, north, **{"amount": "50.00", "key": key} | other)  # type: ignore[arg-type]
    assert Transaction.objects.count() == 1


def test_somebody_elses_key_says_nothing_about_its_form(dora: Operator, alice: Operator, north: Reseller) -> None:
    key = uuid4()
    create(dora, north, key=key)
    other = grant(alice, "tills.manage_deposits")
    with pytest.raises(FormTaken):
        create(other, north, key=key)
    assert Transaction.objects.count() == 1


def test_there_is_one_deposit_at_a_time(dora: Operator, alice: Operator) -> None:
    till_id = create(dora, alice).till_id
    with pytest.raises(DepositRefused, match="There is a deposit already"):
        create(dora, alice)
    close_deposit(operator=dora, till_id=till_id, comment="", key=uuid4())
    for act in (refill_deposit, withdraw_deposit):
        with pytest.raises(DepositRefused, match=r"There is no deposit\. Create one first"):
            act(operator=dora, till_id=till_id, amount=D(1), comment="", key=uuid4())
    assert create(dora, alice, "5.00").balance_after == 5


def test_what_comes_back_after_the_close_is_taken_out_also_of_a_till_that_is_switched_off(
    dora: Operator, charlie: Operator, north: Reseller
) -> None:
    """They part, a payment of 40 is reversed afterwards, and the 40 are North's."""
    chief = grant(charlie, "payments.reverse_payment")
    till = create(dora, north, "100.00").till
    payment = pay(charlie, CustomerFactory.create(reseller=north), "40.00")
    close_deposit(operator=dora, till_id=till.pk, comment="parted", key=uuid4())
    reverse_payment(operator=chief, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    Till.objects.update(is_active=False)

    withdraw_deposit(operator=dora, till_id=till.pk, amount=D(15), comment="", key=uuid4())
    assert not has_deposit(till)
    with pytest.raises(DepositRefused, match="There is no deposit"):
        refill_deposit(operator=dora, till_id=till.pk, amount=D(1), comment="", key=uuid4())
    close_deposit(operator=dora, till_id=till.pk, comment="the rest", key=uuid4())

    ended = Transaction.objects.filter(number__gt=3).order_by("number").values_list("kind", "effect", "balance_after")
    assert list(ended) == [("reversal", D(40), D(40)), ("withdrawal", D(-15), D(25)), ("closing", D(-25), D(0))]
    assert verify_books(Asked()).faults == []


def test_a_float_brought_back_after_the_deposit_was_closed_is_taken_out(dora: Operator, alice: Operator) -> None:
    till = create(dora, alice, "200.00").till
    shift = opened(grant(dora, "tills.supervise_tills"), alice)
    close_deposit(operator=dora, till_id=till.pk, comment="", key=uuid4())
    closed(alice, counted(alice, shift, cash_of("100")))
    assert balance(till) == 100
    close_deposit(operator=dora, till_id=till.pk, comment="", key=uuid4())
    assert balance(till) == 0
    assert create(dora, alice, "5.00").balance_after == 5


def test_no_more_is_withdrawn_than_is_left(dora: Operator, alice: Operator) -> None:
    till_id = create(dora, alice, "100.00").till_id
    pay(alice, CustomerFactory.create(), "70.00")
    with pytest.raises(AmountNotMoved, match=r"At most €30\.00 can be withdrawn"):
        withdraw_deposit(operator=dora, till_id=till_id, amount=D("30.01"), comment="", key=uuid4())
    assert Transaction.objects.count() == 2


def test_nothing_is_taken_off_an_exhausted_deposit(dora: Operator, alice: Operator) -> None:
    till_id = create(dora, alice, "70.00").till_id
    pay(alice, CustomerFactory.create(), "80.00")
    with pytest.raises(DepositRefused, match="Nothing is left"):
        close_deposit(operator=dora, till_id=till_id, comment="", key=uuid4())
    assert Transaction.objects.count() == 2


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "100000000000", "NaN"])
def test_an_amount_that_cannot_be_moved_is_refused(dora: Operator, alice: Operator, amount: str) -> None:
    with pytest.raises(AmountNotMoved):
        create(dora, alice, amount)
    assert not Transaction.objects.exists()


def test_without_the_right_nothing_is_moved(alice: Operator, bob: Operator) -> None:
    with pytest.raises(PermissionDenied):
        create(bob, alice)
    assert not Transaction.objects.exists()
    assert not UsedForm.objects.exists()


def test_the_right_ends_at_the_own_reseller(charlie: Operator, alice: Operator, dora: Operator) -> None:
    """Charlie manages the deposits of North, and the rest of the house is not there for him."""
    manager = grant(charlie, "tills.manage_deposits")
    tills = [create(dora, alice).till_id, create(dora, ResellerFactory.create()).till_id]
    for holder in (alice, ResellerFactory.create()):
        with pytest.raises(ObjectDoesNotExist):
            create(manager, holder)
    for till_id in (*tills, 999):
        with pytest.raises(Till.DoesNotExist):
            refill_deposit(operator=manager, till_id=till_id, amount=D(1), comment="", key=uuid4())
    assert Transaction.objects.count() == 2


def test_somebody_who_works_for_a_reseller_has_no_deposit_of_their_own(dora: Operator, charlie: Operator) -> None:
    with pytest.raises(Operator.DoesNotExist):
        create(dora, charlie)
    assert not Till.objects.exists()
