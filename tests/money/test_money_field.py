"""Money in the database: exact, never a float, never NaN, and summed exactly."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F, Sum

from customers.models import Customer
from customers.money import MoneyField, format_amount, plain_amount, round_up
from tests.factories import CustomerFactory

D = Decimal


@pytest.mark.django_db
def test_ten_thousandths_come_back_exactly() -> None:
    for text in ("0", "-735.0000", "0.0001", "-0.0001", "900000000000000.0001"):
        customer = CustomerFactory.create(balance=D(text))
        assert Customer.objects.get(pk=customer.pk).balance == D(text)


@pytest.mark.django_db
def test_a_thousand_tenths_sum_to_a_hundred() -> None:
    CustomerFactory.create_batch(10, balance=D("0.1"))
    assert Customer.objects.aggregate(sum=Sum("balance"))["sum"] == D("1.0")
    doubled = Customer.objects.annotate(twice=F("balance") + F("balance")).values_list("twice", flat=True)
    assert set(doubled) == {D("0.2")}


@pytest.mark.django_db
def test_the_column_is_a_whole_number() -> None:
    CustomerFactory.create(balance=D("-12.3456"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance FROM customers_customer")
        assert cursor.fetchone() == (-123456,)


@pytest.mark.parametrize("value", [0.1, D("NaN"), D("Infinity"), D("0.00001"), "1.00001"])
def test_what_is_not_whole_ten_thousandths_cannot_be_stored(value: object) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        MoneyField().get_prep_value(value)


@pytest.mark.parametrize(
    ("amount", "up"), [("10.0001", "10.01"), ("10", "10.00"), ("0.0001", "0.01"), ("-10.0001", "-10.00")]
)
def test_money_is_rounded_up_to_the_unit(amount: str, up: str) -> None:
    assert round_up(D(amount)) == D(up)


@pytest.mark.parametrize(
    ("amount", "shown"), [("1234.5", "€1,234.50"), ("0", "€0.00"), ("-0", "€0.00"), ("0.005", "€0.005")]
)
def test_amounts_are_shown_with_their_currency(amount: str, shown: str) -> None:
    assert format_amount(D(amount)) == shown


@pytest.mark.parametrize(("amount", "plain"), [("1234.5", "1234.50"), ("100", "100.00"), ("0.0050", "0.005")])
def test_amounts_for_files_have_a_dot_and_no_group(amount: str, plain: str) -> None:
    assert plain_amount(D(amount)) == plain
