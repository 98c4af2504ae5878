from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.fold import fold
from checkin.places.models import Place as Unit
from checkin.scope import SUMS, counted, rows
from checkin.venues.models import ACTIVE, Venue
from checkin.visits.corrections import CORRECTABLE
from checkin.visits.flags import SHIFT
from checkin.visits.models import Visit


class Told(Protocol):
    """A declaration of somebody."""

    @property
    def id(self) -> UUID: ...
    @property
    def made_at(self) -> datetime: ...
    @property
    def person_id(self) -> UUID: ...


@dataclass(frozen=True)
class Stop:
    """A visit that a declaration was made for; no name where the venue is no more."""

    venue_id: UUID
    entered_at: datetime
    left_at: datetime | None
    until_likely: datetime
    venue_name: str | None = None


@dataclass(frozen=True)
class Place:
    """A venue of the commune."""

    id: UUID
    name: str
    kind: str
    address: str
    state: str


def stops(session: Session, flagged: Sequence[Told], longest: timedelta) -> dict[UUID, Stop]:
    """Where these people were when they declared, by declaration; nothing for one that was made for no visit."""
    if not flagged:
        return {}
    made = [one.made_at for one in flagged]
    found = session.execute(
        sa.select(Visit.declaration_id, Visit.venue_id, Visit.entered_at, Visit.left_at, Visit.until_likely).where(
            rows(session, Visit),
            Visit.person_id.in_({one.person_id for one in flagged}),
            Visit.declaration_id.in_([one.id for one in flagged]),
            # A declaration is made while the visit lasts: no other day is read.
            Visit.entered_at.between(min(made) - longest, max(made)),
        )
    ).all()
    names = wall_names(session, {row.venue_id for row in found})
    return {row.declaration_id: Stop(*row[1:], venue_name=names.get(row.venue_id)) for row in found}


@dataclass(frozen=True)
class Correction:
    """What somebody made of a declaration: the last word of the same form about them."""

    id: UUID
    made_at: datetime
    person_id: UUID
    triage: str
    reasons: tuple[str, ...]
    symptoms: tuple[str, ...]


def corrected(session: Session, shown: Sequence[Told]) -> dict[UUID, Correction]:
    """What became of these declarations, by their ids; nothing for one that stands as it was made."""
    if not shown:
        return {}
    made = [one.made_at for one in shown]
    own = session.execute(
        sa.select(Declaration.id, Declaration.corrects).where(
            rows(session, Declaration),
            sa.tuple_(Declaration.made_at, Declaration.id).in_([(one.made_at, one.id) for one in shown]),
            Declaration.made_at.between(min(made), max(made)),
        )
    )
    form = {declaration_id: first or declaration_id for declaration_id, first in own}
    later = session.execute(
        sa.select(
            Declaration.corrects,
            Declaration.id,
            Declaration.made_at,
            Declaration.person_id,
            Declaration.triage,
            Declaration.reasons,
            Declaration.symptoms,
        )
        .where(
            rows(session, Declaration),
            # Not by the person: with a number set right it may be another one.
            Declaration.made_at.between(min(made), max(made) + 2 * CORRECTABLE),
            Declaration.corrects.in_(set(form.values())),
        )
        .order_by(Declaration.made_at, Declaration.id)
    )
    last = {row[0]: Correction(*row[1:5], tuple(row[5] or ()), tuple(row[6] or ())) for row in later}
    found = {one.id: last[form[one.id]] for one in shown if form.get(one.id) in last}
    return {own_id: one for own_id, one in found.items() if one.id != own_id}


def wall_names(session: Session, venue_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of venues, also of those outside the scope: a name stands on its wall, and says nothing else."""
    if not venue_ids:
        return {}
    if is_postgresql(session):
        found = session.execute(sa.text("SELECT id, name FROM wall_names(:venues)"), {"venues": list(venue_ids)})
    else:
        found = session.execute(sa.select(Venue.id, Venue.name).where(Venue.id.in_(venue_ids)))
    return dict(found.all())  # type: ignore[arg-type]


def places(session: Session, *, after: UUID | None = None, limit: int) -> list[Place] | None:
    """Venues of the scope by name, from the one behind `after` on; None where that is none of them."""
    query = sa.select(Venue.id, Venue.name, Venue.kind, Venue.address, Venue.state).where(rows(session, Venue))
    if after is not None:
        name = session.scalar(sa.select(Venue.name_fold).where(rows(session, Venue), Venue.id == after))
        if name is None:
            return None
        query = query.where(Venue.name_fold >= name, sa.or_(Venue.name_fold > name, Venue.id > after))
    return [Place(*row) for row in session.execute(query.order_by(Venue.name_fold, Venue.id).limit(limit))]


def count_places(session: Session) -> int:
    """How many venues the scope has."""
    return session.scalar(sa.select(sa.func.count()).select_from(Venue).where(rows(session, Venue))) or 0


def visits_at_places(session: Session, start: datetime, end: datetime) -> dict[UUID, int]:
    """How many visits began in [start, end) at each venue of the scope that had any."""
    found = session.execute(
        sa.select(Visit.venue_id, sa.func.count())
        .join(Venue, Venue.id == Visit.venue_id)
        .where(rows(session, Venue), rows(session, Visit), Visit.channel != SHIFT)
        .where(Visit.entered_at >= start, Visit.entered_at < end)
        .group_by(Visit.venue_id)
    )
    return dict(found.all())  # type: ignore[arg-type]


def found(session: Session, text: str, *, commune_id: str | None, limit: int) -> list[tuple[Venue, Unit]]:
    """Venues of the scope whose name holds every word of `text`, accents or not, with their commune; by name."""
    query = sa.select(Venue, Unit).join(Unit, Venue.commune_id == Unit.id).where(rows(session, Venue))
    if commune_id:
        query = query.where(Venue.commune_id == commune_id)
    for word in fold(text.replace("\x00", ""))[:200].split()[:8]:
        query = query.where(Venue.name_fold.contains(word, autoescape=True))
    return [(row[0], row[1]) for row in session.execute(query.order_by(Venue.name_fold, Venue.id).limit(limit))]


def one(session: Session, venue_id: UUID) -> Venue | None:
    """A venue of the scope."""
    return session.scalar(sa.select(Venue).where(rows(session, Venue), Venue.id == venue_id))


def active_in(session: Session, commune_id: str) -> list[Any]:
    """(id, name, address, registered_at) of the venues of a commune, as far as the scope sees them, that are open."""
    query = sa.select(Venue.id, Venue.name, Venue.address, Venue.registered_at).where(
        rows(session, Venue), Venue.commune_id == commune_id, Venue.state == ACTIVE
    )
    return list(session.execute(query))


def visits_by_day(session: Session, commune_id: str, start: datetime, end: datetime) -> dict[UUID, dict[date, int]]:
    """Visits begun in [start, end) at each venue of a commune by day of the province: sums, of nobody.

    A station gets those of its own commune, whichever it asks for.
    """
    if is_postgresql(session):
        asked = sa.text("SELECT venue, day, visits FROM venue_days(:home, :start, :end)")
        rows_of = session.execute(asked, {"home": commune_id, "start": start, "end": end}).all()
    else:
        day = sa.func.date(Visit.entered_at, "+7 hours")
        query = (
            sa.select(Visit.venue_id, day, sa.func.count())
            .join(Venue, Venue.id == Visit.venue_id)
            .where(Venue.commune_id == commune_id, counted(session, Venue.commune_id))
            .where(Visit.entered_at >= start, Visit.entered_at < end, Visit.channel != SHIFT)
            .group_by(Visit.venue_id, day)
        )
        rows_of = session.execute(query, execution_options=SUMS).all()
    sums: dict[UUID, dict[date, int]] = {}
    for venue_id, day_of, count in rows_of:
        sums.setdefault(venue_id, {})[date.fromisoformat(str(day_of))] = count
    return sums
