"""Bar charts as plain numbers for an SVG template: everything is an attribute, since the security policy
forbids inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, NARROW, HEIGHT = 1180, 360, 66
# Room that a label needs, in units of the view box.
LABEL = 46


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    marked: bool = False


@dataclass(frozen=True)
class DrawnBar:
    """A bar with its place in the picture, in units of the view box."""

    label: str
    value: int
    marked: bool
    x: float
    y: float
    width: float
    height: float
    middle: float
    labelled: bool


def bars(values: Sequence[Bar], width: int = WIDTH) -> list[DrawnBar]:
    """Places of bars in a picture of `width` by HEIGHT; labels thinned out where they would touch."""
    if not values:
        return []
    step = width / len(values)
    highest = max(bar.value for bar in values) or 1
    every = max(1, ceil(LABEL / step))
    drawn = []
    for number, bar in enumerate(values):
        height = round(bar.value / highest * HEIGHT, 1)
        drawn.append(
            DrawnBar(
                bar.label,
                bar.value,
                bar.marked,
                x=round(number * step + step * 0.1, 1),
                y=round(HEIGHT - height, 1),
                width=round(step * 0.8, 1),
                height=height,
                middle=round(number * step + step / 2, 1),
                labelled=number % every == 0,
            )
        )
    return drawn
