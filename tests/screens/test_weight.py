"""How heavy and how steady the pages are in a real browser (R64, R65), and what its console says."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.screens.conftest import Counter

STEADY = 0.005  # the label in the middle of its button counts as moving when its amount gets shorter
SENT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((one) => [one.name, one.transferSize, one.encodedBodySize])"""
SHIFTED = """() => new Promise((done) => new PerformanceObserver((list, observer) => {
    observer.disconnect();
    done(list.getEntries().filter((one) => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0));
}).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""


def test_the_first_visit_is_light_and_nothing_jumps(counter: Counter) -> None:
    page = counter.open("/cashdesk/?q=jnovak")
    page.wait_for_load_state("networkidle")
    sent = page.evaluate(SENT)
    assert len(sent) <= 5, sent
    assert sum(size for _name, size, _body in sent) <= 60 * 1024, sent
    assert page.evaluate(SHIFTED) < STEADY
    page.fill("#id_amount", "50")
    expect(page.locator("#take")).to_have_text("Take €50.00 in cash")
    assert page.evaluate(SHIFTED) < STEADY

    counter.open("/cashdesk/")
    page.keyboard.type("nov")
    expect(page.locator("#results a.hit")).to_have_count(3)
    assert page.evaluate(SHIFTED) < STEADY
    assert counter.complaints == []  # no violation of the Content-Security-Policy either


def test_wishes_for_less_movement_and_forced_colours_are_kept(counter: Counter) -> None:
    """R59."""
    page = counter.open("/cashdesk/?q=jnovak")
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    edge = "getComputedStyle(document.querySelector('#take')).borderTopStyle"
    assert page.evaluate(edge) == "solid"
    moving = "[...document.querySelectorAll('*')].filter((one) => parseFloat(getComputedStyle(one).transitionDuration))"
    assert page.evaluate(f"{moving}.length") == 0
