"""What a declaration without a venue tells besides who somebody is and how they are: pure rules."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

# At a door, and the four of the page of its own.
DOOR, ILL, ENTER, LEAVE, RETURN = "door", "ill", "enter", "leave", "return"
DECLARED = (ILL, ENTER, LEAVE, RETURN)
KINDS = (DOOR, *DECLARED)
# Who will be in the commune, and so stands in its list of arrivals.
ARRIVALS = (ENTER, RETURN)
VEHICLES = ("car", "coach", "motorbike", "train", "plane", "ship", "truck", "other")
DOSES = ("0", "1", "2", "3", "unsure")
# Somebody registers at most so many days ahead, and says at most so many days later that they came or went; the answers
# are about the last 14 days, and what is registered far ahead is changed before it happens.
AHEAD, BACK = 30, 14

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?")


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What belongs to a declaration without a venue; text is clean, empty where it was not told."""

    kind: str
    day: date | None = None  # of the journey, or since when somebody is ill
    from_place: str = ""
    to_place: str = ""
    vehicle: str = ""
    plate: str = ""
    seat: str = ""
    route: str = ""
    doses: str = ""
    # Which of the three questions on contacts were answered with yes.
    contacts: tuple[str, ...] = ()

    def details(self) -> dict[str, Any]:
        """What is sealed."""
        return {**vars(self), "day": self.day.isoformat() if self.day else "", "contacts": list(self.contacts)}

    def fingerprint(self) -> str:
        """The same text for the same journey, to tell a form sent twice from one that was changed."""
        return "\x1f".join(map(str, vars(self).values()))

    def listed_on(self, today: date) -> date:
        """The day under which the station has it: of the journey, or of the declaration."""
        return self.day if self.day is not None and self.kind != ILL else today


def read_day(text: str, today: date) -> date | None:
    """The day that somebody typed: 2026-11-30, 30/11/2026, or 30/11 (the one nearest to today); None for no day."""
    typed = text.strip()
    try:
        if (found := _DAY_FIRST.fullmatch(typed)) is None:
            return date.fromisoformat(typed)
        day, month = int(found[1]), int(found[2])
        if found[3]:
            return date(int(found[3]), month, day)
        near = [made for year in (-1, 0, 1) if (made := _made(today.year + year, month, day))]
        return min(near, key=lambda one: (abs(one - today), one), default=None)
    except ValueError:
        return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def bounds(kind: str, today: date) -> tuple[date, date]:
    """The first and the last day that a declaration of this kind may name."""
    back, ahead = {ILL: (AHEAD, 0), RETURN: (0, AHEAD)}.get(kind, (BACK, AHEAD))
    return today - timedelta(days=back), today + timedelta(days=ahead)
