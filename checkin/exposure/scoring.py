"""How likely somebody was exposed to a case and how urgently they are to be called: two scores of 100. Pure.

*Exposure* adds up points for the minutes at the same place, for certain and at most, for each further stay of the case
that was met, for the same zone, for the setting (indoors, side by side) and for a crowd. More of any of it never ranks
lower. *Urgency* adds up the triage of what was declared, symptoms, those that were there before the case was met, and
age. How many points, and why: section `ranking` of the rules. Doses and doubts about a presence are not asked.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

HIGH, MEDIUM, LOW = BANDS = ("high", "medium", "low")
HOUR = timedelta(hours=1)
MOST = 100
# (from so many on, points), in order.
Steps = tuple[tuple[int, int], ...]


class Together(Protocol):
    """What is known of somebody's times at the same places as the case."""

    @property
    def certain_minutes(self) -> int: ...
    @property
    def possible_minutes(self) -> int: ...
    @property
    def encounters(self) -> int:
        """How many stays of the case were met."""

    @property
    def same_zone(self) -> bool: ...
    @property
    def setting(self) -> int:
        """The points of the place with the most (`Weights.setting`)."""

    @property
    def crowded(self) -> bool: ...


@dataclass(frozen=True)
class Weights:
    """The points of exposure, as dated rule data. Hashable, so that a statement built of it can be kept."""

    certain: Steps
    possible: Steps
    close_minutes: int
    again: int
    again_most: int
    same_zone: int
    indoor: frozenset[str]
    indoor_points: int
    kinds: tuple[tuple[str, int], ...]
    crowd_points: int
    crowd_per_hour: int
    high: int
    medium: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Weights":
        """The weights of the section `ranking`. Raises ValueError, KeyError or TypeError where they cannot be used."""
        names = ("close_minutes", "again", "again_most", "same_zone", "indoor_points", "crowd_points", "crowd_per_hour")
        made = cls(
            certain=_steps(data["certain"], "certain"),
            possible=_steps(data["possible"], "possible"),
            indoor=frozenset(data["indoor"]),
            kinds=tuple(sorted((str(kind), _number(points, kind)) for kind, points in data["kinds"].items())),
            high=_number(data["bands"]["high"], "bands.high"),
            medium=_number(data["bands"]["medium"], "bands.medium"),
            **{name: _number(data[name], name) for name in names},
        )
        if not 0 < made.medium < made.high <= MOST:
            raise ValueError("bands: medium lies above 0 and below high, and high is 100 at most")
        if made.crowd_per_hour < 1 or made.close_minutes < 1:
            raise ValueError("crowd_per_hour and close_minutes are 1 at least")
        if made.most > MOST:
            raise ValueError(f"the points of exposure add up to {made.most}: {MOST} at most")
        return made

    @property
    def most(self) -> int:
        """The highest score that there can be."""
        last = sum(steps[-1][1] for steps in (self.certain, self.possible) if steps)
        places = max((self.setting(kind) for kind in {*self.indoor, *dict(self.kinds)}), default=0)
        return last + self.again * self.again_most + self.same_zone + places + self.crowd_points

    def setting(self, kind: str) -> int:
        """The points of a kind of venue: indoors, and how close people are there."""
        return (self.indoor_points if kind in self.indoor else 0) + dict(self.kinds).get(kind, 0)

    def crowded_from(self, length: timedelta) -> int:
        """From how many stays beside it on a stay of the case of this length was in a crowd; an hour at least."""
        return -(-self.crowd_per_hour * max(length, HOUR) // HOUR)

    def exposure(self, met: Together) -> int:
        """The score of exposure, 0 to 100."""
        return (
            points(self.certain, met.certain_minutes)
            + points(self.possible, met.possible_minutes)
            + self.again * min(met.encounters - 1, self.again_most)
            + (self.same_zone if met.same_zone else 0)
            + met.setting
            + (self.crowd_points if met.crowded else 0)
        )

    def band(self, score: int) -> str:
        """What a score is called: one of BANDS."""
        return HIGH if score >= self.high else MEDIUM if score >= self.medium else LOW


@dataclass(frozen=True)
class Urgency:
    """The points of urgency, as dated rule data."""

    urgent: int
    watch: int
    symptoms: int
    before: int
    ages: Steps

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Urgency":
        """The same for urgency, of the same section."""
        told = data["urgency"]
        made = cls(
            **{name: _number(told[name], f"urgency.{name}") for name in ("urgent", "watch", "symptoms", "before")},
            ages=_steps(told["ages"], "urgency.ages"),
        )
        if made.watch > made.urgent:
            raise ValueError("urgency: watch weighs no more than urgent")
        if made.urgent + made.symptoms + made.before + (made.ages[-1][1] if made.ages else 0) > MOST:
            raise ValueError(f"the points of urgency add up to more than {MOST}")
        return made

    def score(self, *, triage: str, symptoms: bool, before: bool, age: int | None) -> int:
        """The score of urgency, 0 to 100: the worst triage that was declared, whether there was a symptom, whether one
        was declared before the case was met, and the age in years where it is known."""
        return (
            {"urgent": self.urgent, "watch": self.watch}.get(triage, 0)
            + (self.symptoms if symptoms or before else 0)
            + (self.before if before else 0)
            + points(self.ages, age or 0)
        )


def check(data: Mapping[str, Any], kinds: Collection[str]) -> None:
    """Read a section; `kinds` are the kinds of venue there are. Raises what says why it cannot be used."""
    weights, _ = Weights.from_dict(data), Urgency.from_dict(data)
    for kind in (*weights.indoor, *dict(weights.kinds)):
        if kind not in kinds:
            raise ValueError(f"unknown kind of venue {kind!r}")


def points(steps: Steps, amount: int) -> int:
    """The points of the last step that the amount reaches."""
    return max((given for least, given in steps if amount >= least), default=0)


def _steps(rows: Sequence[Sequence[int]], name: str) -> Steps:
    steps = tuple((_number(least, name), _number(given, name)) for least, given in rows)
    rising = zip(steps, steps[1:], strict=False)
    if any(one[0] >= other[0] or one[1] > other[1] for one, other in rising) or any(s[0] < 1 for s in steps):
        raise ValueError(f"{name}: pairs of an amount above 0 and its points, both rising")
    return steps


def _number(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10_000:
        raise ValueError(f"{name}: a whole number, not {value!r}")
    return value
