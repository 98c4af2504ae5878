"""Use that stands out, found in the log alone: rules for somebody to look at, none of which forbids anything.

The kinds are those by which misuse of such systems came to light elsewhere: far more rows than usual, odd hours,
lookups that served no case, one person looked up by many, attempts at what is not allowed, many exports, and what a
second person was to say and did not. Bounds are data (section `oversight` of the rules); none comes from a directive.
Nights are normal in an outbreak, so an odd hour is a note and no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Any

from checkin import clock

# What the rules look at, by the first words of the action.
ACTIONS = ("lookup", "case", "notice", "refused", "approval", "station", "request")
ROWS = (
    "lookup.shown", "lookup.sent", "lookup.download", "station.read", "case.contacts", "case.outgoing", "case.answers",
    "case.movements",
)  # fmt: skip
EXPORTS = ("lookup.export",)
# A lookup served something where its list was taken along, its case was worked on, or it was made for a request.
# Mere reading is no work, nor is keeping the visits of a case, which each lookup does by itself.
TAKEN, WANTED = ("lookup.export", "lookup.download"), ("request.lookup",)
WORKED = ("case", "notice")
READ = ("case.contacts", "case.places", "case.answers", "case.movements", "case.sought", "case.freeze")
HOUR, DAY = "hour", "day"
# Kinds of findings; a note is not an alarm.
KINDS = ("rows.hour", "rows.day", "odd_hour", "idle", "many", "refused", "exports", "overdue", "refused_after", "seal")
NOTES = {"odd_hour", "idle"}


@dataclass(frozen=True)
class Bounds:
    """The bounds, as in the rules."""

    days_compared: int
    active_least: int
    hour_rows: int
    day_rows: int
    times_usual: int
    rows_least: int
    days_known: int
    idle_days: int
    idle_least: int
    person_accounts: int
    person_days: int
    refused_hour: int
    exports_day: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Bounds":
        """The bounds of a section of rules; raises KeyError or ValueError."""
        values = {one.name: data[one.name] for one in fields(cls)}
        if not all(type(value) is int and value > 0 for value in values.values()):
            raise ValueError("unusual: whole numbers above 0")
        return cls(**values)

    @property
    def reach(self) -> timedelta:
        """How far back the log is needed: what is compared, and the time after which something is idle or many."""
        return timedelta(days=self.days_compared + self.idle_days + self.person_days + 2)


@dataclass(frozen=True)
class Use:
    """An entry of the log; `account` is its id in text. `times`: how often it happened, of what is counted."""

    seq: int
    at: datetime
    account: str
    who: str
    action: str
    subject: str = ""
    case_number: str | None = None
    rows: int | None = None
    times: int = 1
    due: datetime | None = None
    # The lookup that an entry of something else was about.
    lookup: str = ""


@dataclass(frozen=True)
class Asked:
    """A lookup by person: its number, who made it, and whom it asked for, as blind indexes by kind."""

    number: str
    at: datetime
    account: str
    who: str
    people: frozenset[tuple[str, bytes]]


@dataclass(frozen=True)
class Found:
    """Something that stands out. `key` names it in every round; `entries` are the entries that bear it out."""

    kind: str
    key: str
    account: str | None
    who: str
    at: datetime
    count: int
    bound: int
    entries: tuple[int, ...]


def find(uses: Sequence[Use], asked: Sequence[Asked], bounds: Bounds, *, now: datetime, since: datetime) -> list[Found]:
    """All that stands out from `since` on, by any of the rules; `uses` reach back further, to compare."""
    found = [
        *much_read(uses, bounds, HOUR),
        *much_read(uses, bounds, DAY),
        *odd_hours(uses, bounds),
        *idle_lookups(uses, bounds, now),
        *looked_up_by_many(uses, asked, bounds),
        *often(uses, ("refused",), HOUR, bounds.refused_hour, "refused"),
        *often(uses, EXPORTS, DAY, bounds.exports_day, "exports"),
        *undecided(uses, now),
    ]
    return sorted((one for one in found if one.at >= since), key=lambda one: (one.at, one.key))


def much_read(uses: Iterable[Use], bounds: Bounds, unit: str) -> list[Found]:
    """Rows with names that one account read in an hour or a day of the province: above the fixed bound, or far above
    the median of its own active hours or days before."""
    fixed = bounds.hour_rows if unit == HOUR else bounds.day_rows
    found = []
    for account, buckets in _by_account(uses, lambda use: _is(use, ROWS) and use.rows, unit).items():
        sums = {start: sum(use.rows or 0 for use in some) for start, some in buckets.items()}
        for start, rows in sums.items():
            earliest = start - timedelta(days=bounds.days_compared)
            past = [value for other, value in sums.items() if earliest <= other < start]
            bound = fixed
            if len(past) >= bounds.active_least:
                bound = min(fixed, max(bounds.rows_least - 1, bounds.times_usual * median_low(past)))
            if rows > bound:
                found.append(_found(f"rows.{unit}", account, start, buckets[start], rows, bound))
    return found


def odd_hours(uses: Iterable[Use], bounds: Bounds) -> list[Found]:
    """Days on which an account read in an hour in which it never did before, nor in the hour beside it."""
    found = []
    for account, days in _by_account(uses, lambda use: _is(use, ("lookup",)), DAY).items():
        hours = {day: {clock.to_local(use.at).hour for use in some} for day, some in days.items()}
        for day, some in days.items():
            earliest = day - timedelta(days=bounds.days_compared)
            past = [other for other in days if earliest <= other < day]
            if len(past) < bounds.days_known:
                continue
            usual = {(hour + beside) % 24 for other in past for hour in hours[other] for beside in (-1, 0, 1)}
            odd = [use for use in some if clock.to_local(use.at).hour not in usual]
            if odd:
                found.append(_found("odd_hour", account, day, odd, len(odd), bounds.days_known))
    return found


def idle_lookups(uses: Sequence[Use], bounds: Bounds, now: datetime) -> list[Found]:
    """Lookups of one account and day after which nothing was done in time: no list taken, no work on their case, and
    nobody's request for their own data that they were made for."""
    wait = timedelta(days=bounds.idle_days)
    taken: dict[str, list[datetime]] = defaultdict(list)
    worked: dict[str, list[datetime]] = defaultdict(list)
    for use in uses:
        if _is(use, TAKEN):
            taken[use.subject].append(use.at)
        if _is(use, WORKED) and not _is(use, READ) and use.case_number:
            worked[use.case_number].append(use.at)
        if _is(use, WANTED) and use.lookup:
            taken[use.lookup].append(use.at)

    def idle(use: Use) -> bool:
        if use.action not in {"lookup.place", "lookup.person", "lookup.case"} or use.at > now - wait:
            return False
        after = taken[use.subject] + (worked[use.case_number] if use.case_number else [])
        return not any(use.at <= at <= use.at + wait for at in after)

    return [
        _found("idle", account, day, some, len(some), bounds.idle_least)
        for account, days in _by_account(uses, idle, DAY).items()
        for day, some in days.items()
        if len(some) >= bounds.idle_least
    ]


def looked_up_by_many(uses: Iterable[Use], asked: Iterable[Asked], bounds: Bounds) -> list[Found]:
    """Somebody whom several accounts looked up within some days, by the same number, phone or name with birth year."""
    entry = {use.subject: use.seq for use in uses if use.action == "lookup.person"}
    within = timedelta(days=bounds.person_days)
    of_person: dict[tuple[str, bytes], list[Asked]] = defaultdict(list)
    for one in asked:
        for person in one.people:
            of_person[person].append(one)
    found: dict[str, Found] = {}
    for lookups in of_person.values():
        lookups.sort(key=lambda one: (one.at, one.number))
        start = 0
        while start < len(lookups):
            some = [one for one in lookups[start:] if one.at - lookups[start].at <= within]
            accounts = {one.account for one in some}
            if len(accounts) < bounds.person_accounts:
                start += 1
                continue
            new = _of_person(some, len(accounts), bounds.person_accounts, entry)
            # By number, phone and name the same lookups are found: the longest list of them is enough.
            if new.key not in found or len(found[new.key].entries) < len(new.entries):
                found[new.key] = new
            start += len(some)
    return list(found.values())


def _of_person(some: Sequence[Asked], accounts: int, bound: int, entry: Mapping[str, int]) -> Found:
    who = ", ".join(sorted({one.who for one in some}))[:80]
    seqs = tuple(sorted(entry[one.number] for one in some if one.number in entry))
    return Found("many", f"many:{some[0].number}", None, who, some[0].at, accounts, bound, seqs)


def often(uses: Iterable[Use], actions: tuple[str, ...], unit: str, bound: int, kind: str) -> list[Found]:
    """Accounts that did something so often within an hour or a day."""
    found = []
    for account, buckets in _by_account(uses, lambda use: _is(use, actions), unit).items():
        for start, some in buckets.items():
            times = sum(use.times for use in some)
            if times >= bound:
                found.append(_found(kind, account, start, some, times, bound))
    return found


def undecided(uses: Sequence[Use], now: datetime) -> list[Found]:
    """What was done at once and nobody approved in time, or somebody refused afterwards."""
    decided = {use.subject: use for use in uses if use.action in {"approval.approve", "approval.refuse"}}
    found = []
    for use in uses:
        if use.action != "approval.now" or use.due is None:
            continue
        later = decided.get(use.subject)
        account = (use.account, use.who)
        if later is None and now > use.due or later is not None and later.at > use.due:
            found.append(_found("overdue", account, use.at, [use], 1, 1, key=use.subject))
        if later is not None and later.action == "approval.refuse":
            found.append(_found("refused_after", account, use.at, [use, later], 1, 1, key=use.subject))
    return found


def seal_failed(now: datetime) -> Found:
    """The head of the log could not be sealed: one finding a day of the province, until it can be again."""
    day = clock.to_local(now).date()
    return Found("seal", f"seal:{day:%Y%m%d}", None, "audit seal", now, 1, 1, ())


def new_times(times: int) -> int:
    """How many attempts an entry stands for that says it is the n-th of its minute: entries are made at 1, 2, 4, 8."""
    return times - times // 2


def _is(use: Use, actions: Iterable[str]) -> bool:
    return any(use.action == action or use.action.startswith(f"{action}.") for action in actions)


def _by_account(uses: Iterable[Use], wanted: Any, unit: str) -> dict[tuple[str, str], dict[datetime, list[Use]]]:
    """Uses that are wanted, by account and the hour or day of the province in which they fall."""
    names: dict[str, str] = {}
    found: dict[str, dict[datetime, list[Use]]] = defaultdict(lambda: defaultdict(list))
    for use in uses:
        if wanted(use):
            names[use.account] = use.who
            found[use.account][_start(use.at, unit)].append(use)
    return {(account, names[account]): buckets for account, buckets in found.items()}


def _start(moment: datetime, unit: str) -> datetime:
    local = clock.to_local(moment)
    if unit == HOUR:
        return clock.from_local(local.replace(minute=0, second=0, microsecond=0, tzinfo=None))
    day: date = local.date()
    return clock.day_bounds(day)[0]


def _found(
    kind: str, account: tuple[str, str], at: datetime, some: Sequence[Use], count: int, bound: int, key: str = ""
) -> Found:
    name = f"{kind}:{key}" if key else f"{kind}:{account[0]}:{at:%Y%m%dT%H%M}"
    return Found(kind, name, account[0], account[1], at, count, bound, tuple(use.seq for use in some))
