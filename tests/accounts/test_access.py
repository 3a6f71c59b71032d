"""Staying signed in: idle end, working day, switches, and the way back after a session has ended."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Operator, Reseller
from cashdesk import doors
from payments.models import Payment
from tests.answers import given_away
from tests.factories import PASSWORD, CustomerFactory, OperatorFactory, cash, pay
from tests.people import signed_in

NOW = timezone.now()
PAGE = "/cashdesk/preferences/"


def later(**passed: int) -> time_machine.travel:
    return time_machine.travel(NOW + timedelta(**passed), tick=False)


def client_at_start(operator: Operator) -> Client:
    with later():
        return signed_in(operator)


@pytest.fixture
def superuser(house: None) -> Operator:
    return OperatorFactory.create(username="root", cashdesk_access=False, is_staff=True, is_superuser=True)


def next_of(answer: HttpResponseBase) -> str:
    return parse_qs(urlsplit(answer["Location"]).query)["next"][0]


def test_an_anonymous_visitor_is_led_to_sign_in(house: None) -> None:
    answer = Client().get(PAGE)
    assert answer.status_code == 302
    assert answer["Location"] == "/cashdesk/login/?next=%2Fcashdesk%2Fpreferences%2F"


@pytest.mark.parametrize("minutes", [1, 29, 30])
def test_work_goes_on_within_the_idle_time(alice: Operator, minutes: int) -> None:
    client = client_at_start(alice)
    with later(minutes=minutes):
        assert client.get(PAGE).status_code == 200


def test_who_does_nothing_is_signed_out_on_the_server(alice: Operator) -> None:
    client = client_at_start(alice)
    key = client.session.session_key
    with later(minutes=30, seconds=1):
        assert client.get(PAGE).status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


def test_each_visit_extends_the_idle_time(alice: Operator) -> None:
    client = client_at_start(alice)
    for minutes in range(0, 120, 20):
        with later(minutes=minutes):
            assert client.get(PAGE).status_code == 200


def test_the_idle_time_is_a_setting(alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_IDLE_SECONDS = 20
    client = client_at_start(alice)
    with later(seconds=15):
        assert client.get(PAGE).status_code == 200
    with later(seconds=34):
        assert client.get(PAGE).status_code == 200
    with later(seconds=55):
        assert client.get(PAGE).status_code == 302


def test_nobody_works_longer_than_twelve_hours_on_one_sign_in(alice: Operator) -> None:
    client = client_at_start(alice)
    for minutes in range(0, 12 * 60, 25):
        with later(minutes=minutes):
            assert client.get(PAGE).status_code == 200
    with later(hours=12, seconds=1):
        assert client.get(PAGE).status_code == 302


def test_the_administration_ends_idle_sessions_too(superuser: Operator) -> None:
    client = client_at_start(superuser)
    with later(minutes=29):
        assert client.get("/admin/").status_code == 200
    with later(minutes=60):
        answer = client.get("/admin/")
        assert answer["Location"] == "/admin/login/?next=%2Fadmin%2F"


def test_a_page_that_does_not_exist_shows_nothing_to_a_lapsed_session(alice: Operator) -> None:
    client = client_at_start(alice)
    with later(minutes=31):
        answer = client.get("/cashdesk/no-such-page/")
    assert answer.status_code == 404
    assert b"Alice" not in answer.content


def test_last_seen_is_written_once_a_minute(alice: Operator, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = client_at_start(alice)
    with later(seconds=59):
        client.get(PAGE)
    alice.refresh_from_db()
    assert alice.last_seen_at == NOW
    with later(seconds=61):
        client.get(PAGE)
    alice.refresh_from_db()
    assert alice.last_seen_at == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("change", [{"is_active": False}, {"cashdesk_access": False}])
def test_a_switch_ends_access_at_the_next_request(alice: Operator, change: dict[str, bool]) -> None:
    client = signed_in(alice)
    key = client.session.session_key
    Operator.objects.filter(pk=alice.pk).update(**change)
    assert client.get(PAGE).status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


def test_switching_a_reseller_off_ends_its_operators_access(charlie: Operator, alice: Operator) -> None:
    hers, his = signed_in(alice), signed_in(charlie)
    Reseller.objects.update(is_active=False)
    assert his.get(PAGE).status_code == 302
    assert hers.get(PAGE).status_code == 200


def test_switching_a_reseller_off_ends_its_administrators_access_too(charlie: Operator) -> None:
    Operator.objects.filter(pk=charlie.pk).update(is_staff=True)
    client = signed_in(charlie)
    assert client.get("/admin/").status_code == 200
    Reseller.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_staff_without_the_switch_keep_the_administration(superuser: Operator) -> None:
    client = signed_in(superuser)
    answer = client.get("/cashdesk/")
    assert answer.status_code == 403
    assert b"the CashDesk switch of your login is off" in answer.content
    assert b'href="/admin/"' in answer.content
    assert client.get("/admin/").status_code == 200
    assert client.post("/cashdesk/logout/").status_code == 303


def test_an_operator_gets_nothing_from_the_administration(alice: Operator) -> None:
    client = signed_in(alice)
    for address in ("/admin/", "/admin/login/", "/admin/accounts/operator/", "/admin/logout/", "/admin/nothing/"):
        for send in (client.get, client.post):
            answer = send(address)
            assert answer.status_code == 404, address
            assert given_away(answer) == given_away(send("/cashdesk/no-such-page/")), address


def test_what_was_posted_after_the_end_is_lost_and_the_page_says_so(alice: Operator) -> None:
    card = f"/cashdesk/customers/{CustomerFactory.create().pk}/"
    client = client_at_start(alice)
    with later(minutes=31):
        answer = client.post(card, {"amount": "10"})
        assert answer.status_code == 303
        assert next_of(answer) == card
        assert b"You were signed out. This was not saved just now." in client.get(answer["Location"]).content
    assert not Payment.objects.exists()


def test_a_payment_that_may_have_been_saved_before_is_looked_up_after_signing_in(alice: Operator) -> None:
    """The first answer was lost and the session ended: whoever reads that nothing was saved takes the money twice."""
    client, key = client_at_start(alice), uuid4()
    card = f"/cashdesk/customers/{CustomerFactory.create(balance=-10).pk}/"
    form = {"key": str(key), "amount": "10", "method": cash().pk, "comment": "canary"}
    with later():
        assert client.post(card, form).status_code == 303
    with later(minutes=31):
        answer = client.post(card, form)
        page = client.get(answer["Location"])
        assert next_of(answer) == f"/cashdesk/payments/{key}/"
        assert "You were signed out. Check whether it was saved." in page.text
        assert "not saved" not in page.text
        assert "canary" not in answer["Location"]
        signed = client.post(
            "/cashdesk/login/", {"username": "alice", "password": PASSWORD, "next": next_of(answer)}, follow=True
        )
    assert "Payment taken" in signed.text
    assert Payment.objects.count() == 1


def test_a_move_that_may_have_been_saved_before_is_looked_up_after_signing_in(alice: Operator) -> None:
    payment, key = pay(alice, CustomerFactory.create()), uuid4()
    form = {"key": str(key), "customer": CustomerFactory.create().pk}
    answer = Client().post(f"/cashdesk/payments/{payment.key}/move/", form)
    assert next_of(answer) == f"/cashdesk/payments/{key}/"


@pytest.mark.parametrize("key", ["", "1", "../../admin/", "x" * 36, "{0}\r\nX: y"])
def test_what_is_no_key_leads_nowhere_else(house: None, key: str) -> None:
    answer = Client().post("/cashdesk/customers/7/", {"key": key, "amount": "10"})
    assert next_of(answer) == "/cashdesk/customers/7/"


def test_the_next_operator_at_the_desk_finds_nothing_of_the_payment_before(alice: Operator, charlie: Operator) -> None:
    payment = pay(alice, CustomerFactory.create(name="Canary Name"))
    back = next_of(Client().post("/cashdesk/customers/7/", {"key": str(payment.key)}))
    form = {"username": "charlie", "password": PASSWORD, "next": back}
    page = Client().post("/cashdesk/login/", form, follow=True)
    assert page.status_code == 404
    assert "Canary" not in page.text


def test_the_way_back_is_the_page_with_the_form(house: None) -> None:
    receipt = "/cashdesk/payments/11111111-1111-1111-1111-111111111111/"
    answer = Client().post(f"{receipt}print/", headers={"Referer": f"http://testserver{receipt}?paper=a4"})
    assert next_of(answer) == f"{receipt}?paper=a4"
    answer = Client().post("/cashdesk/preferences/", headers={"Referer": "https://evil.example/cashdesk/till/"})
    assert next_of(answer) == "/cashdesk/preferences/"


def test_only_the_desk_can_say_that_something_was_not_saved(alice: Operator) -> None:
    signature = doors.LOST.sign("/cashdesk/till/")
    for back, lost in (("/cashdesk/", signature), ("/cashdesk/till/", "forged"), ("/cashdesk/till/", "")):
        page = Client().get("/cashdesk/login/", {"next": back, "lost": lost})
        assert b"You were signed out" not in page.content
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        page = Client().get("/cashdesk/login/", {"next": "/cashdesk/till/", "lost": signature})
    assert b"You were signed out" not in page.content


def test_htmx_leaves_the_page_and_comes_back_to_it(house: None) -> None:
    answer = Client().get(
        "/cashdesk/?q=nov", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/cashdesk/?q=n"}
    )
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/cashdesk/login/?next=%2Fcashdesk%2F%3Fq%3Dn"
    assert answer.content == b""


def test_htmx_from_elsewhere_comes_back_to_search(house: None) -> None:
    answer = Client().get("/cashdesk/?q=n", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"})
    assert answer["HX-Redirect"] == "/cashdesk/login/?next=%2Fcashdesk%2F"


def test_sign_out_by_nobody_leads_to_a_plain_sign_in(house: None) -> None:
    assert Client().post("/cashdesk/logout/")["Location"] == "/cashdesk/login/"
