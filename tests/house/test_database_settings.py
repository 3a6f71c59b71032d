"""The desk stands on no database whose settings would lose an acknowledged payment, or take one twice."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction

from tests.house.books import run
from tills import ground

SHIPPED = {
    "postgresql": {
        "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "transaction_isolation": "read committed",
    },
    "sqlite": {"foreign_keys": "1", "recursive_triggers": "1", "synchronous": "2"},
}  # fmt: skip
UNSAFE = [
    ("postgresql", "fsync", "off"),
    ("postgresql", "full_page_writes", "off"),
    ("postgresql", "synchronous_commit", "off"),
    ("postgresql", "transaction_isolation", "repeatable read"),
    ("postgresql", "transaction_isolation", "serializable"),
    ("postgresql", "transaction_isolation", "read uncommitted"),
    ("sqlite", "foreign_keys", "0"),
    ("sqlite", "recursive_triggers", "0"),
    ("sqlite", "synchronous", "0"),
    ("sqlite", "synchronous", "1"),
]


def test_the_tests_stand_on_what_a_shop_runs(db: None) -> None:
    assert ground.read_settings(connection) == SHIPPED[connection.vendor]
    assert ground.unsafe_settings(connection) == []


@pytest.mark.parametrize(("vendor", "name", "value"), UNSAFE)
def test_an_unsafe_setting_is_named_with_its_value(vendor: str, name: str, value: str) -> None:
    assert ground.unsafe(vendor, {**SHIPPED[vendor], name: value}) == [f"{name} = {value}"]


@pytest.mark.parametrize(("vendor", "name"), [(vendor, name) for vendor in SHIPPED for name in SHIPPED[vendor]])
def test_a_setting_that_cannot_be_read_is_unsafe(vendor: str, name: str) -> None:
    found = {other: value for other, value in SHIPPED[vendor].items() if other != name}
    assert ground.unsafe(vendor, found) == [f"{name} = unknown"]


@pytest.mark.parametrize("value", ["on", "local", "remote_write", "remote_apply"])
def test_a_commit_that_waits_for_some_disk_is_safe(value: str) -> None:
    assert ground.unsafe("postgresql", {**SHIPPED["postgresql"], "synchronous_commit": value}) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SET LOCAL synchronous_commit = off", "synchronous_commit = off"),
        ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "transaction_isolation = repeatable read"),
    ],
)
def test_the_check_of_the_database_refuses_it(committed_db: None, statement: str, named: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
        with pytest.raises(SystemCheckError, match=f"The database would lose or double money: {named}"):
            call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())


@pytest.mark.postgres
def test_what_is_set_for_all_of_the_desks_connections_is_seen_too(committed_db: None) -> None:
    """A default of the role or of the database counts as soon as a connection begins."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    run(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    connection.close()
    assert ground.unsafe_settings(connection) == ["transaction_isolation = serializable"]
    run(f"ALTER DATABASE {name} RESET default_transaction_isolation")


@pytest.mark.sqlite
def test_a_faster_sqlite_is_seen(committed_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = NORMAL")
    assert ground.unsafe_settings(connection) == ["synchronous = 1"]
    connection.close()
