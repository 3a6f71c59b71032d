"""Answers that say no, in all their shapes (fixtures 4 and 9)."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from billing.connectors.protocol import BillingUnavailable, RemoteCustomer, Unanswered
from billing.connectors.splynx.answers import Answer
from billing.connectors.splynx.exchange import _date
from billing.connectors.splynx.system import Splynx
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from tests.connectors.parts import part

CUSTOMERS = "admin/customers/customer"


def test_customer_of_another_partner_is_not_there(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    north = fake.ledger.add_partner("North")
    fake.ledger.add_customer(partner_id=north)
    fake.key.partner_id = north
    assert splynx.customer("1") is None
    assert splynx.balance(RemoteCustomer("1", "", "x", "", "1")) is None
    assert [customer.external_id for page in splynx.customers() for customer in page.rows] == ["2"]
    assert fake.asked[-1].status == 200
    assert 405 in {asked.status for asked in fake.asked}


def test_every_customer_names_the_partner_so_that_scope_can_be_kept_here_too(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_customer(partner_id=fake.ledger.add_partner("North"))
    assert [customer.partner_id for page in splynx.customers() for customer in page.rows] == ["1", "2"]


def test_switched_off_method_is_not_a_missing_customer(fake: FakeSplynx, splynx: Splynx) -> None:
    """It is a 405 as well."""
    fake.ledger.add_customer()
    fake.api.switched_off.add(f"GET {CUSTOMERS}")
    with pytest.raises(BillingUnavailable, match="METHOD_DISABLED"):
        splynx.customer("1")


def test_customer_who_is_not_there_is_none(fake: FakeSplynx, splynx: Splynx) -> None:
    assert splynx.customer("77") is None


@pytest.mark.parametrize("kind", [FaultKind.ERROR_BEFORE, FaultKind.PAGE_BEFORE, FaultKind.BUSY, FaultKind.CLOSED])
def test_customer_is_not_called_gone_by_an_answer_that_fails(fake: FakeSplynx, splynx: Splynx, kind: FaultKind) -> None:
    fake.ledger.add_customer()
    fake.faults.add(kind, "GET", CUSTOMERS, times=3)
    with pytest.raises(BillingUnavailable):
        splynx.customer("1")


def test_missing_right_is_told_and_not_taken_for_an_empty_list(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.key.rights[r"admin\customers\Customer"] = {"index": "deny", "view": "deny"}
    with pytest.raises(BillingUnavailable, match="FORBIDDEN"):
        list(splynx.customers())
    with pytest.raises(BillingUnavailable, match="FORBIDDEN"):
        splynx.customer("1")


def test_another_customer_than_asked_for_is_not_used(
    fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_customer()
    other = fake.ledger.get("customers", 2)
    monkeypatch.setattr(fake.ledger, "get", lambda table, number: other)
    with pytest.raises(BillingUnavailable):
        splynx.customer("1")


def test_balance_of_another_customer_is_not_used(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.ledger.tables["billing"][1]["customer_id"] = 2
    with pytest.raises(BillingUnavailable):
        splynx.balance(RemoteCustomer("1", "", "x", "", "1"))


def test_page_of_a_proxy_that_knows_no_such_address_is_not_a_missing_customer() -> None:
    assert not Answer(404, b"<html>nginx</html>").is_not_there
    assert Answer(404, b'{"error": {"message": "no", "code": 404, "internal_code": "NOT_FOUND"}}').is_not_there


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"error":{"message":"Method is disabled!","code":405,"internal_code":"METHOD_DISABLED"}}',
         "Method is disabled! (METHOD_DISABLED)"),
        (b'[{"field":"customer_id","message":"is wrong"}]', "customer_id: is wrong (422)"),
        (b'[{"attribute":"customer_id","error":"Customer ID is required"},{"attribute":"amount","error":"Wrong"}]',
         "customer_id: Customer ID is required; amount: Wrong (422)"),
        (b"<html><h1>Bad Gateway</h1></html>", "Splynx answers 422 without a reason."),
        (b"", "Splynx answers 422 without a reason."),
        (b'{"error": "text"}', "Splynx answers 422 without a reason."),
        (b'["x", 1, null]', "Splynx answers 422 without a reason."),
    ],
)  # fmt: skip
def test_every_shape_of_refusal_has_a_reason_in_one_line(raw: bytes, reason: str) -> None:
    assert Answer(422, raw).reason() == reason


def test_reason_can_be_stored_and_shown() -> None:
    raw = b'{"error": {"message": "no\\u0000 \\ud800 such\\u202ecustomer"}}'
    assert Answer(404, raw).reason() == "no such customer (404)"


def test_reason_is_short_whatever_comes() -> None:
    raw = b'{"error": {"message": "' + b"a b\\n " * 10_000 + b'"}}'
    assert len(Answer(500, raw).reason()) < 220


def test_answers_with_an_empty_body_are_answers(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    assert splynx._session.write("PUT", f"{CUSTOMERS}/1", {"name": "Clara"}).status == 202
    assert fake.ledger.get("customers", 1)["name"] == "Clara"


def test_answer_that_never_ends_is_given_up(fake: FakeSplynx, splynx: Splynx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.connectors.splynx.exchange.LARGEST_BODY", 1000)
    for _ in range(20):
        fake.ledger.add_customer()
    with pytest.raises(BillingUnavailable, match="does not end"):
        list(splynx.customers())


@pytest.mark.parametrize(
    "date",
    ["Tue, 01 Jan 99999999999999999999 00:00:00 GMT", "Tue, 01 Jan 2026 00:00:00 +9999999999", "yesterday", ""],
)
def test_time_that_is_none_is_no_time(date: str) -> None:
    assert _date(httpx.Headers({"Date": date})) is None


def test_time_without_a_zone_is_utc() -> None:
    assert _date(httpx.Headers({"Date": "Thu, 01 Jan 2026 00:00:00 -0000"})) == datetime(2026, 1, 1, tzinfo=UTC)


def test_what_nobody_foresaw_is_no_answer(splynx: Splynx, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker goes on, and a payment of which nobody knows whether it arrived is looked up."""

    def fail(*names: object, **values: object) -> None:
        raise RuntimeError("a header from nowhere")

    monkeypatch.setattr(httpx.Client, "stream", fail)
    with pytest.raises(BillingUnavailable, match="a header from nowhere"):
        splynx.customer("1")
    assert isinstance(splynx.deliver(part(1)), Unanswered)


def test_document_with_nothing_due_is_not_open(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    for due in (Decimal(0), Decimal(-5), Decimal(10)):
        fake.ledger.tables["invoices"][fake.ledger.add_invoice(1, Decimal(10))]["due"] = due
    assert [row.external_id for row in splynx.documents(["1"]).rows] == ["3"]


@pytest.mark.parametrize("status", ["pending", "deleted", "paid"])
def test_document_of_another_status_is_not_open_whatever_is_due(fake: FakeSplynx, splynx: Splynx, status: str) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal(10), status=status)
    fake.ledger.add_proforma(1, Decimal(10), status=status)
    fake.api.ignored_filters = {"status"}
    assert splynx.documents(["1"]).rows == []


def test_due_above_the_total_is_at_most_the_total(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal(10))
    fake.ledger.tables["invoices"][1]["due"] = Decimal("10.0001")
    (document,) = splynx.documents(["1"]).rows
    assert document.due == document.total == 10
