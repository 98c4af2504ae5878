"""What the visits of shifts should be, of those whom a round looks at, and what a visit of a shift holds: pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from checkin import clock
from checkin.declarations.triage import NOT_ASKED
from checkin.ids import derived_id
from checkin.rules import RuleSet
from checkin.visits.flags import DENIED, SHIFT, stored
from checkin.visits.models import GUESSED, OWNER
from checkin.visits.stays import cap, overrun
from checkin.workers.shifts import BACK_DAYS, DAY, NEVER, Change, Due, Plan, Stay, next_begin, stays

# Whoever works at a place that was closed works there no more; it may open again.
CLOSED_AGAIN = timedelta(hours=6)
Rules = Callable[[date], RuleSet]


def first_days(found: Sequence[Due], *, now: datetime, keep_days: int) -> dict[UUID, date]:
    """From which day on the plan of each makes shifts: the day before the one on which a round saw them last, which
    only rounds write down, as a part of a night may begin after midnight; never a day before the plan counts, nor one
    whose visits are over their time. Of somebody whom none has seen yet only the last days are believed."""
    today = clock.to_local(now).date()
    kept_since = today - (keep_days - 1) * DAY
    return {
        one.id: max(
            kept_since,
            min(today, max(one.plan.first_day, one.planned_from)),
            clock.to_local(_seen(one, now)).date() - DAY,
        )
        for one in found
    }


def _seen(one: Due, now: datetime) -> datetime:
    return one.seen_at or clock.day_bounds(clock.to_local(now).date() - BACK_DAYS * DAY)[0]


def plan(
    found: Sequence[Due],
    first: Mapping[UUID, date],
    changed: Mapping[UUID, Mapping[date, Change | None]],
    *,
    now: datetime,
    rules: Rules,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[UUID, datetime | None]]:
    """(shifts looked at, a day each; the stays that they should be; when to look at each person again).

    Of a day that is over only what began since a round saw them is written, and what `changed` says of that very day,
    None where it was taken back. Nothing of it is removed: `past`; but what the owner says otherwise of it gets a mark:
    `marked`.
    """
    today = clock.to_local(now).date()
    # What is the same for everybody on a day is worked out once.
    days = {day: _of_day(day, rules(day)) for day in _days(min([*first.values(), today - BACK_DAYS * DAY]), today)}
    asked: list[dict[str, Any]] = []
    wanted: list[dict[str, Any]] = []
    due: dict[UUID, datetime | None] = {}
    for one in found:
        mine = changed.get(one.id, {})
        other = {day: change for day, change in mine.items() if change is not None}
        own, seen = _until_closed(one), _seen(one, now)
        for day, of_day in days.items():
            past, planned = day < today and not _mistaken(one.plan, day), day >= first[one.id]
            if not planned and day not in mine:
                continue
            begun = [
                stay
                for stay in stays(own, day, other.get(day), cap=of_day.cap, overrun=of_day.overrun)
                # What the plan was on a day before it counts, nobody knows any more.
                if stay.entered_at <= now and (planned or day in other)
            ]
            if past and day not in mine:
                begun = [stay for stay in begun if stay.entered_at > seen]
                if not begun:
                    continue
            shift = derived_id(one.id, of_day.salt)
            asked.append(
                {
                    "worker": one.id,
                    "shift": shift,
                    "since": of_day.start,
                    # The last part of a shift that lasts a whole day begins within that.
                    "until": of_day.end,
                    "past": past,
                    "marked": past and (day in other or planned and day in mine),
                }
            )
            wanted += [_wanted(one.id, shift, stay, of_day.rules, past and day in mine) for stay in begun]
        due[one.id] = next_begin(own, other, now, cap=days[today].cap, overrun=days[today].overrun)
        if one.closed_on is not None:
            # At midnight too, so that a day on which it was closed is never taken for one that was missed.
            due[one.id] = min(now + CLOSED_AGAIN, days[today].start + DAY)
    return asked, wanted, due


@dataclass(frozen=True)
class _OfDay:
    salt: bytes
    start: datetime
    end: datetime
    rules: RuleSet
    cap: timedelta
    overrun: timedelta


def _of_day(day: date, rules: RuleSet) -> _OfDay:
    start = clock.day_bounds(day)[0]
    return _OfDay(day.isoformat().encode(), start, start + 2 * DAY, rules, cap(rules), overrun(rules))


def _days(first: date, last: date) -> list[date]:
    return [first + offset * DAY for offset in range((last - first).days + 1)]


def _mistaken(plan: Plan, day: date) -> bool:
    # Put down by mistake and taken off on the same day: they were never there, however late the round comes.
    return plan.last_day == NEVER and day == plan.first_day


def _until_closed(one: Due) -> Plan:
    last = min(filter(None, (one.plan.last_day, one.closed_on)), default=None)
    return replace(one.plan, last_day=last)


def _wanted(worker_id: UUID, shift: UUID, stay: Stay, rules: RuleSet, beside: bool) -> dict[str, Any]:
    # Beside what was written of a day that is over, and so under an id of its own.
    salt = f"{stay.entered_at.isoformat()}/{stay.latest.isoformat()}".encode() if beside else bytes([stay.part])
    return {
        "worker": worker_id,
        "shift": shift,
        "id": derived_id(shift, salt),
        "entered": stay.entered_at,
        "likely": stay.likely,
        "latest": stay.latest,
        "gone": stay.left_at,
        "by": GUESSED if stay.left_at is None else OWNER,
        "rules": rules.id,
    }


@dataclass(frozen=True)
class Differences:
    """What a round has to do: visits to take back, stays to write, and what is written, by whether it gets the mark."""

    stale: list[Any]
    fresh: list[dict[str, Any]]
    marks: dict[bool, list[Any]]


def differences(
    there: Sequence[Any], kept: Collection[UUID], asked: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> Differences:
    """What `write_shifts` in the database finds. Nothing that a case keeps is touched; of a day that is over nothing
    is taken back, and what it has already is not written again."""
    shifts = {one["shift"]: one for one in asked}
    mine = [one for one in there if one.group_id in shifts]
    ids = {(one["id"], *_times(one)) for one in wanted}
    times = {(one["shift"], *_times(one)) for one in wanted}
    stale, marks = [], dict[bool, list[Any]]({True: [], False: []})
    for one in mine:
        of, written = shifts[one.group_id], (one.entered_at, one.until_likely, one.until_latest, one.left_at)
        if one.id in kept:
            continue
        if of["past"]:
            marks[of["marked"] and (one.group_id, *written) not in times].append(one)
        elif (one.id, *written) not in ids:
            stale.append(one)
    held = {one.id for one in mine if one not in stale}
    return Differences(
        stale,
        [
            one
            for one in wanted
            if one["id"] not in held
            and one["id"] not in kept
            and not any(
                old.group_id == one["shift"]
                and shifts[one["shift"]]["past"]
                and old.entered_at <= one["entered"]
                and old.until_likely >= one["likely"]
                and old.until_latest >= one["latest"]
                for old in mine
            )
        ],
        marks,
    )


def _times(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["entered"], one["likely"], one["latest"], one["gone"]


def flags(denied: bool) -> str:
    """The flags of a shift's visit, with the mark that its owner said otherwise later or without."""
    return stored((SHIFT, DENIED) if denied else (SHIFT,))


def declaration(worker: Any, one: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the declaration with a wanted stay: who it is, and that nobody was asked anything."""
    kept = ("person_id", "commune_id", "province_id", "gender", "age_band", "details")
    return {
        **{name: getattr(worker, name) for name in kept},
        "id": one["id"],
        "made_at": one["entered"],
        "rules_id": one["rules"],
        "symptoms": [],
        "has_symptoms": None,
        "contact_sick": None,
        "travel": None,
        "triage": NOT_ASKED,
        "reasons": [],
        "flags": [SHIFT],
    }


def visit(worker: Any, one: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the visit that a wanted stay is."""
    return {
        "id": one["id"],
        "entered_at": one["entered"],
        "venue_id": worker.venue_id,
        "zone_id": worker.zone_id,
        "person_id": worker.person_id,
        "declaration_id": one["id"],
        "declared_at": one["entered"],
        "left_at": one["gone"],
        "end_set_by": one["by"],
        "until_likely": one["likely"],
        "until_latest": one["latest"],
        "channel": SHIFT,
        "device": None,
        "group_id": one["shift"],
        "masked_name": worker.masked_name,
        "flags": flags(denied=False),
    }


def plain(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is handed to the database, as JSON can hold it."""
    return [
        {name: value if isinstance(value, bool) or value is None else str(value) for name, value in one.items()}
        for one in listed
    ]
