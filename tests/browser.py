"""Chromium for the tests that need eyes and hands: Debian's own, told to speak to nobody but the desk."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def find_chromium() -> str | None:
    """Return the path of the machine's Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Tell pytest-playwright which Chromium to start; without one skip, but never in CI."""
    chromium = find_chromium()
    if chromium is None:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse("There is no Chromium on this machine: apt-get install chromium")
    args = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET  # Chromium as root has no sandbox
    return {**browser_type_launch_args, "executable_path": chromium, "args": args}


@pytest.fixture(scope="session")
def playwright(playwright: Any) -> Iterator[Any]:
    """Let Django's ORM work beside Playwright's event loop.

    Playwright's synchronous API keeps an asyncio loop running in this thread, and Django then refuses every query
    in it as if it came from a coroutine. It does not, so the guard is off, from the first browser test on; those
    stand at the end of the session.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
