"""Reading the desk's pages in tests, and sending its forms as a browser does."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponseBase
from django.test import Client

from customers.models import Customer
from tests.answers import body_of


def soup_of(answer: HttpResponseBase, status: int = 200) -> BeautifulSoup:
    """Return the page of an answer that must have this status."""
    assert answer.status_code == status, body_of(answer).decode()[:2000]
    return BeautifulSoup(body_of(answer), "html.parser")


def page(client: Client, address: str, **headers: str) -> BeautifulSoup:
    """Return the page at an address."""
    return soup_of(client.get(address, headers=headers))


def words(part: BeautifulSoup | Tag | None) -> str:
    """Return what can be read, with single spaces."""
    assert part is not None
    return " ".join(part.get_text(" ", strip=True).split())


def address_of(customer: Customer) -> str:
    """Return where the customer's card is."""
    return f"/cashdesk/customers/{customer.pk}/"


def filled_form(soup: BeautifulSoup, selector: str = "#payment-form") -> dict[str, Any]:
    """Return what a browser would send for a form as it stands on the page."""
    form = soup.select_one(selector)
    assert form is not None
    fields: dict[str, Any] = {}
    for box in [*form.select("input[name]"), *soup.select("input[form=payment-form]")]:
        kind, name = box.get("type"), str(box["name"])
        if kind in ("radio", "checkbox") and not box.has_attr("checked"):
            continue
        fields.setdefault(name, []).append(box.get("value", ""))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def card_form(client: Client, customer: Customer, **changes: Any) -> dict[str, Any]:
    """Return the fields of a newly opened card, with some of them changed."""
    return filled_form(page(client, address_of(customer))) | changes
