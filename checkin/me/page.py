"""What the page of a device shows, and the file of the same."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock
from checkin.calls import queries as calls
from checkin.calls.queries import Sent as Call
from checkin.me import queries
from checkin.me.queries import OwnVisit, Told
from checkin.notices import queries as notices
from checkin.notices.queries import Public as Notice
from checkin.notices.queries import Where
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.models import Venue

# A family declares one after the other: who came to the same door within so long came together.
TOGETHER = timedelta(minutes=15)
# More declarations without a venue than a device sends in two months.
MOST_SENT = 100


@dataclass
class Stay:
    """One coming to a place, of one person or of several who declared on this device."""

    venue_id: UUID
    zone_id: UUID | None
    entered_at: datetime
    left_at: datetime | None
    open: bool
    # How the end is known, and of one that nobody recorded until when they likely, and at the latest, were there.
    end_set_by: str
    until_likely: datetime
    until_latest: datetime
    visit_ids: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """A form that this device sent: when, where, for how many. What was told in it only staff can open."""

    made_at: datetime
    people: int
    # At a door; else the commune whose station has it, and the references in the order of their people.
    venue_id: UUID | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """What is known of this device: stays by day and forms, newest first, and readings; with names of their places."""

    days: list[tuple[date, list[Stay]]]
    told: list[Told]
    sent: list[Sent]
    venues: dict[UUID, Venue]
    zones: dict[UUID, str]
    communes: dict[str, str]
    # That these stays can meet, with where they are about.
    notices: list[Notice] = field(default_factory=list)
    where: dict[UUID, Where] = field(default_factory=dict)


def own(session: Session, device: bytes, *, since: datetime, now: datetime) -> Own:
    """The visits of a device since a moment, what it declared, and who read the lists it is on."""
    visits = queries.visits(session, device, since)
    outside = outside_of(calls.sent_by(session, device, limit=MOST_SENT))
    told = queries.readings(session, device, since, now) if visits else []
    venue_ids = {visit.venue_id for visit in visits}
    known = venues.names(session, venue_ids)
    meant = notices.meeting(session, visits, now)
    return Own(
        days=[
            (day, list(stays))
            for day, stays in groupby(stays_of(visits, now), lambda stay: clock.to_local(stay.entered_at).date())
        ],
        told=told,
        sent=sorted([*doors_of(visits), *outside], key=lambda one: one.made_at, reverse=True),
        venues=known,
        zones=venues.zone_names(session, list(venue_ids)) if any(visit.zone_id for visit in visits) else {},
        communes=places.names(
            session,
            {venue.commune_id for venue in known.values()} | {one.commune_id for one in outside if one.commune_id},
        ),
        notices=meant,
        where=notices.places_of(session, meant),
    )


def stays_of(visits: Sequence[OwnVisit], now: datetime) -> list[Stay]:
    """Visits, newest first, those of people who came together as one."""
    stays: list[Stay] = []
    for visit in visits:
        goes_on = visit.left_at is None and visit.until_latest >= now
        same = next((stay for stay in stays if _together(stay, visit, goes_on)), None)
        if same is None:
            same = Stay(
                visit.venue_id, visit.zone_id, visit.entered_at, visit.left_at, goes_on, visit.end_set_by,
                visit.until_likely, visit.until_latest,
            )  # fmt: skip
            stays.append(same)
        same.visit_ids.append(visit.id)
        same.entered_at = min(same.entered_at, visit.entered_at)
        same.until_likely = max(same.until_likely, visit.until_likely)
        same.until_latest = max(same.until_latest, visit.until_latest)
        same.left_at = max((at for at in (same.left_at, visit.left_at) if at), default=None)
    return stays


def _together(stay: Stay, visit: OwnVisit, goes_on: bool) -> bool:
    return (
        (stay.venue_id, stay.zone_id) == (visit.venue_id, visit.zone_id)
        and stay.open == goes_on
        and (stay.left_at is None, stay.end_set_by) == (visit.left_at is None, visit.end_set_by)
        and stay.entered_at - visit.entered_at <= TOGETHER
        and clock.to_local(stay.entered_at).date() == clock.to_local(visit.entered_at).date()
    )


def doors_of(visits: Sequence[OwnVisit]) -> list[Sent]:
    """The forms that these visits began with, and the last one of each that was prolonged by declaring again."""
    people: Counter[tuple[datetime, UUID, UUID | None]] = Counter()
    for visit in visits:
        for moment in {visit.entered_at, visit.declared_at or visit.entered_at}:
            people[moment, visit.venue_id, visit.zone_id] += 1
    return [Sent(at, count, venue_id, zone_id) for (at, venue_id, zone_id), count in people.items()]


def outside_of(calls: Sequence[Call]) -> list[Sent]:
    """The forms without a venue, each once for all who stood on it."""
    forms: dict[object, list[Call]] = {}
    for call in calls:
        forms.setdefault(call.group_id or call.reference, []).append(call)
    return [
        Sent(one[0].made_at, len(one), commune_id=one[0].commune_id, references=tuple(c.reference or "" for c in one))
        for one in forms.values()
    ]


def as_file(own: Own, now: datetime) -> dict[str, Any]:
    """The same as plain values; times with their offset from UTC."""
    return {
        "made_at": clock.local_text(now),
        "visits": [_visit(own, stay) for _, stays in own.days for stay in stays],
        "declarations": [_sent(own, one) for one in own.sent],
        "read_by_cdc": list(_told(own)),
        "notices": [one.number for one in own.notices],
    }


def _visit(own: Own, stay: Stay) -> dict[str, Any]:
    venue = own.venues.get(stay.venue_id)
    return {
        "venue": venue.name if venue else None,
        "zone": own.zones.get(stay.zone_id) if stay.zone_id else None,
        "commune": own.communes.get(venue.commune_id) if venue else None,
        "people": len(stay.visit_ids),
        "entered_at": clock.local_text(stay.entered_at),
        "left_at": clock.local_text(stay.left_at) if stay.left_at else None,
        "end_set_by": stay.end_set_by,
        "until_likely": clock.local_text(stay.until_likely),
        "until_latest": clock.local_text(stay.until_latest),
    }


def _sent(own: Own, sent: Sent) -> dict[str, Any]:
    venue = own.venues.get(sent.venue_id) if sent.venue_id else None
    return {
        "made_at": clock.local_text(sent.made_at),
        "venue": venue.name if venue else None,
        "zone": own.zones.get(sent.zone_id) if sent.zone_id else None,
        "station_of": own.communes.get(sent.commune_id) if sent.commune_id else None,
        "people": sent.people,
        "references": list(sent.references),
    }


def _told(own: Own) -> Iterable[dict[str, Any]]:
    for one in own.told:
        venue = own.venues.get(one.venue_id) if one.venue_id else None
        yield {
            "read_on": one.read_on.isoformat(),
            "what": "list of a venue" if one.venue_id else "your visits",
            "venue": venue.name if venue else None,
            "visited_on": one.visited_on.isoformat() if one.visited_on else None,
        }
