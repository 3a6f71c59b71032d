"""The hook: what the billing system calls when something has changed over there."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import Contact
from customers.models import WANTED, Customer
from tests.live_billing.conftest import SECRET

HOOK = "/cashdesk/billing/hook/"
pytestmark = pytest.mark.usefixtures("live")


def call(body: bytes, signature: str | None = None, content_type: str = "application/json") -> int:
    """Return the status with which a hook's call is answered."""
    signed = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest() if signature is None else signature
    client = Client(enforce_csrf_checks=True)
    return client.post(HOOK, body, content_type=content_type, HTTP_X_SPLYNX_SIGNATURE=signed).status_code


def event(**data: object) -> bytes:
    return json.dumps({"type": "event", "data": data}).encode()


@pytest.mark.parametrize(
    "body",
    [
        event(customer_id=7, model="models\\common\\finance\\Payments"),
        event(customer_id="7"),
        event(model="models\\common\\customers\\Customers", attributes={"id": "7"}),
    ],
)
def test_a_signed_event_marks_its_customer_and_changes_nothing_else(body: bytes, anna: Customer) -> None:
    before = Customer.objects.values().get()
    assert call(body) == 204
    assert Customer.objects.filter(WANTED).exists()
    after = Customer.objects.values().get()
    assert {name for name, value in after.items() if before.get(name) != value} == {"asked"}


def form(**data: str) -> bytes:
    return urlencode({"type": "event", **{f"data{name}": value for name, value in data.items()}}).encode()


@pytest.mark.parametrize(
    "body",
    [
        form(**{"[customer_id]": "7", "[model]": "models\\common\\finance\\Payments"}),
        form(**{"[customer_id]": "0", "[model]": "models\\common\\customers\\Customers", "[attributes][id]": "7"}),
        form(**{"[model]": "models\\common\\customers\\Customers", "[attributes][id]": "7"}),
    ],
)
def test_an_event_may_come_as_a_form_and_twice(body: bytes, anna: Customer) -> None:
    assert [call(body, content_type="application/x-www-form-urlencoded") for _ in range(2)] == [204, 204]
    assert Customer.objects.filter(WANTED).exists()


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"ping"}', event(customer_id=99), event(customer_id="../7"), event(),
        form(**{"[model]": "models\\common\\finance\\Invoices", "[attributes][id]": "7"}),
        form(**{"[attributes][id]": "7"}), b"type=event&data=7",
    ],
)  # fmt: skip
def test_what_is_about_nobody_we_know_marks_nobody(body: bytes, anna: Customer) -> None:
    assert call(body) == 204
    assert not Customer.objects.filter(WANTED).exists()


@pytest.mark.parametrize("signature", ["", "0" * 40, "é", hashlib.sha1(event(customer_id=7)).hexdigest()])
def test_without_the_right_signature_nothing_is_marked(signature: str, anna: Customer) -> None:
    assert call(event(customer_id=7), signature) == 403
    assert not Customer.objects.filter(WANTED).exists()
    assert not Contact.objects.filter(role="hook").exists()


def test_a_changed_byte_breaks_the_signature(anna: Customer) -> None:
    signed = hmac.new(SECRET.encode(), event(customer_id=8), hashlib.sha1).hexdigest()
    assert call(event(customer_id=7), signed) == 403


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"a":' * 3000, b"type=event&" + b"a=1&" * 600])
def test_what_is_not_understood_is_refused(body: bytes, anna: Customer) -> None:
    assert call(body) == 400


def test_without_a_secret_there_is_no_hook(settings: Settings, anna: Customer) -> None:
    settings.CASHDESK_SPLYNX_HOOK_SECRET = ""
    body = event(customer_id=7)
    assert call(body, hmac.new(b"", body, hashlib.sha1).hexdigest()) == 404
    assert not Customer.objects.filter(WANTED).exists()
