"""The history's filters: days, method, words and document numbers."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator
from payments import history
from tests.desk.rows import ADDRESS, number, numbers, page, without
from tests.factories import CustomerFactory, card, pay
from tests.people import signed_in
from tills.days import today


def test_today_is_shown_where_the_address_names_no_day(alice: Operator) -> None:
    customer = CustomerFactory.create()
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        yesterday = pay(alice, customer)
    now = pay(alice, customer)
    client = signed_in(alice)

    assert numbers(page(client)) == [number(now)]
    assert numbers(page(client, since="", until="")) == [number(now), number(yesterday)]
    assert numbers(page(client, until=str(today() - timedelta(days=1)))) == [number(yesterday)]
    assert numbers(page(client, since=str(today() - timedelta(days=1)))) == [number(now), number(yesterday)]


def test_the_business_day_decides_and_not_the_clock(alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_DAY_STARTS = time(4)
    with time_machine.travel(datetime(2026, 3, 10, 2, 30, tzinfo=UTC), tick=False):
        late = pay(alice, CustomerFactory.create())
    client = signed_in(alice)

    assert numbers(page(client, since="2026-03-09", until="2026-03-09")) == [number(late)]
    assert numbers(page(client, since="2026-03-10", until="2026-03-10")) == []


def test_a_day_is_shown_only_where_there_may_be_several(alice: Operator) -> None:
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        pay(alice, CustomerFactory.create())
    client = signed_in(alice)

    one = page(client, since="2026-03-10", until="2026-03-10").select_one("tbody time")
    several = page(client, since="2026-03-01", until="2026-03-31").select_one("tbody time")

    assert one
    assert "Mar" not in one.get_text()
    assert several
    assert "Mar" in several.get_text()


def test_the_filter_by_method_shows_that_method(alice: Operator) -> None:
    customer = CustomerFactory.create()
    pay(alice, customer)
    by_card = pay(alice, customer, method_id=card().pk)

    assert numbers(page(signed_in(alice), method=card().pk)) == [number(by_card)]


@pytest.mark.parametrize(
    "text",
    ["novak", "NOVÁK", "jan nov", "nov jan", "obrien", "o'brien", "jn-17", "flat 3", "ШЕВЧЕНКО", "shevchenko", "ová"],
)
def test_words_are_found_in_name_login_and_comment_whatever_their_case_and_accents(alice: Operator, text: str) -> None:
    customer = CustomerFactory.create(name="Jan Nováková O'Brien", login="JN-17")
    wanted = pay(alice, customer, comment="for Flat 3, Шевченко")
    pay(alice, CustomerFactory.create(name="Somebody else", login="other"))

    assert numbers(page(signed_in(alice), q=text)) == [number(wanted)]


def test_every_word_must_be_found(alice: Operator) -> None:
    pay(alice, CustomerFactory.create(name="Jan Novák"))

    assert numbers(page(signed_in(alice), q="jan eva")) == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "' OR 1=1 --", "100%"])
def test_marks_of_the_query_language_are_letters_like_others(alice: Operator, text: str) -> None:
    pay(alice, CustomerFactory.create(name="Jan Novák", login="jan"))
    wanted = pay(alice, CustomerFactory.create(name="Jan Novák", login="jan"), comment=f"x{text}y")

    assert numbers(page(signed_in(alice), q=text)) == [number(wanted)]


def test_a_document_number_is_found_exactly_and_in_any_case(alice: Operator) -> None:
    customer = CustomerFactory.create()
    wanted = pay(alice, customer)
    pay(alice, customer, comment=f"instead of {number(wanted)}")
    client = signed_in(alice)

    assert numbers(page(client, q=number(wanted).lower())) == [number(wanted)]
    assert numbers(page(client, q=f" {number(wanted)} ")) == [number(wanted)]


def test_a_document_number_beyond_the_period_is_offered_in_all_days(alice: Operator) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        old = pay(alice, CustomerFactory.create())
    client = signed_in(alice)

    link = page(client, q=number(old)).select_one("section.panel a")

    assert link
    assert link.get_text() == "Look in all days"
    assert numbers(BeautifulSoup(client.get(str(link["href"])).content, "html.parser")) == [number(old)]


def test_a_foreign_document_number_answers_like_one_that_does_not_exist(alice: Operator, bob: Operator) -> None:
    theirs = number(pay(bob, CustomerFactory.create(name="Canary")))
    client = signed_in(alice)

    foreign = client.get(ADDRESS, {"q": theirs})
    missing = client.get(ADDRESS, {"q": "Q1-000009"})

    assert foreign.status_code == missing.status_code == 200
    assert without(foreign.content, theirs) == without(missing.content, "Q1-000009")
    assert b"Canary" not in foreign.content


def test_words_are_not_looked_for_in_more_lines_than_the_bound(
    alice: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "TEXT_LINES", 2)
    customer = CustomerFactory.create(name="Jan Novák")
    payments = [pay(alice, customer) for _ in range(3)]
    client = signed_in(alice)

    response = client.get(ADDRESS, {"q": "novak"})

    assert response.status_code == 422
    soup = BeautifulSoup(response.content, "html.parser")
    sentence = "There are too many payments in these days to look for words. Choose fewer days"
    assert [a.get_text() for a in soup.select(".error-summary a[href='#id_q']")] == [sentence]
    assert numbers(soup) == []
    assert numbers(page(client, q=number(payments[0]))) == [number(payments[0])]  # a number needs no words


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"method": "cash"}, "method"),
        ({"method": "987654321"}, "method"),
        ({"method": "9" * 40}, "method"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a\0b"}, "q"),
    ],
)
def test_a_filter_that_is_not_understood_shows_nothing_and_says_so_at_its_field(
    alice: Operator, filters: dict[str, str], field: str
) -> None:
    pay(alice, CustomerFactory.create())
    client = signed_in(alice)

    response = client.get(ADDRESS, filters)

    assert response.status_code == 422
    soup = BeautifulSoup(response.content, "html.parser")
    assert soup.title
    assert soup.title.get_text().startswith("Error: ")
    assert [link["href"] for link in soup.select(".error-summary a")] == [f"#id_{field}"]
    said = soup.select_one(f"#id_{field}_error")
    summary = soup.select_one(".error-summary a")
    assert said
    assert summary
    assert said.get_text(strip=True) == summary.get_text(strip=True)
    assert numbers(soup) == []
    assert client.get("/cashdesk/history.csv", filters).status_code == 422
