"""Bars stand in proportion to their amounts and inside the picture, however many there are and however large."""

from decimal import Decimal

import pytest

from cashdesk.charts import FLOOR, TOP, WIDTH, bar_chart, scale_of

D = Decimal


def test_bars_are_as_high_as_their_amounts() -> None:
    chart = bar_chart([("08", D(50)), ("09", D(0)), ("10", D(100))])
    assert chart is not None
    assert [bar.height for bar in chart.bars] == [D((FLOOR - TOP) // 2), D(0), D(FLOOR - TOP)]
    assert [mark.label for mark in chart.marks] == ["€0.00", "€50.00", "€100.00"]


@pytest.mark.parametrize("count", [1, 24, 366])
def test_bars_stay_inside_and_labels_do_not_run_into_each_other(count: int) -> None:
    chart = bar_chart([(str(number), D(number + 1)) for number in range(count)])
    assert chart is not None
    assert len(chart.bars) == count
    assert all(bar.x + bar.width <= WIDTH and bar.y >= TOP for bar in chart.bars)
    assert sum(1 for bar in chart.bars if bar.label) <= 12


def test_nothing_taken_is_no_chart() -> None:
    assert bar_chart([]) is None
    assert bar_chart([("08", D(0))]) is None


@pytest.mark.parametrize(
    ("highest", "top"), [("0.01", "0.01"), ("75", "80"), ("81", "100"), ("100", "100"), ("101", "200"), ("350", "400")]
)
def test_the_scale_ends_with_a_round_number(highest: str, top: str) -> None:
    assert scale_of(D(highest)) == D(top)
