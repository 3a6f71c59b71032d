"""The history: whose lines are shown, what they sum to, on paper, and at what cost."""

from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Operator, Reseller
from payments.models import Reversal
from payments.moving import move_payment
from payments.reversing import reverse_payment
from tests.desk.rows import ADDRESS, number, numbers, page, totals, without
from tests.factories import CustomerFactory, OperatorFactory, card, cash, give_room, pay
from tests.people import grant, signed_in
from tills.models import Transaction

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
