"""What a proxy asks: /healthz and /readyz."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from accounts.models import Operator
from cashdesk import readiness
from cashdesk.readiness import refuse_to_start
from payments.models import Payment
from tests.factories import CustomerFactory, cash
from tests.house.books import drop_guard, settle
from tests.house.outage import no_database
from tests.people import signed_in
from tests.server import environment, running_desk
from tills import guards


def test_the_process_answers_without_a_database(alice: Operator) -> None:
    client = signed_in(alice)
    with no_database():
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer["Cache-Control"] == "no-store"


def test_the_desk_is_ready_when_all_is_well(db: None) -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_the_desk_is_not_ready_without_its_database(db: None) -> None:
    assert Client().get("/readyz").status_code == 200
    with no_database():  # although a good answer is kept for a while
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database")


def test_the_desk_is_not_ready_before_its_migrations(db: None) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="tills", name="0002_first_methods").delete()
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"migrations")


def test_the_desk_is_not_ready_without_its_guards(db: None) -> None:
    drop_guard("line_follows")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"guards")


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["synchronous_commit = off", "transaction_isolation = 'repeatable read'"])
def test_the_desk_is_not_ready_on_a_database_that_may_lose_or_double_money(committed_db: None, setting: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {setting}")
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"settings")


@pytest.fixture
def kept_open() -> Iterator[None]:
    """Keep the test's own connection, which the start closes."""
    with patch.object(connection, "close"):
        yield


def test_the_start_waits_for_a_database_that_does_not_answer(
    db: None, kept_open: None, caplog: pytest.LogCaptureFixture
) -> None:
    refuse_to_start()
    assert not caplog.messages
    with no_database():
        refuse_to_start()
    assert caplog.messages == ["The desk is not ready (database). Look with: manage.py check --database default"]


@pytest.fixture
def started_without_a_database(db: None, kept_open: None) -> Iterator[None]:
    """Start this process while the database does not answer."""
    with no_database():
        refuse_to_start()
    yield
    readiness._not_looked_at.clear()


@pytest.mark.usefixtures("started_without_a_database")
def test_a_database_that_comes_back_without_its_guards_takes_no_money(alice: Operator) -> None:
    drop_guard("line_follows")
    customer, client = CustomerFactory.create(balance=-60), signed_in(alice)
    form = {"key": uuid4(), "amount": "60", "method": cash().pk}
    answer = client.post(f"/cashdesk/customers/{customer.pk}/", form)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "The desk cannot answer just now" in answer.text
    assert not Payment.objects.exists()
    assert client.get("/readyz").content == b"guards"
    assert client.get("/healthz").status_code == 200

    settle()
    guards.install()
    assert client.post(f"/cashdesk/customers/{customer.pk}/", form).status_code == 303
    assert Payment.objects.count() == 1


@pytest.mark.usefixtures("started_without_a_database")
def test_a_database_that_comes_back_as_it_was_is_worked_with(alice: Operator) -> None:
    with no_database():
        assert Client().get("/cashdesk/login/").status_code == 503
    assert signed_in(alice).get("/cashdesk/").status_code == 200


def test_the_start_is_refused_before_the_migrations(db: None, kept_open: None) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="tills", name="0002_first_methods").delete()
    with pytest.raises(ImproperlyConfigured, match=r"not ready \(migrations\)"):
        refuse_to_start()


def test_the_start_is_refused_without_the_guards(db: None, kept_open: None) -> None:
    drop_guard("line_follows")
    with pytest.raises(ImproperlyConfigured, match=r"not ready \(guards\)"):
        refuse_to_start()


def test_no_server_starts_on_a_database_without_its_guards(committed_db: None, tmp_path: Path) -> None:
    drop_guard("line_follows")
    log = tmp_path / "log"
    with pytest.raises(pytest.fail.Exception), running_desk(environment(), log):
        pass
    assert "The desk is not ready (guards)" in log.read_text()


def test_an_outage_in_the_tests_is_a_real_one(db: None) -> None:
    with no_database(), pytest.raises(OperationalError):
        Operator.objects.exists()


@pytest.mark.parametrize(
    "command",
    [
        ["deliver_payments"], ["pull_billing"], ["reconcile_billing"], ["export_payments", "--to", "."],
        ["import_billing", "--customers", "none.csv", "--invoices", "none.csv"],
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_no_command_that_writes_works_on_a_database_without_its_guards(db: None, command: list[str]) -> None:
    drop_guard("line_follows")
    with pytest.raises(SystemCheckError, match="The guard line_follows does not stand"):
        call_command(*command, skip_checks=False)


def test_with_its_guards_a_command_writes(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_payments", "--to", str(tmp_path), skip_checks=False)
    assert "Nothing" in capsys.readouterr().out
