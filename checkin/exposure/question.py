"""What a lookup by place asks of the store: places and times, or two of both. Plain values and no statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from checkin.exposure.areas import Area
from checkin.exposure.overlap import Window
from checkin.exposure.queries import told

# In which order people come; the first is the one of files.
MINUTES, POSSIBLE, FIRST = "minutes", "possible", "first"
SORTS = (MINUTES, POSSIBLE, FIRST)
# Of what their keys are made: `Here.key`.
SHAPES: dict[str, tuple[type, ...]] = {
    MINUTES: (int, int, datetime, UUID), POSSIBLE: (int, int, datetime, UUID), FIRST: (datetime, UUID),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Places and the times that count there; `cap` is the longest stay there is."""

    area: Area
    windows: tuple[Window, ...]
    cap: timedelta

    def values(self, prefix: str) -> dict[str, Any]:
        """The values of the part's condition, by name."""
        found = self.area.values(prefix)
        for number, window in enumerate(self.windows):
            found |= {
                f"{prefix}start{number}": window.start,
                f"{prefix}end{number}": window.end,
                f"{prefix}earliest{number}": window.start - self.cap,
            }
        found[f"{prefix}earliest"] = min((window.start - self.cap for window in self.windows), default=None)
        found[f"{prefix}end"] = max((window.end for window in self.windows), default=None)
        return found


# What a part's condition is made of: its area's shape, and how many windows.
Shape = tuple[tuple[Area, int], ...]
PREFIXES = ("", "other_")


@dataclass(frozen=True)
class Question:
    """Who is asked for: those of the one part, or of both. `home` is the province that outsiders are not from; `since`
    when an earlier answer was given, of which those are new whose visits came later."""

    parts: tuple[Part, ...]
    home: str = ""
    since: datetime | None = None

    @property
    def shape(self) -> Shape:
        """What statements are built from, once for all questions of one shape."""
        return tuple((part.area.shape(), len(part.windows)) for part in self.parts)

    def values(self) -> dict[str, Any]:
        """The values of the statements."""
        found = {"home": self.home, "since": self.since}
        for part, prefix in zip(self.parts, PREFIXES, strict=False):
            found |= part.values(prefix)
        windows = [window for part in self.parts for window in part.windows]
        cap = max(part.cap for part in self.parts)
        return found | told(min(window.start for window in windows), max(window.end for window in windows), cap)


@dataclass(frozen=True, slots=True)
class Here:
    """One person: whole minutes, how many of the windows were met, when they came; minutes at the other place."""

    person_id: UUID
    certain_minutes: int
    possible_minutes: int
    windows: int
    first_at: datetime
    other: tuple[int, int] | None = None

    def key(self, sort: str) -> tuple[Any, ...]:
        """Their place in the order."""
        certain, possible = self.certain_minutes, self.possible_minutes
        if self.other is not None:
            certain, possible = certain + self.other[0], possible + self.other[1]
        minutes = {MINUTES: (-certain, -possible), POSSIBLE: (-possible, -certain), FIRST: ()}[sort]
        return (*minutes, self.first_at, self.person_id)


@dataclass(frozen=True)
class Page:
    """Some people, how many there are in all and with minutes that are certain, and how many stand before these."""

    total: int
    certain: int
    people: list[Here]
    first: int = 0
