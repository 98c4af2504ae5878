import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import (
    KEEPING_STATES,
    MET,
    OPEN_STATES,
    OWN,
    Case,
    CaseStep,
    case_visit,
    kept_declaration,
    kept_visit,
    number_of,
)
from checkin.db import UtcDateTime
from checkin.joins import queries as joins
from checkin.joins.models import joined
from checkin.movements import queries as movements
from checkin.movements.merging import together
from checkin.movements.models import ToldMove
from checkin.pagekeys import START, Leaf, Spot, page
from checkin.scope import rows
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter

# The column's largest number: an address may hold any.
LARGEST = 2**31 - 1


def by_number(session: Session, number: str) -> Case | None:
    """The case with a number such as F0-0187, in any letter case; None when there is none."""
    match = re.fullmatch(r"(?:f0-?)?0*(\d{1,9})", number.strip().lower())
    return session.scalar(sa.select(Case).where(Case.seq == int(match[1]))) if match else None


def number_of_id(session: Session, case_id: UUID) -> str | None:
    """The number of a case; None where the scope sees none."""
    seq = session.scalar(sa.select(Case.seq).where(Case.id == case_id))
    return None if seq is None else number_of(seq)


def by_seqs(session: Session, seqs: Collection[int]) -> dict[int, Case]:
    """Cases by their running number."""
    return {case.seq: case for case in session.scalars(sa.select(Case).where(Case.seq.in_(seqs)))}


def open_cases(session: Session, limit: int = 200) -> list[Case]:
    """Cases that are being worked on, newest first."""
    return list(
        session.scalars(sa.select(Case).where(Case.state.in_(OPEN_STATES)).order_by(Case.seq.desc()).limit(limit))
    )


@dataclass(frozen=True)
class Which:
    """Which cases are asked for; what is empty narrows nothing."""

    state: str = ""
    disease: str = ""
    commune_id: str = ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What such a case fulfils."""
        asked = ((Case.state, self.state), (Case.disease, self.disease), (Case.commune_id, self.commune_id))
        return [column == value for column, value in asked if value]


def newest(session: Session, spot: Spot = START, limit: int = 100, which: Which | None = None) -> Leaf[Case]:
    """A page of cases, in any state where `which` names none, newest first; the key is 0 and the running number."""
    query = sa.select(Case).where(*(which or Which()).conditions())
    return page(session, [query], (Case.seq,), spot, limit=limit, desc=True)


def count(session: Session, which: Which) -> int:
    """How many such cases there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(Case).where(*which.conditions())) or 0


def listed(session: Session, which: Which) -> Iterator[Case]:
    """All of them, by number."""
    query = sa.select(Case).where(*which.conditions()).order_by(Case.seq)
    yield from session.scalars(query, execution_options={"yield_per": 1000})


def by_day(session: Session, first: date, last: date) -> dict[str, Counter[date]]:
    """How many cases of each disease fell ill on each day of [first, last]: the epidemic curve.

    By onset, or where that is not known by the day of the sample; discarded ones are none, and those without
    either day stand nowhere.
    """
    day = sa.func.coalesce(Case.onset_on, Case.sample_on)
    rows = session.execute(
        sa.select(Case.disease, day, sa.func.count())
        .where(Case.state.in_(KEEPING_STATES), day.between(first, last))
        .group_by(Case.disease, day)
        .order_by(Case.disease)
    )
    found: dict[str, Counter[date]] = {}
    for disease, fell_ill, amount in rows:
        found.setdefault(disease, Counter())[fell_ill] = amount
    return found


@dataclass(frozen=True)
class Kept:
    """How much is kept for a case: its own visits, those that can have met them, and declarations of both."""

    own: int
    met: int
    declarations: int


def kept(session: Session, case_id: UUID) -> Kept:
    """What is kept for a case."""
    counted = session.execute(
        sa.select(case_visit.c.part, sa.func.count().label("amount"))
        .where(case_visit.c.case_id == case_id)
        .group_by(case_visit.c.part)
    )
    parts = {row.part: int(row.amount) for row in counted}
    told = (
        sa.select(kept_declaration.c.made_at, kept_declaration.c.id)
        .join(kept_visit, _told)
        .join(case_visit, same_visit(kept_visit))
        .where(case_visit.c.case_id == case_id)
        .distinct()
    )
    declarations = session.scalar(sa.select(sa.func.count()).select_from(told.subquery())) or 0
    return Kept(parts.get(OWN, 0), parts.get(MET, 0), declarations)


def open_case_of(session: Session, person_id: UUID) -> Case | None:
    """The open case that this person is, under whichever of those that were joined."""
    return open_cases_of(session, [person_id]).get(person_id)


def open_cases_of(session: Session, person_ids: Sequence[UUID]) -> dict[UUID, Case]:
    """The open case of each of these people who is one, or with whom one was joined who is."""
    groups = joins.groups_of(session, person_ids)
    everybody = {member for group in groups.values() for member in group.members}
    found = session.scalars(sa.select(Case).where(Case.person_id.in_(everybody), Case.state.in_(OPEN_STATES)))
    by_person = {case.person_id: case for case in found}
    return {
        person: by_person[member] for person, group in groups.items() for member in group.members if member in by_person
    }


def keeping_of(session: Session, person_id: UUID) -> list[Case]:
    """The cases that this person is, or was, and that keep what belongs to them; by number."""
    query = sa.select(Case).where(Case.person_id == person_id, Case.state.in_(KEEPING_STATES))
    return list(session.scalars(query.order_by(Case.seq)))


def open_with_visits(session: Session, start: datetime, end: datetime) -> list[Case]:
    """Open cases whose person has visits in the store that began in [start, end], or was there by what they told."""
    who: Any = joins.persons(Case.__table__.c) if joins.any_joined(session) else Case.__table__.alias("who")
    theirs = sa.exists().where(
        who.c.id == Case.id, Visit.person_id == who.c.person_id, Visit.entered_at.between(start, end)
    )
    told = sa.exists().where(
        who.c.id == Case.id,
        ToldMove.person_id == who.c.person_id,
        ToldMove.venue_id.is_not(None),
        ToldMove.withdrawn_at.is_(None),
        ToldMove.start <= end,
        ToldMove.end >= start,
    )
    query = sa.select(Case).where(Case.state.in_(OPEN_STATES), sa.or_(theirs, told))
    return list(session.scalars(query.order_by(Case.seq)))


def numbers(session: Session, case_ids: Collection[UUID]) -> dict[UUID, str]:
    """The numbers of these cases."""
    rows = session.execute(sa.select(Case.id, Case.seq).where(Case.id.in_(list(case_ids))))
    return {row.id: number_of(row.seq) for row in rows}


def of_people(session: Session, person_ids: Collection[UUID]) -> list[Case]:
    """Every case that is one of these people, whatever its state, by number."""
    return list(session.scalars(sa.select(Case).where(Case.person_id.in_(list(person_ids))).order_by(Case.seq)))


def encounters(
    session: Session, case_id: UUID, start: datetime, end: datetime, *, clip: bool = False
) -> list[Encounter]:
    """Where the case was that can meet [start, end], by entry; cut to it with `clip`.

    The case's own kept stays and what its person told, which overrides guessed ends.
    """
    visits = session.execute(_own(), {"case_id": case_id, "start": start, "end": end}).all()
    case = session.get(Case, case_id)
    told = movements.of_person(session, case.person_id if case else None)
    times = [time for time in together(visits, told) if time.start <= end and time.end >= start]
    inside = venues.inside_each(session, {time.venue_id for time in times})
    return [
        Encounter(
            inside[time.venue_id] or (time.venue_id,),
            max(time.start, start) if clip else time.start,
            min(time.end, end) if clip else time.end,
            time.recorded,
            time.visit.zone_id if time.visit else None,
        )
        for time in times
    ]


@cache
def _own() -> Any:
    start, end = (sa.bindparam(name, type_=UtcDateTime) for name in ("start", "end"))
    return (
        sa.select(*(kept_visit.c[name] for name in ("venue_id", "zone_id", "entered_at", "left_at", "until_latest")))
        .join(case_visit, same_visit(kept_visit))
        .where(
            case_visit.c.case_id == _MINE, is_part(OWN), kept_visit.c.entered_at <= end,
            kept_visit.c.until_latest >= start,
        )
        .order_by(kept_visit.c.entered_at, kept_visit.c.id)
    )  # fmt: skip


@cache
def kept_for(part: str, fold: bool = False) -> Any:
    """The visits kept for a case, its own or those that can have met it, with the columns of the store.

    One for all cases, so that what is built of it can be kept: the case is the parameter `case_id`. To `fold` is to
    give people who were joined as the one they are; where nobody was, it only costs time.
    """
    kept = (
        sa.select(*kept_visit.c)
        .join(case_visit, same_visit(kept_visit))
        .where(case_visit.c.case_id == _MINE, is_part(part))
        .subquery("kept")
    )
    return joins.folded(kept) if fold else kept


_MINE = sa.bindparam("case_id", type_=sa.Uuid)


@cache
def all_kept(fold: bool = False) -> Any:
    """The visits kept for all cases, for who asks for many of one: those of `claimed` are the ones of `kept_for`."""
    return joins.folded(kept_visit) if fold else kept_visit


@cache
def claimed(part: str) -> Any:
    """(entered_at, id) of the visits of `kept_for`, of the case of the parameter `case_id`."""
    mine = case_visit.c.case_id == _MINE
    return sa.select(case_visit.c.entered_at, case_visit.c.visit_id).where(mine, is_part(part))


def joined_among(session: Session, case_id: UUID, person_id: UUID) -> dict[UUID, UUID]:
    """The main one of everybody who was joined, of those with visits kept for the case and of those who are one with
    `person_id`, its own person; nobody of them for a station, which is told of no joining."""
    if not joins.any_joined(session):
        return {}
    own = joined.alias("own")
    # By person from the joined ones, who are few beside all that is kept for cases; one within the other, or SQLite
    # goes through all of the case for each of them.
    of_case = sa.exists().where(same_visit(kept_visit), case_visit.c.case_id == case_id).correlate(kept_visit)
    theirs = sa.exists().where(kept_visit.c.person_id == joined.c.member_id, of_case).correlate(joined)
    every = sa.select(joined.c.member_id, joined.c.main_id).where(rows(session, joined))
    its_own = every.join(own, own.c.main_id == joined.c.main_id).where(own.c.member_id == person_id)
    found = session.execute(sa.union(every.where(theirs), its_own))
    return {member: main for member, main in found}  # noqa: C416 - rows are no pairs to `dict`


def first_visit(session: Session, case_id: UUID) -> datetime | None:
    """When the first of the case's own kept visits began."""
    first: datetime | None = session.scalar(
        sa.select(sa.func.min(case_visit.c.entered_at)).where(case_visit.c.case_id == case_id, is_part(OWN))
    )
    return first


def steps(session: Session, case_id: UUID) -> list[CaseStep]:
    """What was done to a case, the latest first."""
    return list(
        session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case_id).order_by(CaseStep.number.desc()))
    )


def opened_by(session: Session, case_id: UUID) -> CaseStep | None:
    """How a case was opened; None where it was before steps were written down."""
    return session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case_id, CaseStep.what == "open")).first()


def others_keeping(case_id: UUID) -> sa.Subquery:
    """The id and each person of the cases, but this one, that keep what belongs to them."""
    who = joins.persons(Case.__table__.c)
    return (
        sa.select(Case.id, who.c.person_id)
        .outerjoin(who, who.c.id == Case.id)
        .where(Case.id != case_id, Case.state.in_(KEEPING_STATES))
        .subquery("others")
    )


def is_part(part: str) -> sa.ColumnElement[bool]:
    """That a row of case_visit is of the case's own visits, or of those that it met."""
    # Spelt out: own ones have an index of their own, which no plan for any value could use.
    return case_visit.c.part == sa.literal_column(f"'{part}'")


def same_visit(table: Any) -> sa.ColumnElement[bool]:
    """That a row of case_visit is of this row of the store, or of its copy."""
    return sa.and_(case_visit.c.entered_at == table.c.entered_at, case_visit.c.visit_id == table.c.id)


_told = sa.and_(
    kept_visit.c.declared_at == kept_declaration.c.made_at, kept_visit.c.declaration_id == kept_declaration.c.id
)
