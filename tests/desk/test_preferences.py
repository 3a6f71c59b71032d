"""The operator's own preferences, the list of keys, and what both do to every page."""

import pytest
from bs4 import BeautifulSoup
from pytest_django import Settings

from accounts.models import Operator
from tests.desk.pages import page, words
from tests.people import signed_in

ADDRESS = "/cashdesk/preferences/"


def html(operator: Operator) -> BeautifulSoup:
    return page(signed_in(operator), "/cashdesk/keyboard/")


def test_look_paper_and_keys_are_kept(alice: Operator) -> None:
    client = signed_in(alice)
    answer = client.post(ADDRESS, {"theme": "dark", "paper": "roll80"})
    assert (answer.status_code, answer["Location"]) == (303, f"{ADDRESS}?saved=1")
    assert words(page(client, answer["Location"]).select_one("[role=status]")) == "Saved"
    alice.refresh_from_db()
    assert (alice.theme, alice.paper, alice.letter_keys) == ("dark", "roll80", False)


def test_nothing_else_of_the_operator_can_be_reached(alice: Operator) -> None:
    signed_in(alice).post(
        ADDRESS, {"theme": "dark", "paper": "a4", "is_superuser": "on", "username": "root", "cashdesk_access": ""}
    )
    alice.refresh_from_db()
    assert (alice.username, alice.is_superuser, alice.cashdesk_access) == ("alice", False, True)


@pytest.mark.parametrize("sent", [{}, {"theme": "pink", "paper": "a4"}, {"theme": "dark", "paper": "\0"}])
def test_what_is_no_choice_is_refused_and_nothing_changes(alice: Operator, sent: dict[str, str]) -> None:
    answer = signed_in(alice).post(ADDRESS, sent)
    assert answer.status_code == 422
    assert b"There is a problem" in answer.content
    alice.refresh_from_db()
    assert (alice.theme, alice.paper) == ("auto", "a4")


@pytest.mark.parametrize(
    ("theme", "attribute", "scheme"),
    [("auto", None, "light dark"), ("dark", "dark", "dark"), ("light", "light", "light")],
)
def test_the_look_is_in_the_page_before_anything_is_drawn(
    alice: Operator, theme: str, attribute: str | None, scheme: str
) -> None:
    Operator.objects.filter(pk=alice.pk).update(theme=theme)
    soup = html(alice)
    assert soup.html is not None
    assert soup.html.get("data-theme") == attribute
    assert soup.select_one("meta[name=color-scheme]")["content"] == scheme  # type: ignore[index]  # it is there
    assert (soup.html["lang"], soup.html["dir"]) == ("en", "ltr")


def test_letter_keys_can_be_switched_off(alice: Operator) -> None:
    assert html(alice).body["data-letter-keys"] == "on"  # type: ignore[index]  # it is there
    Operator.objects.filter(pk=alice.pk).update(letter_keys=False)
    assert html(alice).body["data-letter-keys"] == "off"  # type: ignore[index]


def test_every_key_is_listed_with_its_twin_on_the_page(alice: Operator) -> None:
    soup = html(alice)
    keys = {words(key) for key in soup.select("tbody kbd")}
    assert {"F2", "/", "F8", "F9", "Esc", "Home", "End", "?", "Alt", "Ctrl", "Enter"} <= keys
    assert all(words(row.select("td")[-1]) for row in soup.select("tbody tr"))


def test_help_stands_in_the_footer_of_every_page(alice: Operator, settings: Settings) -> None:
    settings.CASHDESK_HELP = "Call Eva, 123"
    for address in ("/cashdesk/", ADDRESS, "/cashdesk/keyboard/", "/cashdesk/till/", "/cashdesk/history/"):
        assert words(page(signed_in(alice), address).select_one("footer > p")) == "Need help? Call Eva, 123"


def test_the_bar_signs_out_by_post_and_shows_administration_to_staff_only(alice: Operator) -> None:
    soup = html(alice)
    assert soup.select_one("form[action='/cashdesk/logout/'][method=post] button") is not None
    assert soup.select_one("a[href='/admin/']") is None
    Operator.objects.filter(pk=alice.pk).update(is_staff=True)
    assert html(alice).select_one("a[href='/admin/']") is not None
