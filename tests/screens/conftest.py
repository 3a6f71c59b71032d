"""A counter in a browser: the desk is served for real, somebody is signed in, and there are customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Operator
from tests.customers.stated import document, stated, write
from tests.people import signed_in

expect.set_options(timeout=15_000)


@dataclass
class Counter:
    """One person's browser at the counter; complaints are what the browser's console said."""

    url: str
    page: Page
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Go to an address of the desk."""
        self.page.goto(self.url + path)
        return self.page

    def focused(self) -> str:
        """Return the id of the element that has the focus, or what can be read on it."""
        found = self.page.evaluate("document.activeElement.id || document.activeElement.innerText")
        return str(found).strip()


@pytest.fixture
def customers(committed_db: None) -> None:
    """Write three customers; Jan Novák owes two invoices, 134.90 together."""
    late = document("INV-2026-101", "73.45", total="73.45")
    write(
        stated(
            "1042",
            "Jan Novák",
            late,
            document("INV-2026-118", "61.45", total="61.45"),
            login="jnovak",
            balance="-134.90",
        ),
        stated("1043", "Jana Nováková", login="jnovakova"),
        stated("1044", company="Novák s.r.o.", login="novaksro", balance="20"),
    )


@pytest.fixture
def counter_of(browser: Browser, desk_server: str) -> Iterator[Callable[..., Counter]]:
    """Return a way to open a browser in which an operator is signed in."""
    opened: list[BrowserContext] = []

    def open_counter(operator: Operator, width: int = 1366, height: int = 768, **options: object) -> Counter:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]  # Playwright's options
        opened.append(context)
        context.add_cookies([cookie_of(signed_in(operator), desk_server)])  # type: ignore[list-item]  # a dictionary is one
        page, complaints = context.new_page(), []
        page.add_init_script("window.print = () => document.documentElement.setAttribute('data-printed', '')")
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Counter(desk_server, page, complaints)

    yield open_counter
    for context in opened:
        context.close()


def cookie_of(client: Client, url: str) -> dict[str, str]:
    """Return the cookie of a signed-in client for the browser."""
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


@pytest.fixture
def counter(counter_of: Callable[..., Counter], customers: None, alice: Operator) -> Counter:
    """Alice's browser on the screen of the counter."""
    return counter_of(alice)
