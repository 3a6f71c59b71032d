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
from dataclasses import dataclass
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

    def kill_master(self) -> int:
        """Kill the master and its workers with -9, start another, and return how many processes were killed."""
        killed = kill_family(self.master)
        self.master = self.start()
        return killed

    def end(self) -> None:
        """End what was started, by process id."""
        with suppress(OSError):  # a master that is gone has no workers any more
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
    """Return the process ids of a process's children, as the kernel knows them; raises OSError if it does not say."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gunicorn(pid: int) -> bool:
    """Return whether the process with this id is still one of gunicorn's."""
    with suppress(OSError):
        return b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def kill(pids: list[int]) -> int:
    """Kill processes with -9, wait until they are gone, and return how many of them were alive."""
    alive = [pid for pid in pids if is_alive(pid)]
    for pid in alive:
        with suppress(ProcessLookupError):  # it has ended at this very moment
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + END_SECONDS
    while any(map(is_alive, alive)) and time.monotonic() < until:
        time.sleep(0.001)  # the kernel tells nobody but the parent when a process has gone
    return len(alive)


def is_alive(pid: int) -> bool:
    """Return whether a process is there, and is more than remains that its parent has not looked at yet."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def kill_family(parent: subprocess.Popen[bytes]) -> int:
    """Kill a process and its children with -9 as if at one moment, and return how many were killed.

    The parent is stopped first: it notices nothing and begets nothing, and no child hears that it is gone.
    """
    parent.send_signal(signal.SIGSTOP)
    killed = kill(children(parent.pid))
    parent.kill()
    return killed + (parent.wait() == -signal.SIGKILL)


@dataclass
class Kills:
    """How often was killed: only what hit a process, while payments were being taken, counts."""

    wanted: int
    done: int = 0
    in_vain: int = 0  # nobody was killed, or no payment had come for a long time
    processes: int = 0

    @property
    def tried(self) -> int:
        """How often it was tried."""
        return self.done + self.in_vain

    def go_on(self) -> bool:
        """Return whether more are wanted; a desk that does not come back is not waited for without end."""
        return self.done < self.wanted and self.in_vain <= self.wanted // 10 + 1

    def note(self, processes: int, *, at_work: bool) -> None:
        """Note one kill: of how many processes, and whether the desk was at work."""
        counts = processes > 0 and at_work
        self.done += counts
        self.in_vain += not counts
        self.processes += processes

    def figures(self) -> dict[str, int]:
        """Return the figures."""
        return {"kills": self.done, "processes_killed": self.processes, "kills_in_vain": self.in_vain}


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
