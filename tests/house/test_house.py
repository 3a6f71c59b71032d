"""What holds the house up: floors, migrations, and Django's own look at a desk that takes money."""

import os
import secrets
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.house.books import drop_guard

ROOT = Path(__file__).resolve().parents[2]


def test_imports_go_down_the_floors() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_model_has_changed_without_a_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_desk_that_takes_money_has_no_warning(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "CASHDESK_ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(60),
        "CASHDESK_PROOF_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "desk.example.com",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def check() -> str:
    out, err = StringIO(), StringIO()
    call_command("check", databases=["default"], stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_the_check_of_the_database_finds_nothing_where_all_is_well(db: None) -> None:
    assert "no issues" in check()


def test_the_check_names_each_guard_that_does_not_stand(db: None) -> None:
    drop_guard("line_follows")
    with pytest.raises(SystemCheckError, match="The guard line_follows does not stand"):
        check()


def test_the_check_names_migrations_that_are_missing(db: None) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="tills", name="0002_first_methods").delete()
    with pytest.raises(SystemCheckError, match=r"Not migrated: .*tills\.0002_first_methods"):
        check()


def test_migrate_mends_what_the_check_complains_of(db: None) -> None:
    drop_guard("line_follows")
    call_command("migrate", skip_checks=False, verbosity=0)
    assert "no issues" in check()
