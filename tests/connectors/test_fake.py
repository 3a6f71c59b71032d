"""The fake itself, against the examples and sentences of the contract (splynx.md 3 and 4), by a client of its own."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from billing.fake.faults import FaultKind
from billing.fake.hooks import signature
from billing.fake.seeding import seed
from billing.fake.server import FakeSplynx
from billing.fake.spelling import Spelling

PAYMENTS = "admin/finance/payments"


@dataclass
class Client:
    """Asks without any help: what is tested here must not be read through our own connector."""

    fake: FakeSplynx
    agent: str = "test"
    token: str = ""

    def ask(self, method: str, path: str, content: object = None) -> tuple[int, Any, dict[str, str]]:
        """Return status, parsed body and headers."""
        connection = http.client.HTTPConnection(self.fake.url.removeprefix("http://"), timeout=20)
        headers = {"User-Agent": self.agent, "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Splynx-EA (access_token={self.token})"
        root = "" if path.startswith("/") else "/api/2.0/"
        connection.request(method, f"{root}{path}", None if content is None else json.dumps(content), headers)
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        return answer.status, json.loads(raw) if raw else None, dict(answer.getheaders())

    def sign_in(self, nonce: int | None = None) -> tuple[int, Any]:
        """Sign in with the key."""
        nonce = nonce or int(time.time() * 100)
        message = f"{nonce}{self.fake.key.key}".encode()
        proof = hmac.new(self.fake.key.secret.encode(), message, hashlib.sha256).hexdigest().upper()
        asked = {"auth_type": "api_key", "key": self.fake.key.key, "nonce": nonce, "signature": proof}
        status, body, _ = self.ask("POST", "admin/auth/tokens", asked)
        self.token = body.get("access_token", "")
        return status, body

    def code(self, method: str, path: str, content: object = None) -> tuple[int, str]:
        """Return status and internal code of a refusal."""
        status, body, _ = self.ask(method, path, content)
        return status, body["error"]["internal_code"]


@pytest.fixture
def client(fake: FakeSplynx) -> Client:
    """Return a client that has signed in."""
    client = Client(fake)
    client.sign_in()
    return client


def test_token_comes_with_its_end_and_rights(fake: FakeSplynx) -> None:
    status, body = Client(fake).sign_in()
    assert status == 201
    assert set(body) == {
        "access_token", "access_token_expiration", "refresh_token", "refresh_token_expiration", "permissions",
    }  # fmt: skip
    assert body["permissions"][r"admin\customers\Customer"]["index"] == "allow"
    assert body["access_token_expiration"] - time.time() == pytest.approx(1800, abs=60)


def test_nonce_must_grow(fake: FakeSplynx) -> None:
    assert Client(fake).sign_in(nonce=1000)[0] == 201
    assert Client(fake).sign_in(nonce=1000)[0] == 401
    assert Client(fake).sign_in(nonce=999)[0] == 401
    assert Client(fake).sign_in(nonce=1001)[0] == 201


def test_token_is_tied_to_the_agent(fake: FakeSplynx, client: Client) -> None:
    client.agent = "another"
    assert client.code("GET", "admin/customers/customer") == (401, "USER_AGENT_CHANGED")


def test_token_is_tied_to_the_address(fake: FakeSplynx, client: Client) -> None:
    for session in fake.gate._sessions.values():
        session.address = "10.0.0.1"
    assert client.code("GET", "admin/customers/customer") == (401, "IP_CHANGED")


@pytest.mark.parametrize(("token", "code"), [("", "MISSED_AUTHORIZATION_HEADER"), ("unknown", "TOKEN_BANNED")])
def test_nobody_comes_in_without_a_token(fake: FakeSplynx, token: str, code: str) -> None:
    assert Client(fake, token=token).code("GET", "admin/customers/customer") == (401, code)


def test_token_is_renewed_and_ended_by_its_refresh_token(fake: FakeSplynx) -> None:
    client = Client(fake)
    _, first = client.sign_in()
    status, second, _ = client.ask("GET", f"admin/auth/tokens/{first['refresh_token']}")
    assert (status, "permissions" in second) == (200, False)
    assert client.code("GET", "admin/api/check") == (401, "TOKEN_BANNED")
    client.token = second["access_token"]
    assert client.ask("GET", "admin/api/check")[1]["status"] == "ok"
    assert client.ask("DELETE", f"admin/auth/tokens/{second['refresh_token']}")[0] == 204
    assert client.code("GET", "admin/api/check")[0] == 401


def test_expired_token_says_so(fake: FakeSplynx, client: Client) -> None:
    fake.skew = 1801
    assert client.code("GET", "admin/api/check") == (401, "EXPIRED_ACCESS_TOKEN")


def test_list_is_a_bare_array_and_head_tells_the_total(fake: FakeSplynx, client: Client) -> None:
    for _ in range(12):
        fake.ledger.add_customer()
    status, body, _ = client.ask("GET", "admin/customers/customer?limit=5&offset=10")
    assert (status, [row["id"] for row in body]) == (200, [11, 12])
    status, body, headers = client.ask("HEAD", "admin/customers/customer")
    assert (status, body, headers["X-total-count"]) == (204, None, "12")


def test_customer_row_has_a_password_and_no_balance(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    _, row, _ = client.ask("GET", "admin/customers/customer/1")
    assert row["password"]
    assert "deposit" not in row
    assert client.ask("GET", "admin/customers/customer-billing/1")[1]["deposit"] == "0.0000"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("main_attributes[login]=000002", [2]),
        ("main_attributes[id][0]=IN&main_attributes[id][1][0]=1&main_attributes[id][1][1]=3", [1, 3]),
        ("main_attributes[id][0]=BETWEEN&main_attributes[id][1]=2&main_attributes[id][2]=3", [2, 3]),
        ("main_attributes[id][0]=>&main_attributes[id][1]=2", [3]),
        ("main_attributes[name][0]=LIKE&main_attributes[name][1]=%25lark%25", [1]),
        ("main_attributes[name][0]=LIKE&main_attributes[name][1]=lark", []),
        ("main_attributes[nonsense]=1", [1, 2, 3]),
        ("nonsense=1", [1, 2, 3]),
        ("order[id]=DESC&limit=2", [3, 2]),
        ("main_attributes[date_add][0]=>=&main_attributes[date_add][1]=2100-01-01", []),
    ],
)
def test_filters_are_read_as_documented_and_unknown_ones_ignored(
    fake: FakeSplynx, client: Client, query: str, ids: list[int]
) -> None:
    for name in ("Clark", "Ana", "Ben"):
        fake.ledger.add_customer(name)
    assert [row["id"] for row in client.ask("GET", f"admin/customers/customer?{query}")[1]] == ids


def test_object_of_another_partner_is_405(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    fake.key.partner_id = fake.ledger.add_partner("North")
    refused = (405, "NOT_ALLOWED_BY_PARTNER_RESTRICTION")
    assert client.code("GET", "admin/customers/customer/1") == refused
    assert client.code("GET", "admin/customers/customer-billing/1") == refused
    assert client.code("POST", PAYMENTS, {"customer_id": 1, "amount": "1"}) == refused
    assert client.ask("GET", "admin/customers/customer")[1] == []


def test_denied_right_is_403_and_an_unknown_address_404(fake: FakeSplynx, client: Client) -> None:
    fake.key.rights[r"admin\finance\Payments"]["index"] = "deny"
    assert client.code("GET", PAYMENTS) == (403, "FORBIDDEN")
    assert client.code("GET", "admin/finance/nonsense") == (404, "NOT_FOUND")


def test_payment_makes_its_own_credit_and_pays_the_oldest_invoice_first(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    for total in (60, 40):
        fake.ledger.add_invoice(1, Decimal(total))
    status, body, _ = client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "70.00", "comment": "desk"})
    assert (status, body) == (201, {"id": 1})
    first, second = fake.ledger.rows("invoices")
    assert (first["status"], first["due"], second["status"], second["due"]) == ("paid", 0, "not_paid", 30)
    assert fake.ledger.balance(1) == -30
    relations = client.ask("GET", "admin/finance/invoice-relations?main_attributes[customer_id]=1")[1]
    assert [(row["invoice_id"], row["amount"]) for row in relations] == [(1, 60), (2, 10)]


def test_rest_of_an_overpayment_is_not_allocated(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal(10))
    client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "20.00", "invoice_id": 1})
    row = client.ask("GET", f"{PAYMENTS}/1")[1]
    assert (row["remind_amount"], row["amount"], row["added_by"]) == ("10.0000", 20, "api")
    assert client.ask("GET", "admin/customers/customer-billing/1")[1]["deposit"] == "10.0000"


def test_payment_of_a_proforma_stays_unallocated(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_proforma(1, Decimal(100))
    client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "100", "request_id": 1})
    row = client.ask("GET", f"{PAYMENTS}/1")[1]
    assert (row["request_id"], row["invoice_id"], row["remind_amount"]) == (1, None, "100.0000")
    assert client.ask("GET", "admin/finance/proforma-invoices/1")[1]["status"] == "paid"


def test_receipt_number_is_made_when_none_is_sent(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "1", "date": "2023-01-05"})
    assert client.ask("GET", f"{PAYMENTS}/1")[1]["receipt_number"] == "2023-01-00001"


def test_nothing_stops_two_payments_under_one_receipt_number(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    for _ in range(2):
        assert client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "1", "receipt_number": "A1"})[0] == 201
    assert len(fake.ledger.payments_under("A1")) == 2


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"amount": "1"}, "customer_id"),
        ({"customer_id": 9, "amount": "1"}, "customer_id"),
        ({"customer_id": 1, "amount": "0"}, "amount"),
        ({"customer_id": 1}, "amount"),
        ({"customer_id": 1, "amount": "1", "receipt_number": "x" * 33}, "receipt_number"),
        ({"customer_id": 1, "amount": "1", "comment": "x" * 257}, "comment"),
        ({"customer_id": 1, "amount": "1", "payment_type": 99}, "payment_type"),
    ],
)
def test_validation_answers_422_and_enters_nothing(
    fake: FakeSplynx, client: Client, content: dict[str, object], field: str
) -> None:
    fake.ledger.add_customer()
    status, body, _ = client.ask("POST", PAYMENTS, content)
    assert (status, body[0]["field"]) == (422, field)
    fake.api.complaint = "attribute"
    assert client.ask("POST", PAYMENTS, content)[1][0]["attribute"] == field
    assert fake.ledger.rows("payments") == []
    assert fake.ledger.balance(1) == 0


def test_negative_amount_passes_as_a_refund(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    assert client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "-5"})[0] == 201
    assert fake.ledger.balance(1) == -5


def test_deleted_payment_is_gone_and_everything_is_as_before(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal(10))
    client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "20.00"})
    status, body, _ = client.ask("DELETE", f"{PAYMENTS}/1")
    assert (status, body) == (204, None)
    assert client.ask("GET", PAYMENTS)[1] == []
    assert client.code("GET", f"{PAYMENTS}/1") == (404, "NOT_FOUND")
    assert client.code("DELETE", f"{PAYMENTS}/1") == (404, "NOT_FOUND")
    assert fake.ledger.balance(1) == -10
    invoice = fake.ledger.get("invoices", 1)
    assert (invoice["status"], invoice["due"]) == ("not_paid", 10)


def test_change_answers_202_without_a_body(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    assert client.ask("PUT", "admin/customers/customer/1", {"name": "Clara"})[:2] == (202, None)


def test_older_version_spells_ids_as_texts_and_no_day_as_zeros(fake: FakeSplynx, client: Client) -> None:
    fake.api.spelling = Spelling.V3
    fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal("16.47"))
    row = client.ask("GET", "admin/finance/invoices/1")[1]
    assert (row["id"], row["customer_id"], row["payment_id"], row["date_payment"]) == ("1", "1", "0", "0000-00-00")
    assert (row["total"], row["is_sent"], row["payd_from_deposit"]) == (16.47, "0", "0")


def test_balance_kept_is_what_the_transactions_sum_to(fake: FakeSplynx) -> None:
    seed(fake.ledger, customers=60)
    ledger = fake.ledger
    assert any(ledger.balance(number) for number in ledger.tables["customers"])
    for number in ledger.tables["customers"]:
        assert ledger.tables["billing"][number]["deposit"] == ledger.balance(number)


def test_same_seed_makes_the_same_people(fake: FakeSplynx) -> None:
    seed(fake.ledger, customers=5)
    with FakeSplynx() as other:
        seed(other.ledger, customers=5)
        names = [row["name"] for row in other.ledger.rows("customers")]
    assert [row["name"] for row in fake.ledger.rows("customers")] == names


def test_faults_are_planned_from_outside_and_happen_once(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    planned = {"kind": "error_after", "method": "POST", "path": PAYMENTS, "skip": 1}
    assert client.ask("POST", "/fake/faults", planned)[0] == 201
    statuses = [client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "1"})[0] for _ in range(3)]
    assert statuses == [201, 500, 201]
    assert client.ask("GET", "/fake/state")[1]["counts"]["payments"] == 3
    assert client.ask("POST", "/fake/faults", {"kind": "nonsense"})[0] == 400


def test_hook_is_signed_over_its_raw_body_and_comes_twice_when_planned(fake: FakeSplynx, client: Client) -> None:
    with FakeSplynx() as listener:
        fake.hooks.url = f"{listener.url}/api/2.0/hook"
        fake.ledger.add_customer()
        fake.faults.add(FaultKind.TWICE, "POST", PAYMENTS)
        client.ask("POST", PAYMENTS, {"customer_id": 1, "amount": "1"})
        fake.hooks.drain()
        first, second = listener.asked
    assert first.content == second.content
    assert first.content["data"]["customer_id"] == 1
    raw = json.dumps(first.content).encode()
    assert first.headers["X-Splynx-Signature"] == signature(fake.hooks.secret, raw)
    assert (
        signature("key", b"The quick brown fox jumps over the lazy dog") == "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"
    )


def test_stop_ends_open_questions_and_applies_none_of_them(fake: FakeSplynx, client: Client) -> None:
    fake.ledger.add_customer()
    fake.faults.add(FaultKind.LATE, "POST", PAYMENTS)
    connection = http.client.HTTPConnection(fake.url.removeprefix("http://"))
    headers = {"User-Agent": "test", "Authorization": f"Splynx-EA (access_token={client.token})"}
    connection.request("POST", f"/api/2.0/{PAYMENTS}", json.dumps({"customer_id": 1, "amount": "1"}), headers)
    fake.stop()
    connection.close()
    assert fake.ledger.rows("payments") == []
