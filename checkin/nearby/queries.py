from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.calls.models import StationCall
from checkin.contacts.models import DECIDE, NAMED, NEAR, RELEASE, Contact, ContactNear, ContactStep
from checkin.pagekeys import START, Leaf, Spot, page
from checkin.people.models import Person
from checkin.scope import rows
from checkin.visits.corrections import CORRECTABLE
from checkin.visits.flags import DENIED, SHIFT
from checkin.visits.models import Visit

# Of an F1: more forms and stays at work than anybody has while the store keeps them; of more the newest.
MOST = 100


def near(session: Session, f1_id: UUID) -> list[Contact]:
    """Those who were near an F1, the first named first."""
    return list(session.scalars(_near(session, f1_id).order_by(Contact.id)))


# Of the keys of `near_page`.
SHAPE = (int, UUID)


def near_page(session: Session, f1_id: UUID, spot: Spot = START, *, limit: int) -> Leaf[Contact]:
    """A page of them."""
    return page(session, [_near(session, f1_id)], (Contact.id,), spot, limit=limit)


def _near(session: Session, f1_id: UUID) -> sa.Select[Any]:
    return (
        sa.select(Contact)
        .join(ContactNear, ContactNear.contact_id == Contact.id)
        .where(rows(session, Contact), rows(session, ContactNear), ContactNear.f1_id == f1_id)
    )


def count_named(session: Session, f1_id: UUID) -> int:
    """How many people an F1 named to the station."""
    query = sa.select(sa.func.count()).select_from(ContactStep)
    asked = query.where(rows(session, ContactStep), ContactStep.contact_id == f1_id, ContactStep.what == NAMED)
    return session.scalar(asked) or 0


def last_words(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """By which of DECIDE, NEAR and RELEASE these contacts became what they are; none of who never had one."""
    words = (
        sa.select(ContactStep.contact_id, ContactStep.what)
        .where(rows(session, ContactStep), ContactStep.contact_id.in_(ids))
        .where(ContactStep.what.in_((DECIDE, NEAR, RELEASE)))
        .order_by(ContactStep.contact_id, ContactStep.number)
    )
    return {row.contact_id: row.what for row in session.execute(words)}


def to_follow(session: Session, f1_id: UUID) -> list[tuple[Contact, list[str], bool]]:
    """Those who were near this F1, in one order for all who ask: each with the stages of all the F1s they were near,
    and whether they were let go by the last word that made them what they are."""
    people = near(session, f1_id)
    ids = [one.id for one in people]
    stages = defaultdict(list)
    asked = (
        sa.select(ContactNear.contact_id, Contact.stage)
        .join(Contact, ContactNear.f1_id == Contact.id)
        .where(rows(session, Contact), rows(session, ContactNear), ContactNear.contact_id.in_(ids))
    )
    for contact_id, stage in session.execute(asked):
        stages[contact_id].append(stage)
    last = last_words(session, ids)
    return [(one, stages[one.id], last.get(one.id) == RELEASE) for one in people]


def phones_of(session: Session, people: Collection[UUID]) -> set[bytes]:
    """Indexes of all phones that were ever told of these people."""
    query = sa.select(Person.phone_index).where(
        rows(session, Person),
        sa.or_(Person.id.in_(people), Person.same_as.in_(people)),
        sa.func.length(Person.phone_index) > 0,
    )
    return {bytes(phone) for phone in session.scalars(query)}


def with_phone(session: Session, phone: bytes, limit: int) -> list[UUID]:
    """The people of whom this phone was told; at most `limit`."""
    root: Any = sa.func.coalesce(Person.same_as, Person.id, type_=sa.Uuid())
    query = sa.select(root).where(rows(session, Person), Person.phone_index == phone)
    return list(session.scalars(query.distinct().limit(limit)))


@dataclass(frozen=True)
class OnForm:
    """Somebody on a form: at a door, or declared on the road."""

    person_id: UUID
    form: UUID
    at: datetime


def on_one_form(session: Session, people: Collection[UUID]) -> list[OnForm]:
    """Everybody, these people too, who stood on a form with one of them, as far as it is still in the store."""
    own = sa.select(Visit.venue_id, Visit.entered_at, Visit.group_id).where(
        rows(session, Visit), Visit.person_id.in_(people), Visit.group_id.is_not(None), Visit.channel != SHIFT
    )
    forms = session.execute(own.order_by(Visit.entered_at.desc()).limit(MOST)).all()
    found: list[OnForm] = []
    if forms:
        moments = [form.entered_at for form in forms]
        # As the forms of a list are found: the index of venues and days, some minutes around each stay.
        query = sa.select(Visit.person_id, Visit.group_id, Visit.entered_at).where(
            rows(session, Visit),
            Visit.venue_id.in_({form.venue_id for form in forms}),
            sa.or_(*(Visit.entered_at.between(one - CORRECTABLE, one + CORRECTABLE) for one in moments)),
            Visit.entered_at.between(min(moments) - CORRECTABLE, max(moments) + CORRECTABLE),
            Visit.group_id.in_({form.group_id for form in forms}),
        )
        found += [OnForm(person, form, at) for person, form, at in session.execute(query) if form]
    journeys = sa.select(StationCall.group_id).where(
        rows(session, StationCall), StationCall.person_id.in_(people), StationCall.group_id.is_not(None)
    )
    asked = sa.select(StationCall.person_id, StationCall.group_id, StationCall.made_at).where(
        rows(session, StationCall), StationCall.group_id.in_(journeys)
    )
    return found + [OnForm(person, form, at) for person, form, at in session.execute(asked) if form]


@dataclass(frozen=True)
class AtWork:
    """A stay of somebody who works at a venue, as planned or recorded."""

    venue_id: UUID
    zone_id: UUID | None
    start: datetime
    end: datetime


_ends: Any = sa.func.coalesce(Visit.left_at, Visit.until_likely)


def at_work(session: Session, people: Collection[UUID], start: datetime, end: datetime, cap: timedelta) -> list[AtWork]:
    """What these people worked in [start, end], cut to it; nothing of which the owner said later that it was otherwise.
    `cap` is the longest stay there is."""
    query = sa.select(Visit.venue_id, Visit.zone_id, Visit.entered_at, _ends).where(
        rows(session, Visit), Visit.person_id.in_(people), *_worked(start - cap, end), _ends > start
    )
    found = session.execute(query.order_by(Visit.entered_at.desc(), Visit.id).limit(MOST))
    cut = (AtWork(venue, zone, max(begun, start), min(ended, end)) for venue, zone, begun, ended in found)
    return [stay for stay in cut if stay.start < stay.end]


@dataclass(frozen=True)
class Colleague:
    """Somebody who worked at a venue at the same time: in how many shifts, and when the last of them began."""

    person_id: UUID
    venue_id: UUID
    shifts: int
    last: datetime


def colleagues(session: Session, own: Sequence[AtWork], cap: timedelta) -> list[Colleague]:
    """Everybody whose shifts met these stays: at the same venue, and in the same zone where both have one."""
    if not own:
        return []
    together = (
        sa.and_(
            Visit.venue_id == stay.venue_id,
            sa.true() if stay.zone_id is None else sa.or_(Visit.zone_id.is_(None), Visit.zone_id == stay.zone_id),
            Visit.entered_at < stay.end,
            _ends > stay.start,
        )
        for stay in own
    )
    query = (
        sa.select(
            Visit.person_id, Visit.venue_id, sa.func.count(Visit.group_id.distinct()), sa.func.max(Visit.entered_at)
        )
        .where(
            rows(session, Visit),
            Visit.venue_id.in_({stay.venue_id for stay in own}),
            *_worked(min(stay.start for stay in own) - cap, max(stay.end for stay in own)),
            sa.or_(*together),
        )
        .group_by(Visit.person_id, Visit.venue_id)
    )
    return [Colleague(*row) for row in session.execute(query)]


def _worked(start: datetime, end: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Stays of shifts begun in [start, end), but those that were otherwise."""
    return (
        Visit.channel == SHIFT,
        Visit.flags.not_like(f"%{DENIED}%"),
        Visit.entered_at >= start,
        Visit.entered_at < end,
    )
