from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases.models import DISCARDED, OWN, Case, case_visit, kept_visit
from checkin.cases.queries import same_visit
from checkin.clusters.models import NEW, WORKING, Signal, SignalStep
from checkin.clusters.shared import Stay
from checkin.db import is_postgresql
from checkin.declarations.models import ATTENTION, Declaration
from checkin.exposure.models import Lookup
from checkin.scope import SUMS
from checkin.visits.models import Visit

# A form is made while its visit lasts, which is never longer than a day.
_NEAR = timedelta(days=1)
BLOCK = 500


def stays_shared(
    session: Session, since: datetime, disease: str | None = None, venue: UUID | None = None
) -> list[Stay]:
    """Own kept stays of cases since then, at venues where cases of the same disease were that are different people.

    Numbers of cases, places and times, and no row of anybody: on PostgreSQL by a function of the tables' owner, which
    looks who asks. Narrowed to a disease and venue for the page of a signal.
    """
    if is_postgresql(session):
        asked = sa.text(
            "SELECT disease, venue, entered, until, recorded, zone, seq, who "
            "FROM stays_shared(:since, CAST(:disease AS text), CAST(:venue AS uuid))"
        )
        rows: Iterable[Any] = session.execute(asked, {"since": since, "disease": disease, "venue": venue})
        return [Stay(*row) for row in rows]
    who = sa.func.min(Case.seq).over(partition_by=(Case.disease, Case.person_id)).label("who")
    asking = (
        sa.select(Case.id, Case.seq, Case.disease, Case.person_id, who)
        .where(Case.state != DISCARDED, Case.person_id.is_not(None))
        .subquery("asking")
    )
    stays = (
        sa.select(
            *(asking.c.disease, kept_visit.c.venue_id, kept_visit.c.entered_at, _UNTIL.label("until")),
            kept_visit.c.left_at.is_not(None).label("recorded"),
            *(kept_visit.c.zone_id, asking.c.seq, asking.c.who),
        )
        .select_from(asking)
        # By the person: what a case keeps of others is a thousand times as much.
        .join(kept_visit, kept_visit.c.person_id == asking.c.person_id)
        .join(
            case_visit, sa.and_(case_visit.c.case_id == asking.c.id, case_visit.c.part == OWN, same_visit(kept_visit))
        )
        .where(kept_visit.c.entered_at >= since)
        .where(sa.true() if disease is None else asking.c.disease == disease)
        .where(sa.true() if venue is None else kept_visit.c.venue_id == venue)
        .cte("stays")
    )
    several = (
        sa.select(stays.c.disease, stays.c.venue_id)
        .group_by(stays.c.disease, stays.c.venue_id)
        .having(sa.func.count(sa.distinct(stays.c.who)) > 1)
    )
    rows = session.execute(
        sa.select(stays).where(sa.tuple_(stays.c.disease, stays.c.venue_id).in_(several)), execution_options=SUMS
    )
    return [Stay(*row) for row in rows]


class Counted(NamedTuple):
    """A case that counts: not discarded, and known who it is."""

    id: UUID
    seq: int
    disease: str
    person_id: UUID


def counted(session: Session, disease: str | None = None) -> list[Counted]:
    """The cases that count, by number."""
    query = sa.select(Case.id, Case.seq, Case.disease, Case.person_id).where(
        Case.state != DISCARDED, Case.person_id.is_not(None), sa.true() if disease is None else Case.disease == disease
    )
    found: Iterable[Any] = session.execute(query.order_by(Case.seq))
    return [Counted(*row) for row in found]


def stays_of(session: Session, case_ids: Sequence[UUID], since: datetime, venue: UUID | None) -> list[Stay]:
    """Own kept stays of these cases since then, whichever of those that were joined came."""
    found: list[Stay] = []
    for start in range(0, len(case_ids), BLOCK):
        query = (
            sa.select(*_STAY)
            .select_from(Case)
            .join(case_visit, sa.and_(case_visit.c.case_id == Case.id, case_visit.c.part == OWN))
            .join(kept_visit, same_visit(kept_visit))
            .where(Case.id.in_(case_ids[start : start + BLOCK]), case_visit.c.entered_at >= since)
            .where(sa.true() if venue is None else kept_visit.c.venue_id == venue)
        )
        found += [Stay(*row) for row in session.execute(query)]
    return found


def stays_at(session: Session, places: Sequence[tuple[str, UUID]], since: datetime) -> list[Stay]:
    """The same of all cases of a disease at a venue, found by the person of the case: those at (disease, venue)."""
    found: list[Stay] = []
    for start in range(0, len(places), BLOCK):
        query = (
            sa.select(*_STAY)
            .select_from(Case)
            .join(kept_visit, kept_visit.c.person_id == Case.person_id)
            .join(
                case_visit, sa.and_(case_visit.c.case_id == Case.id, case_visit.c.part == OWN, same_visit(kept_visit))
            )
            .where(Case.state != DISCARDED, kept_visit.c.entered_at >= since)
            .where(sa.tuple_(Case.disease, kept_visit.c.venue_id).in_(places[start : start + BLOCK]))
        )
        found += [Stay(*row) for row in session.execute(query)]
    return found


_UNTIL = sa.func.coalesce(kept_visit.c.left_at, kept_visit.c.until_latest, type_=kept_visit.c.until_latest.type)
# In the order of Stay, each case being somebody else.
_STAY: tuple[Any, ...] = (
    Case.disease, kept_visit.c.venue_id, kept_visit.c.entered_at, _UNTIL, kept_visit.c.left_at.is_not(None),
    kept_visit.c.zone_id, Case.seq, Case.seq,
)  # fmt: skip


def first_whole_day(session: Session) -> date | None:
    """The first day of the province of which every declaration that came is in the store; None where there is none."""
    if is_postgresql(session):
        first = session.scalar(sa.text("SELECT told_since()"))
    else:
        first = session.scalar(sa.select(sa.func.min(Declaration.made_at)), execution_options=SUMS)
    return clock.to_local(first).date() + timedelta(days=1) if first else None


def ill(session: Session, day: date) -> tuple[Counter[str], Counter[UUID]]:
    """How many people declared symptoms on a day: by the commune of their home, and by the venue where they did."""
    start, end = clock.day_bounds(day)
    homes: Counter[str] = Counter()
    venues: Counter[UUID] = Counter()
    if is_postgresql(session):
        asked = sa.text("SELECT commune, venue, people FROM ill_sums(:start, :end)")
        for commune, venue, people in session.execute(asked, {"start": start, "end": end}):
            if venue is None:
                homes[commune] = people
            else:
                venues[venue] = people
        return homes, venues
    people = sa.func.count(sa.distinct(Declaration.person_id))
    # In the words of the index of those who need attention, so that it serves.
    ill_then = sa.and_(
        Declaration.made_at >= start, Declaration.made_at < end, ATTENTION, Declaration.has_symptoms.is_(True)
    )
    by_home = sa.select(Declaration.commune_id, people).where(ill_then, Declaration.commune_id.is_not(None))
    for home, amount in session.execute(by_home.group_by(Declaration.commune_id), execution_options=SUMS):
        homes[str(home)] = amount
    told_at = sa.and_(
        Visit.person_id == Declaration.person_id,
        Visit.entered_at >= start - _NEAR,
        Visit.entered_at < end + _NEAR,
        Visit.declared_at == Declaration.made_at,
        Visit.declaration_id == Declaration.id,
    )
    by_venue = sa.select(Visit.venue_id, people).select_from(Declaration).join(Visit, told_at).where(ill_then)
    for venue, amount in session.execute(by_venue.group_by(Visit.venue_id), execution_options=SUMS):
        venues[venue] = amount
    return homes, venues


def by_number(session: Session, number: str) -> Signal | None:
    """The signal with a number such as TH-0012; None where there is none."""
    digits = number[3:]
    if not (number.startswith("TH-") and digits.isascii() and digits.isdecimal() and len(digits) <= 9):
        return None
    return session.scalar(sa.select(Signal).where(Signal.seq == int(digits)))


def ending_after(session: Session, moment: datetime) -> list[Signal]:
    """Signals whose time reaches beyond that moment: what is found now can be one of them."""
    return list(session.scalars(sa.select(Signal).where(Signal.end >= moment).order_by(Signal.seq)))


def listed(session: Session, state: str, limit: int) -> list[Signal]:
    """Signals of a state: the most cases first, then the nearest, then the latest; over ones as they ended."""
    order: tuple[Any, ...] = (Signal.changed_at.desc(), Signal.seq.desc())
    if state in (NEW, WORKING):
        order = (Signal.kind, Signal.count.desc(), sa.func.coalesce(Signal.gap_minutes, 0), *order)
    return list(session.scalars(sa.select(Signal).where(Signal.state == state).order_by(*order).limit(limit)))


def counts(session: Session) -> Counter[str]:
    """How many signals there are of each state."""
    rows = session.execute(sa.select(Signal.state, sa.func.count()).group_by(Signal.state))
    return Counter(dict(rows.all()))  # type: ignore[arg-type]


def unseen(session: Session) -> int:
    """How many signals nobody has looked at."""
    return session.scalar(sa.select(sa.func.count()).select_from(Signal).where(Signal.state == NEW)) or 0


def last_step(session: Session, ids: Iterable[UUID]) -> dict[UUID, SignalStep]:
    """What was last said about each of these signals."""
    found = session.scalars(
        sa.select(SignalStep).where(SignalStep.signal_id.in_(list(ids))).order_by(SignalStep.number)
    )
    return {step.signal_id: step for step in found}


def steps(session: Session, signal_id: UUID) -> list[SignalStep]:
    """What officers said about a signal, the latest first."""
    query = sa.select(SignalStep).where(SignalStep.signal_id == signal_id).order_by(SignalStep.number.desc())
    return list(session.scalars(query))


def lookups_for(session: Session, number: str, limit: int = 20) -> list[Lookup]:
    """Lookups that were made for a signal, the latest first."""
    query = sa.select(Lookup).where(Lookup.signal.startswith(f"{number}: ", autoescape=True))
    return list(session.scalars(query.order_by(Lookup.seq.desc()).limit(limit)))
