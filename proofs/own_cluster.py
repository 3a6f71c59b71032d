"""A PostgreSQL cluster of a proof's own, which it may kill with -9 and start again."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from django.core.management import call_command
from django.db import connection, connections

from proofs.serving import kill_family
from tests import postgres

NAME = "desk"


class Cluster:
    """A cluster with shipped settings, but for those given; its server can be killed and comes back."""

    def __init__(self, folder: Path, **options: str) -> None:
        binaries = postgres.find_binaries()
        assert binaries is not None, "There is no PostgreSQL on this machine: apt-get install postgresql"
        self.folder, self.owner = folder, postgres.unprivileged_user(folder)
        if not postgres.owner_reaches(binaries, self.owner):
            binaries = postgres.copy_from_wheel(binaries, folder)
        self.binaries, self.password = binaries, secrets.token_hex(16)
        postgres.make_cluster(binaries, folder, self.password, self.owner)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        self.options = [part for n, value in {**settings, **options}.items() for part in ("-c", f"{n}={value}")]
        self.server = self.start()
        postgres.make_role(self.port, self.password)
        self._make_database()

    def _make_database(self) -> None:
        """Make the desk's database as its role, which owns it then."""
        owner = psycopg2.connect(
            dbname="postgres", host="127.0.0.1", port=self.port, user="cashdesk", password=self.password
        )
        owner.autocommit = True
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
        owner.close()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it says that it is ready."""
        command = [
            *postgres.WITH_US,
            str(self.binaries / "postgres"),
            "-D",
            str(self.folder / "cluster"),
            *self.options,
        ]
        (self.folder / "cluster" / "postmaster.pid").unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            server = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True, **self.owner
            )
        postgres.wait_until_ready(server, self.folder)
        return server

    def kill_and_start(self) -> int:
        """Kill the postmaster and every process of it with -9, and start the server again: it recovers from its log.

        Returns how many processes were killed.
        """
        killed = kill_family(self.server)
        self.server = self.start()
        return killed

    @property
    def database_url(self) -> str:
        """Where the desk finds it."""
        return f"postgres://cashdesk:{self.password}@127.0.0.1:{self.port}/{NAME}"


@contextmanager
def own_cluster(**options: str) -> Iterator[Cluster]:
    """Make a cluster, migrate it, and let Django's connection lead to it for the block; then remove it."""
    folder = Path(tempfile.mkdtemp(prefix="cashdesk-proof-cluster-"))
    cluster = Cluster(folder, **options)
    before = dict(connection.settings_dict)
    try:
        connections.close_all()
        place = {"HOST": "127.0.0.1", "PORT": str(cluster.port), "NAME": NAME}
        connection.settings_dict.update(place, USER="cashdesk", PASSWORD=cluster.password)
        call_command("migrate", verbosity=0)
        yield cluster
    finally:
        connections.close_all()
        connection.settings_dict.update(before)
        postgres.end(cluster.server, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)
