"""How long a stay lasts when nobody recorded its end: pure rules over the dated `stays` section."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkin import clock
from checkin.rules import RuleSet


@dataclass(frozen=True)
class Guess:
    """Until when somebody likely stayed, and at the latest. UTC."""

    likely: datetime
    latest: datetime


def check(data: Mapping[str, Any], kinds: Collection[str]) -> None:
    """Raise ValueError or KeyError where a `stays` section cannot be used for these kinds of venue."""
    wrong = set(data["default_minutes"]) ^ set(kinds)
    if wrong:
        raise ValueError(f"default_minutes: missing or unknown: {', '.join(sorted(wrong))}")
    minutes = {"cap_minutes": data["cap_minutes"], "other": data["default_minutes"]["other"], **data["default_minutes"]}
    for name, value in minutes.items():
        if not (isinstance(value, int) and 0 < value <= 24 * 60):
            raise ValueError(f"{name}: minutes from 1 to a day")
    over = data["shift_overrun_minutes"]
    if not (isinstance(over, int) and over >= 0 and over + 60 <= data["cap_minutes"]):
        raise ValueError("shift_overrun_minutes: at least an hour less than cap_minutes")


def cap(rules: RuleSet) -> timedelta:
    """No stay without a recorded end is thought longer than this."""
    return timedelta(minutes=int(rules["stays"]["cap_minutes"]))


def overrun(rules: RuleSet) -> timedelta:
    """For how long after the planned end of their shift people may still be there."""
    return timedelta(minutes=int(rules["stays"]["shift_overrun_minutes"]))


def longest(rules: RuleSet) -> timedelta:
    """The largest cap of any day's rules: how far back a visit can have begun that may still last."""
    return timedelta(minutes=rules.longest_cap)


def default_stay(rules: RuleSet, kind: str, own_minutes: int | None) -> timedelta:
    """The venue's own usual stay, or that of its kind."""
    table = rules["stays"]["default_minutes"]
    return timedelta(minutes=own_minutes or int(table.get(kind, table["other"])))


def guess_end(
    rules: RuleSet,
    *,
    entered_at: datetime,
    kind: str,
    own_minutes: int | None,
    closes_at: str | None,
    seen_at: datetime | None = None,
) -> Guess:
    """The likely and the latest end of a stay that began at `entered_at`.

    Likely: the default stay after the person was last seen (`seen_at`, a repeated scan). Latest: the next
    closing time after that, or the cap; never before the likely end is cut to it.
    """
    seen = seen_at or entered_at
    latest = entered_at + cap(rules)
    if closes_at:
        latest = min(latest, max(next_closing(seen, closes_at), seen))
    latest = max(latest, seen)
    return Guess(likely=min(seen + default_stay(rules, kind, own_minutes), latest), latest=latest)


def next_closing(moment: datetime, closes_at: str) -> datetime:
    """The first closing time ("HH:MM" on the province's clocks) after a moment; midnight is "24:00" or "00:00"."""
    local = clock.to_local(moment)
    hour, minute = (int(part) for part in closes_at.split(":"))
    closing = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour, minutes=minute)
    while closing <= local:
        closing += timedelta(days=1)
    return closing.astimezone(moment.tzinfo)
