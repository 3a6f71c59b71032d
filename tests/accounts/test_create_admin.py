"""`manage.py create_admin`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Operator

pytestmark = pytest.mark.django_db


def create_admin(*options: str) -> str:
    out = StringIO()
    call_command("create_admin", *options, stdout=out)
    return out.getvalue()


def test_the_first_administrator_can_use_the_administration_and_the_desk() -> None:
    printed = create_admin()
    password = printed.split("Password: ")[1].strip()
    client = Client()
    assert client.post("/cashdesk/login/", {"username": "admin", "password": password}).status_code == 303
    assert client.get("/admin/accounts/operator/").status_code == 200
    assert client.get("/cashdesk/preferences/").status_code == 200


def test_run_twice_it_says_so_and_changes_nothing() -> None:
    create_admin()
    before = Operator.objects.get().password
    assert "exists already" in create_admin("--username", "ADMIN")
    assert Operator.objects.get().password == before


def test_a_login_of_somebody_else_is_refused(alice: Operator) -> None:
    with pytest.raises(CommandError, match="is not an administrator"):
        create_admin("--username", "Alice")
    alice.refresh_from_db()
    assert not alice.is_superuser


def test_the_password_comes_from_a_file_and_is_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a word from a file\n", encoding="utf-8")
    assert "a word from a file" not in create_admin("--username", "eva", "--password-file", str(file))
    assert Client().login(username="eva", password="a word from a file")


@pytest.mark.parametrize("text", ["", "short\n", "password123\n"])
def test_a_bad_password_makes_nobody(tmp_path: Path, text: str) -> None:
    file = tmp_path / "password"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError):
        create_admin("--password-file", str(file))
    assert not Operator.objects.exists()


@pytest.mark.parametrize("options", [("--password-file", "/no/such/file"), ("--username", "two words")])
def test_what_cannot_be_is_refused_in_words(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        create_admin(*options)
    assert not Operator.objects.exists()
