"""Visitors are told that a list they are on was read: here it is heard that one is, and that days are about to go."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.casefacts.windows import rules_of
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.spread import air
from checkin.doubles.signals import people_compared
from checkin.exposure.asking import Asked
from checkin.exposure.models import CASE, CONTACTS, PLACE, SOURCE, Lookup
from checkin.exposure.signals import lookup_read
from checkin.exposure.sourcing import Sourcing
from checkin.joins import queries as joins
from checkin.me import service
from checkin.me.models import AREA, PERSON, VENUE
from checkin.me.service import Shown
from checkin.people import queries as people
from checkin.venues import queries as venues
from checkin.visits.signals import day_expiring

# Whom a list shows may be called first: who hears of it at once could be gone, or warn somebody.
HIDDEN = timedelta(hours=72)
# Of more people than this who were at both of two places, everybody of the first is told.
MOST_TOLD_APART = 2000


def connect() -> None:
    """Listen to the lookups and to the store; once is as good as twice."""
    lookup_read.connect(note)
    people_compared.connect(note_compared)
    day_expiring.connect(forget)


def shown_from(read_at: datetime) -> datetime:
    """When visitors may see a reading. The one place: whoever records calls brings it forward from here."""
    return read_at + HIDDEN


def note(session: Session, *, lookup: Lookup, case: Case | None, now: datetime) -> None:
    """Put down whose visits this reading of a lookup can show, in the transaction that logs it."""
    service.note(session, now=now, shown_from=shown_from(now), lookup_id=lookup.id, shown=_shown(session, lookup, case))


def note_compared(session: Session, *, lookup: Lookup, people: Collection[UUID], now: datetime) -> None:
    """Put down who was looked at as perhaps one with another; what of them was read is all there is."""
    shown = {Shown(kind=PERSON, start=lookup.start, end=lookup.end, subject_id=person_id) for person_id in people}
    service.note(session, now=now, shown_from=shown_from(now), lookup_id=lookup.id, shown=shown)


def forget(session: Session, *, start: datetime, end: datetime, now: datetime) -> None:
    """Readings live as long as the visits that they are about."""
    service.forget_readings(session, before=end)


def _shown(session: Session, lookup: Lookup, case: Case | None) -> set[Shown]:
    if lookup.kind == PLACE:
        return _of_place(session, lookup)
    if lookup.kind == CASE:
        return _of_case(session, lookup, case) if case is not None else set()
    if lookup.kind == SOURCE:
        return _of_source(session, lookup, case) if case is not None else set()
    if lookup.kind == CONTACTS:
        return set()  # who is called hears it then, and of a visit nothing is read here
    found = people.matching(
        session,
        id_index=lookup.id_index,
        phone_index=lookup.phone_index,
        name_index=lookup.name_index,
        limit=None,
    )
    return {
        Shown(kind=PERSON, start=lookup.start, end=lookup.end, subject_id=person_id)
        for person_id in joins.everybody_of(session, [match.person_id for match in found])
    }


def _of_place(session: Session, lookup: Lookup) -> set[Shown]:
    asked = Asked.of(session, lookup)
    if asked.other is not None and asked.count(session) <= MOST_TOLD_APART:
        # Who was at one of the two places alone is not shown.
        start, end = min(lookup.start, asked.other.windows[0].start), max(lookup.end, asked.other.windows[0].end)
        return {Shown(kind=PERSON, start=start, end=end, subject_id=one) for one in asked.ranked(session)}
    if lookup.venue_id is None:
        commune_id, kind = lookup.commune_id, lookup.venue_kind
        return {
            Shown(kind=AREA, start=one.start, end=one.end, commune_id=commune_id, venue_kind=kind)
            for one in asked.times
        }
    places = [(lookup.venue_id, lookup.zone_id), *((one.venue_id, one.zone_id) for one in lookup.more if not one.other)]
    inside = venues.inside_each(session, {venue_id for venue_id, _ in places})
    return {
        Shown(kind=VENUE, start=one.start, end=one.end, venue_id=there, zone_id=zone_id)
        for venue_id, zone_id in places
        for there in inside[venue_id]
        for one in asked.times
    }


def _of_source(session: Session, lookup: Lookup, case: Case) -> set[Shown]:
    """The persons of the case and of the other cases at its places: of nobody else is anything shown."""
    found = Sourcing(session, lookup, case)
    shown = found.people | ({lookup.person_id} if found.same_person and lookup.person_id else set())
    return {Shown(kind=PERSON, start=lookup.start, end=lookup.end, subject_id=person_id) for person_id in shown}


def _of_case(session: Session, lookup: Lookup, case: Case) -> set[Shown]:
    """The places and times of the case, each as a list of its own: which case it was is not told."""
    stays_in_air = air(rules_of(case), case.disease)
    return {
        Shown(kind=VENUE, start=encounter.start, end=encounter.end + stays_in_air, venue_id=venue_id)
        for encounter in cases.encounters(session, case.id, lookup.start, lookup.end, clip=True)
        for venue_id in encounter.venue_ids
    }
