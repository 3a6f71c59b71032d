"""What every page must stand: it fits, everything on it can be hit, and axe finds nothing, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page

SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "screenshots"
SIZES = [(1366, 768), (390, 844)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}  # nothing else changes in the dark
FITS = "document.documentElement.scrollWidth <= innerWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, summary")]
    .filter((one) => one.type !== "hidden" && one.getClientRects().length && !one.closest("p, td, .skip, footer"))
    .map((one) => [one.closest("label") || one, one])
    .filter(([target]) => target.getBoundingClientRect().height < 44)
    .map(([, one]) => one.outerHTML.slice(0, 120))"""
SPACED = """document.querySelectorAll("*").forEach((one) => {
    one.style.letterSpacing = "0.12em"; one.style.wordSpacing = "0.16em"; one.style.lineHeight = "1.5"; })"""
WIDER = [(320, "0"), (683, "0"), (768, "0"), (320, SPACED)]  # 683: a screen of 1366 at twice the size


@contextmanager
def trying(what: str) -> Iterator[None]:
    """Say which page a failure is about."""
    try:
        yield
    except AssertionError as fault:
        raise AssertionError(f"{what}: {fault}") from fault


def complaints(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """Return what axe finds: the rule and the element; it need not describe what passes, which takes it long."""
    found = Axe().run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:200]}" for rule in found for node in rule["nodes"]
    ]


def keep_picture(page: Page, name: str) -> None:
    """Keep a screenshot among the results of the build."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def check_look(page: Page, name: str) -> None:
    """Fail when the page does not fit, holds something too small to hit, or axe finds something; keep its pictures."""
    width = page.evaluate("innerWidth")
    with trying(f"{name} {width} light"):
        keep_picture(page, f"{name}-{width}-light")
        assert page.evaluate(FITS), "scrolls sideways"
        assert complaints(page) == []
        assert page.evaluate(SMALL_TARGETS) == []
    page.emulate_media(color_scheme="dark")
    with trying(f"{name} {width} dark"):
        keep_picture(page, f"{name}-{width}-dark")
        assert complaints(page, COLOURS) == []
    page.emulate_media(color_scheme="light")


def check_widths(page: Page, name: str) -> None:
    """R56: reflow at 320, the page at twice its size, and text spacing."""
    for width, script in WIDER:
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate(script)
        with trying(f"{name} {width} {script}"):
            assert page.evaluate(FITS), "scrolls sideways"
