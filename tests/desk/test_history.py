"""The history: whose lines are shown, what the filters do, what they sum to, and paging by key."""

import re
from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator, Reseller
from payments import history
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, OperatorFactory, card, cash, give_room, pay
from tests.people import grant, signed_in
from tills.days import today
from tills.models import Transaction

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


# --- Whose ---------------------------------------------------------------------------------------------------------


def test_a_cashier_sees_the_own_payments_and_nobody_elses(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    own, _other = pay(alice, customer), pay(bob, customer)

    soup = page(signed_in(alice))

    assert numbers(soup) == [number(own)]
    assert "Operator" not in soup.select_one("form.filters").get_text()  # type: ignore[union-attr]


def test_a_supervisor_sees_everybodys_payments_and_whose_they_are(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    first, second = pay(alice, customer), pay(bob, customer)

    soup = page(signed_in(bob))

    assert numbers(soup) == [number(second), number(first)]
    assert [cell.get_text(strip=True) for cell in soup.select("td[data-label=Operator]")] == ["Bob", "Alice"]


def test_a_resellers_supervisor_sees_the_resellers_lines_only(
    alice: Operator, charlie: Operator, north: Reseller
) -> None:
    give_room(north)
    pay(alice, CustomerFactory.create())
    theirs = pay(charlie, CustomerFactory.create(reseller=north))
    dora = grant(OperatorFactory.create(username="dora", reseller=north), "payments.view_all_payments")

    soup = page(signed_in(dora))

    assert numbers(soup) == [number(theirs)]
    options = [option.get_text(strip=True) for option in soup.select("select[name=operator] option")]
    assert alice.get_full_name() not in options
    assert charlie.get_full_name() in options


def test_the_filter_by_operator_shows_theirs(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    hers, _his = pay(alice, customer), pay(bob, customer)

    assert numbers(page(signed_in(bob), operator=alice.pk)) == [number(hers)]


def test_an_operator_outside_the_scope_answers_like_one_that_does_not_exist(alice: Operator, north: Reseller) -> None:
    pay(alice, CustomerFactory.create())
    dora = grant(OperatorFactory.create(username="dora", reseller=north), "payments.view_all_payments")
    client = signed_in(dora)

    foreign = client.get(ADDRESS, {"operator": alice.pk})
    missing = client.get(ADDRESS, {"operator": 987654321})

    assert foreign.status_code == missing.status_code == 422
    assert without(foreign.content) == without(missing.content)
    assert numbers(BeautifulSoup(foreign.content, "html.parser")) == []


def test_without_the_right_the_operator_filter_is_ignored(alice: Operator, bob: Operator) -> None:
    customer = CustomerFactory.create()
    own, _other = pay(alice, customer), pay(bob, customer)

    assert numbers(page(signed_in(alice), operator=bob.pk)) == [number(own)]


def test_customer_and_login_are_shown_as_they_were_printed(alice: Operator) -> None:
    customer = CustomerFactory.create(name="Jan Novák", login="jnovak")
    pay(alice, customer)
    type(customer).objects.filter(pk=customer.pk).update(name="Renamed", login="renamed")

    text = page(signed_in(alice)).get_text()

    assert "Jan Novák" in text
    assert "jnovak" in text
    assert "enamed" not in text


# --- Which ---------------------------------------------------------------------------------------------------------


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


# --- What it sums to -----------------------------------------------------------------------------------------------


def test_totals_are_of_all_that_is_filtered_and_not_of_the_page(alice: Operator) -> None:
    customer = CustomerFactory.create()
    for _ in range(26):
        pay(alice, customer, "10.00")
    pay(alice, customer, "2.50", method_id=card().pk)

    soup = page(signed_in(alice))

    assert len(numbers(soup)) == 25
    assert totals(soup) == [
        "Cash · 26 payments €260.00",
        "Card · 1 payment €2.50",
        "Total · 27 payments €262.50",
    ]
    assert totals(page(signed_in(alice), method=card().pk)) == ["Card · 1 payment €2.50", "Total · 1 payment €2.50"]


def test_a_reversal_is_a_row_of_its_own_with_a_minus_under_the_payments_method(alice: Operator) -> None:
    customer = CustomerFactory.create(name="Jan Novák", login="jnovak")
    pay(alice, customer, "10.00")
    wrong = pay(alice, customer, "60.00", method_id=card().pk)
    undone = reverse_payment(operator=alice, key=wrong.key, reason=Reversal.Reason.WRONG_AMOUNT)

    soup = page(signed_in(alice))

    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in soup.select("tbody tr")]
    assert f"{undone.transaction.document_number} Reversal Jan Novák jnovak Card −€60.00" in rows[0]
    assert f"{number(wrong)} Reversed Jan Novák jnovak Card €60.00" in rows[1]
    assert totals(soup) == [
        "Cash · 1 payment €10.00",
        "Card · 1 payment, 1 reversal €0.00",
        "Total · 2 payments, 1 reversal €10.00",
    ]


def test_a_reversal_stands_in_the_lists_of_who_took_and_who_reversed(alice: Operator) -> None:
    dora = grant(OperatorFactory.create(username="dora"), "payments.view_all_payments", "payments.reverse_payment")
    wrong = pay(alice, CustomerFactory.create())
    undone = reverse_payment(operator=dora, key=wrong.key, reason=Reversal.Reason.WRONG_CUSTOMER)
    both = [undone.transaction.document_number, number(wrong)]

    assert numbers(page(signed_in(alice))) == both
    assert numbers(page(signed_in(dora), operator=alice.pk)) == both
    assert numbers(page(signed_in(dora), operator=dora.pk)) == both[:1]


@pytest.mark.parametrize("then", ["reversed", "moved on"])
def test_what_a_supervisor_undid_of_the_own_move_is_not_in_the_cashiers_history(alice: Operator, then: str) -> None:
    """The moved payment is the supervisor's; a cashier would read a stranger's name, and a day of less than nothing."""
    dora = grant(OperatorFactory.create(username="dora"), "payments.view_all_payments", "payments.reverse_payment")
    wrong = pay(alice, CustomerFactory.create(name="Jan Novák"))
    canary, other = CustomerFactory.create(name="Canary Name"), CustomerFactory.create()
    moved = move_payment(operator=dora, key=wrong.key, customer_id=canary.pk, new_key=uuid4())
    if then == "reversed":
        reverse_payment(operator=dora, key=moved.key, reason=Reversal.Reason.CHANGED_MIND)
    else:
        move_payment(operator=dora, key=moved.key, customer_id=other.pk, new_key=uuid4())

    soup = page(signed_in(alice))

    assert numbers(soup) == [Reversal.objects.get(payment=wrong).transaction.document_number, number(wrong)]
    assert "Canary" not in soup.get_text()
    assert totals(soup)[-1] == "Total · 1 payment, 1 reversal €0.00"
    assert "Canary" not in signed_in(alice).get("/cashdesk/till/").content.decode()


# --- Pages by key --------------------------------------------------------------------------------------------------


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


# --- On paper, and at what cost ------------------------------------------------------------------------------------


def test_paper_shows_all_rows_of_the_filter(alice: Operator) -> None:
    customer = CustomerFactory.create()
    for _ in range(30):
        pay(alice, customer, "1.00")

    soup = page(signed_in(alice), print=1)

    assert len(numbers(soup)) == 30
    assert soup.select("nav a[rel], form.filters") == []
    assert "Only the newest" not in soup.get_text()


def test_paper_says_so_when_it_does_not_hold_everything(alice: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashdesk.views.history.PRINTED", 3)
    customer = CustomerFactory.create()
    for _ in range(4):
        pay(alice, customer, "1.00")

    soup = page(signed_in(alice), print=1, method=cash().pk)

    assert len(numbers(soup)) == 3
    text = " ".join(soup.get_text().split())
    assert "Only the newest 3 of 4 payments are printed" in text
    assert "Method: Cash" in text
    assert totals(soup)[-1] == "Total · 4 payments €4.00"


def count_queries(client: Client, count: DjangoAssertNumQueries, **filters: str | int) -> int:
    with count(100) as counted:
        page(client, **filters)
    return len(counted.captured_queries)


@pytest.mark.parametrize("filters", [{}, {"q": "customer"}, {"print": 1}], ids=["all", "words", "paper"])
def test_one_row_costs_as_many_queries_as_twenty(
    bob: Operator, filters: dict[str, str | int], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(bob)
    pay(bob, CustomerFactory.create())
    one = count_queries(client, django_assert_max_num_queries, **filters)
    for _ in range(19):
        pay(bob, CustomerFactory.create())

    assert count_queries(client, django_assert_max_num_queries, **filters) == one


def test_the_list_itself_costs_at_most_five_queries(
    bob: Operator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        last = pay(bob, CustomerFactory.create())
    filters: dict[str, str | int] = {"q": "customer", "operator": bob.pk, "method": cash().pk}
    client = signed_in(bob)
    bar = 2  # the till and its last line
    person = 4  # session, operator, rights, rights by group
    with django_assert_max_num_queries(5 + bar + person):
        page(client, before=last.transaction_id, **filters)


def test_looking_writes_nothing(alice: Operator) -> None:
    page(signed_in(alice))

    assert not Transaction.objects.exists()
    assert not hasattr(Operator.objects.get(pk=alice.pk), "till")


@pytest.mark.parametrize("address", [ADDRESS, "/cashdesk/history.csv", "/cashdesk/till/"])
def test_only_reading_is_answered(alice: Operator, address: str) -> None:
    assert signed_in(alice).post(address).status_code == 405
