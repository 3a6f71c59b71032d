"""Values in every documented spelling, and passwords that vanish (fixture 2)."""

import json
from datetime import date
from decimal import Decimal

import pytest

from billing.connectors.protocol import BillingUnavailable, DocumentKind, RemoteBalance, RemoteCustomer, RemoteDocument
from billing.connectors.splynx.answers import Answer, NotJson
from billing.connectors.splynx.system import Splynx
from billing.connectors.splynx.values import Unexpected, amount, day, identifier, optional_identifier, text
from billing.fake.faults import FaultKind
from billing.fake.server import FakeSplynx
from billing.fake.spelling import Spelling


@pytest.mark.parametrize("spelling", list(Spelling))
def test_every_spelling_means_the_same(fake: FakeSplynx, splynx: Splynx, spelling: Spelling) -> None:
    fake.api.spelling = spelling
    partner = fake.ledger.add_partner("North")
    customer = fake.ledger.add_customer("Clark Willis", partner_id=partner)
    fake.ledger.charge(customer, Decimal("7395.53"))
    made, till = date(2026, 11, 1), date(2026, 11, 15)
    fake.ledger.add_invoice(customer, Decimal("16.47"), date_created=made, date_till=till)
    fake.ledger.add_proforma(customer, Decimal("100"), date_created=made, date_till=None)

    clark = RemoteCustomer("1", "000001", "Clark Willis", "", partner_id="2")
    assert splynx.customer("1") == clark
    assert splynx.balance(clark) == RemoteBalance("1", Decimal("-7412"))
    documents = splynx.documents(["1"])
    number = f"{fake.ledger.today():%Y}"
    assert not documents.unreadable
    assert list(documents.rows) == [
        RemoteDocument(
            "1", DocumentKind.INVOICE, "1", f"{number}01000001", made, till, Decimal("16.47"), Decimal("16.47")
        ),
        RemoteDocument("1", DocumentKind.PROFORMA, "1", f"{number}000001", made, made, Decimal(100), Decimal(100)),
    ]


def test_company_stands_in_the_name_of_its_row(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer("Acme Ltd", category="company")
    found = splynx.customer("1")
    assert found
    assert (found.name, found.company) == ("", "Acme Ltd")


@pytest.mark.parametrize("nameless", ["", None, " \t"])
def test_customer_without_a_name_is_called_by_the_login(fake: FakeSplynx, splynx: Splynx, nameless: str | None) -> None:
    fake.ledger.add_customer("x")
    fake.ledger.tables["customers"][1]["name"] = nameless
    found = splynx.customer("1")
    assert found
    assert found.name == "000001"


def test_sub_account_pays_through_its_parent_only_when_billed_so(fake: FakeSplynx, splynx: Splynx) -> None:
    parent = fake.ledger.add_customer("Parent")
    fake.ledger.add_customer("Together", parent_id=parent, sub_billing_mode="aggregated")
    fake.ledger.add_customer("Alone", parent_id=parent, sub_billing_mode="independent")
    together, alone = splynx.customer("2"), splynx.customer("3")
    assert together
    assert alone
    assert (together.parent_id, alone.parent_id) == ("1", "1")
    assert splynx.balance(together) == RemoteBalance("2", Decimal(0), pays_through="1")
    assert splynx.balance(alone) == RemoteBalance("3", Decimal(0))


def test_password_is_gone_before_anything_else_sees_the_answer(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer(additional_attributes={"Password": "deep", "vip": 1})
    answer = splynx._session.read("GET", "admin/customers/customer/1")
    assert b"secret-1" in answer.raw  # it did come
    assert "secret-1" not in json.dumps(answer.body(), default=str)
    assert "deep" not in json.dumps(answer.body(), default=str)
    assert "secret-1" not in repr(answer)


def test_wrong_types_leave_a_customer_unknown_never_without_debt(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    clark = splynx.customer("1")
    assert clark
    fake.faults.add(FaultKind.WRONG_TYPES, "GET", "admin/customers/customer-billing")
    with pytest.raises(BillingUnavailable):
        splynx.balance(clark)


def test_unreadable_rows_are_told_not_dropped(fake: FakeSplynx, splynx: Splynx) -> None:
    customer = fake.ledger.add_customer()
    fake.ledger.add_invoice(customer, Decimal(10))
    fake.ledger.tables["invoices"][1]["total"] = "twelve"
    page = splynx.documents([str(customer)])
    assert page.rows == []
    assert [(row.external_id, row.customer_id) for row in page.unreadable] == [("1", "1")]


def test_document_of_nobody_knows_whom_leaves_everybody_unknown(fake: FakeSplynx, splynx: Splynx) -> None:
    for _ in range(3):
        fake.ledger.add_customer()
    fake.ledger.add_invoice(1, Decimal(10))
    fake.faults.add(FaultKind.WRONG_TYPES, "GET", "admin/finance/invoices")
    assert {row.customer_id for row in splynx.documents(["1", "2"]).unreadable} == {"1", "2"}


def test_unreadable_customer_is_told_not_dropped(fake: FakeSplynx, splynx: Splynx) -> None:
    fake.ledger.add_customer()
    fake.ledger.add_customer(login={"not": "a text"})
    (page,) = splynx.customers()
    assert [customer.external_id for customer in page.rows] == ["1"]
    assert [row.external_id for row in page.unreadable] == ["2"]


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        ('"100.0000"', "100"), ("16.47", "16.47"), ("100", "100"), ('"-0.5"', "-0.5"), ("0.1", "0.1"),
        ("33.33333333333", "33.3333"), ("99999999999.9999", "99999999999.9999"), ("1e2", "100"),
    ],
)  # fmt: skip
def test_amount_is_exactly_what_is_written(wire: str, meant: str) -> None:
    assert amount(_row(wire), "v") == Decimal(meant)


@pytest.mark.parametrize(
    "wire", ["null", "true", "[]", "{}", '"twelve"', '""', '"1_000"', '"NaN"', '"Infinity"', '"1e99"', "1e999"]
)
def test_what_is_no_amount_is_never_zero(wire: str) -> None:
    with pytest.raises(Unexpected):
        amount(_row(wire), "v")


@pytest.mark.parametrize(
    "raw", [b'{"v": NaN}', b'{"v": 1e9999999999999999999}', b"<html>", b"", b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_json_is_told_so(raw: bytes) -> None:
    with pytest.raises(NotJson):
        Answer(200, raw).body()


@pytest.mark.parametrize(("wire", "meant"), [('"6"', "6"), ("6", "6"), ('"06"', "6"), ("6.0", "6")])
def test_id_is_the_same_as_text_and_as_number(wire: str, meant: str) -> None:
    assert identifier(_row(wire), "v") == meant


@pytest.mark.parametrize(
    "wire",
    ["null", "0", '"0"', '""', "-1", "1.5", "true", '"x7"', "[]", '"1e3"', '"٣"', "1e99999", "1e25", "9" * 70],
)
def test_what_is_no_id_is_refused(wire: str) -> None:
    with pytest.raises(Unexpected):
        identifier(_row(wire), "v")


@pytest.mark.parametrize("wire", ["null", "0", '"0"', '""'])
def test_no_id_has_four_spellings(wire: str) -> None:
    assert optional_identifier(_row(wire), "v") == ""


@pytest.mark.parametrize("wire", ["null", '"0000-00-00"', '""', '"0000-00-00 00:00:00"'])
def test_zero_date_is_no_date(wire: str) -> None:
    assert day(_row(wire), "v") is None


def test_day_of_a_moment_is_its_date() -> None:
    assert day(_row('"2026-11-23 10:20:30"'), "v") == date(2026, 11, 23)


@pytest.mark.parametrize("wire", ['"2026-02-30"', '"yesterday"', "20261123"])
def test_what_is_no_day_is_refused(wire: str) -> None:
    with pytest.raises(Unexpected):
        day(_row(wire), "v")


def test_text_is_one_line_without_control_characters() -> None:
    assert text(_row('" Clark\\n\\u0000 Willis\\u202e "'), "v", 20) == "Clark Willis"


def _row(wire: str) -> dict[str, object]:
    body = Answer(200, f'{{"v": {wire}}}'.encode()).body()
    assert isinstance(body, dict)
    return body
