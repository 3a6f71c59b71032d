"""What a proof stands on: the tests' keys, and a database that is thrown away afterwards."""

from __future__ import annotations

import atexit
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres

ON_CLUSTER = "PROOFS_STAND_ON_A_THROW_AWAY_CLUSTER"


def is_asked_for(*names: str) -> bool:
    """Return whether this process was started as `python -m <name>...`; a test that imports the module was not."""
    asked = sys.orig_argv
    return "-m" in asked and asked[asked.index("-m") + 1].startswith(names)


def stand() -> None:
    """Take the tests' keys, go onto a throw-away PostgreSQL or an SQLite file, and start Django.

    For PostgreSQL the process begins anew as the child of the cluster's keeper, which ends the cluster with it.
    """
    from tests import environment

    environment.set_environment()
    if "sqlite" in " ".join(sys.argv):
        folder = tempfile.mkdtemp(prefix="cashdesk-proof-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/desk.sqlite3"
    elif os.environ.get(ON_CLUSTER) != str(os.getppid()):
        begin_anew_on_a_cluster()
    import django

    django.setup()


def begin_anew_on_a_cluster() -> None:
    """Become the keeper of a throw-away cluster that runs this very command on it; never returns."""
    if postgres.find_binaries() is None:
        raise SystemExit("There is no PostgreSQL on this machine: apt-get install postgresql")
    os.environ[ON_CLUSTER] = str(os.getpid())  # the keeper keeps our process id, and so is our child's parent
    command = [sys.executable, postgres.__file__, "--", sys.executable, *sys.orig_argv[1:]]
    os.execv(sys.executable, command)


@contextmanager
def scratch_database(seed: int) -> Iterator[None]:
    """Migrate a scratch database and open it for the block; it ends with the cluster or the folder it lies in."""
    from django.conf import settings
    from django.db import connection, connections
    from django.test.utils import setup_databases, setup_test_environment

    from tests.database import keep_base

    setup_test_environment()
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]  # no proof is about passwords
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    if connection.vendor == "sqlite":  # threads and processes cannot share a database in memory
        connection.settings_dict["TEST"]["NAME"] = str(Path(connection.settings_dict["NAME"]).with_name("scratch"))
    random.seed(seed)  # what a proof draws without a generator of its own
    setup_databases(verbosity=0, interactive=False, serialized_aliases={})
    keep_base()
    yield
    connections.close_all()


@contextmanager
def kept_scene() -> Iterator[Callable[[], None]]:
    """Keep the scratch database as it is now, and yield the function that puts it back, its counters included."""
    from django.db import connection, connections

    from tests.database import copy_sqlite, create_from_template, quoted, run_beside_it

    name = connection.settings_dict["NAME"]
    kept = f"{name}_scene"

    def copy(source: str, target: str) -> None:
        connections.close_all()  # PostgreSQL copies no database that somebody is connected to
        if connection.vendor == "sqlite":
            copy_sqlite(source, target)
        else:
            create_from_template(target, template=source)

    copy(name, kept)
    try:
        yield lambda: copy(kept, name)
    finally:
        connections.close_all()
        if connection.vendor == "sqlite":
            Path(kept).unlink(missing_ok=True)
        else:
            run_beside_it(f"DROP DATABASE IF EXISTS {quoted(kept)}")


@contextmanager
def own_copy(mark: str, *, as_it_is: bool = False) -> Iterator[None]:
    """Let this process work on a copy of the scratch database for the block, apart from other processes.

    The copy is of the freshly migrated database, or of the database as it is (then nobody may be connected to it).
    """
    from django.db import connection, connections

    from tests.database import copy_sqlite, create_from_template, quoted, run_beside_it

    name, own = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_{mark}"
    source = name if as_it_is else f"{name}_base"
    connections.close_all()
    if connection.vendor == "sqlite":
        copy_sqlite(source, own)
    else:
        create_from_template(own, template=source)
    connection.settings_dict["NAME"] = own
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = name
        if connection.vendor == "sqlite":
            Path(own).unlink(missing_ok=True)
        else:
            run_beside_it(f"DROP DATABASE IF EXISTS {quoted(own)}")
