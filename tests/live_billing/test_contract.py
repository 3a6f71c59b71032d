"""The nine fixtures of the contract (splynx.md 4.11), each by its number, through the desk and over real HTTP.

What is behind each in every detail is in tests/connectors/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Operator
from billing import settling
from billing.connectors.splynx.access import Access, api_address
from billing.connectors.splynx.system import Splynx
from billing.fake.server import FakeSplynx
from billing.fake.spelling import Spelling
from billing.models import Difference
from billing.pulling import pull_all, pull_customer
from billing.reconciling import reconcile
from billing.working import drain
from customers.models import Customer
from customers.searching import search
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from tests.factories import OperatorFactory, ResellerFactory, cash, give_room, pay
from tests.live_billing.looking import Clock, balance, dues, parts, states
from tests.people import grant, signed_in
from tills.days import today

CUSTOMERS, PAYMENTS = "admin/customers/customer", "admin/finance/payments"
SETTLE = 120
Connect = Callable[..., Splynx]


@pytest.fixture
def fake() -> Iterator[FakeSplynx]:
    """Return a Splynx with one customer, who owes 100.00 on two invoices."""
    with FakeSplynx() as fake:
        anna = fake.ledger.add_customer("Anna Contract")
        fake.ledger.add_invoice(anna, Decimal(60), number="C-1")
        fake.ledger.add_invoice(anna, Decimal(40), number="C-2")
        yield fake


@pytest.fixture
def connect(fake: FakeSplynx, committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return what connects to it, with cash mapped."""
    monkeypatch.setattr("billing.connectors.splynx.session.PAUSES", (0.0, 0.0))
    type(cash()).objects.filter(pk=cash().pk).update(external_id="1")

    def made(timeout: float = 20) -> Splynx:
        return Splynx(Access(api_address(fake.url), fake.key.key, fake.key.secret, timeout=timeout, undo="delete"))

    return made


@pytest.fixture
def splynx(connect: Connect) -> Splynx:
    """Return a connector that has pulled everybody."""
    system = connect()
    pull_all(system)
    return system


@pytest.fixture
def anna(splynx: Splynx) -> Customer:
    """Return the customer as pulled."""
    return Customer.objects.get(name="Anna Contract")


def test_fixture_1_one_token_for_all_renewed_in_time_and_after_a_refusal(fake: FakeSplynx, connect: Connect) -> None:
    system = connect()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: system.count_customers(), range(8))) == [1] * 8
    assert fake.gate.sign_ins == 1  # single flight
    fake.gate.expire_all()
    assert system.count_customers() == 1
    assert fake.gate.sign_ins == 2  # one retry, with a new token
    fake.gate.token_seconds = 4  # less than the five seconds before its end at which a token is renewed
    fake.gate.expire_all()
    for sign_ins in (3, 4):
        assert system.count_customers() == 1
        assert fake.gate.sign_ins == sign_ins
    assert {asked.headers["User-Agent"] for asked in fake.asked} == {"Cashdesk"}


@pytest.mark.parametrize("spelling", Spelling)
def test_fixture_2_every_spelling_means_the_same_and_no_password_comes_in(
    spelling: Spelling, fake: FakeSplynx, connect: Connect, alice: Operator
) -> None:
    fake.api.spelling = spelling
    pull_all(connect())
    anna = Customer.objects.get(external_id="1")
    assert (balance(anna), dues(anna, alice)) == (Decimal(-100), {"C-1": Decimal(60), "C-2": Decimal(40)})
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # names of our own tables
            assert "secret-1" not in repr(cursor.fetchall()), table


def test_a_right_to_delete_that_is_missing_stops_one_undo_and_no_later_payment(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    first = pay(alice, anna, "60")
    drain(splynx)
    fake.key.rights[r"admin\finance\Payments"]["delete"] = "deny"
    reverse_payment(operator=alice, key=first.key, reason=Reversal.Reason.WRONG_AMOUNT, comment="typed wrongly")
    second = pay(alice, anna, "7")
    drain(splynx)
    assert (states(first), states(second)) == (["delivered", "refused"], ["delivered"])
    assert "FORBIDDEN" in parts(first)[1].error
    fake.key.rights[r"admin\finance\Payments"]["delete"] = "allow"
    carol = grant(alice, "billing.manage_billing")
    settling.try_again(operator=carol, delivery_id=parts(first)[1].pk)
    drain(splynx)
    assert (states(first), fake.ledger.balance(1)) == (["delivered", "delivered"], Decimal(-93))


def test_fixture_3_rows_of_others_that_an_ignored_filter_lets_in_are_dropped(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    other = fake.ledger.add_customer("Somebody Else")
    fake.ledger.add_invoice(other, Decimal(7), number="C-3")
    fake.api.ignored_filters = {"customer_id", "status", "receipt_number"}
    pull_customer(splynx, anna.external_id)
    assert set(dues(anna, alice)) == {"C-1", "C-2"}
    payment = pay(alice, anna, "60")
    assert len(splynx.look_up(parts(payment)[0].reference, anna.external_id)) == 0


def test_fixture_4_another_partners_customer_is_not_found(fake: FakeSplynx, splynx: Splynx, anna: Customer) -> None:
    fake.key.partner_id = fake.ledger.add_partner("North")
    assert splynx.customer(anna.external_id) is None
    assert 405 in {asked.status for asked in fake.asked}


@pytest.mark.parametrize("complaint", ["field", "attribute", "neither"])
def test_fixture_4_a_validation_refuses_in_every_spelling(
    complaint: str, fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    fake.api.complaint = complaint
    fake.ledger.tables["invoices"][1]["customer_id"] = 99  # it would pay somebody else's invoice
    drain(splynx)
    assert states(payment) == ["refused"]
    assert parts(payment)[0].error
    assert fake.ledger.rows("payments") == []


def test_fixture_4_a_missing_right_and_a_proxys_page_refuse_nothing_for_good(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    rights = fake.key.rights[r"admin\finance\Payments"]
    rights["add"] = "deny"
    drain(splynx)
    assert states(payment) == ["waiting"]
    rights["add"] = "allow"
    fake.faults.add("page_after", "POST", PAYMENTS)  # 502 in HTML, although it was entered
    clock.forward(60)
    drain(splynx)
    assert states(payment) == ["unknown"]
    clock.forward(SETTLE)
    drain(splynx)
    assert states(payment) == ["delivered"]
    assert len(fake.ledger.rows("payments")) == 1


def test_fixture_4_an_empty_body_is_an_answer(fake: FakeSplynx, splynx: Splynx, anna: Customer, bob: Operator) -> None:
    """A deletion answers 204 without a body, and so does the total of a list."""
    payment = pay(bob, anna, "60")
    drain(splynx)
    reverse_payment(operator=bob, key=payment.key, reason=Reversal.Reason.WRONG_AMOUNT)
    drain(splynx)
    assert [part.state for part in parts(payment)] == ["delivered", "delivered"]
    assert fake.ledger.rows("payments") == []
    assert 204 in {asked.status for asked in fake.asked if asked.method == "DELETE"}


def test_fixture_5_a_payment_that_was_stored_and_never_answered_is_found_and_not_repeated(
    fake: FakeSplynx, connect: Connect, splynx: Splynx, anna: Customer, alice: Operator, clock: Clock
) -> None:
    payment = pay(alice, anna, "60")
    fake.faults.add("lost_after", "POST", PAYMENTS)
    hasty = connect(timeout=1)
    hasty.count_customers()
    drain(hasty)
    assert states(payment) == ["unknown"]
    clock.forward(SETTLE)
    drain(splynx)
    assert states(payment) == ["delivered"]
    assert fake.count("POST", PAYMENTS) == 1


def test_fixture_6_a_list_is_read_until_a_short_page_and_its_total_comes_from_a_head(
    fake: FakeSplynx, connect: Connect
) -> None:
    for _ in range(249):
        fake.ledger.add_customer()
    system = connect()
    assert system.count_customers() == 250
    assert pull_all(system).changes.created == 250
    assert fake.count("HEAD", CUSTOMERS) >= 1
    offsets = [re.search(r"offset\]?=(\d+)", a.query) for a in fake.asked if (a.method, a.path) == ("GET", CUSTOMERS)]
    assert sorted({int(found[1]) for found in offsets if found}) == [
        0,
        99,
        198,
        249,
    ]  # each begins with the last row seen


def test_fixture_7_what_is_paid_too_much_stays_unallocated(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    pay(alice, anna, "125")
    drain(splynx)
    rows = fake.ledger.rows("payments")
    assert [(row["amount"], row["remind_amount"]) for row in rows] == [(60, 0), (40, 0), (25, 25)]
    pull_customer(splynx, anna.external_id)
    assert (balance(anna), dues(anna, alice)) == (Decimal(25), {})


def test_fixture_7_an_invoice_paid_in_part_stays_open_with_a_smaller_due(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    pay(alice, anna, "25")
    drain(splynx)
    assert (fake.ledger.get("invoices", 1)["status"], fake.ledger.get("invoices", 1)["due"]) == ("not_paid", 35)
    pull_customer(splynx, anna.external_id)
    assert dues(anna, alice) == {"C-1": Decimal(35), "C-2": Decimal(40)}


def test_fixture_8_a_payment_that_somebody_deleted_over_there_is_reported(
    fake: FakeSplynx, splynx: Splynx, anna: Customer, alice: Operator
) -> None:
    payment = pay(alice, anna, "60")
    drain(splynx)
    fake.ledger.delete_payment(1)
    (found,) = reconcile(splynx, since=today()).differences.filter(kind=Difference.Kind.DELETED)
    assert found.delivery == parts(payment)[0]


def test_fixture_9_the_scope_is_kept_here_whatever_the_key_may_see(
    fake: FakeSplynx, connect: Connect, committed_db: None
) -> None:
    north = fake.ledger.add_partner("North")
    fake.ledger.add_customer("Nora Northern", partner_id=north)
    reseller = ResellerFactory.create(name="North", code="n", external_id=str(north))
    give_room(reseller)
    pull_all(connect())
    charlie = OperatorFactory.create(username="charlie", reseller=reseller)
    assert [c.name for c in search(operator=charlie, text="contract").rows] == []
    assert [c.name for c in search(operator=charlie, text="nora").rows] == ["Nora Northern"]
    anna = Customer.objects.get(name="Anna Contract")
    assert signed_in(charlie).get(f"/cashdesk/customers/{anna.pk}/").status_code == 404
    assert not Payment.objects.exists()
