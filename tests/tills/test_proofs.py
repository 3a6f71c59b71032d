"""The digest chain: what is signed has one spelling, and nothing of it can change without being seen."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import Operator
from tests.factories import CustomerFactory, InvoiceFactory, pay
from tills import proofs
from tills.models import Transaction


@pytest.fixture
def lines(alice: Operator) -> list[Transaction]:
    """Three lines of one till, the second on an invoice."""
    customer = CustomerFactory.create(name="Žofie Šťastná")
    pay(alice, customer, "10.00", comment="první")
    InvoiceFactory.create(customer=customer)
    pay(alice, customer, "60.00")
    pay(alice, customer, "0.05")
    return list(Transaction.objects.order_by("number"))


def recomputed(line: Transaction, previous: str, payload: str | None = None) -> str:
    return proofs.digest(payload=line.payload if payload is None else payload, previous=previous)


def test_each_line_stands_on_the_one_before(lines: list[Transaction]) -> None:
    before = proofs.FIRST
    for line in lines:
        assert line.previous_digest == before
        assert line.digest == recomputed(line, before)
        before = line.digest


def test_every_character_of_the_document_counts(lines: list[Transaction]) -> None:
    line = lines[1]
    for place in range(len(line.payload)):
        other = "x" if line.payload[place] != "x" else "y"
        changed = line.payload[:place] + other + line.payload[place + 1 :]
        assert recomputed(line, line.previous_digest, changed) != line.digest


def test_a_line_cannot_stand_on_another_one(lines: list[Transaction]) -> None:
    for previous in (proofs.FIRST, lines[1].digest, lines[2].digest):
        assert recomputed(lines[1], previous) != lines[1].digest


def test_without_the_key_nobody_can_sign(lines: list[Transaction], settings: Settings) -> None:
    settings.CASHDESK_PROOF_KEY = "another key that is also long enough to be one"

    assert all(recomputed(line, line.previous_digest) != line.digest for line in lines)
    assert all(line.key_id != proofs.current_key_id() for line in lines)


def test_the_digest_is_an_hmac_that_any_other_program_can_compute(lines: list[Transaction], settings: Settings) -> None:
    line = lines[2]
    message = b"cashdesk/journal/v1\0" + line.previous_digest.encode("ascii") + line.payload.encode("utf-8")

    assert line.digest == hmac.new(settings.CASHDESK_PROOF_KEY.encode(), message, hashlib.sha256).hexdigest()


def test_the_key_is_not_in_the_database(lines: list[Transaction], settings: Settings) -> None:
    for line in lines:
        assert settings.CASHDESK_PROOF_KEY not in line.payload
        assert (
            line.key_id == hashlib.sha256(b"cashdesk/key-id\0" + settings.CASHDESK_PROOF_KEY.encode()).hexdigest()[:16]
        )


def test_the_document_says_what_the_columns_say(lines: list[Transaction]) -> None:
    """A changed column is seen because the signed document still says what it was."""
    line = lines[1]
    signed = json.loads(line.payload)

    assert signed["version"] == proofs.VERSION
    described = signed["line"]
    for column in ("amount", "effect", "cash", "balance_before", "balance_after"):
        assert described[column] == int(getattr(line, column) * 10_000)
    assert described["number"] == line.number
    assert described["document"] == line.document_number
    assert described["kind"] == line.kind
    assert described["till"] == line.till_id
    assert described["operator"]["id"] == line.operator_id
    assert described["customer"]["id"] == line.customer_id
    assert described["method"]["id"] == line.method_id
    assert described["comment"] == line.comment
    assert described["key_id"] == line.key_id
    assert described["business_date"] == line.business_date.isoformat()
    assert datetime.fromisoformat(described["recorded_at"]) == line.recorded_at
    assert signed["payment"]["customer_name"] == line.payment.customer_name
    assert [part["amount"] for part in signed["parts"]] == [600_000]


def test_every_column_of_a_line_is_signed(lines: list[Transaction]) -> None:
    """A column that somebody adds and forgets to sign could be changed unseen."""
    signed = set(json.loads(lines[0].payload)["line"])
    beside = {"id", "payload", "previous_digest", "digest"}  # no fact of the document, or the signature itself

    assert {field.name for field in Transaction._meta.concrete_fields} - beside <= signed


def test_what_is_stored_is_what_was_signed_byte_for_byte(lines: list[Transaction]) -> None:
    for line in lines:
        assert (
            json.dumps(json.loads(line.payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            == line.payload
        )


# --- One spelling --------------------------------------------------------------------------------------------------


def spelled(value: object) -> str:
    return proofs.canonical({"value": value})


def test_the_spelling_is_fixed_for_ever() -> None:
    """These bytes are in books that exist: a change of the spelling needs a new version."""
    document = {
        "money": Decimal("12.5"),
        "moment": datetime(2026, 3, 10, 1, 2, 3, 4, tzinfo=UTC),
        "day": date(2026, 3, 10),
        "text": 'Cafe\u0301 "x"\n',
        "list": [None, True, 1, "ž"],
        "inner": {"b": 1, "a": 2},
    }

    assert proofs.canonical(document) == (
        '{"day":"2026-03-10","inner":{"a":2,"b":1},"list":[null,true,1,"ž"],"moment":"2026-03-10T01:02:03.000004Z",'
        '"money":125000,"text":"Café \\"x\\"\\n","version":1}'
    )


@pytest.mark.parametrize("amount", ["1", "1.0", "1.00", "1.0000", "1.000000", "1E+0", "10E-1"])
def test_an_amount_has_one_spelling_however_it_was_written(amount: str) -> None:
    assert spelled(Decimal(amount)) == spelled(Decimal(1)) == '{"value":10000,"version":1}'


@pytest.mark.parametrize("amount", ["0.00001", "1.23456", "-0.00009", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_cannot_be_written_exactly_is_refused(amount: str) -> None:
    with pytest.raises((TypeError, ValueError, ArithmeticError)):
        spelled(Decimal(amount))


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_amount_that_can_be_stored_is_signed_exactly(ten_thousandths: int) -> None:
    assert json.loads(spelled(Decimal(ten_thousandths).scaleb(-4)))["value"] == ten_thousandths


@pytest.mark.parametrize("value", [1.5, 0.1, float("nan"), b"bytes", object(), {1, 2}, {"inner": 1.5}, [0.1], 1j])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        spelled(value)


def test_a_moment_without_a_zone_is_refused() -> None:
    """It would be read in the zone of the machine, and not recompute on another one."""
    with pytest.raises((TypeError, ValueError)):
        spelled(datetime(2026, 3, 10))  # noqa: DTZ001  # the fault itself


def test_a_moment_is_the_same_in_every_zone() -> None:
    moment = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)

    assert spelled(moment) == spelled(moment.astimezone(timezone(timedelta(hours=12, minutes=45))))


def test_letters_that_look_alike_by_composition_are_one_spelling() -> None:
    assert spelled("Jose\u0301") == spelled("Jos\u00e9")
    assert spelled("Cyrillic а") != spelled("Cyrillic a")


def test_the_order_in_which_things_are_named_does_not_count() -> None:
    assert proofs.canonical({"a": 1, "b": {"c": 2, "d": 3}}) == proofs.canonical({"b": {"d": 3, "c": 2}, "a": 1})


def test_text_and_number_are_not_the_same() -> None:
    assert spelled("1") != spelled(1)
    assert spelled(None) != spelled("")
    assert spelled([]) != spelled({})


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.dates(), max_size=5))
def test_whatever_is_signed_can_be_read_again(document: dict[str, Any]) -> None:
    read = json.loads(proofs.canonical({"document": document}))

    assert read["version"] == proofs.VERSION
    assert set(read["document"]) == set(document)
