"""Lists: no row is missed, none of others is used, whatever the server does (fixtures 3 and 6)."""

from decimal import Decimal
from itertools import islice
from urllib.parse import unquote

import pytest

from billing.connectors.protocol import BillingUnavailable
from billing.connectors.splynx.query import php_query
from billing.connectors.splynx.system import Splynx
from billing.fake.filtering import parse_php
from billing.fake.server import FakeSplynx

CUSTOMERS = "admin/customers/customer"


def ids(splynx: Splynx) -> list[int]:
    """Return the ids of all customers, as the pages give them."""
    return [int(customer.external_id) for page in splynx.customers() for customer in page.rows]


@pytest.mark.parametrize("count", [0, 1, 19, 20, 99, 100, 101, 199, 250])
def test_every_customer_comes_once_whatever_their_number(fake: FakeSplynx, splynx: Splynx, count: int) -> None:
    for _ in range(count):
        fake.ledger.add_customer()
    assert ids(splynx) == list(range(1, count + 1))
    assert splynx.count_customers() == count


def test_total_comes_from_a_head(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.asked.clear()
    assert splynx.count_customers() == 1
    assert [(asked.method, asked.path) for asked in fake.asked] == [("HEAD", CUSTOMERS)]


def test_list_is_read_page_by_page(fake: FakeSplynx, splynx: Splynx) -> None:
    for _ in range(250):
        fake.ledger.add_customer()
    pages = splynx.customers()
    fake.asked.clear()
    next(pages)
    assert len(fake.asked) == 1


@pytest.mark.parametrize("read", [1, 2])
@pytest.mark.parametrize("gone", [[1], list(range(1, 60)), list(range(1, 101)), [100], [50, 100], [100, 101]])
def test_customers_deleted_meanwhile_push_nobody_past_a_page(
    fake: FakeSplynx, splynx: Splynx, gone: list[int], read: int
) -> None:
    for _ in range(350):
        fake.ledger.add_customer()
    pages = splynx.customers()
    found = [int(customer.external_id) for page in islice(pages, read) for customer in page.rows]
    for number in gone:
        fake.ledger.delete_customer(number)
    seen = len(found)
    found += [int(customer.external_id) for page in pages for customer in page.rows]
    assert found == [number for number in range(1, 351) if number <= seen or number not in gone]


def test_everybody_deleted_meanwhile_ends_the_list(fake: FakeSplynx, splynx: Splynx) -> None:
    for _ in range(150):
        fake.ledger.add_customer()
    pages = splynx.customers()
    next(pages)
    for number in range(1, 151):
        fake.ledger.delete_customer(number)
    assert [row for page in pages for row in page.rows] == []


@pytest.mark.parametrize("longest", [20, 37, 50])
def test_server_with_shorter_pages_loses_nobody(fake: FakeSplynx, splynx: Splynx, longest: int) -> None:
    fake.api.longest_page = longest
    for _ in range(130):
        fake.ledger.add_customer()
    assert ids(splynx) == list(range(1, 131))


def test_unreadable_id_at_the_edge_of_a_page_does_not_end_or_repeat_the_list(
    fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spelled(row: dict[str, object], spelling: object) -> dict[str, object]:
        return {"id": "x" if row["id"] == 100 else row["id"], "login": "x", "name": "x"}

    for _ in range(205):
        fake.ledger.add_customer()
    monkeypatch.setattr("billing.fake.api.spelled", spelled)
    assert ids(splynx) == [number for number in range(1, 206) if number != 100]


def test_server_that_gives_the_same_page_for_ever_is_told(
    fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(150):
        fake.ledger.add_customer()
    monkeypatch.setattr("billing.fake.filtering.page", lambda rows, tree: list(rows)[:100])
    with pytest.raises(BillingUnavailable, match="again and again"):
        ids(splynx)


def test_server_that_does_not_sort_is_told(fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        fake.ledger.add_customer()
    monkeypatch.setattr("billing.fake.filtering.page", lambda rows, tree: list(reversed(rows)))
    with pytest.raises(BillingUnavailable, match="does not sort"):
        ids(splynx)


def test_server_that_knows_no_limit_gives_all_at_once(
    fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(150):
        fake.ledger.add_customer()
    monkeypatch.setattr("billing.fake.filtering.page", lambda rows, tree: list(rows))
    assert ids(splynx) == list(range(1, 151))


def test_filters_are_nested_as_php_reads_them(fake: FakeSplynx) -> None:
    pairs = php_query(
        {"main_attributes": {"id": ["IN", ["7", "8"]], "login": "x"}, "order": {"id": "ASC"}, "limit": 10}
    )
    assert pairs == (
        ("main_attributes[id][0]", "IN"), ("main_attributes[id][1][0]", "7"), ("main_attributes[id][1][1]", "8"),
        ("main_attributes[login]", "x"), ("order[id]", "ASC"), ("limit", "10"),
    )  # fmt: skip


def test_filters_arrive_as_they_were_meant(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_customer()
    splynx.documents(["1", "2"])
    tree = parse_php(fake.asked[-1].query)
    assert tree["main_attributes"] == {"customer_id": {"0": "IN", "1": {"0": "1", "1": "2"}}, "status": "not_paid"}
    splynx.documents(["2"])
    assert "main_attributes[customer_id]=2&main_attributes[status]=not_paid" in unquote(fake.asked[-1].query)


@pytest.mark.parametrize("ignored", [set(), {"customer_id"}, {"status"}, {"customer_id", "status"}])
@pytest.mark.parametrize("asked", [["1"], ["1", "2"]])
def test_documents_of_others_and_closed_ones_are_dropped_when_filters_are_ignored(
    fake: FakeSplynx, splynx: Splynx, ignored: set[str], asked: list[str]
) -> None:
    for customer in (1, 2, 3):
        fake.ledger.add_customer()
        for _ in range(2):
            fake.ledger.add_invoice(customer, Decimal(10))
        fake.ledger.delete_invoice(customer * 2)
    fake.api.ignored_filters = ignored
    found = splynx.documents(asked)
    assert [(row.customer_id, row.external_id) for row in found.rows] == [
        (customer, str(int(customer) * 2 - 1)) for customer in asked
    ]
    assert not found.unreadable


def test_documents_of_hundreds_of_customers_are_asked_for_together(fake: FakeSplynx, splynx: Splynx) -> None:
    for customer in range(1, 121):
        fake.ledger.add_customer()
        fake.ledger.add_invoice(customer, Decimal(10))
    fake.asked.clear()
    found = splynx.documents([str(customer) for customer in range(1, 121)])
    assert len(found.rows) == 120
    assert len(fake.asked) < 20
    assert max(len(asked.query) for asked in fake.asked) < 6000


def test_id_that_splynx_cannot_have_given_never_stands_in_an_address(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.asked.clear()
    assert splynx.customer("../administration/administrators/1") is None
    assert splynx.payment("1?x=1") is None
    assert splynx.documents(["A-1"]).rows == []
    assert fake.asked == []
