"""The till page: balance, room, cash and journal; what a colleague's line may not show."""

from decimal import Decimal
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Operator, Reseller
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, OperatorFactory, card, give_room, pay
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, opened, till_with_shifts
from tests.shifts.desk import supervisor as shift_supervisor
from tills.closing import force_close, write_off_short
from tills.deposits import create_deposit
from tills.models import PaymentMethod, Till, Transaction

ADDRESS = "/cashdesk/till/"


def page(client: Client, address: str = ADDRESS) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def figures(soup: BeautifulSoup) -> dict[str, str]:
    """Return the till's figures by their names."""
    return {
        str(entry.dt.get_text(strip=True)): str(entry.dd.get_text(strip=True))
        for entry in soup.select("dl.totals > div")
        if entry.dt and entry.dd
    }


def lines(soup: BeautifulSoup) -> list[list[str]]:
    """Return the cells of each line without its time."""
    cells = ("Number", "Kind", "Customer", "Amount", "Before", "Effect", "After", "Comment")
    return [
        [cell.get_text(" ", strip=True) for name in cells for cell in row.select(f"[data-label='{name}']")]
        for row in soup.select("tbody tr")
    ]


def test_an_operators_unused_till_stands_at_zero_without_a_limit(alice: Operator) -> None:
    soup = page(signed_in(alice))

    assert figures(soup) == {"Balance": "€0.00", "May still be taken": "No limit"}
    assert "Nothing has been taken into this till yet." in soup.get_text()
    assert not Till.objects.exists()


def test_a_resellers_unused_till_has_no_room(charlie: Operator) -> None:
    assert figures(page(signed_in(charlie)))["May still be taken"] == "€0.00"
    assert not Till.objects.exists()


def test_the_journal_shows_what_each_line_did(alice: Operator) -> None:
    customer = CustomerFactory.create(name="Jan Novák")
    cheque = PaymentMethod.objects.get(name="Cheque")
    pay(alice, customer, "100.00", comment="first")
    pay(alice, customer, "30.00", method_id=cheque.pk, reference="17")
    pay(alice, customer, "5.00", method_id=card().pk)
    code = Till.objects.get().code

    soup = page(signed_in(alice))

    assert figures(soup) == {"Balance": "−€130.00", "May still be taken": "No limit"}
    assert lines(soup) == [
        [f"{code}-000003", "Payment", "Jan Novák", "€5.00", "−€130.00", "€0.00", "−€130.00", ""],
        [f"{code}-000002", "Payment", "Jan Novák", "€30.00", "−€100.00", "−€30.00", "−€130.00", ""],
        [f"{code}-000001", "Payment", "Jan Novák", "€100.00", "€0.00", "−€100.00", "−€100.00", "first"],
    ]


def test_the_cash_is_what_moved_since_the_drawer_was_empty_and_only_a_shift_says_so(
    alice: Operator, bob: Operator
) -> None:
    """100.00 before any shift; then a float of 20.00, 7.00 in cash and 3.00 by card."""
    customer = CustomerFactory.create()
    pay(alice, customer, "100.00")
    assert "Cash in the drawer" not in figures(page(signed_in(alice)))
    till_with_shifts(alice, blind=False)
    shift = opened(shift_supervisor(bob), alice, cash_of("20"))
    pay(alice, customer, "7.00")
    pay(alice, customer, "3.00", method_id=card().pk)
    assert figures(page(signed_in(alice)))["Cash in the drawer"] == "€27.00"
    closed(alice, counted(alice, shift, cash_of("27")))
    assert "Cash in the drawer" not in figures(page(signed_in(alice)))


def test_what_others_did_to_ones_own_till_stands_there_with_its_comment(alice: Operator, bob: Operator) -> None:
    """Nobody else works at it: the deposit and the count of the supervisor are no colleague's."""
    chief = grant(shift_supervisor(bob), "tills.manage_deposits")
    create_deposit(operator=chief, holder=alice, amount=Decimal(10), comment="by bank", key=uuid4())
    shift = opened(chief, alice, cash_of("20"))
    force_close(operator=chief, shift_id=shift.pk, counted=cash_of("15"), comment="went home", key=uuid4())
    write_off_short(operator=chief, line_id=Transaction.objects.get(kind="short").pk, comment="forgiven", key=uuid4())

    shown = [[kind, customer, comment] for _number, kind, customer, *_amounts, comment in lines(page(signed_in(alice)))]

    assert shown == [
        ["Short written off", "", "forgiven"], ["Cash to the safe", "", ""], ["Short", "", "went home"],
        ["Float received", "", ""], ["Deposit created", "", "by bank"],
    ]  # fmt: skip


def test_a_line_leads_to_its_receipt(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create())

    assert [link["href"] for link in page(signed_in(alice)).select("tbody a")] == [f"/cashdesk/payments/{payment.key}/"]


def test_a_reversal_stands_in_the_journal_and_gives_the_cash_back(alice: Operator) -> None:
    payment = pay(alice, CustomerFactory.create(name="Jan Novák"), "60.00")
    undone = reverse_payment(operator=alice, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)

    soup = page(signed_in(alice))

    assert figures(soup)["Balance"] == "€0.00"
    number = undone.transaction.document_number
    assert lines(soup)[0] == [number, "Reversal", "Jan Novák", "€60.00", "−€60.00", "€60.00", "€0.00", ""]
    assert {link["href"] for link in soup.select("tbody a")} == {f"/cashdesk/payments/{payment.key}/"}


def test_what_may_still_be_taken_is_the_limit_less_what_was_collected(charlie: Operator, north: Reseller) -> None:
    give_room(north, "100.00")
    pay(charlie, CustomerFactory.create(reseller=north), "70.00")

    assert figures(page(signed_in(charlie)))["May still be taken"] == "€30.00"


# --- A shared till -------------------------------------------------------------------------------------------------

CANARIES = ("Kanárek", "canarylogin", "canarycomment", "canaryreference")


@pytest.fixture
def dora(north: Reseller) -> Operator:
    """Charlie's colleague at the same till."""
    return OperatorFactory.create(username="dora", name="Dora", reseller=north)


@pytest.fixture
def key_of_charlies_payment(charlie: Operator, north: Reseller) -> str:
    """Charlie took a payment whose every word is a canary; this is the key of its receipt."""
    give_room(north)
    customer = CustomerFactory.create(name=CANARIES[0], login=CANARIES[1], reseller=north)
    return str(pay(charlie, customer, "60.00", comment=CANARIES[2], reference=CANARIES[3]).key)


def test_a_colleagues_line_shows_no_customer_no_comment_and_no_link(
    dora: Operator, key_of_charlies_payment: str, north: Reseller
) -> None:
    own = pay(dora, CustomerFactory.create(name="Own", reseller=north), "1.00", comment="mine")

    response = signed_in(dora).get(ADDRESS)

    text = response.content.decode()
    assert [word for word in (*CANARIES, key_of_charlies_payment) if word in text] == []
    code = Till.objects.get().code
    assert lines(BeautifulSoup(text, "html.parser")) == [
        [f"{code}-000002", "Payment", "Own", "€1.00", "−€60.00", "−€1.00", "−€61.00", "mine"],
        [f"{code}-000001", "Payment", "A colleague's", "€60.00", "€0.00", "−€60.00", "−€60.00", ""],
    ]
    assert [link["href"] for link in BeautifulSoup(text, "html.parser").select("tbody a")] == [
        f"/cashdesk/payments/{own.key}/"
    ]


def test_a_colleagues_words_are_not_even_in_what_the_template_is_given(
    dora: Operator, key_of_charlies_payment: str
) -> None:
    shown = signed_in(dora).get(ADDRESS).context["page"]

    assert [row.details for row in shown.rows] == [None]
    assert [word for word in (*CANARIES, key_of_charlies_payment) if word in repr(shown)] == []


def test_the_operator_who_took_it_sees_the_line_whole(charlie: Operator, key_of_charlies_payment: str) -> None:
    soup = page(signed_in(charlie))

    assert lines(soup)[0][2] == CANARIES[0]
    assert lines(soup)[0][-1] == CANARIES[2]
    assert [link["href"] for link in soup.select("tbody a")] == [f"/cashdesk/payments/{key_of_charlies_payment}/"]


def test_a_supervisor_in_scope_sees_colleagues_lines_whole(dora: Operator, key_of_charlies_payment: str) -> None:
    supervisor = grant(dora, "payments.view_all_payments")

    assert lines(page(signed_in(supervisor)))[0][2] == CANARIES[0]


def test_nobody_sees_another_till(alice: Operator, bob: Operator, key_of_charlies_payment: str) -> None:
    """Bob sees all payments in the history, and at his till still his own till."""
    for operator in (alice, bob):
        assert lines(page(signed_in(operator))) == []


# --- Pages by number -----------------------------------------------------------------------------------------------


def test_the_pages_hold_every_line_once_in_both_directions(alice: Operator) -> None:
    customer = CustomerFactory.create()
    for _ in range(51):
        pay(alice, customer, "1.00")
    client = signed_in(alice)

    pages = []
    for rel in ("next", "prev"):
        soup = page(client)
        if rel == "prev":
            soup = page(client, f"{ADDRESS}?before=2")
        while True:
            pages.append([int(line[0].split("-")[1]) for line in lines(soup)])
            link = soup.select_one(f"nav a[rel={rel}]")
            if link is None:
                break
            soup = page(client, ADDRESS + str(link["href"]))

    assert pages == [
        list(range(51, 26, -1)),
        list(range(26, 1, -1)),
        [1],
        [1],
        list(range(26, 1, -1)),
        list(range(51, 26, -1)),
    ]


@pytest.mark.parametrize("query", ["before=1", "after=1", "before=0", "before=abc", "after=abc", "after=" + "9" * 30])
def test_a_number_beyond_the_journal_shows_no_line_and_the_way_back(alice: Operator, query: str) -> None:
    pay(alice, CustomerFactory.create())

    soup = page(signed_in(alice), f"{ADDRESS}?{query}")

    assert lines(soup) == []
    assert ADDRESS in [link["href"] for link in soup.select("section.panel p a")]


def test_one_line_costs_as_many_queries_as_twenty(
    alice: Operator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(alice)
    counts = []
    for more in (1, 19):
        for _ in range(more):
            pay(alice, CustomerFactory.create())
        with django_assert_max_num_queries(20) as counted:
            page(client)
        counts.append(len(counted.captured_queries))

    assert counts[0] == counts[1]


def test_looking_writes_nothing(alice: Operator) -> None:
    pay(alice, CustomerFactory.create())
    before = list(Transaction.objects.values_list("digest", flat=True))
    Till.objects.update(limit=Decimal(5))

    page(signed_in(alice))

    assert list(Transaction.objects.values_list("digest", flat=True)) == before
    assert Till.objects.get().limit == 5
