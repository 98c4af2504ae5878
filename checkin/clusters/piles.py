"""Whether more people than usual declare symptoms at a place: pure rules over counts by day.

The recent days are compared with the days before by the exact conditional test of two Poisson rates: where both run at
the same rate, of all people counted those of `d` recent days out of `d + p` are binomial with share d / (d + p). It
needs no guess where the past is empty, and none of how the numbers spread.
Przyborowski and Wilenski, Biometrika 31 (1940).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma, log, log1p
from typing import Any


@dataclass(frozen=True)
class Bounds:
    """From when on a number stands out; the section `piles` of the rules `signals`."""

    windows: tuple[int, ...]
    past_days: int
    past_least: int
    least: int
    ratio: float
    chance: float
    again_ratio: float

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Bounds":
        """The bounds of a rule file. Raises ValueError, KeyError or TypeError where they cannot be used."""
        windows = tuple(data["windows"])
        numbers = [*windows, data["past_days"], data["past_least"], data["least"]]
        if not windows or not all(isinstance(number, int) and 0 < number <= 60 for number in numbers):
            raise ValueError("piles: windows, past_days, past_least and least are whole numbers from 1 to 60")
        if data["past_least"] > data["past_days"]:
            raise ValueError("piles: past_least is no more than past_days")
        if data["least"] < 3:
            raise ValueError("piles: least is at least 3, so that no number points at somebody")
        ratio, chance, again = (float(data[name]) for name in ("ratio", "chance", "again_ratio"))
        if not (ratio >= 1 and again > 1 and 0 < chance < 0.5):
            raise ValueError("piles: ratio from 1 on, again_ratio above 1, chance between 0 and 0.5")
        return cls(windows, data["past_days"], data["past_least"], data["least"], ratio, chance, again)

    @property
    def days(self) -> int:
        """How many days have to be counted, today among them."""
        return max(self.windows) + self.past_days


@dataclass(frozen=True)
class Pile:
    """What stands out: `count` people in `days` days that end today, where `expected` were to be expected."""

    days: int
    count: int
    expected: float
    chance: float


def pile(counts: Mapping[date, int], today: date, first: date, bounds: Bounds) -> Pile | None:
    """The window that stands out most, None where none does. `first` is the first whole day that was counted."""
    found = [one for days in bounds.windows if (one := _window(counts, today, first, days, bounds)) is not None]
    return min(found, key=lambda one: (one.chance, one.days), default=None)


def _window(counts: Mapping[date, int], today: date, first: date, days: int, bounds: Bounds) -> Pile | None:
    begins = today - timedelta(days=days - 1)
    past = _days(max(first, begins - timedelta(days=bounds.past_days)), begins)
    if len(past) < bounds.past_least:
        return None
    count = sum(counts.get(day, 0) for day in _days(begins, today + timedelta(days=1)))
    before = sum(counts.get(day, 0) for day in past)
    expected = before * days / len(past)
    if count < bounds.least or count < bounds.ratio * expected:
        return None
    chance = at_least(count, count + before, days / (days + len(past)))
    return Pile(days, count, expected, chance) if chance <= bounds.chance else None


def _days(start: date, end: date) -> Sequence[date]:
    return [start + timedelta(days=ahead) for ahead in range((end - start).days)]


def at_least(successes: int, trials: int, share: float) -> float:
    """The chance of so many successes or more in so many trials, each with this share (between 0 and 1)."""
    total = 0.0
    for number in range(successes, trials + 1):
        ways = lgamma(trials + 1) - lgamma(number + 1) - lgamma(trials - number + 1)
        part = exp(ways + number * log(share) + (trials - number) * log1p(-share))
        total += part
        # Beyond the middle the parts only shrink.
        if number > trials * share and part < total * 1e-16:
            break
    return min(total, 1.0)
