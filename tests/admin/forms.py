"""Fill in a form of the administration as a browser would."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what the browser would send if the form were saved as it is."""
    page = BeautifulSoup(client.get(address).content, "html.parser")
    form = page.select_one("#content-main form")
    assert form is not None, f"no form at {address}"
    sent: dict[str, Any] = {}
    for box in form.find_all(["input", "select", "textarea"]):
        name, kind = box.get("name"), box.get("type")
        if not name or kind in {"submit", "file"} or (kind == "checkbox" and not box.has_attr("checked")):
            continue
        if box.name == "select":
            chosen = [option["value"] for option in box.find_all("option", selected=True)]
            sent[str(name)] = chosen if box.has_attr("multiple") else (chosen or [""])[0]
        else:
            sent[str(name)] = box.get("value", "on" if kind == "checkbox" else "")
    return sent
