"""What the tests of the live side look at: the balance on the screen, the parts and their states, the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.test import Client

from accounts.models import Operator
from billing.pulling import pull_customer
from customers.models import Customer
from payments.balances import open_documents, shown_balance
from payments.models import Delivery, Payment
from tests.live_billing.ledger import Ledger


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def pulled(ledger: Ledger, external_id: str) -> Customer:
    """Return a customer right after a pull of theirs."""
    pull_customer(ledger, external_id)
    return Customer.objects.get(external_id=external_id)


def balance(customer: Customer) -> Decimal:
    """Return the balance as a screen opened now would show it."""
    return shown_balance(Customer.objects.get(pk=customer.pk))


def dues(customer: Customer, operator: Operator) -> dict[str, Decimal]:
    """Return what a screen opened now would show as due, by the number of the document."""
    documents = open_documents(Customer.objects.get(pk=customer.pk), operator)
    return {document.invoice.number: document.due for document in documents}


def parts(payment: Payment) -> list[Delivery]:
    """Return what is told about a payment, in order."""
    return list(Delivery.objects.filter(allocation__payment=payment).order_by("pk"))


def states(payment: Payment) -> list[str]:
    """Return how far a payment's parts have come, in order; a reflected one with a plus."""
    return [f"{part.state}{'+' if part.reflected else ''}" for part in parts(payment)]


def text(client: Client, address: str) -> str:
    """Return the page at an address."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()
