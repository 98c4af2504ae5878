from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.claims.models import WAITING, VenueClaim
from checkin.scope import rows
from checkin.venues.models import Venue


@dataclass(frozen=True)
class Line:
    """A claim and the venue that it is about."""

    claim: VenueClaim
    venue: Venue


def venue(session: Session, venue_id: UUID) -> Venue | None:
    """A venue, whoever's it is; its name and address are on its wall."""
    return session.scalar(sa.select(Venue).where(Venue.id == venue_id))


def newest_of(session: Session, account_id: UUID, venue_id: UUID) -> VenueClaim | None:
    """What this owner asked last about a venue; None where they never did."""
    return session.scalars(
        sa.select(VenueClaim)
        .where(VenueClaim.account_id == account_id, VenueClaim.venue_id == venue_id)
        .order_by(VenueClaim.made_at.desc(), VenueClaim.id.desc())
    ).first()


def waiting_of(session: Session, account_id: UUID) -> list[Line]:
    """What this owner asked for and nobody has decided yet, oldest first."""
    return _lines(session, VenueClaim.account_id == account_id, VenueClaim.state == WAITING)


def counts_of(session: Session, account_id: UUID, since: datetime) -> tuple[int, int]:
    """(how many claims of this owner wait, how many they made since then)."""
    waiting, made = session.execute(
        sa.select(
            sa.func.count().filter(VenueClaim.state == WAITING), sa.func.count().filter(VenueClaim.made_at >= since)
        ).where(VenueClaim.account_id == account_id)
    ).one()
    return int(waiting), int(made)


def waiting(session: Session) -> list[Line]:
    """Claims of the scope that wait, those of one venue together, the oldest venue first."""
    lines = _lines(session, rows(session, VenueClaim), rows(session, Venue), VenueClaim.state == WAITING)
    first: dict[UUID, int] = {}
    for place, line in enumerate(lines):
        first.setdefault(line.venue.id, place)
    return sorted(lines, key=lambda line: first[line.venue.id])


def count_waiting(session: Session) -> int:
    """How many claims of the scope wait."""
    asked = sa.select(sa.func.count()).select_from(VenueClaim)
    return session.scalar(asked.where(rows(session, VenueClaim), VenueClaim.state == WAITING)) or 0


def is_seen(session: Session, claim_id: UUID) -> bool:
    """True for a claim of the scope, decided or not."""
    conditions = rows(session, VenueClaim), rows(session, Venue)
    return bool(_lines(session, *conditions, VenueClaim.id == claim_id))


def one_waiting(session: Session, claim_id: UUID) -> Line | None:
    """A claim of the scope that waits; None for any other."""
    conditions = rows(session, VenueClaim), rows(session, Venue), VenueClaim.state == WAITING
    return next(iter(_lines(session, *conditions, VenueClaim.id == claim_id)), None)


def others(session: Session, line: Line) -> Sequence[VenueClaim]:
    """The other claims of the scope that wait for the same venue."""
    return session.scalars(
        sa.select(VenueClaim).where(
            rows(session, VenueClaim),
            VenueClaim.venue_id == line.venue.id,
            VenueClaim.id != line.claim.id,
            VenueClaim.state == WAITING,
        )
    ).all()


def _lines(session: Session, *conditions: sa.ColumnElement[bool]) -> list[Line]:
    found = session.execute(
        sa.select(VenueClaim, Venue)
        .join(Venue, VenueClaim.venue_id == Venue.id)
        .where(*conditions)
        .order_by(VenueClaim.made_at, VenueClaim.id)
    )
    return [Line(claim, venue) for claim, venue in found]
