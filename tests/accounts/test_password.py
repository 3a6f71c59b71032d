"""Changing one's own password."""

import pytest
from django.test import Client

from accounts.models import Operator
from tests.factories import PASSWORD
from tests.people import signed_in

PAGE = "/cashdesk/password/"
NEW = "another long word"


def test_the_new_password_works_and_the_old_one_does_not(alice: Operator) -> None:
    answer = signed_in(alice).post(PAGE, {"old_password": PASSWORD, "new_password": NEW})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert Client().login(username="alice", password=NEW)
    assert not Client().login(username="alice", password=PASSWORD)


def test_this_session_goes_on_and_the_others_end(alice: Operator) -> None:
    here, elsewhere = signed_in(alice), signed_in(alice)
    key = here.session.session_key
    answer = here.post(PAGE, {"old_password": PASSWORD, "new_password": NEW}, follow=True)
    assert b"Your password was changed" in answer.content
    assert here.session.session_key != key
    assert elsewhere.get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("wrong", NEW, "This is not your password"),
        ("", NEW, "Enter the password you have now"),
        (PASSWORD, "", "Enter a new password"),
        (PASSWORD, "brief", "This password is too short"),
        (PASSWORD, "password123", "This password is too common"),
        (PASSWORD, "a" * 1025, "at most 1024 characters"),
        (PASSWORD, "a\0" * 8, "Null characters are not allowed"),
    ],
)
def test_a_refused_password_changes_nothing(alice: Operator, old: str, new: str, sentence: str) -> None:
    before = alice.password
    answer = signed_in(alice).post(PAGE, {"old_password": old, "new_password": new})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not new or new not in answer.content.decode()
    alice.refresh_from_db()
    assert alice.password == before


def test_the_longest_password_that_can_be_set_can_be_signed_in_with(alice: Operator) -> None:
    longest = "ab" * 512
    signed_in(alice).post(PAGE, {"old_password": PASSWORD, "new_password": longest})
    assert Client().login(username="alice", password=longest)
    assert not Client().login(username="alice", password=longest + "c")
