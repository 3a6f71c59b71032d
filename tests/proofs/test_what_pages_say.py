"""What the crowd of the proofs takes for a false claim: every page that does not say that the outcome is unknown."""

from uuid import uuid4

import httpx
import pytest
from django.test import RequestFactory

from cashdesk.views import failures
from proofs.crowd import asks, leads_to_receipt, says_it_may_be_recorded

KEY = str(uuid4())
SAID = "What you sent may have been recorded. Do not take the money twice."


def page(key: str = KEY) -> str:
    """Return the page that stands for an answer when the database is gone."""
    return failures.down(RequestFactory().post("/cashdesk/customers/1/", {"key": key})).content.decode()


def says_so(text: str, status: int = 503) -> bool:
    """Return whether the crowd takes this page for one that knows that it does not know."""
    return says_it_may_be_recorded(httpx.Response(status, text=text), KEY)


def test_the_page_of_a_database_that_is_gone_is_right() -> None:
    assert says_so(page())


@pytest.mark.parametrize("instead", ["", "Your payment was not taken.", f"{SAID} It failed."])
def test_a_page_that_says_something_else_is_a_false_claim(instead: str) -> None:
    assert SAID in page()
    assert not says_so(page().replace(SAID, instead))


def test_a_page_that_leads_to_another_payment_or_to_none_is_a_false_claim() -> None:
    assert not says_so(page(str(uuid4())))
    assert not says_so("<h1>Internal Server Error</h1>", 500)
    assert not says_so(SAID)


def test_only_the_receipt_of_this_key_and_the_question_about_it_are_right_without_saying_so() -> None:
    def redirect(key: str) -> httpx.Response:
        return httpx.Response(303, headers={"location": f"/cashdesk/payments/{key}/"})

    assert leads_to_receipt(redirect(KEY), KEY)
    assert not leads_to_receipt(redirect(str(uuid4())), KEY)
    assert not leads_to_receipt(httpx.Response(303, headers={"location": "/cashdesk/login/"}), KEY)
    assert not asks(httpx.Response(200, text="Go back without taking money"), KEY)
    assert asks(httpx.Response(200, text=f'Go back without taking money <input value="{KEY}">'), KEY)
