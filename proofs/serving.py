"""The real gunicorn, whose processes can be killed; its address stays the same from one master to the next."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.server import GUNICORN, ROOT, collect_static_files, environment, wait_until_healthy

END_SECONDS = 60


class Desk:
    """gunicorn on a socket that this process keeps open, so that early requests wait instead of being refused."""

    def __init__(self, application: str, without: str, folder: Path, database_url: str = "") -> None:
        collect_static_files()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.environ = environment(WEB_CONCURRENCY="3", WITHOUT=without)
        if database_url:
            self.environ["DATABASE_URL"] = database_url
        self.application = application
        self.log = folder / "gunicorn.log"
        self.seen: set[int] = set()
        self.master = self.start()
        wait_until_healthy(self.url, self.log)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a master on the open socket and return it."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [*GUNICORN, "--bind", f"fd://{self.listener.fileno()}", self.application],
                cwd=ROOT, env=self.environ, stdout=output, stderr=output, pass_fds=[self.listener.fileno()],
            )  # fmt: skip

    def workers(self) -> list[int]:
        """Return the process ids of the master's workers."""
        found = children(self.master.pid)
        self.seen |= set(found)
        return found

    def kill_master(self) -> None:
        """Kill the master and its workers with -9, and start another."""
        victims = self.workers()
        self.master.kill()
        self.master.wait()
        kill(victims)
        self.master = self.start()

    def end(self) -> None:
        """End what was started, by process id."""
        self.workers()
        self.master.terminate()
        try:
            self.master.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.master.kill()
            self.master.wait()
        kill([pid for pid in self.seen if is_gunicorn(pid)])
        self.listener.close()


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children, as the kernel knows them."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def is_gunicorn(pid: int) -> bool:
    """Return whether the process with this id is still one of gunicorn's."""
    with suppress(OSError):
        return b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def kill(pids: list[int]) -> None:
    """Kill processes with -9; those that have ended already are no loss."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(*, application: str = "cashdesk.wsgi", without: str = "", database_url: str = "") -> Iterator[Desk]:
    """Serve the scratch database for the block, with all guards or (tests.without_guards) without one."""
    with tempfile.TemporaryDirectory(prefix="cashdesk-proof-") as folder:
        desk = Desk(application, without, Path(folder), database_url)
        try:
            yield desk
        finally:
            desk.end()


def wait(seconds: float) -> None:
    """Let the crowd work for a while; the length is part of the experiment, nothing is expected to be done by then."""
    time.sleep(seconds)
