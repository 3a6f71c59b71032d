"""A bar chart as plain geometry for an inline SVG: no script, no style, and every figure also in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from customers.money import format_amount

WIDTH, HEIGHT = 600, 260
START, TOP, FLOOR = 96, 14, 224  # where the bars begin, their highest and their lowest point
PARTS = (Decimal(0), Decimal("0.5"), Decimal(1))  # of the scale, each a line
LABELS = 12  # more would run into each other


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar in the picture's own units; `label` is empty where there is no room for one."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    middle: Decimal
    label: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line of the scale with its amount."""

    y: Decimal
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The bars and the scale of one picture."""

    bars: list[Bar]
    marks: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    start: int = START
    floor: int = FLOOR


def bar_chart(points: Sequence[tuple[str, Decimal]]) -> Chart | None:
    """Return the chart of these names and amounts, none of them below zero; None where there is nothing to show."""
    highest = max((amount for _label, amount in points), default=Decimal(0))
    if highest <= 0:
        return None
    top = scale_of(highest)
    step = Decimal(WIDTH - START) / len(points)
    every = -(-len(points) // LABELS)
    bars = [
        _bar(number, amount, step, top, label if number % every == 0 else "")
        for number, (label, amount) in enumerate(points)
    ]
    marks = [Mark(y=_rounded(_height_at(part * top, top)), label=format_amount(part * top)) for part in PARTS]
    return Chart(bars=bars, marks=marks)


def scale_of(highest: Decimal) -> Decimal:
    """Return the next round number: 1, 2, 4, 6 or 8 and zeros, so that its half is round as well."""
    power = Decimal(1).scaleb(highest.adjusted())
    digits = (highest / power).to_integral_value(rounding=ROUND_CEILING)
    return power * next(round_one for round_one in (1, 2, 4, 6, 8, 10) if round_one >= digits)


def _bar(number: int, amount: Decimal, step: Decimal, top: Decimal, label: str) -> Bar:
    y = _height_at(amount, top)
    width = min(step * Decimal("0.7"), Decimal(60))
    x = START + number * step + (step - width) / 2
    rounded = [_rounded(part) for part in (x, y, width, FLOOR - y, START + number * step + step / 2)]
    return Bar(x=rounded[0], y=rounded[1], width=rounded[2], height=rounded[3], middle=rounded[4], label=label)


def _height_at(amount: Decimal, top: Decimal) -> Decimal:
    return FLOOR - (FLOOR - TOP) * amount / top


def _rounded(part: Decimal) -> Decimal:
    return part.quantize(Decimal("0.1"))
