from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.declarations.models import Declaration
from checkin.declarations.triage import NOT_ASKED, needs_help
from checkin.venues.models import Venue
from checkin.visits.models import Visit


@dataclass
class Overview:
    """Sums of a span of days; by day of the province and by commune id."""

    venues: int = 0
    visits_by_day: Counter[date] = field(default_factory=Counter)
    visits_by_commune: Counter[str] = field(default_factory=Counter)
    help_by_commune: Counter[str] = field(default_factory=Counter)
    triage: Counter[str] = field(default_factory=Counter)
    # Presences from paper logs and other systems, with which nobody was asked anything.
    not_asked: int = 0


def overview(session: Session, days: list[date], commune_id: str | None) -> Overview:
    """Numbers of these days, of one commune or (None) of all.

    Visits count where the venue is, declarations where the person lives.
    """
    out = Overview()
    in_commune = Venue.commune_id == commune_id if commune_id else sa.true()
    lives_in = Declaration.commune_id == commune_id if commune_id else sa.true()
    out.venues = session.scalar(sa.select(sa.func.count()).select_from(Venue).where(in_commune)) or 0
    for day in days:
        start, end = clock.day_bounds(day)
        for commune, count in session.execute(_visits(start, end, in_commune)):
            out.visits_by_day[day] += count
            out.visits_by_commune[commune] += count
        for home, level, count in session.execute(_declared(start, end, lives_in)):
            if level == NOT_ASKED:
                out.not_asked += count
                continue
            out.triage[level] += count
            if needs_help(level):
                out.help_by_commune[home or ""] += count
    return out


def _visits(start: datetime, end: datetime, where: sa.ColumnElement[bool]) -> sa.Select[str, int]:
    return (
        sa.select(Venue.commune_id, sa.func.count())
        .join(Visit, Visit.venue_id == Venue.id)
        .where(Visit.entered_at >= start, Visit.entered_at < end, where)
        .group_by(Venue.commune_id)
    )


def _declared(start: datetime, end: datetime, where: sa.ColumnElement[bool]) -> sa.Select[str | None, str, int]:
    return (
        sa.select(Declaration.commune_id, Declaration.triage, sa.func.count())
        .where(Declaration.made_at >= start, Declaration.made_at < end, where)
        .group_by(Declaration.commune_id, Declaration.triage)
    )
