"""Sums of visits as an owner reads them: by day and hour, by zone, by how people declared."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class Sum:
    """How many visits began in an hour at a zone of a venue (None: at the venue itself), declared in one way."""

    venue_id: UUID
    zone_id: UUID | None
    channel: str
    hour: datetime
    visits: int


@dataclass
class Hours:
    """Sums of some days of the province, the last of which is today."""

    days: Sequence[date]
    by_hour: dict[tuple[date, int], int] = field(default_factory=dict)
    by_day: Counter[date] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    # Of today.
    zones: Counter[UUID | None] = field(default_factory=Counter)
    venues: Counter[UUID] = field(default_factory=Counter)
    # Where anybody came on any of the days.
    ever: set[UUID] = field(default_factory=set)

    @property
    def today(self) -> int:
        """Visits that began today."""
        return self.by_day[self.days[-1]]

    @property
    def total(self) -> int:
        """Visits that began on any of the days."""
        return self.by_day.total()

    def open_hours(self, least: int = 6, most: int = 21) -> range:
        """The hours of a day to show: the usual ones, and earlier or later where somebody came."""
        came = [hour for _, hour in self.by_hour]
        return range(min([least, *came]), max([most, *came]) + 1)


def gather(sums: Iterable[Sum], days: Sequence[date], local: Callable[[datetime], datetime]) -> Hours:
    """The sums of these days, with hours by the clock of the province; what lies outside the days is left out."""
    found = Hours(days)
    wanted = set(days)
    for one in sums:
        at = local(one.hour)
        day = at.date()
        if day not in wanted:
            continue
        key = (day, at.hour)
        found.by_hour[key] = found.by_hour.get(key, 0) + one.visits
        found.by_day[day] += one.visits
        found.channels[one.channel] += one.visits
        found.ever.add(one.venue_id)
        if day == days[-1]:
            found.zones[one.zone_id] += one.visits
            found.venues[one.venue_id] += one.visits
    return found
