"""The style sheet and the scripts: contrast, directions of writing, nothing from elsewhere, and their weight."""

import re
from functools import cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # it has no types
import django_htmx
import pytest

from accounts.models import Operator
from payments.balances import shown_balance
from tests.desk.pages import address_of, page
from tests.factories import CustomerFactory, InvoiceFactory, pay
from tests.people import signed_in

ROOT = Path(__file__).resolve().parents[2]
SHEET = (ROOT / "static/desk.css").read_text()
SHEETS = sorted((ROOT / "static").glob("*.css"))
SCRIPTS = sorted((ROOT / "static").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BLOCK = re.compile(r"(?P<selector>[^{}]+)\{(?P<body>[^{}]*--page:[^{}]*)\}")
TEXT_PAIRS = [
    ("text", "page"), ("text", "panel"), ("muted", "page"), ("muted", "panel"), ("link", "page"), ("link", "panel"),
    ("on-primary", "primary"), ("on-take", "take"), ("error", "panel"), ("error", "page"), ("on-ok", "ok-panel"),
    ("on-warning", "warning-panel"), ("text", "chosen"), ("muted", "chosen"), ("link", "chosen"),
]  # fmt: skip
BORDER_PAIRS = [("input-border", "panel"), ("input-border", "page"), ("link", "page"), ("link", "panel")]


def tokens() -> list[dict[str, str]]:
    """Return the colour tokens of each block that sets them: light, dark by device, dark by choice, paper."""
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", found["body"])) for found in BLOCK.finditer(SHEET)]


@cache
def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#55606b", "#f3f5f7") == pytest.approx(5.87, abs=0.01)


@pytest.mark.parametrize("look", [0, 1], ids=["light", "dark"])
def test_text_and_borders_stand_out(look: int) -> None:
    colours = tokens()[look]
    assert {pair: round(contrast(*map(colours.__getitem__, pair)), 2) for pair in TEXT_PAIRS if
            contrast(*map(colours.__getitem__, pair)) < 4.5} == {}  # fmt: skip
    assert [pair for pair in BORDER_PAIRS if contrast(*map(colours.__getitem__, pair)) < 3] == []


def test_dark_by_device_and_dark_by_choice_are_one_look() -> None:
    _light, by_device, by_choice, _paper = tokens()
    assert by_device == by_choice


def test_no_sheet_knows_left_or_right() -> None:
    sided = re.compile(r"\b(?:left|right)\b|\b(?:margin|padding|border)-(?:top|bottom)\b")
    for sheet in SHEETS:
        assert sided.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)) == [], sheet.name


def test_nothing_comes_from_elsewhere_and_nothing_is_inline() -> None:
    for path in (*SHEETS, *SCRIPTS, *TEMPLATES):
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//|url\(|@import""", path.read_text()), path.name
    for path in TEMPLATES:
        assert not re.search(r"""\s(?:style|on[a-z]+)=["']|<style|<script(?![^>]*\bsrc=)""", path.read_text()), (
            path.name
        )


def test_messages_are_plain_words() -> None:
    forbidden = re.compile(r"\b(?:please|invalid|oops|error occurred|submit)\b|!", re.I)
    said = re.compile(
        r"""{% (?:translate|blocktranslate)[^"%]*"([^"]*)"|{% blocktranslate[^%]*%}(.*?){% endblocktranslate""", re.S
    )
    for path in TEMPLATES:
        for found in said.finditer(path.read_text()):
            assert not forbidden.search(found[1] or found[2] or ""), f"{path.name}: {found[0]}"


def compressed(path: Path) -> int:
    return len(brotli.compress(path.read_bytes()))


def test_sheets_and_scripts_of_a_working_page_are_light() -> None:
    htmx = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
    assert compressed(ROOT / "static/desk.css") + compressed(ROOT / "static/lists.css") <= 15 * 1024
    on_the_card = ("desk.js", "unanswered.js", "live.js")
    own = sum(compressed(path) for path in SCRIPTS if path.name in on_the_card)
    assert compressed(htmx) + own <= 20 * 1024


def test_the_working_pages_are_light(alice: Operator) -> None:
    client, customer = signed_in(alice), CustomerFactory.create()
    InvoiceFactory.create_batch(20, customer=customer)
    payment = pay(alice, customer, "600.00")
    assert shown_balance(customer) == 600
    for address in ("/cashdesk/", "/cashdesk/?q=customer", address_of(customer), f"/cashdesk/payments/{payment.key}/"):
        soup = page(client, address)
        assert len(brotli.compress(soup.encode())) <= 14 * 1024
        assert len(soup.select("script[src], link[rel=stylesheet]")) + 1 <= 5
        assert not soup.select("main img, main svg") or "payments" in address
