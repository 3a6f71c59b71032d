"""What every test has: the database, the real server, the browser; the factories are in tests/factories.py."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests.database import drop_base, keep_base, restore_base

pytest_plugins = ["tests.server", "tests.browser", "tests.people"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the tests fast where speed is not what they are about."""
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]
    # The manifest is made by collectstatic when the desk is installed; pages in tests link the plain files.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # WhiteNoise reads this folder anew for every Client, of which there are thousands; gunicorn has the real one.
    assert config.cache is not None
    settings.STATIC_ROOT = config.cache.mkdir("no-static-files")
    # A slow machine fails no test, and CI tries the same examples each time: a new one is found at a desk, not there.
    hypothesis.settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
    hypothesis.settings.load_profile("house")
    if threading.current_thread() is threading.main_thread():
        # Told to end (by tests/postgres.py, by a time limit), end what the fixtures started as well.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest itself applies -m
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser's tests and put them last; leave out what asks the other database."""
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    other = "postgres" if connection.vendor == "sqlite" else "sqlite"
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(other)])
    items[:] = [item for item in items if not item.get_closest_marker(other)]
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep the SQLite test database in a file: threads and other processes cannot share one in memory."""
    if connection.vendor == "sqlite":
        folder: Path = tmp_path_factory.mktemp("database")
        connection.settings_dict["TEST"]["NAME"] = str(folder / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Migrate a test database, and keep a copy of it to put back after each test that commits.

    pytest-django's own makes one only for tests that use `db`: a run of committed tests alone would then work on
    the real database.
    """
    verbosity: int = request.config.option.verbose
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=verbosity, interactive=False, serialized_aliases={})
        keep_base()
    yield
    with django_db_blocker.unblock():
        drop_base()
        teardown_databases(made, verbosity=verbosity)


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Open the database to real commits, threads and other processes; put the base back afterwards."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        pytest.fail("committed_db really commits: use it without `db` and without the mark django_db.")
    with django_db_blocker.unblock():
        yield
        restore_base()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test finds what another one cached."""
    yield
    cache.clear()
