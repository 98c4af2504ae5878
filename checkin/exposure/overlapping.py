"""Who was at a place with a case, as a picture: a row for each person, time from left to right. Pure rules.

The case's own stays run through all rows, so that whoever touches them met it. A recorded stay is a full bar; of a
guessed one the likely end is pale and dashed, and a line goes on to the latest. Beside each row stand its minutes: with
the case where it was there, else within what was asked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from checkin import clock
from checkin.exposure.overlap import Window, union_minutes

# Units of the view box: for names beside the bars and minutes behind them, or both above them where it is narrow; a
# row; above the first one.
WIDTH, NARROW, NAMES, BESIDE, ROW, ROW_NARROW, HEAD, EDGE = 1180, 340, 230, 120, 24, 38, 26, 12
MOST = 40
# Nobody's guessed end makes the picture longer than this on either side of what was asked.
BEYOND = timedelta(hours=6)
STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12, 24, 72, 168))


class Stay(Protocol):
    """A stay as the lookup knows it."""

    @property
    def entered_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...
    @property
    def until_likely(self) -> datetime: ...
    @property
    def until_latest(self) -> datetime: ...


@dataclass(frozen=True)
class Bar:
    """A stay: from `x` on, `width` for certain or likely, until `latest` at most."""

    x: float
    width: float
    latest: float
    guessed: bool


@dataclass(frozen=True)
class Line:
    """Somebody's row: what they are called, where it stands, their stays; whole minutes for certain and at most,
    together with the case, or within what was asked where the case was not there."""

    name: str
    is_case: bool
    y: float
    bars: list[Bar]
    certain: int
    possible: int


@dataclass(frozen=True)
class Picture:
    """The rows, the case's own first; the moments over them; from where and how wide each window that was asked is.

    `people` is how many were to be drawn: MOST of them are.
    """

    lines: list[Line]
    moments: list[tuple[datetime, float]]
    grounds: list[tuple[float, float]]
    width: int
    height: int
    # Where bars begin, and how far under the top of its row a bar and a name stand.
    plot: float
    bar_at: int
    name_at: int
    by_days: bool
    people: int

    @property
    def most(self) -> int:
        """How many people are drawn at most."""
        return MOST

    @property
    def has_case(self) -> bool:
        """True where the case was there."""
        return self.lines[0].is_case


def picture(
    people: Iterable[tuple[str, Sequence[Stay]]],
    window: Window,
    case: tuple[str, Sequence[Stay]] | None = None,
    width: int = WIDTH,
    times: Sequence[Window] = (),
) -> Picture | None:
    """The first MOST people with their stays, and the case's own above them; None where there is nobody.

    `times` are the parts of the window that were asked, where it was not all of it.
    """
    every_row = [(name, False, stays) for name, stays in people]
    rows = every_row[:MOST]
    if case is not None and case[1]:
        rows.insert(0, (case[0], True, case[1]))
    if not any(stays for _, _, stays in rows):
        return None
    every = [stay for _, _, stays in rows for stay in stays]
    low = max(min([window.start, *(stay.entered_at for stay in every)]), window.start - BEYOND)
    high = min(max([window.end, *(stay.left_at or stay.until_latest for stay in every)]), window.end + BEYOND)
    wide = width >= WIDTH
    plot, row, edge = (float(NAMES), ROW, BESIDE) if wide else (float(EDGE), ROW_NARROW, EDGE)
    span = max(high - low, timedelta(minutes=1))

    def x(moment: datetime) -> float:
        return round(plot + (min(max(moment, low), high) - low) / span * (width - edge - plot), 1)

    asked = [(one.start, one.end, True) for one in times or (window,)]
    own = _times(case[1]) if case is not None and case[1] else asked

    lines = []
    for number, (name, is_case, stays) in enumerate(rows):
        bars = [_bar(stay, x) for stay in sorted(stays, key=lambda stay: stay.entered_at)]
        lines.append(Line(name, is_case, HEAD + number * row, bars, *_beside(stays, asked if is_case else own)))
    step = next((step for step in STEPS if span / step <= (12 if wide else 4)), STEPS[-1])
    moments = [(moment, x(moment)) for moment in _moments(low, high, step)]
    grounds = [(x(one.start), max(round(x(one.end) - x(one.start), 1), 1.5)) for one in times or (window,)]
    return Picture(
        lines, moments, grounds, width, HEAD + row * len(rows) + 4,
        plot, 6 if wide else 20, 16 if wide else 14, step >= timedelta(days=1), len(every_row),
    )  # fmt: skip


# From, to, and whether the end is sure.
_Time = tuple[datetime, datetime, bool]


def _times(stays: Sequence[Stay]) -> list[_Time]:
    return [(stay.entered_at, stay.left_at or stay.until_latest, stay.left_at is not None) for stay in stays]


def _beside(stays: Sequence[Stay], others: Sequence[_Time]) -> tuple[int, int]:
    """Whole minutes of the stays within those times: for certain, and at most."""
    spans = [
        ((max(start, low), min(end, high)), sure and certain)
        for start, end, sure in _times(stays)
        for low, high, certain in others
        if max(start, low) < min(end, high)
    ]
    return union_minutes(span for span, sure in spans if sure), union_minutes(span for span, _ in spans)


def _bar(stay: Stay, x: Callable[[datetime], float]) -> Bar:
    start, end = x(stay.entered_at), x(stay.left_at or stay.until_likely)
    latest = x(stay.left_at or stay.until_latest)
    # Who only touched it can still be seen.
    return Bar(start, round(max(end - start, 2.0), 1), latest, stay.left_at is None)


def _moments(low: datetime, high: datetime, step: timedelta) -> list[datetime]:
    """Whole hours or days of the province within the picture: it is a whole number of hours from UTC."""
    midnight = clock.day_bounds(clock.to_local(low).date())[0]
    first = midnight + -(-(low - midnight) // step) * step
    found = []
    while first <= high:
        found.append(first)
        first += step
    return found
