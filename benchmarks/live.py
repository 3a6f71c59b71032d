"""A desk as it is shipped, plugged into a fake Splynx: gunicorn, and the programs that pull and deliver."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from billing.fake.server import FakeSplynx
from payments.models import Delivery
from proofs import running
from proofs.ground import scratch_database
from tests.factories import cash
from tests.server import ROOT, WITH_US, end, environment, running_desk

MANAGE = [*WITH_US, sys.executable, "manage.py"]
LOOK_AGAIN = 0.02

Result = dict[str, object]


@dataclass(frozen=True)
class LiveDesk:
    """A desk that is being served: its address, and the environment of its programs."""

    url: str
    environ: dict[str, str]
    folder: Path

    def run(self, *command: str) -> float:
        """Run a command of manage.py to its end and return the seconds; raises when it ends with an error."""
        began = time.monotonic()
        subprocess.run([*MANAGE, *command], cwd=ROOT, env=self.environ, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    @contextmanager
    def service(self, *command: str) -> Iterator[None]:
        """Let a command of manage.py run beside the block; it is told to stop afterwards, and ends its step first."""
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            process = subprocess.Popen([*MANAGE, *command], cwd=ROOT, env=self.environ, stdout=log, stderr=log)
            try:
                yield
            finally:
                end(process)


@contextmanager
def plugged_in(fake: FakeSplynx, *, settle: int) -> Iterator[LiveDesk]:
    """Serve the database that is open, with cash mapped and everything connected to the fake."""
    type(cash()).objects.filter(pk=cash().pk).update(external_id="1")
    environ = environment(
        CASHDESK_BILLING="splynx",
        CASHDESK_SPLYNX_URL=fake.url,
        CASHDESK_SPLYNX_KEY=fake.key.key,
        CASHDESK_SPLYNX_SECRET=fake.key.secret,
        CASHDESK_BILLING_SETTLE=str(settle),
    )
    with (
        TemporaryDirectory(prefix="cashdesk-live-") as folder,
        running_desk(environ, Path(folder, "desk.log")) as desk,
    ):
        yield LiveDesk(desk.url, environ, Path(folder))


def open_parts() -> int:
    """Return how many parts have not ended."""
    ended = (Delivery.State.DELIVERED, Delivery.State.REFUSED, Delivery.State.CANCELLED)
    return Delivery.objects.exclude(state__in=ended).count()


def seconds_until(is_so: Callable[[], bool], *, most: float) -> float:
    """Return how long it took until something was so; raises TimeoutError."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() > began + most:
            raise TimeoutError(f"not so within {most:.0f} seconds")
        time.sleep(LOOK_AGAIN)  # between two looks, bounded above
    return time.monotonic() - began


def alone(run: Callable[..., Result], **numbers: int) -> None:
    """Run a measurement from the command line, its numbers as options, and end with 1 when it does not hold."""
    options = argparse.ArgumentParser()
    options.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    for name, value in numbers.items():
        options.add_argument(f"--{name}", type=int, default=value)
    asked = vars(options.parse_args())
    database = asked.pop("database")
    subprocess.run([*MANAGE, "collectstatic", "--noinput", "-v0"], cwd=ROOT, check=True)
    with scratch_database(1):
        figures = run(**asked)
        facts = {"database": connection.vendor, "commit": running.commit(), **asked, **figures}
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.exit(0 if database and figures["holds"] is True else 1)
