"""Signing in: who is let in, where to, and what a refusal gives away."""

import html
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.test import Client

from accounts.models import Operator, Reseller
from accounts.sign_in import DeskBackend
from tests.answers import given_away
from tests.factories import PASSWORD, OperatorFactory
from tests.people import signed_in

LOGIN = "/cashdesk/login/"
REFUSED = "Login or password is not right"


def sign_in(client: Client, username: str = "alice", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]  # the test client's own response
    return client.post(LOGIN, {"username": username, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_right_password_leads_to_search(alice: Operator) -> None:
    client = Client()
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (303, "/cashdesk/")
    assert client.get("/cashdesk/").status_code == 200


def test_sign_in_leads_back_to_the_page_asked_for(alice: Operator) -> None:
    client = Client()
    asked = client.get("/cashdesk/history/?from=2026-11-01")
    assert asked["Location"] == "/cashdesk/login/?next=%2Fcashdesk%2Fhistory%2F%3Ffrom%3D2026-11-01"
    page = client.get(asked["Location"]).content.decode()
    assert 'name="next" value="/cashdesk/history/?from=2026-11-01"' in page
    answer = sign_in(client, next="/cashdesk/history/?from=2026-11-01")
    assert answer["Location"] == "/cashdesk/history/?from=2026-11-01"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "http:///evil.example", "http://testserver@evil.example/", "", " //evil.example", "/" + "a" * 5000, "\0",
        "; ls", "-0", "till",
    ],
)  # fmt: skip
def test_sign_in_never_leads_elsewhere(alice: Operator, elsewhere: str) -> None:
    assert sign_in(Client(), next=elsewhere)["Location"] == "/cashdesk/"
    assert signed_in(alice).get(LOGIN, {"next": elsewhere})["Location"] == "/cashdesk/"


@pytest.mark.parametrize("typed", ["ALICE", "Alice", " alice ", "aLiCe"])
def test_a_login_is_known_in_any_case(alice: Operator, typed: str) -> None:
    assert sign_in(Client(), typed).status_code == 303


@pytest.mark.parametrize("typed", ["ОЛЕНА", "Олена", "олена"])
def test_a_login_in_another_script_is_known_in_any_case(house: None, typed: str) -> None:
    OperatorFactory.create(username="Олена")
    assert sign_in(Client(), typed).status_code == 303


@pytest.fixture
def refused(alice: Operator, north: Reseller) -> dict[str, tuple[str, str]]:
    """Every reason to be refused, each with a login and a password."""
    OperatorFactory.create(username="noswitch", cashdesk_access=False)
    OperatorFactory.create(username="staff", cashdesk_access=False, is_staff=True, is_superuser=True)
    OperatorFactory.create(username="off", is_active=False)
    OperatorFactory.create(username="nopassword", password=None)
    OperatorFactory.create(username="north1", reseller=north)
    Reseller.objects.update(is_active=False)
    return {
        "wrong password": ("alice", "wrong"),
        "unknown login": ("nobody", PASSWORD),
        "no switch": ("noswitch", PASSWORD),
        "administrator without the switch": ("staff", PASSWORD),
        "switched off": ("off", PASSWORD),
        "no password": ("nopassword", PASSWORD),
        "reseller switched off": ("north1", PASSWORD),
        "NUL in the login": ("ali\0ce", PASSWORD),
        "NUL in the password": ("alice", "\0"),
        "endless login": ("a" * 200_000, PASSWORD),
        "endless password": ("alice", "a" * 200_000),
        "a login that is a pattern": ("ali%", PASSWORD),
        "line breaks": ("alice\r\nX: y", PASSWORD),
    }


def test_every_refusal_looks_the_same(refused: dict[str, tuple[str, str]]) -> None:
    pages = set()
    for username, password in refused.values():
        client = Client()
        answer = sign_in(client, username, password)
        assert not is_signed_in(client)
        pages.add(given_away(answer, html.escape(username), html.escape(username).replace("\r\n", "")))
    assert len(pages) == 1
    [(status, _headers, page)] = pages
    assert status == 422
    assert REFUSED.encode() in page


def test_every_refusal_costs_one_hash(refused: dict[str, tuple[str, str]]) -> None:
    hasher = type(get_hasher())
    original = hasher.encode
    for reason, (username, password) in refused.items():
        with patch.object(hasher, "encode", autospec=True, side_effect=original) as hashed:
            sign_in(Client(), username, password)
        assert hashed.call_count == 1, reason


def test_empty_fields_are_asked_for_and_cost_no_hash(alice: Operator) -> None:
    with patch.object(type(get_hasher()), "encode") as hashed:
        answer = Client().post(LOGIN, {"username": " ", "password": ""})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter your login" in text
    assert "Enter your password" in text
    assert REFUSED not in text
    assert not hashed.called


def test_a_typed_password_is_never_sent_back(alice: Operator) -> None:
    assert b"secret word" not in sign_in(Client(), "alice", "secret word").content


def test_sign_in_makes_a_new_session_key(alice: Operator) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["cashdesk-session"] = str(session.session_key)
    sign_in(client)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_sign_in_over_somebody_elses_session_keeps_nothing_of_it(alice: Operator, bob: Operator) -> None:
    client = signed_in(bob)
    session = client.session
    session["method"] = 7
    session.save()
    sign_in(client)
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert "method" not in client.session
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_signed_in_visitor_is_sent_on(alice: Operator) -> None:
    assert signed_in(alice).get(LOGIN, {"next": "/cashdesk/till/"})["Location"] == "/cashdesk/till/"


def test_an_old_form_of_somebody_signed_in_meanwhile_just_goes_on(alice: Operator) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (303, "/cashdesk/")


def test_sign_in_without_a_token_of_the_page_is_refused(alice: Operator) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = sign_in(client)
    assert answer.status_code == 403
    assert not is_signed_in(client)


def test_a_body_in_an_encoding_that_can_spell_surrogates_is_refused(alice: Operator) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n+2AA-\r\n--x--\r\n'
    answer = Client().post(LOGIN, body, content_type="multipart/form-data; boundary=x; charset=utf-7")
    assert answer.status_code == 400


@pytest.mark.parametrize("login", ["\ud800", "a\0", "a" * 10**6])
def test_any_text_may_be_tried(alice: Operator, login: str) -> None:
    backend = DeskBackend()
    assert backend.authenticate(HttpRequest(), username=login, password="\ud800") is None
    assert backend.authenticate(None, username="alice", password="\ud800") is None


def test_sign_out_ends_the_session_in_the_database(alice: Operator) -> None:
    client = signed_in(alice)
    key = client.session.session_key
    answer = client.post("/cashdesk/logout/")
    assert (answer.status_code, answer["Location"]) == (303, LOGIN)
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get("/cashdesk/").status_code == 302


def test_a_link_cannot_sign_out(alice: Operator) -> None:
    client = signed_in(alice)
    assert client.get("/cashdesk/logout/").status_code == 405
    assert client.get("/cashdesk/").status_code == 200


def test_back_shows_nothing_after_sign_out(alice: Operator) -> None:
    assert signed_in(alice).get("/cashdesk/")["Cache-Control"] == "no-store"


def test_nobody_is_not_signed_in(db: None) -> None:
    assert DeskBackend().get_user(0) is None
    assert not AnonymousUser().is_authenticated
