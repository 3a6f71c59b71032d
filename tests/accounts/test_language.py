"""Which language an answer speaks."""

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from pytest_django import Settings

from accounts.models import Operator
from cashdesk.middleware import language
from tests.people import signed_in


@pytest.fixture(autouse=True)
def _languages(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("es", "Español"), ("cs", "Čeština")]


@pytest.mark.parametrize(
    ("own", "cookie", "browser", "spoken"),
    [
        ("cs", "es", "es", "cs"),
        ("", "es", "cs", "es"),
        ("", "", "cs,en;q=0.5", "cs"),
        ("", "", "xx", "en"),
        ("xx", "yy", "cs", "cs"),
    ],
)
def test_own_language_then_cookie_then_browser_then_setting(
    alice: Operator, own: str, cookie: str, browser: str, spoken: str
) -> None:
    Operator.objects.update(language=own)
    client = signed_in(alice)
    client.cookies["django_language"] = cookie
    answer = client.get("/cashdesk/preferences/", headers={"Accept-Language": browser})
    assert answer["Content-Language"] == spoken
    assert f'<html lang="{spoken}"' in answer.content.decode()


def test_sign_in_speaks_the_browsers_language(house: None) -> None:
    assert Client().get("/cashdesk/login/", headers={"Accept-Language": "es"})["Content-Language"] == "es"


def test_no_answer_leaves_its_language_behind(alice: Operator) -> None:
    before = translation.get_language()
    Operator.objects.update(language="cs")
    signed_in(alice).get("/cashdesk/preferences/")
    assert translation.get_language() == before


def test_a_streamed_answer_speaks_the_language_to_its_end(alice: Operator) -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        return StreamingHttpResponse(str(translation.get_language()) for _ in range(2))

    request = RequestFactory().get("/cashdesk/history.csv")
    alice.language = "cs"
    request.user = alice
    answer = language(view)(request)
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.getvalue() == b"cscs"
    assert translation.get_language() == "en"


def test_an_open_route_asks_for_nobody(settings: Settings) -> None:
    request = RequestFactory().get("/healthz")  # has no user at all
    assert language(lambda request: HttpResponse())(request)["Content-Language"] == "en"
