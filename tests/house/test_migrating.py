"""A database that was migrated up step by step, over months, has the same guards and rules as one made today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from tests.database import create_from_template, quoted, run_beside_it
from tills import guard_rules, guards

RULES = {
    "postgresql": (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace UNION ALL"
        " SELECT tgrelid::regclass::text, tgname, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE NOT tgisinternal UNION ALL"
        " SELECT 'function', proname, prosrc FROM pg_proc WHERE proname LIKE 'cashdesk%'"
    ),
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'",
}


def rules() -> list[tuple[str, ...]]:
    """Return every constraint and every trigger that the database has, as it has them."""
    with connection.cursor() as cursor:
        cursor.execute(RULES[connection.vendor])
        return sorted(cursor.fetchall())


@pytest.fixture
def empty(committed_db: None, tmp_path: Path) -> Iterator[None]:
    """Let Django's connection lead to an empty database for the test."""
    name = connection.settings_dict["NAME"]
    own = str(tmp_path / "steps.sqlite3") if connection.vendor == "sqlite" else f"{name}_steps"
    connections.close_all()
    if connection.vendor == "postgresql":
        create_from_template(own, template="template0")
    connection.settings_dict["NAME"] = own
    yield
    connections.close_all()
    connection.settings_dict["NAME"] = name
    if connection.vendor == "postgresql":
        run_beside_it(f"DROP DATABASE IF EXISTS {quoted(own)}")


@pytest.fixture
def of_today(committed_db: None) -> list[tuple[str, ...]]:
    """Return the rules of the database that all the other tests work on."""
    return rules()


def steps() -> list[tuple[str, str]]:
    """Return every migration in the order in which it was once applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _backwards in plan]


def test_after_every_step_up_the_guards_stand_and_the_rules_are_those_of_today(
    of_today: list[tuple[str, ...]], empty: None
) -> None:
    walked = steps()
    assert len(walked) > 10
    for app, name in walked:
        call_command("migrate", app, name, verbosity=0)
        has_all = {*guard_rules.APPEND_ONLY, *guard_rules.NEVER_DELETED} <= set(connection.introspection.table_names())
        assert guards.missing(connection) == (set() if has_all else guards.names(connection.vendor)), name
    assert rules() == of_today


def test_a_step_back_and_up_again_leaves_the_guards_standing(committed_db: None) -> None:
    before = rules()
    for app, back in [("billing", "0001")]:
        call_command("migrate", app, back, verbosity=0)
        assert guards.missing(connection) == set()
        call_command("migrate", verbosity=0)
    assert rules() == before
