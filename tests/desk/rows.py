"""The history's page as its reader sees it: the numbers, and what they sum to."""

import re

from bs4 import BeautifulSoup, Tag
from django.test import Client

from payments.models import Payment

ADDRESS = "/cashdesk/history/"


def page(client: Client, **filters: str | int) -> BeautifulSoup:
    """Return the history's page with these filters; `since` and `until` stand for from and to."""
    names = {"since": "from", "until": "to"}
    response = client.get(ADDRESS, {names.get(name, name): value for name, value in filters.items()})
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def numbers(soup: BeautifulSoup | Tag) -> list[str]:
    """Return the document numbers in the order shown."""
    return [link.get_text(strip=True) for link in soup.select("tbody a.row-link")]


def without(content: bytes, *asked: str) -> str:
    """Return an answer's text without the form tokens, which differ each time, and without what was asked for."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode())
    for value in asked:
        text = text.replace(value, "…")
    return text


def number(payment: Payment) -> str:
    return payment.transaction.document_number


def totals(soup: BeautifulSoup) -> list[str]:
    return [" ".join(entry.get_text(" ", strip=True).split()) for entry in soup.select("dl.totals > div")]
