"""An administrator who saves the same pages of Django admin again and again, and the import that runs at night."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.db import models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.counting import draw
from customers.figures import CustomerFigures, DocumentFigures
from customers.models import Customer
from customers.projecting import write_customers
from tests.counter import values_of
from tests.factories import OperatorFactory

MANY = {"user_permissions"}  # lists of several, left as nothing is chosen in them


class Administrator:
    """Opens a page once and sends it again with one field changed, as somebody with two open tabs would."""

    def __init__(self, name: str) -> None:
        self.client = Client()
        self.client.force_login(OperatorFactory.create(username=name, is_staff=True, is_superuser=True))
        self.forms: dict[str, dict[str, str]] = {}

    def save(self, row: models.Model, **changes: object) -> int:
        """Save the row's page with these changes and return the answer's status: 302 when it was saved."""
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        if address not in self.forms:
            page = BeautifulSoup(self.client.get(address).content, "html.parser")
            (form,) = page.select("#content-main form")
            self.forms[address] = {name: value for name, value in values_of(form).items() if name not in MANY}
        sent = self.forms[address] | {name: str(value) for name, value in changes.items()}
        return self.client.post(address, sent).status_code


def import_again(customer: Customer, name: str) -> object:
    """Write what the billing system says of one customer: another name, the same figures."""
    with transaction.atomic():
        fetch = draw("fetch")
    documents = [
        DocumentFigures(i.kind, i.external_id, i.number, i.issued_on, i.due_on, i.total, i.due)
        for i in customer.invoices.all()
    ]
    stated = CustomerFigures(
        customer.external_id, customer.login, name, customer.company, customer.reseller_id, customer.balance, documents
    )
    return write_customers(figures=[stated], fetch=fetch, as_of=timezone.now(), after_write=lambda ids: None)
