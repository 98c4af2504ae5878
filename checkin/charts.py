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


@dataclass(frozen=True)
class Cell:
    """A square of a grid; the more, the larger, so that it needs no colour."""

    value: int
    x: float
    y: float
    side: float
    middle: float
    base: float

    @property
    def roomy(self) -> bool:
        """True where the square holds its number; else the number stands beside it."""
        return self.side >= max(15, DIGIT * len(str(self.value)) + 3)


@dataclass(frozen=True)
class Line:
    """A row of a grid: its name, its squares, and where its name stands."""

    label: str
    marked: bool
    total: int
    y: float
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """Rows of squares with a name over each column, as it is drawn in a picture of `width` by `height`."""

    lines: list[Line]
    columns: list[tuple[str, float]]
    width: int
    height: int
    # Room before the first column, size of a field.
    margin: int
    step: float
    highest: int


ROW, HEAD, MARGIN = 26, 20, 52
# Width of a digit of 12 pixels, bold.
DIGIT = 8


def grid(rows: Sequence[tuple[str, bool, Sequence[int]]], columns: Sequence[str], width: int = WIDTH) -> Grid:
    """Places of the squares of `rows` (name, whether it is marked, values); names of columns thinned out."""
    step = (width - MARGIN) / max(1, len(columns))
    highest = max((value for _, _, values in rows for value in values), default=0)
    most = min(step, ROW) - 4
    every = max(1, ceil(30 / step))
    lines = []
    for number, (label, marked, values) in enumerate(rows):
        y = HEAD + number * ROW
        cells = []
        for column, value in enumerate(values):
            middle = MARGIN + (column + 0.5) * step
            # The area says how many; a single one can still be seen.
            side = max(3.0, most * (value / highest) ** 0.5) if value else 0.0
            cells.append(
                Cell(
                    value,
                    x=round(middle - side / 2, 1),
                    y=round(y + (ROW - side) / 2, 1),
                    side=round(side, 1),
                    middle=round(middle, 1),
                    base=y + ROW / 2,
                )
            )
        lines.append(Line(label, marked, sum(values), y, cells))
    named = [
        (name, round(MARGIN + (column + 0.5) * step, 1)) for column, name in enumerate(columns) if column % every == 0
    ]
    return Grid(lines, named, width, HEAD + len(rows) * ROW, MARGIN, step, highest)
