from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.fold import natural
from checkin.places.models import Place, full_name
from checkin.posters.models import WAITING, PosterFile, PosterJob
from checkin.scope import OWNER, rows
from checkin.venues.models import ACTIVE, Code, Venue, Zone


@dataclass(frozen=True)
class Printed:
    """A code in force and what is printed beside it."""

    code: str
    issued_at: datetime
    venue_name: str
    kind: str
    plate: str | None
    address: str
    commune_name: str
    zone_name: str | None


def printed(session: Session, codes: Sequence[str]) -> list[Printed]:
    """What is printed for these codes, in their order; without those that are revoked or outside the scope."""
    found = session.execute(
        sa.select(
            Code.code,
            Code.issued_at,
            Venue.name,
            Venue.kind.label("venue_kind"),
            Venue.plate,
            Venue.address,
            Place.kind,
            Place.name.label("commune"),
            Zone.name.label("zone"),
        )
        .select_from(Code)
        .join(Venue, Code.venue_id == Venue.id)
        .join(Place, Venue.commune_id == Place.id)
        .outerjoin(Zone, Code.zone_id == Zone.id)
        .where(Code.code.in_(codes), Code.revoked_at.is_(None), rows(session, Venue))
    )
    by_code = {row.code: _printed(row) for row in found}
    return [by_code[code] for code in codes if code in by_code]


def _printed(row: Any) -> Printed:
    return Printed(
        code=row.code,
        issued_at=row.issued_at,
        venue_name=row.name,
        kind=row.venue_kind,
        plate=row.plate,
        address=row.address,
        commune_name=full_name(row.kind, row.commune),
        zone_name=row.zone,
    )


def codes_to_print(
    session: Session, commune_id: str | None = None, venue_id: UUID | None = None
) -> list[tuple[str, str]]:
    """(commune, code) of every code in force of the scope's open venues, of one commune or one venue where that is
    told: by commune, venue and zone as people count them; without what is printed, so that a province fits into
    memory."""
    found = session.execute(
        sa.select(Venue.commune_id, Venue.name_fold, Venue.id, Zone.name_fold.label("zone"), Code.code)
        .select_from(Code)
        .join(Venue, Code.venue_id == Venue.id)
        .outerjoin(Zone, Code.zone_id == Zone.id)
        .where(Code.revoked_at.is_(None), Venue.state == ACTIVE, rows(session, Venue), *_in(commune_id, venue_id))
    )
    return [(row.commune_id, row.code) for row in sorted(found, key=_on_the_way)]


def _on_the_way(row: Any) -> tuple[Any, ...]:
    return row.commune_id, natural(row.name_fold), row.id, natural(row.zone or ""), row.code


def count_to_print(session: Session) -> int:
    """How many codes `codes_to_print` finds."""
    query = (
        sa.select(sa.func.count())
        .select_from(Code)
        .join(Venue, Code.venue_id == Venue.id)
        .where(Code.revoked_at.is_(None), Venue.state == ACTIVE, rows(session, Venue))
    )
    return session.scalar(query) or 0


def job(session: Session, job_id: UUID) -> PosterJob:
    """A job that there is, whoever asked for it."""
    return session.get_one(PosterJob, job_id)


def job_of(session: Session, job_id: UUID, made_by: UUID) -> PosterJob | None:
    """What somebody asked for, for them alone."""
    query = sa.select(PosterJob).where(PosterJob.id == job_id, PosterJob.made_by == made_by)
    return session.scalars(query).first()


def jobs_of(session: Session, made_by: UUID, limit: int) -> list[PosterJob]:
    """What somebody asked for, the newest first."""
    query = sa.select(PosterJob).where(PosterJob.made_by == made_by)
    return list(session.scalars(query.order_by(PosterJob.asked_at.desc(), PosterJob.id.desc()).limit(limit)))


def jobs_in(session: Session, states: Collection[str], roles: Collection[str]) -> list[PosterJob]:
    """What was asked for by these roles and stands so, the oldest first."""
    query = sa.select(PosterJob).where(PosterJob.state.in_(states), PosterJob.role.in_(roles))
    return list(session.scalars(query.order_by(PosterJob.asked_at, PosterJob.id)))


def jobs_before(session: Session, job: PosterJob) -> int:
    """How many wait before this one in its tier."""
    query = sa.select(sa.func.count()).where(
        PosterJob.state == WAITING,
        PosterJob.asked_at < job.asked_at,
        (PosterJob.role == OWNER) if job.role == OWNER else (PosterJob.role != OWNER),
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class FileLine:
    """A finished file without its body."""

    number: int
    name: str
    title: str
    posters: int
    size: int


def files_of(session: Session, job_id: UUID) -> list[FileLine]:
    """The finished files of a job in their order."""
    columns = (PosterFile.number, PosterFile.name, PosterFile.title, PosterFile.posters, PosterFile.size)
    found = session.execute(sa.select(*columns).where(PosterFile.job_id == job_id).order_by(PosterFile.number))
    return [FileLine(*row) for row in found]


def body_of(session: Session, job_id: UUID, number: int) -> bytes | None:
    """The PDF of a finished file; None where there is none."""
    query = sa.select(PosterFile.body).where(PosterFile.job_id == job_id, PosterFile.number == number)
    return session.scalar(query)


def _in(commune_id: str | None, venue_id: UUID | None) -> tuple[Any, ...]:
    commune = (Venue.commune_id == commune_id,) if commune_id else ()
    return (*commune, Venue.id == venue_id) if venue_id else commune
