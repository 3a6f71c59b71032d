"""The pages of the deposits: who sees which tills, what each form does, the history with its filters and its file."""

from decimal import Decimal
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from pytest_django import DjangoAssertNumQueries

from accounts.models import Operator, Reseller
from payments.models import Reversal
from payments.reversing import reverse_payment
from tests.answers import body_of
from tests.desk.pages import filled_form, page, soup_of, words
from tests.factories import CustomerFactory, OperatorFactory, pay
from tests.people import grant, signed_in
from tills.deposits import create_deposit, refill_deposit
from tills.models import Kind, Till, Transaction

D = Decimal
LIST, NEW, HISTORY = "/cashdesk/deposits/", "/cashdesk/deposits/new/", "/cashdesk/deposits/history/"


@pytest.fixture
def dora(bob: Operator) -> Operator:
    return grant(bob, "tills.manage_deposits")


def create(operator: Operator, holder: Operator | Reseller, amount: str = "1000.00", comment: str = "") -> Till:
    line = create_deposit(operator=operator, holder=holder, amount=D(amount), comment=comment, key=uuid4())
    return line.till


def cells(client_page: str, *names: str) -> list[list[str]]:
    rows = BeautifulSoup(client_page, "html.parser").select("tbody tr")
    return [[words(row.select_one(f"[data-label='{name}']")) for name in names] for row in rows]


def test_a_deposit_for_somebody_without_a_till_is_created_refilled_withdrawn_and_closed(
    dora: Operator, alice: Operator
) -> None:
    client = signed_in(dora)
    form = filled_form(page(client, NEW), "main form")
    answer = client.post(NEW, form | {"holder": f"operator-{alice.pk}", "amount": "1050", "comment": "first"})
    line = Transaction.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/cashdesk/movements/{line.pk}/"
    assert "€1,050.00" in words(page(client, answer["Location"]).select_one(".receipt"))

    address = f"{LIST}{line.till_id}/"
    for act, amount in (("refill", "50"), ("withdraw", "100"), ("close", "")):
        fields = {"act": act, "key": str(uuid4()), "amount": amount, "comment": act}
        assert client.post(address, fields).status_code == 303
    kinds = Transaction.objects.order_by("number").values_list("kind", "balance_after")
    expected = [("deposit", D(1050)), ("refill", D(1100)), ("withdrawal", D(1000)), ("closing", D(0))]
    assert list(kinds) == expected


def test_the_same_form_sent_twice_leads_to_the_same_line(dora: Operator, alice: Operator) -> None:
    client = signed_in(dora)
    form = filled_form(page(client, NEW), "main form") | {"holder": f"operator-{alice.pk}", "amount": "5"}
    first, second = (client.post(NEW, form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Transaction.objects.count() == 1


def test_a_refusal_stands_at_its_field_and_writes_nothing(dora: Operator, alice: Operator) -> None:
    till = create(dora, alice, "100.00")
    fields = {"act": "withdraw", "key": str(uuid4()), "amount": "100.01"}
    soup = soup_of(signed_in(dora).post(f"{LIST}{till.pk}/", fields), 422)
    assert "At most €100.00 can be withdrawn" in words(soup.select_one(".error-summary"))
    assert soup.select_one("#withdraw_amount[aria-invalid]")
    assert Transaction.objects.count() == 1


def test_the_page_offers_what_can_be_done(dora: Operator, alice: Operator) -> None:
    till = create(dora, alice, "100.00")
    client, chief = signed_in(dora), grant(alice, "payments.reverse_payment")
    address = f"{LIST}{till.pk}/"

    def offered() -> list[str]:
        return [str(button["value"]) for button in page(client, address).select("main button[name=act]")]

    assert offered() == ["refill", "withdraw", "close"]
    payment = pay(chief, CustomerFactory.create(), "100.00")
    assert offered() == ["refill"]
    assert "Nothing is left of this deposit: there is nothing to take off" in words(page(client, address))
    refill_deposit(operator=dora, till_id=till.pk, amount=D(5), comment="", key=uuid4())
    assert client.post(address, {"act": "close", "key": uuid4(), "comment": ""}).status_code == 303
    assert offered() == ["create"]
    reverse_payment(operator=chief, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    assert offered() == ["create", "withdraw", "close"]
    assert "Take off €100.00" in words(page(client, address))
    assert cells(client.get(LIST).content.decode(), "Deposit") == [["None"]]
    assert client.post(address, {"act": "close", "key": uuid4(), "comment": ""}).status_code == 303
    assert offered() == ["create"]


def test_the_list_shows_every_till_in_scope(
    dora: Operator, alice: Operator, charlie: Operator, north: Reseller
) -> None:
    create(dora, alice, "100.00")
    create(dora, north, "70.00")
    pay(alice, CustomerFactory.create(), "30.00")
    Till.objects.create(code="SAFE")

    names = ("Holder", "Balance", "May still be taken")
    shown = cells(signed_in(dora).get(LIST).content.decode(), *names)
    assert shown == [["Alice", "€70.00", "No limit"], ["North", "€70.00", "€70.00"]]
    manager = grant(charlie, "tills.manage_deposits")
    assert cells(signed_in(manager).get(LIST).content.decode(), *names) == [["North", "€70.00", "€70.00"]]
    foreign = Till.objects.get(operator=alice).pk
    assert signed_in(manager).get(f"{LIST}{foreign}/").status_code == 404
    assert signed_in(manager).post(f"{LIST}{foreign}/", {"act": "refill"}).status_code == 404


def test_without_the_right_there_are_no_pages(bob: Operator, alice: Operator) -> None:
    till = Till.objects.create(code="T", operator=alice)
    for address in (LIST, NEW, HISTORY, f"{LIST}history.csv", f"{LIST}history.xlsx", f"{LIST}{till.pk}/"):
        assert signed_in(bob).get(address).status_code == 403
    assert signed_in(bob).post(f"{LIST}{till.pk}/", {"act": "refill", "key": uuid4(), "amount": 1}).status_code == 403
    assert "Deposits" not in signed_in(bob).get("/cashdesk/").content.decode()


def test_the_history_by_till_operator_words_and_period(dora: Operator, alice: Operator, north: Reseller) -> None:
    first, second = create(dora, alice, "10.00", "Über Žižkov"), create(dora, north, "20.00", "by bank")
    refill_deposit(operator=dora, till_id=first.pk, amount=D(3), comment="", key=uuid4())
    client = signed_in(dora)

    def found(**query: str | int) -> list[list[str]]:
        return cells(client.get(HISTORY, query).content.decode(), "Holder", "Operation", "Before", "After")

    created, refilled = (
        ["Alice", "Deposit created", "€0.00", "€10.00"],
        ["Alice", "Deposit refilled", "€10.00", "€13.00"],
    )
    norths = ["North", "Deposit created", "€0.00", "€20.00"]
    assert found() == [refilled, norths, created]
    assert found(till=second.pk) == [norths]
    assert found(q="zizkov") == [created]
    assert found(q=f"{first.code}-000002") == [refilled]
    assert found(operator=alice.pk) == []
    assert found(to="2020-01-01") == []
    assert client.get(HISTORY, {"from": "2026-02-31"}).status_code == 422


def test_the_file_holds_what_is_filtered(dora: Operator, alice: Operator, north: Reseller) -> None:
    create(dora, alice, "10.00", "=1+1")
    create(dora, north, "20.00")
    text = body_of(signed_in(dora).get(f"{LIST}history.csv", {"q": "alice"})).decode()
    lines = text.strip().splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(",Alice,Bob,10.00,10.00,0.00,10.00,'=1+1")


def test_twenty_tills_cost_as_many_queries_as_one(
    dora: Operator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, counts = signed_in(dora), []
    for more in (1, 19):
        for _ in range(more):
            create(dora, OperatorFactory.create())
        with django_assert_max_num_queries(30) as counted:
            assert client.get(LIST).status_code == client.get(HISTORY).status_code == 200
        counts.append(len(counted.captured_queries))
    assert counts[0] == counts[1]


def test_a_holder_opens_the_own_deposits_line_and_nobody_elses(
    dora: Operator, alice: Operator, charlie: Operator
) -> None:
    line = create(dora, alice).lines.get()
    assert line.kind == Kind.DEPOSIT
    assert signed_in(alice).get(f"/cashdesk/movements/{line.pk}/").status_code == 200
    assert signed_in(charlie).get(f"/cashdesk/movements/{line.pk}/").status_code == 404
    payment = pay(alice, CustomerFactory.create())
    assert signed_in(alice).get(f"/cashdesk/movements/{payment.transaction_id}/").status_code == 404
