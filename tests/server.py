"""The desk as it is shipped: gunicorn in processes of its own, serving the test database over real HTTP."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.database import database_url

ROOT = Path(__file__).resolve().parent.parent
COLLECTED = ROOT / "staticfiles"
START_SECONDS = 60
END_SECONDS = 40  # longer than gunicorn's graceful_timeout
# A killed test process cannot end its server, so the kernel does, where setpriv can ask it to.
WITH_US = ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []
GUNICORN = [*WITH_US, sys.executable, "-m", "gunicorn", "--config", "cashdesk/gunicorn.py"]


@dataclass(frozen=True)
class Desk:
    """A running desk: where it answers, and its master process (for the tests that kill it)."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@pytest.fixture
def desk(committed_db: None, static_files: None, tmp_path: Path) -> Iterator[Desk]:
    """Run the real server on the test database for one test, with one worker: it serves one person."""
    with running_desk(environment(WEB_CONCURRENCY="1"), tmp_path / "gunicorn.log") as running:
        yield running


@pytest.fixture(scope="session")
def shared_desk(django_db_setup: None, static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Run one real server for all tests that only look at it: starting one takes longer than most of them."""
    log = tmp_path_factory.mktemp("desk") / "gunicorn.log"
    # One thread answers in the order of asking, so that whoever is answered knows that all before is done.
    with running_desk(environment(WEB_CONCURRENCY="1", WEB_THREADS="1"), log) as running:
        yield running


@pytest.fixture
def desk_server(committed_db: None, shared_desk: Desk) -> Iterator[str]:
    """Return the address of the real server, like http://127.0.0.1:40123, without a slash at the end."""
    yield shared_desk.url
    wait_until_healthy(shared_desk.url, shared_desk.log)  # what the browser left behind is answered: nothing is written


@pytest.fixture(scope="session")
def static_files() -> None:
    collect_static_files()


def collect_static_files() -> None:
    """Collect the static files as an installation does, unless that was done since they last changed."""
    COLLECTED.mkdir(exist_ok=True)
    lock = os.open(COLLECTED, os.O_RDONLY)  # the processes of one session come here at the same time
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest = COLLECTED / "staticfiles.json"
        sources = [ROOT / "requirements.txt", *(ROOT / "static").rglob("*")]
        if not manifest.exists() or manifest.stat().st_mtime < max(path.stat().st_mtime for path in sources):
            subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, check=True)
    finally:
        os.close(lock)


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that works on the test database with the tests' keys."""
    return os.environ | {"DATABASE_URL": database_url()} | more


@contextmanager
def running_desk(environ: Mapping[str, str], log: Path, application: str = "cashdesk.wsgi") -> Iterator[Desk]:
    """Start gunicorn, wait until it is healthy, and end it by its process id whatever happens."""
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # The socket is handed over open: no other process can take the port, and early requests wait in its queue.
        process = subprocess.Popen(
            [*GUNICORN, "--bind", f"fd://{listener.fileno()}", application],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
        )
    try:
        wait_until_healthy(url, log)
        yield Desk(url, process, log)
    finally:
        end(process)


def wait_until_healthy(url: str, log: Path) -> None:
    """Ask for /healthz and wait for the answer; fail with the server's own words."""
    try:
        with urlopen(f"{url}/healthz", timeout=START_SECONDS):
            return
    except OSError as error:  # also every answer that is not a 200, and a server that ended
        pytest.fail(f"The server did not become healthy: {error}\n{log.read_text(errors='replace')}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end; make it end if it does not."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
