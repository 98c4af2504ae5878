"""What makes a visit worth a second look: pure rules over the dated `flags` section. A flag never blocks anybody."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkin import clock
from checkin.rules import RuleSet

# Scanned while the place was closed; one of more than plausibly come through its doors; declared without network and
# sent later, so that when it was is what the phone says.
CLOSED, BURST, TOLD = "closed", "burst", "told"
FLAGS = (CLOSED, BURST, TOLD)
# The stay of somebody who works there: no visitor, so nothing that counts visitors counts it. The channel of such
# visits; and no doubt but a mark, so that lists and files say it wherever they say flags.
SHIFT = "shift"
# And that its owner said of it, once the day was over, that it was otherwise: absent, or other hours.
DENIED = "denied"
SHOWN = (SHIFT, DENIED, *FLAGS)

_DAY = 24 * 60


@dataclass(frozen=True)
class Arrivals:
    """How many forms came within the running window: at the venue, by this device, by this network at the venue.

    `told` is a form that came later than it was made: they come all at once, and its moment is the phone's word.
    """

    venue: int = 0
    device: int = 0
    network: int = 0
    told: bool = False


# Where nobody counts, as with what is loaded.
UNCOUNTED = Arrivals()


def check(data: Mapping[str, Any], kinds: Collection[str]) -> None:
    """Raise ValueError or KeyError where a `flags` section cannot be used for these kinds of venue."""
    wrong = set(data["burst_venue"]) ^ set(kinds)
    if wrong:
        raise ValueError(f"burst_venue: missing or unknown: {', '.join(sorted(wrong))}")
    minutes = ("closed_grace_minutes", "burst_window_minutes")
    counts = {name: data[name] for name in ("burst_device", "burst_network")} | data["burst_venue"]
    for name, value in {**{name: data[name] for name in minutes}, **counts}.items():
        least = 0 if name == "closed_grace_minutes" else 1
        if not (isinstance(value, int) and not isinstance(value, bool) and value >= least):
            raise ValueError(f"{name}: a whole number, {least} or more")
    for name in minutes:
        if data[name] > _DAY:
            raise ValueError(f"{name}: a day at the most")


def window(rules: RuleSet) -> timedelta:
    """The window in which arrivals are counted."""
    return timedelta(minutes=int(rules["flags"]["burst_window_minutes"]))


def is_closed(rules: RuleSet, moment: datetime, opens_at: str | None, closes_at: str | None) -> bool:
    """True where a place with these hours ("HH:MM" on the province's clocks) is closed at a moment.

    Hours may go over midnight; the same time twice is round the clock. With one of them unknown nothing is said.
    Within the grace before and after, the place counts as open.
    """
    if not opens_at or not closes_at:
        return False
    grace = int(rules["flags"]["closed_grace_minutes"])
    opens, open_for = _minutes(opens_at), (_minutes(closes_at) - _minutes(opens_at)) % _DAY or _DAY
    local = clock.to_local(moment)
    now = local.hour * 60 + local.minute + (local.second + local.microsecond / 1e6) / 60
    return (now - opens + grace) % _DAY > open_for + 2 * grace


def is_burst(rules: RuleSet, kind: str, arrivals: Arrivals) -> bool:
    """True where more came within the window than a place of this kind, one phone or one network plausibly brings."""
    limits = rules["flags"]
    by_kind = limits["burst_venue"]
    return (
        arrivals.venue > int(by_kind.get(kind, by_kind["other"]))
        or arrivals.device > int(limits["burst_device"])
        or arrivals.network > int(limits["burst_network"])
    )


def of_visit(rules: RuleSet, now: datetime, kind: str, hours: tuple[str | None, str | None], arrivals: Arrivals) -> str:
    """The flags of a visit that begins now at a place of this kind and these hours, as they are stored."""
    raised = {CLOSED: is_closed(rules, now, *hours), BURST: is_burst(rules, kind, arrivals), TOLD: arrivals.told}
    return stored(flag for flag in FLAGS if raised[flag])


def stored(flags: Iterable[str]) -> str:
    """Flags as a visit keeps them: words with a space between, nothing for none."""
    return " ".join(flags)


def read(text: str) -> tuple[str, ...]:
    """The flags of a visit, in the order in which they are shown."""
    found = text.split()
    return tuple(flag for flag in SHOWN if flag in found)


def _minutes(time: str) -> int:
    hour, minute = (int(part) for part in time.split(":"))
    return hour * 60 + minute
