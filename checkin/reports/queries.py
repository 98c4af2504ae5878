from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.declarations.triage import NOT_ASKED, needs_help
from checkin.scope import SUMS, counted
from checkin.venues.models import CodeGuess, Venue
from checkin.visits.flags import SHIFT
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


def overview(session: Session, days: list[date]) -> Overview:
    """Numbers of these days: of its own commune for a station, of all for other staff, none for anybody else.

    Visits count where the venue is, declarations where the person lives. On PostgreSQL functions of the tables'
    owner give them, which see by themselves who asks: the staff role reads no row for a number.
    """
    out = Overview(venues=_venues(session))
    for day in days:
        start, end = clock.day_bounds(day)
        for commune, count in _visits(session, start, end):
            out.visits_by_day[day] += count
            out.visits_by_commune[commune] += count
        for home, level, count in _declared(session, start, end):
            if level == NOT_ASKED:
                out.not_asked += count
                continue
            out.triage[level] += count
            if needs_help(level):
                out.help_by_commune[home or ""] += count
    return out


def _venues(session: Session) -> int:
    if is_postgresql(session):
        return session.scalar(sa.select(sa.func.venue_count())) or 0
    query = sa.select(sa.func.count()).select_from(Venue).where(counted(session, Venue.commune_id))
    return session.scalar(query, execution_options=SUMS) or 0


def _visits(session: Session, start: datetime, end: datetime) -> Iterable[Any]:
    if is_postgresql(session):
        return session.execute(sa.text("SELECT commune, visits FROM visit_sums(:start, :end)"), _span(start, end))
    query = (
        sa.select(Venue.commune_id, sa.func.count())
        .join(Visit, Visit.venue_id == Venue.id)
        .where(Visit.entered_at >= start, Visit.entered_at < end, Visit.channel != SHIFT)
        .where(counted(session, Venue.commune_id))
        .group_by(Venue.commune_id)
    )
    return session.execute(query, execution_options=SUMS)


def _declared(session: Session, start: datetime, end: datetime) -> Iterable[Any]:
    if is_postgresql(session):
        return session.execute(
            sa.text("SELECT commune, triage, forms FROM declaration_sums(:start, :end)"), _span(start, end)
        )
    query = (
        sa.select(Declaration.commune_id, Declaration.triage, sa.func.count())
        .where(Declaration.made_at >= start, Declaration.made_at < end, counted(session, Declaration.commune_id))
        # Kept as JSON: a word within quotes is a flag.
        .where(sa.cast(Declaration.flags, sa.Text).not_like(f'%"{SHIFT}"%'))
        .group_by(Declaration.commune_id, Declaration.triage)
    )
    return session.execute(query, execution_options=SUMS)


def _span(start: datetime, end: datetime) -> dict[str, datetime]:
    return {"start": start, "end": end}


def guesses(session: Session, since: date) -> dict[date, int]:
    """How many codes that do not exist were tried, by day from `since` on; mistyped ones count too."""
    rows = session.execute(
        sa.select(CodeGuess.day, sa.func.sum(CodeGuess.count)).where(CodeGuess.day >= since).group_by(CodeGuess.day)
    )
    return {day: int(count) for day, count in rows}
