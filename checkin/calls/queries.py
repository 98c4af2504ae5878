from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.calls.journeys import DOOR
from checkin.calls.models import DONE, MOVE, NEW, StationCall, StationStep
from checkin.db import is_postgresql, set_scope
from checkin.declarations.models import ATTENTION, Declaration
from checkin.scope import SUMS, counted, rows


@dataclass(frozen=True)
class Waiting:
    """Somebody of a station's list, before any name is opened."""

    id: UUID
    made_at: datetime
    kind: str
    person_id: UUID
    commune_id: str
    day: date
    triage: str
    reasons: tuple[str, ...]
    symptoms: tuple[str, ...]
    state: str = NEW
    version: int = 0
    taken_by: UUID | None = None
    taken_by_name: str | None = None
    changed_at: datetime | None = None
    # The same for all who stood on one form of the page without a venue.
    group_id: UUID | None = None
    # False while it is a declaration of the store alone, which nobody has touched.
    kept: bool = True

    @property
    def key(self) -> tuple[datetime, UUID]:
        """Its place in the store of declarations."""
        return self.made_at, self.id


_CALL = (
    StationCall.id, StationCall.made_at, StationCall.kind, StationCall.person_id, StationCall.commune_id,
    StationCall.day, StationCall.triage, StationCall.reasons, StationCall.symptoms, StationCall.state,
    StationCall.version, StationCall.taken_by, StationCall.taken_by_name, StationCall.changed_at,
    StationCall.group_id,
)  # fmt: skip
_AT_A_DOOR = (
    Declaration.id, Declaration.made_at, Declaration.person_id, Declaration.commune_id, Declaration.triage,
    Declaration.reasons, Declaration.symptoms,
)  # fmt: skip


def waiting(session: Session, *, since: datetime, most: int) -> list[Waiting]:
    """Whom the station of the scope has to call or called: everybody who declared without a venue or was moved here
    and is not done, those done since a moment, and declarations at a door since then that need attention. The newest
    `most` of either."""
    called = session.execute(
        sa.select(*_CALL)
        .where(rows(session, StationCall), sa.or_(StationCall.state != DONE, StationCall.changed_at >= since))
        .order_by(StationCall.made_at.desc(), StationCall.id.desc())
        .limit(most)
    )
    found = [_call(row) for row in called]
    return found + [_door(row) for row in session.execute(_untouched(session, since).limit(most))]


def one(session: Session, call_id: UUID, *, since: datetime) -> Waiting | None:
    """One of the list, by the id of its declaration; None for anybody else's."""
    taken = sa.select(*_CALL).where(rows(session, StationCall), StationCall.id == call_id)
    if (row := session.execute(taken).first()) is not None:
        return _call(row)
    if (row := session.execute(_untouched(session, since).where(Declaration.id == call_id)).first()) is not None:
        return _door(row)
    # Between the two questions a colleague may have done the first thing about them.
    row = session.execute(taken).first()
    return _call(row) if row is not None else None


def _untouched(session: Session, since: datetime) -> Any:
    """Declarations at a door that need attention, while no station has done anything about them."""
    # Any station: whom it moved elsewhere, and whom another one has, is not waiting here any more.
    touched = sa.select(StationStep.call_id).where(rows(session, StationStep), StationStep.call_id == Declaration.id)
    kept = sa.select(StationCall.id).where(rows(session, StationCall), StationCall.id == Declaration.id)
    return (
        sa.select(*_AT_A_DOOR)
        # In the words of the index of those who need attention, so that it serves.
        .where(rows(session, Declaration), Declaration.made_at >= since, ATTENTION)
        .where(~touched.exists(), ~kept.exists())
        .order_by(Declaration.made_at.desc(), Declaration.id.desc())
    )


def _call(row: Any) -> Waiting:
    values = row._asdict()
    values |= {name: tuple(values[name] or ()) for name in ("reasons", "symptoms")}
    return Waiting(**values)


def _door(row: Any) -> Waiting:
    return Waiting(
        id=row.id,
        made_at=row.made_at,
        kind=DOOR,
        person_id=row.person_id,
        commune_id=row.commune_id,
        day=clock.to_local(row.made_at).date(),
        triage=row.triage,
        reasons=tuple(row.reasons or ()),
        symptoms=tuple(row.symptoms or ()),
        kept=False,
    )


def steps(session: Session, call_id: UUID) -> list[StationStep]:
    """What stations did about somebody, the first step first."""
    query = sa.select(StationStep).where(rows(session, StationStep), StationStep.call_id == call_id)
    return list(session.scalars(query.order_by(StationStep.number)))


def moved_away(session: Session, *, since: datetime, limit: int) -> list[StationStep]:
    """Whom the station of the scope moved to others since a moment, the latest first: when, whither, by whom."""
    query = sa.select(StationStep).where(
        rows(session, StationStep),
        StationStep.what == MOVE,
        StationStep.at >= since,
        counted(session, StationStep.commune_id),
    )
    return list(session.scalars(query.order_by(StationStep.at.desc()).limit(limit)))


@dataclass(frozen=True)
class Sum:
    """How many of a commune wait or are done, of a level and state, and since when the oldest waits."""

    commune_id: str
    triage: str
    state: str
    calls: int
    oldest: datetime


def sums(session: Session, *, since: datetime) -> list[Sum]:
    """How many of each commune's list there are, without a row of anybody; what is done since a moment alone."""
    if is_postgresql(session):
        asked = sa.text("SELECT commune, level, state, calls, oldest FROM call_sums(:since)")
        return [Sum(*row) for row in session.execute(asked, {"since": since})]
    untouched = (
        sa.select(Declaration.commune_id, Declaration.triage, sa.literal(NEW).label("state"), Declaration.made_at)
        .where(Declaration.made_at >= since, ATTENTION, Declaration.commune_id.is_not(None))
        .where(~sa.exists().where(StationCall.id == Declaration.id))
    )
    called = sa.select(StationCall.commune_id, StationCall.triage, StationCall.state, StationCall.made_at).where(
        sa.or_(StationCall.state != DONE, StationCall.changed_at >= since)
    )
    every = sa.union_all(called, untouched).subquery()
    query = (
        sa.select(every.c.commune_id, every.c.triage, every.c.state, sa.func.count(), sa.func.min(every.c.made_at))
        .where(counted(session, every.c.commune_id))
        .group_by(every.c.commune_id, every.c.triage, every.c.state)
    )
    return [Sum(*row) for row in session.execute(query, execution_options=SUMS)]


@dataclass(frozen=True)
class Sent:
    """What a device may know of a declaration without a venue that it sent: never what was told in it."""

    made_at: datetime
    commune_id: str
    reference: str | None
    group_id: UUID | None


def sent_by(session: Session, device: bytes, *, limit: int) -> list[Sent]:
    """The declarations without a venue that this device sent, newest first. As the public role too."""
    set_scope(session, device=device)
    found = session.execute(
        sa.select(StationCall.made_at, StationCall.commune_id, StationCall.reference, StationCall.group_id)
        .where(StationCall.device == device)
        .order_by(StationCall.made_at.desc(), StationCall.reference)
        .limit(limit)
    )
    return [Sent(*row) for row in found]


def of_people(session: Session, person_ids: Iterable[UUID]) -> list[StationCall]:
    """What people declared without a venue, or a station copied of a door, as far as the scope sees it; by time."""
    ids: Collection[UUID] = list(person_ids)
    query = sa.select(StationCall).where(rows(session, StationCall), StationCall.person_id.in_(ids))
    return list(session.scalars(query.order_by(StationCall.made_at, StationCall.id)))
