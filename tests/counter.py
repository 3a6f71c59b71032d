"""A person at the counter over real HTTP: opens pages and sends forms, as a browser without JavaScript would."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from bs4 import BeautifulSoup, Tag

from accounts.models import Operator
from tests.factories import PASSWORD
from tests.people import signed_in


@dataclass
class Counter:
    """One browser at one desk; `url` has no slash at the end."""

    url: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        # Connections that stay open would hold up the end of a gunicorn worker.
        self.client = httpx.Client(base_url=self.url, timeout=60, headers={"Connection": "close"})

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def sign_in(self, username: str, password: str = PASSWORD) -> Counter:
        """Sign in through the form and return this counter."""
        form = self.form("/cashdesk/login/", "username")
        answer = self.client.post("/cashdesk/login/", data={**form, "username": username, "password": password})
        assert answer.status_code == 303, answer.text
        return self

    def take_place(self, operator: Operator) -> Counter:
        """Go on with a session made beforehand and return this counter: no password is hashed."""
        for name, morsel in signed_in(operator).cookies.items():
            self.client.cookies.set(name, morsel.value)
        return self

    def copy(self) -> Counter:
        """Return a second browser with the same session."""
        twin = Counter(self.url)
        twin.client.cookies.update(self.client.cookies)
        return twin

    def form(self, path: str, named: str) -> dict[str, str]:
        """Return the values of the page's form that has a field of this name, as a browser would send them."""
        page = BeautifulSoup(self.client.get(path).raise_for_status().text, "html.parser")
        return values_of(next(form for form in page.find_all("form") if form.select_one(f'[name="{named}"]')))

    def post(self, path: str, values: dict[str, str]) -> httpx.Response:
        """Send a form and return the answer without following it."""
        return self.client.post(path, data=values)


def values_of(form: Tag) -> dict[str, str]:
    """Return what a browser sends when nothing in the form is changed."""
    values = {}
    for box in form.find_all(["input", "textarea", "select"]):
        name, kind = box.get("name"), box.get("type", "text")
        if not name or (kind in {"radio", "checkbox"} and not box.has_attr("checked")):
            continue
        if box.name == "select":
            chosen = box.find("option", selected=True) or box.find("option")
            values[str(name)] = str(chosen.get("value", "")) if chosen else ""
        else:
            unnamed = "on" if kind in {"radio", "checkbox"} else ""
            values[str(name)] = str(box.get("value", unnamed) if box.name == "input" else box.text)
    return values
