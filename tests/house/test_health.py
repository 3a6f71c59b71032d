"""What a proxy asks: /healthz and /readyz."""

from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from accounts.models import Operator
from cashdesk.readiness import report_at_start
from tests.house.outage import no_database
from tests.people import signed_in
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
    name, (table, *_rest) = next(iter(guards.CHECKS.items()))
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{on_table}")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"guards")


def test_the_start_says_what_is_not_ready_and_goes_on(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with patch.object(connection, "close"):  # the test's own
        report_at_start()
        assert not caplog.messages
        with no_database():
            report_at_start()
    assert caplog.messages == ["The desk is not ready (database). Look with: manage.py check --database default"]


def test_an_outage_in_the_tests_is_a_real_one(db: None) -> None:
    with no_database(), pytest.raises(OperationalError):
        Operator.objects.exists()
