"""The till's journal in worked examples: what each kind of money does to the balance and to the drawer."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.models import Operator, Reseller
from customers.models import Customer
from payments.models import Payment, Reversal
from payments.refusals import PaymentRefused, TillLimitReached
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, OperatorFactory, card, cash, give_room, pay
from tills import journal
from tills.holders import find_till, lock_till
from tills.models import PaymentMethod, Till, Transaction


@pytest.fixture
def jan(house: None) -> Customer:
    return CustomerFactory.create(name="Jan Novák")


def by(name: str) -> dict[str, object]:
    """Return the method of this name for an order, with a reference."""
    return {"method_id": PaymentMethod.objects.get(name=name).pk, "reference": "17"}


def book(operator: Operator) -> list[str]:
    """Return the journal of the operator's till as a bookkeeper writes it: oldest line first."""
    till = find_till(operator)
    assert till
    return [
        f"{line.number} {line.kind} {line.amount}: {line.balance_before} {line.effect:+} = {line.balance_after},"
        f" drawer {line.cash:+}"
        for line in Transaction.objects.filter(till=till).order_by("number")
    ]


def drawer(operator: Operator) -> Decimal:
    """Return the cash that should lie in the drawer."""
    found = Transaction.objects.filter(till=find_till(operator)).aggregate(cash=Sum("cash"))["cash"]
    return Decimal(found or 0)


def balance(operator: Operator) -> Decimal:
    till = find_till(operator)
    return journal.balance_of(till) if till else Decimal(0)


def test_a_cashiers_morning(alice: Operator, jan: Customer) -> None:
    """Cash and a cheque stay with Alice, what the card terminal and the bank take does not."""
    pay(alice, jan, "100.00")
    pay(alice, jan, "40.00", **by("Cheque"))
    pay(alice, jan, "25.50", **by("Card"))
    pay(alice, jan, "10.00", **by("Bank transfer"))
    pay(alice, jan, "0.01")

    assert book(alice) == [
        "1 payment 100.0000: 0.0000 -100.0000 = -100.0000, drawer +100.0000",
        "2 payment 40.0000: -100.0000 -40.0000 = -140.0000, drawer +0.0000",
        "3 payment 25.5000: -140.0000 +0.0000 = -140.0000, drawer +0.0000",
        "4 payment 10.0000: -140.0000 +0.0000 = -140.0000, drawer +0.0000",
        "5 payment 0.0100: -140.0000 -0.0100 = -140.0100, drawer +0.0100",
    ]
    assert drawer(alice) == Decimal("100.01")


def test_a_reversal_undoes_what_its_payment_did_and_both_lines_stay(alice: Operator, jan: Customer) -> None:
    wrong = pay(alice, jan, "100.00")
    pay(alice, jan, "5.00")
    reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)

    assert book(alice) == [
        "1 payment 100.0000: 0.0000 -100.0000 = -100.0000, drawer +100.0000",
        "2 payment 5.0000: -100.0000 -5.0000 = -105.0000, drawer +5.0000",
        "3 reversal 100.0000: -105.0000 +100.0000 = -5.0000, drawer -100.0000",
    ]
    assert drawer(alice) == Decimal("5.00")


def test_a_method_the_administrator_adds_does_what_its_switches_say(alice: Operator, jan: Customer) -> None:
    voucher = PaymentMethod.objects.create(name="Voucher", stays_with_operator=True)
    kept = PaymentMethod.objects.create(name="Foreign notes", stays_with_operator=True, in_drawer=True)
    pay(alice, jan, "7.00", method_id=voucher.pk)
    pay(alice, jan, "3.00", method_id=kept.pk)

    assert balance(alice) == Decimal("-10.00")
    assert drawer(alice) == Decimal("3.00")


def test_numbers_have_no_gap_where_a_payment_was_refused(alice: Operator, jan: Customer) -> None:
    pay(alice, jan, "1.00")
    for amount in ("0.00", "999999999.00"):
        with pytest.raises(PaymentRefused):
            pay(alice, jan, amount)
    pay(alice, jan, "1.00")

    assert list(Transaction.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert Payment.objects.count() == 2


def test_each_till_has_its_own_numbers_and_says_whose_in_the_document_number(
    alice: Operator, bob: Operator, jan: Customer
) -> None:
    lines = [pay(who, jan, "1.00").transaction for who in (alice, bob, alice, bob)]

    assert [line.number for line in lines] == [1, 1, 2, 2]
    codes = [find_till(who).code for who in (alice, bob)]  # type: ignore[union-attr]
    assert [line.document_number for line in lines] == [
        f"{codes[0]}-000001",
        f"{codes[1]}-000001",
        f"{codes[0]}-000002",
        f"{codes[1]}-000002",
    ]
    assert codes[0] != codes[1]


def test_all_operators_of_a_reseller_share_one_till_and_one_series(charlie: Operator, north: Reseller) -> None:
    give_room(north, "100.00")
    dora = OperatorFactory.create(reseller=north)
    customer = CustomerFactory.create(reseller=north)
    pay(charlie, customer, "10.00")
    pay(dora, customer, "20.00")

    assert find_till(charlie) == find_till(dora)
    assert book(dora) == [
        "1 payment 10.0000: 0.0000 -10.0000 = -10.0000, drawer +10.0000",
        "2 payment 20.0000: -10.0000 -20.0000 = -30.0000, drawer +20.0000",
    ]
    assert set(Transaction.objects.values_list("reseller", flat=True)) == {north.pk}


def test_a_line_says_the_tills_reseller_and_none_for_an_operators_own(alice: Operator, north: Reseller) -> None:
    pay(alice, CustomerFactory.create(reseller=north))

    assert Transaction.objects.get().reseller_id is None


# --- How much may be taken -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "stands_at", "room"),
    [
        (None, "0.00", None),
        (None, "-1000000.00", None),
        ("0.00", "0.00", "0.00"),  # pays in first
        ("0.00", "50.00", "50.00"),
        ("0.00", "-50.00", "0.00"),
        ("100.00", "0.00", "100.00"),
        ("100.00", "-99.99", "0.01"),
        ("100.00", "-100.00", "0.00"),
        ("100.00", "-150.00", "0.00"),  # the limit was lowered later: never below zero
        ("100.00", "30.00", "130.00"),
    ],
)
def test_room_is_the_limit_and_what_was_paid_in(limit: str | None, stands_at: str, room: str | None) -> None:
    till = Till(code="T", limit=Decimal(limit) if limit else None)

    assert journal.room_of(till, Decimal(stands_at)) == (Decimal(room) if room else None)


def test_the_limit_can_be_used_up_to_the_last_cent_and_no_further(charlie: Operator, north: Reseller) -> None:
    give_room(north, "100.00")
    customer = CustomerFactory.create(reseller=north)
    pay(charlie, customer, "99.99")
    pay(charlie, customer, "0.01")

    with pytest.raises(TillLimitReached, match=r"€0\.00"):
        pay(charlie, customer, "0.01")
    assert balance(charlie) == Decimal("-100.00")
    assert Transaction.objects.count() == 2


def test_a_refusal_says_how_much_may_still_be_taken(charlie: Operator, north: Reseller) -> None:
    give_room(north, "100.00")
    customer = CustomerFactory.create(reseller=north)
    pay(charlie, customer, "70.00")

    with pytest.raises(TillLimitReached, match=r"€30\.00"):
        pay(charlie, customer, "30.01")
    assert Transaction.objects.count() == Payment.objects.count() == 1


def test_what_does_not_stay_with_the_operator_needs_no_room(charlie: Operator, north: Reseller) -> None:
    give_room(north, "0.00")
    pay(charlie, CustomerFactory.create(reseller=north), "500.00", method_id=card().pk)

    assert balance(charlie) == 0


def test_a_reseller_pays_in_first_and_an_operator_has_no_limit(
    alice: Operator, charlie: Operator, north: Reseller, jan: Customer
) -> None:
    pay(alice, jan, "50000.00")
    with pytest.raises(TillLimitReached):
        pay(charlie, CustomerFactory.create(reseller=north), "0.01")

    assert Till.objects.get(operator=alice).limit is None
    assert not Transaction.objects.exclude(operator=alice).exists()


def test_a_till_that_is_switched_off_takes_nothing(alice: Operator, jan: Customer) -> None:
    pay(alice, jan)
    Till.objects.update(is_active=False)

    with pytest.raises(TillLimitReached):
        pay(alice, jan)
    assert Transaction.objects.count() == 1


# --- The door ------------------------------------------------------------------------------------------------------


def entry(operator: Operator, customer: Customer, **changes: object) -> journal.Entry:
    fields = {
        "kind": Transaction.Kind.PAYMENT,
        "operator": operator,
        "customer": customer,
        "method": cash(),
        "amount": Decimal(10),
        "effect": Decimal(-10),
        "cash": Decimal(10),
    }
    return journal.Entry(**{**fields, **changes})  # type: ignore[arg-type]  # a test's own fields


@pytest.mark.usefixtures("committed_db")
def test_nothing_is_written_and_nothing_locked_outside_a_transaction(alice: Operator, jan: Customer) -> None:
    till = Till.objects.create(code="T", operator=alice)

    with pytest.raises(transaction.TransactionManagementError):
        journal.write(till=till, last=None, entry=entry(alice, jan), details={})
    assert not Transaction.objects.exists()


def test_a_line_written_after_a_head_that_is_not_the_last_is_refused(alice: Operator, jan: Customer) -> None:
    """What happens when somebody reads the head before the lock, and another line comes in between."""
    with transaction.atomic():
        till = lock_till(alice)
        stale = journal.head(till)
        journal.write(till=till, last=stale, entry=entry(alice, jan), details={})
        with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
            journal.write(till=till, last=stale, entry=entry(alice, jan), details={})

    assert Transaction.objects.count() == 1
