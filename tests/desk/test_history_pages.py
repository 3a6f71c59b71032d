"""The history's pages: by key, in both directions, with the filters kept."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from accounts.models import Operator
from tests.desk.rows import ADDRESS, number, numbers, page, without
from tests.factories import CustomerFactory, cash, pay
from tests.people import signed_in
from tills.days import today
from tills.models import Transaction


def walk(client: Client, soup: BeautifulSoup, rel: str) -> list[list[str]]:
    """Follow the links from page to page and return the numbers on each."""
    pages = [numbers(soup)]
    while link := soup.select_one(f"a[rel={rel}]"):
        soup = BeautifulSoup(client.get(str(link["href"])).content, "html.parser")
        pages.append(numbers(soup))
    return pages


def test_the_pages_hold_every_line_once_in_both_directions(alice: Operator) -> None:
    customer = CustomerFactory.create()
    taken = [number(pay(alice, customer, "1.00")) for _ in range(60)][::-1]
    client = signed_in(alice)

    down = walk(client, page(client), "next")
    last = page(client, before=Transaction.objects.get(number=11).pk)
    up = walk(client, last, "prev")

    assert down == [taken[:25], taken[25:50], taken[50:]]
    assert up == [taken[50:], taken[25:50], taken[:25]]


def test_the_links_end_where_the_lines_end_also_at_exactly_one_page(alice: Operator) -> None:
    customer = CustomerFactory.create()
    for _ in range(25):
        pay(alice, customer, "1.00")
    client = signed_in(alice)

    assert page(client).select("a[rel]:not([rel=stylesheet]):not([rel=icon])") == []

    pay(alice, customer, "1.00")
    assert [link.get_text() for link in page(client).select("nav a[rel]")] == ["Older"]


def test_links_keep_the_filters_and_spell_out_today(alice: Operator) -> None:
    for _ in range(26):
        pay(alice, CustomerFactory.create(name="Jan & Eva"), "1.00")
    link = page(signed_in(alice), q="jan &", method=cash().pk).select_one("a[rel=next]")

    assert link
    kept = parse_qs(urlsplit(str(link["href"])).query)
    oldest_shown = Transaction.objects.order_by("-pk")[24]
    assert kept == {
        "from": [str(today())],
        "to": [str(today())],
        "method": [str(cash().pk)],
        "q": ["jan &"],
        "before": [str(oldest_shown.pk)],
    }


def test_lines_are_sorted_by_business_day_even_after_the_clock_went_back(alice: Operator) -> None:
    customer = CustomerFactory.create()
    now = pay(alice, customer)
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        earlier = pay(alice, customer)
    client = signed_in(alice)

    assert numbers(page(client, since="", until="")) == [number(now), number(earlier)]
    assert numbers(page(client, since="", until="", before=now.transaction_id)) == [number(earlier)]
    assert numbers(page(client, since="", until="", after=earlier.transaction_id)) == [number(now)]


@pytest.mark.parametrize("key", ["before", "after"])
@pytest.mark.parametrize("value", ["987654321", "0", "-1", "abc", "1.5", "9" * 30, "", "١"])
def test_a_key_of_no_line_shows_no_line_and_the_way_back(alice: Operator, key: str, value: str) -> None:
    pay(alice, CustomerFactory.create())
    client = signed_in(alice)

    soup = page(client, **{key: value})

    assert numbers(soup) == []
    link = soup.select_one("section.panel p a")
    assert link
    assert len(numbers(BeautifulSoup(client.get(str(link["href"])).content, "html.parser"))) == 1


def test_the_key_of_a_foreign_line_answers_like_a_key_of_none(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    pay(alice, customer)
    theirs = pay(bob, customer)
    pay(alice, customer)
    client = signed_in(alice)

    for key in ("before", "after"):
        foreign, missing = (client.get(ADDRESS, {key: value}) for value in (theirs.transaction_id, 987654321))
        assert foreign.status_code == missing.status_code == 200
        assert without(foreign.content) == without(missing.content)
