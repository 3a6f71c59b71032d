"""The search page: one box, three meanings; exact hits open the card, typing never does."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Reseller
from customers.models import Customer
from payments.balances import open_documents, shown_balance
from payments.standings import standings
from tests.customers.stated import customer, document, stated, write
from tests.desk.pages import page, words
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, pay
from tests.people import signed_in

SEARCH = "/cashdesk/"
TYPING = {"HX-Request": "true"}


@pytest.fixture
def novak(db: None) -> Customer:
    write(stated("1042", "Jan Novák", document("INV-2026-101"), login="jnovak", balance="-60"))
    return customer("1042")


def test_the_box_says_what_it_understands_and_is_a_plain_form(alice: Operator) -> None:
    form = page(signed_in(alice), SEARCH).select_one("form[role=search]")
    assert form is not None
    assert words(form.label) == "Name, login or invoice number"
    assert (form["method"], form["action"]) == ("get", SEARCH)
    assert form.select_one("input[name=q]") is not None


def test_a_part_of_a_name_finds_rows_that_are_links(alice: Operator, novak: Customer) -> None:
    soup = page(signed_in(alice), f"{SEARCH}?q=nova")
    row = soup.select_one("#results a.hit")
    assert row is not None
    assert row["href"] == f"/cashdesk/customers/{novak.pk}/"
    assert words(row) == "Jan Novák jnovak Owes €60.00 1 unpaid"
    assert words(soup.select_one("[role=status]")) == "1 customer"


@pytest.mark.parametrize(
    "text", ["jnovak", "INV-2026-101", "inv 2026 101", "1042", "https://desk.example/i/INV-2026-101"]
)
def test_enter_with_the_only_exact_hit_opens_the_card(alice: Operator, novak: Customer, text: str) -> None:
    answer = signed_in(alice).get(SEARCH, {"q": text})
    assert answer.status_code == 302
    assert answer["Location"] == f"/cashdesk/customers/{novak.pk}/"


def test_typing_never_opens_a_card(alice: Operator, novak: Customer) -> None:
    answer = signed_in(alice).get(SEARCH, {"q": "jnovak"}, headers=TYPING)
    assert answer.status_code == 200
    assert b"Jan Nov" in answer.content
    assert "HX-Redirect" not in answer
    assert answer["HX-Replace-Url"] == "/cashdesk/?q=jnovak&show=list"


def test_back_from_the_card_shows_the_list_again(alice: Operator, novak: Customer) -> None:
    soup = page(signed_in(alice), f"{SEARCH}?q=jnovak&show=list")
    assert soup.select_one("a.hit") is not None


def test_a_fragment_is_for_htmx_alone_and_caches_know_it(alice: Operator, novak: Customer) -> None:
    client = signed_in(alice)
    whole, fragment = client.get(f"{SEARCH}?q=nova"), client.get(f"{SEARCH}?q=nova", headers=TYPING)
    assert b"<html" in whole.content
    assert b"<html" not in fragment.content
    assert "HX-Request" in whole["Vary"]
    assert "HX-Request" in fragment["Vary"]


def test_history_restored_by_htmx_is_a_whole_page(alice: Operator, novak: Customer) -> None:
    answer = signed_in(alice).get(f"{SEARCH}?q=nova", headers={**TYPING, "HX-History-Restore-Request": "true"})
    assert b"<html" in answer.content


def test_one_letter_is_not_searched_while_typing_but_one_digit_is(alice: Operator, novak: Customer) -> None:
    client = signed_in(alice)
    assert b"hit-name" not in client.get(SEARCH, {"q": "n"}, headers=TYPING).content
    assert b"hit-name" in client.get(SEARCH, {"q": "n"}).content
    write(stated("7", "Seven"))
    assert b"Seven" in client.get(SEARCH, {"q": "7"}, headers=TYPING).content


def test_twenty_rows_and_a_sentence_when_more_match(alice: Operator) -> None:
    write(*[stated(f"{n}", f"Novak {n}") for n in range(1, 23)])
    soup = page(signed_in(alice), f"{SEARCH}?q=novak")
    assert len(soup.select("a.hit")) == 20
    assert words(soup.select_one("[role=status]")) == "20 shown, more match. Type more letters."


def test_nothing_found_repeats_what_was_searched_and_escapes_it(alice: Operator, novak: Customer) -> None:
    soup = page(signed_in(alice), f"{SEARCH}?q=%3Cb%3Ezzz")
    assert "Nobody matches “ <b>zzz ”" in words(soup.select_one("#results"))
    assert soup.select_one("#results b") is None
    assert soup.select_one("input[name=q]")["value"] == "<b>zzz"  # type: ignore[index]  # it is there


def test_customers_of_others_are_not_found_by_any_path(charlie: Operator, north: Reseller, novak: Customer) -> None:
    client = signed_in(charlie)
    for text in ("novak", "jnovak", "1042", "INV-2026-101", "zzz"):
        soup = page(client, f"{SEARCH}?q={text}")
        assert soup.select_one("a.hit") is None
        assert words(soup.select_one("[role=status]")) == "No customers"


def test_first_run_says_how_customers_come_in(alice: Operator) -> None:
    alice.is_staff = True
    alice.save()
    assert "manage.py import_billing" in words(page(signed_in(alice), SEARCH).select_one("#results"))


def test_first_run_sends_a_cashier_to_the_administrator(alice: Operator) -> None:
    shown = words(page(signed_in(alice), SEARCH).select_one("#results"))
    assert "There are no customers yet" in shown
    assert "import_billing" not in shown


def test_a_reseller_without_customers_learns_nothing_of_others(charlie: Operator, novak: Customer) -> None:
    assert "There are no customers yet" in words(page(signed_in(charlie), SEARCH).select_one("#results"))


def test_the_start_shows_who_was_served_today_and_what_was_taken(alice: Operator, bob: Operator) -> None:
    served = CustomerFactory.create_batch(6)
    for one in served:
        pay(alice, one, "10.00")
    pay(alice, served[0], "5.00")
    pay(bob, CustomerFactory.create(), "100.00")
    results = page(signed_in(alice), SEARCH).select_one("#results")
    assert results is not None
    names = [words(name) for name in results.select(".hit-name")]
    assert names == [one.name for one in (served[0], *reversed(served[2:]))]
    assert "€65.00" in words(results)
    assert "7 payments" in words(results)


def test_a_list_costs_the_same_for_one_row_and_for_twenty(alice: Operator) -> None:
    client = signed_in(alice)
    write(stated("1", "Novak one", document("A-1")))
    with CaptureQueriesContext(connection) as one:
        page(client, f"{SEARCH}?q=novak")
    write(*[stated(f"{n}", f"Novak {n}", document(f"A-{n}")) for n in range(2, 21)])
    with CaptureQueriesContext(connection) as twenty:
        page(client, f"{SEARCH}?q=novak")
    assert len(one) == len(twenty)


def test_a_search_asks_three_queries_of_its_own(alice: Operator, novak: Customer) -> None:
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as frame:
        page(client, "/cashdesk/keyboard/")
    with CaptureQueriesContext(connection) as searched:
        page(client, f"{SEARCH}?q=nova")
    with CaptureQueriesContext(connection) as begun:
        page(client, SEARCH)
    assert len(searched) - len(frame) <= 3
    assert len(begun) - len(frame) <= 3


def test_standings_say_what_the_cards_say(alice: Operator) -> None:
    people = CustomerFactory.create_batch(4, balance=Decimal("-90"))
    for one in people[:3]:
        InvoiceFactory.create(customer=one, due=Decimal("60"), due_on=date(2026, 1, 1))
        InvoiceFactory.create(customer=one, total=Decimal("30"), due=Decimal("30"), due_on=date(2026, 2, 1))
    pay(alice, people[0], "60.00")
    pay(alice, people[1], "20.00")
    pay(OperatorFactory.create(), people[3], "5.00")
    for standing in standings(people, alice):
        assert standing.balance == shown_balance(standing.customer)
        assert standing.unpaid == len(open_documents(standing.customer, alice))
    assert [standing.unpaid for standing in standings(people, alice)] == [1, 2, 2, 0]


@pytest.mark.parametrize("text", ["\0", "%00", "'", "a" * 100_000, "\ud800", "٣", "🙂", "-", "/i//"])
def test_no_text_breaks_the_search(alice: Operator, text: str) -> None:
    client = signed_in(alice)
    for headers in ({}, TYPING):
        query = "q=" + "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
        assert client.get(SEARCH, query_string=query, headers=headers).status_code in (200, 302, 400)
