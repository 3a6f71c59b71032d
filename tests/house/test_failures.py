"""The desk's own pages for what does not work: what they say, and what they never say."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import InterfaceError, OperationalError
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from accounts.models import Operator
from customers.models import Customer
from payments.models import Payment
from tests.answers import body_of
from tests.factories import CustomerFactory
from tests.house.outage import no_database
from tests.people import signed_in

pytestmark = pytest.mark.filterwarnings("ignore:The request's session was deleted")
KEY = uuid4()
FORM = {"amount": "10", "method": "1", "key": str(KEY)}


def browser(operator: Operator) -> Client:
    """Return a signed-in browser that sees a failure's page, as real ones do."""
    client = signed_in(operator)
    client.raise_request_exception = False
    return client


@pytest.fixture
def card(alice: Operator) -> str:
    return f"/cashdesk/customers/{CustomerFactory.create().pk}/"


def failing(error: Exception) -> Callable[[], object]:
    return lambda: patch.object(Customer.objects, "visible_to", side_effect=error)


def test_400_for_a_host_that_is_not_ours(house: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["desk.example"]
    check(Client().get("/cashdesk/login/"), 400, "did not understand")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"amount=1", "application/x-www-form-urlencoded; charset=latin-1"),
        (b"amount=1", "application/x-www-form-urlencoded; charset=no-such-thing"),
        (
            b"--x\r\nContent-Disposition: form-data; name=key\r\n\r\n1\r\n--x--\r\n",
            "multipart/form-data; boundary=x; charset=hex",
        ),
        (b"--x\r\n", "multipart/form-data"),
        (b"--y\r\n", "multipart/form-data; boundary=x"),
        (b"\xff\xfe%00", "multipart/form-data; boundary=\u00e4"),
        (b"{}", "application/json"),
    ],
)
def test_a_body_that_cannot_be_read_is_no_fault_of_ours(alice: Operator, card: str, body: bytes, kind: str) -> None:
    answer = browser(alice).generic("POST", card, body, content_type=kind)
    assert answer.status_code in {400, 422}
    assert not Payment.objects.exists()


def test_403_for_a_form_without_its_token(alice: Operator, card: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    check(client.post(card, FORM), 403, "open for too long")
    assert not Payment.objects.exists()


def test_404_for_what_is_not_there(alice: Operator) -> None:
    check(browser(alice).get("/cashdesk/no-such-page/"), 404, "There is nothing here")
    check(Client().get("/no-such-page/"), 404, "There is nothing here")


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_404_also_for_a_body_that_nobody_has_read_yet(alice: Operator, kind: str) -> None:
    check(signed_in(alice).post("/nowhere/", b"--x\r\n", content_type=kind), 404, "nothing here")


@pytest.mark.parametrize("address", ["/cashdesk/", "/cashdesk/till/", "/cashdesk/login/", "/healthz"])
def test_405_for_another_method(alice: Operator, address: str) -> None:
    answer = browser(alice).delete(address)
    check(answer, 405, "does not work that way")
    assert "GET" in answer["Allow"]


def test_413_for_too_much(alice: Operator, card: str, settings: Settings) -> None:
    client = browser(alice)
    check(client.post(card, FORM | {"comment": "a" * 300_000}), 413, "too much at once")
    check(client.post(card, {f"field{n}": "" for n in range(600)}), 413, "too much at once")
    announced = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + b"a" * 300_000 + b"\r\n--x--\r\n"
    check(client.post(card, announced, content_type="multipart/form-data; boundary=x"), 413, "too much at once")
    assert not Payment.objects.exists()


def test_500_for_a_fault(alice: Operator, card: str) -> None:
    client = browser(alice)
    with failing(RuntimeError("a secret of the inside"))():  # type: ignore[attr-defined]
        answer = client.post(card, FORM)
    check(answer, 500, "could not finish")
    assert b"a secret of the inside" not in answer.content


@pytest.mark.parametrize("error", [OperationalError("down"), InterfaceError("closed")])
def test_503_when_the_database_fails_in_the_middle(alice: Operator, card: str, error: Exception) -> None:
    client = browser(alice)
    with failing(error)():  # type: ignore[attr-defined]
        answer = client.post(card, FORM)
    check(answer, 503, "cannot answer just now")
    assert answer["Retry-After"] == "30"


@pytest.mark.parametrize("address", ["/cashdesk/", "/cashdesk/till/", "/admin/", "/cashdesk/no-such-page/"])
def test_503_when_there_is_no_database_at_all(alice: Operator, address: str) -> None:
    client = browser(alice)
    with no_database():
        check(client.get(address), 503, "cannot answer just now")
        check(client.post(address, FORM), 503, "cannot answer just now")


def test_sign_in_without_a_database_is_a_page_too(house: None) -> None:
    client = Client(raise_request_exception=False)
    with no_database():
        check(client.post("/cashdesk/login/", {"username": "a", "password": "b"}), 503, "cannot answer just now")


@pytest.mark.parametrize("error", [RuntimeError("broken"), OperationalError("down")])
def test_after_a_money_form_nobody_is_told_that_nothing_was_recorded(
    alice: Operator, card: str, error: Exception
) -> None:
    client = browser(alice)
    with failing(error)():  # type: ignore[attr-defined]
        page = client.post(card, FORM).content.decode()
    assert "Do not take the money twice." in page
    assert f'href="/cashdesk/payments/{KEY}/"' in page
    assert "/cashdesk/" in page
    assert "othing was" not in page


@pytest.mark.parametrize("key", ["", "no key", "<script>", "' OR 1=1", "a" * 5000])
def test_a_key_that_is_none_is_not_offered(alice: Operator, card: str, key: str) -> None:
    client = browser(alice)
    with failing(RuntimeError("broken"))():  # type: ignore[attr-defined]
        page = client.post(card, FORM | {"key": key}).content.decode()
    assert "/cashdesk/payments/" not in page
    assert "What you sent may have been saved." in page


def test_reading_a_page_says_nothing_about_money(alice: Operator, card: str) -> None:
    client = browser(alice)
    with failing(RuntimeError("broken"))():  # type: ignore[attr-defined]
        page = client.get(card).content.decode()
    assert "money" not in page
    assert "saved" not in page


def test_htmx_gets_the_same_answers(alice: Operator) -> None:
    client = browser(alice)
    with no_database():
        check(client.get("/cashdesk/?q=n", headers={"HX-Request": "true"}), 503, "cannot answer just now")
    check(client.get("/cashdesk/no-such-page/", headers={"HX-Request": "true"}), 404, "There is nothing here")


def check(answer: HttpResponseBase, status: int, words: str) -> None:
    """Assert that this is one of our own pages, whole, with every header that a page has."""
    assert answer.status_code == status
    page = BeautifulSoup(body_of(answer), "html.parser")
    heading = page.select("h1")
    assert len(heading) == 1
    assert words in page.text
    assert "desk.css" in str(page)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Type"] == "text/html; charset=utf-8"
