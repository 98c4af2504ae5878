"""What wants a second person, by the rules (section `oversight`)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

READ, EXPORT, NOTICE = "read", "export", "notice"
# The form means its last minute whole, so a window of 24 hours is a minute longer.
LAST_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """Above how many people, over how many hours; by when it is to be approved, and how long a permission holds."""

    export_rows: int
    area_hours: int
    later_hours: int
    holds_hours: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Limits":
        """The limits of a section of rules; raises KeyError or ValueError."""
        values = {one.name: data[one.name] for one in fields(cls)}
        if not all(type(value) is int and value > 0 for value in values.values()):
            raise ValueError("second_person: whole numbers above 0")
        return cls(**values)

    def wide(self, *, one_venue: bool, start: datetime, end: datetime) -> bool:
        """True for a lookup of a commune, a kind of place or both over more hours than the rules let one person do."""
        return not one_venue and end - start > timedelta(hours=self.area_hours) + LAST_MINUTE

    def long(self, rows: int) -> bool:
        """True for an export of more people than the rules let one person take."""
        return rows > self.export_rows

    @property
    def later(self) -> timedelta:
        """The time within which what was done at once is to be approved."""
        return timedelta(hours=self.later_hours)

    @property
    def holds(self) -> timedelta:
        """How long a permission to export holds."""
        return timedelta(hours=self.holds_hours)
