"""Each factory builds one valid object; a test names only what it is about."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Operator, Reseller
from customers.models import Customer, Invoice
from payments.models import Payment
from payments.taking import Order, take_payment
from tills.days import today
from tills.models import PaymentMethod, Till

PASSWORD = "a long word for tests"


class ResellerFactory(DjangoModelFactory[Reseller]):
    """A reseller that is switched on."""

    class Meta:
        model = Reseller

    name = factory.Sequence(lambda n: f"Reseller {n}")
    code = factory.Sequence(lambda n: f"r{n}")


class OperatorFactory(DjangoModelFactory[Operator]):
    """Somebody who may use the desk and has no right beyond it."""

    class Meta:
        model = Operator
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"operator{n}")
    name = factory.Sequence(lambda n: f"Operator {n}")
    cashdesk_access = True

    @classmethod
    def _create(cls, model_class: type[Operator], *args: Any, **kwargs: Any) -> Operator:
        password = kwargs.pop("password", PASSWORD)
        return Operator.objects.create_user(kwargs.pop("username"), password=password, **kwargs)


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer who owes nothing; search does not know them (projecting.py writes the words of real ones)."""

    class Meta:
        model = Customer

    external_id = factory.Sequence(lambda n: f"{1000 + n}")
    login = factory.Sequence(lambda n: f"customer{n}")
    name = factory.Sequence(lambda n: f"Customer {n}")
    balance = Decimal(0)
    as_of = factory.LazyFunction(timezone.now)


class InvoiceFactory(DjangoModelFactory[Invoice]):
    """An unpaid invoice of 60.00, due in a week."""

    class Meta:
        model = Invoice

    customer = factory.SubFactory(CustomerFactory)
    kind = Invoice.Kind.INVOICE
    number = factory.Sequence(lambda n: f"INV-{n:05d}")
    external_id = factory.SelfAttribute("number")
    issued_on = factory.LazyFunction(lambda: today() - timedelta(days=7))
    due_on = factory.LazyFunction(lambda: today() + timedelta(days=7))
    total = Decimal("60.00")
    due = factory.SelfAttribute("total")


def give_room(reseller: Reseller, limit: str = "10000.00") -> Till:
    """Return the reseller's till with room to take cash: by default a reseller pays in first."""
    return Till.objects.create(code=f"R{reseller.pk}", reseller=reseller, limit=Decimal(limit))


def cash() -> PaymentMethod:
    """Return the method that exists from the start: cash in the drawer."""
    return PaymentMethod.objects.get(name="Cash")


def card() -> PaymentMethod:
    """Return a method whose money does not stay with the operator."""
    return PaymentMethod.objects.get(name="Card")


def order(customer: Customer, amount: str = "60.00", **changes: Any) -> Order:
    """Return what an operator asks to be taken from this customer, in cash with a new key."""
    changes.setdefault("key", uuid4())
    if "method_id" not in changes:
        changes["method_id"] = cash().pk
    return Order(customer_id=customer.pk, amount=Decimal(amount), **changes)


def pay(operator: Operator, customer: Customer, amount: str = "60.00", **changes: Any) -> Payment:
    """Take a payment as the desk does and return it."""
    return take_payment(operator=operator, order=order(customer, amount, **changes))
