from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import DISCARDED, KEEPING_STATES, OPEN_STATES, Case, number_of
from checkin.contacts.models import (
    CALLED,
    HEALTH,
    ILL,
    MOVED,
    POSITIVE,
    REFUSED,
    TEST,
    TO_CDC,
    Contact,
    ContactCheck,
    ContactStep,
)
from checkin.contacts.queries import IS_F1, TO_CALL
from checkin.db import is_postgresql
from checkin.duty.aims import Aims, CaseFacts, CaseSpeed, DaySpeed, Share, case_speed, day_speeds
from checkin.duty.models import DutyHandover
from checkin.exposure.models import CASE, Lookup
from checkin.notices.models import Notice
from checkin.scope import ADMIN, CDC, COMMAND, SUMS, current, rows

# What of a case counts as a change of it, in the words of the log.
CHANGES = (
    "case.open", "case.facts", "case.window", "case.window_back", "case.rules", "case.interview", "case.tell",
    "case.tell_back", "case.infected", "case.state", "case.link", "case.unlink",
)  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Contacts of a commune (None: those whom the CDC calls) in numbers, or (for the CDC alone) of a case: to call, of
    these late and refusing; in quarantine today, of these nobody was asked about; ill; positive and no case yet."""

    case_id: UUID | None
    commune_id: str | None
    to_call: int
    late: int
    refused: int
    watched: int
    unseen: int
    ill: int
    positive: int


COUNTED = tuple(one.name for one in fields(Sums))[2:]


@dataclass(frozen=True)
class Work:
    """All that is open about contacts: by commune, and by case those of which somebody refuses, is ill or positive."""

    communes: list[Sums]
    cases: list[Sums]

    def total(self) -> Counter[str]:
        """All of it in one, by the names of COUNTED."""
        return Counter({name: sum(getattr(one, name) for one in self.communes) for name in COUNTED})


def contact_sums(session: Session, *, now: datetime) -> Work:
    """What is open about contacts in numbers, without a row of anybody: for the CDC, command and who administers."""
    today = clock.to_local(now).date()
    if is_postgresql(session):
        asked = sa.text("SELECT * FROM contact_sums(:now, :today)")
        found = session.execute(asked, {"now": now, "today": today}).all()
    elif _may_count(session):
        found = session.execute(_contact_sums(current(session).role, now, today), execution_options=SUMS).all()
    else:
        found = []
    every = [Sums(*row) for row in found]
    return Work([one for one in every if one.case_id is None], [one for one in every if one.case_id is not None])


def _contact_sums(role: str, now: datetime, today: date) -> Any:
    """As the function of the same name: each kind of work by itself, so that nobody else is read."""
    calls = sa.and_(Contact.result.is_distinct_from(MOVED), Contact.raised.is_distinct_from(TO_CDC))
    health = sa.select(ContactCheck.said).where(ContactCheck.contact_id == Contact.id, ContactCheck.kind == HEALTH)
    last = (
        health.where(ContactCheck.day.between(today - timedelta(days=1), today))
        .order_by(ContactCheck.day.desc(), ContactCheck.number.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    later = aliased(ContactCheck)
    positive = sa.select(ContactCheck.contact_id).where(
        ContactCheck.kind == TEST,
        ContactCheck.said == POSITIVE,
        ~sa.exists().where(
            later.contact_id == ContactCheck.contact_id,
            later.kind == ContactCheck.kind,
            later.day == ContactCheck.day,
            later.number > ContactCheck.number,
        ),
    )
    is_case = sa.exists().where(Case.person_id == Contact.person_id, Case.state.in_(KEEPING_STATES))
    watched = sa.and_(IS_F1, Contact.quarantine_from <= today, Contact.quarantine_until >= today)
    unseen = ~health.where(ContactCheck.day == today).correlate(Contact).exists()
    kinds: tuple[tuple[Any, dict[str, Any]], ...] = (
        (TO_CALL, {"to_call": None, "late": Contact.due_at < now, "refused": Contact.result == REFUSED}),
        (watched, {"watched": None, "unseen": unseen}),
        (sa.and_(IS_F1, last == ILL), {"ill": None}),
        (sa.and_(Contact.id.in_(positive), ~is_case), {"positive": None}),
    )
    home = sa.case((calls, Contact.commune_id)).label("home")
    work = sa.union_all(
        *(
            sa.select(Contact.case_id, home, *(_one(counts, name).label(name) for name in COUNTED)).where(kind)
            for kind, counts in kinds
        )
    ).subquery("work")
    sums = {name: sa.func.sum(work.c[name]).label(name) for name in COUNTED}
    by_home = sa.select(sa.literal(None, sa.Uuid).label("case_id"), work.c.home, *sums.values()).group_by(work.c.home)
    if role != CDC:
        return by_home
    loud = sums["refused"] + sums["ill"] + sums["positive"] > 0
    by_case = sa.select(work.c.case_id, sa.literal(None, sa.String), *sums.values()).group_by(work.c.case_id)
    return sa.union_all(by_home, by_case.having(loud))


def _one(counts: dict[str, Any], name: str) -> Any:
    """1 where a row counts under this name, else 0; a name without a condition is that of every row."""
    if name not in counts:
        return sa.literal(0)
    return sa.literal(1) if counts[name] is None else sa.case((counts[name], 1), else_=0)


@dataclass(frozen=True)
class Done:
    """What was done about contacts since a moment: who became an F1 and still is one, and calls."""

    new_f1: int
    calls: int


def contacts_done(session: Session, since: datetime) -> Done:
    """What was done about contacts since a moment, for the CDC, command and who administers."""
    if is_postgresql(session):
        row = session.execute(sa.text("SELECT new_f1, calls FROM contact_done(:since)"), {"since": since}).first()
        return Done(*row) if row else Done(0, 0)
    if not _may_count(session):
        return Done(0, 0)
    new = sa.select(sa.func.count()).select_from(Contact).where(IS_F1, Contact.stage_at > since)
    calls = sa.select(sa.func.count()).select_from(ContactStep)
    calls = calls.where(ContactStep.what == CALLED, ContactStep.at > since)
    return Done(*(session.scalar(query, execution_options=SUMS) or 0 for query in (new, calls)))


def speed_by_day(session: Session, aims: Aims, *, now: datetime, since: datetime) -> dict[date, DaySpeed]:
    """How fast the people given to be called since a moment were reached, by the day on which they were given."""
    if is_postgresql(session):
        asked = sa.text("SELECT * FROM contact_speed(:since, :now, :first, :second)")
        given = {"since": since, "now": now, "first": aims.first_hours, "second": aims.reach_hours}
        found = session.execute(asked, given)
        return {row[0]: DaySpeed(row[0], row[1], Share(row[2], row[3]), Share(row[4], row[5])) for row in found}
    if not _may_count(session):
        return {}
    query = sa.select(Contact.given_at, Contact.reached_at).where(Contact.given_at.between(since, now))
    return day_speeds([(row[0], row[1]) for row in session.execute(query, execution_options=SUMS)], aims, now)


def speed_of_cases(session: Session, aims: Aims, *, now: datetime, since: datetime) -> CaseSpeed:
    """How fast the work on the cases opened since a moment was; no case is named."""
    if is_postgresql(session):
        asked = sa.text("SELECT * FROM case_speed(:since, :now, :interview, :detect, :notify, :respond, :share)")
        given = {
            "since": since,
            "now": now,
            "interview": aims.interview_hours,
            "detect": aims.detect_days,
            "notify": aims.notify_days,
            "respond": aims.respond_days,
            "share": aims.share,
        }
        row = session.execute(asked, given).first()
        if row is None:
            return case_speed([], aims, now)
        interview, detect, notify, respond = (Share(*row[at : at + 2]) for at in (1, 3, 5, 7))
        return CaseSpeed(row[0], interview, detect, notify, respond, row[9])
    if not _may_count(session):
        return case_speed([], aims, now)
    assigned: dict[UUID, list[datetime]] = {}
    given_at = session.execute(
        sa.select(Contact.case_id, Contact.given_at)
        .join(Case, Case.id == Contact.case_id)
        .where(Case.opened_at.between(since, now)),
        execution_options=SUMS,
    )
    for case_id, at in given_at:
        assigned.setdefault(case_id, []).append(at)
    found = session.execute(_cases(since, now), execution_options=SUMS)
    return case_speed([_facts(row[0], row[1], assigned.get(row[0].id, [])) for row in found], aims, now)


def cases_lately(session: Session, *, now: datetime, since: datetime, limit: int) -> list[tuple[Case, datetime | None]]:
    """The cases opened since a moment, newest first, each with its first lookup by case; for the CDC."""
    found = session.execute(_cases(since, now).order_by(Case.seq.desc()).limit(limit))
    return [(row[0], row[1]) for row in found]


def _cases(since: datetime, now: datetime) -> Any:
    first = (
        sa.select(sa.func.min(Lookup.made_at))
        .where(Lookup.case_id == Case.id, Lookup.kind == CASE)
        .correlate(Case)
        .scalar_subquery()
    )
    return sa.select(Case, first).where(Case.opened_at.between(since, now), Case.state != DISCARDED)


def _facts(case: Case, first: datetime | None, given_at: list[datetime]) -> CaseFacts:
    return CaseFacts(case.opened_at, case.interviewed_at, case.onset_on, case.sample_on, first, given_at)


def facts(case: Case, first: datetime | None) -> CaseFacts:
    """What of a case says how fast the work was, but for whom it gave to be called."""
    return _facts(case, first, [])


def _may_count(session: Session) -> bool:
    return current(session).role in (CDC, COMMAND, ADMIN)


@dataclass(frozen=True)
class Happened:
    """What was done since a moment: changes by case, lookups by anybody, notices that went out or were withdrawn."""

    changes: dict[str, dict[str, int]]
    lookups: int
    notices: list[Notice]


def happened(session: Session, since: datetime, limit: int) -> Happened:
    """What happened since a moment, for the CDC."""
    if is_postgresql(session):
        asked = sa.text("SELECT number, what, times FROM case_changes(:since)")
        found = session.execute(asked, {"since": since}).all()
    else:
        query = (
            sa.select(AuditEntry.case_number, AuditEntry.action, sa.func.count())
            .where(AuditEntry.at > since, AuditEntry.case_number.is_not(None), AuditEntry.action.in_(CHANGES))
            .group_by(AuditEntry.case_number, AuditEntry.action)
        )
        found = session.execute(query, execution_options=SUMS).all() if current(session).role == CDC else []
    changes: dict[str, dict[str, int]] = {}
    for number, what, times in sorted(found):
        changes.setdefault(number, {})[what] = int(times)
    lookups = session.scalar(sa.select(sa.func.count()).select_from(Lookup).where(Lookup.made_at > since)) or 0
    out = sa.or_(Notice.published_at > since, Notice.withdrawn_at > since)
    notices = session.scalars(sa.select(Notice).where(out).order_by(Notice.seq.desc()).limit(limit))
    return Happened(changes, lookups, list(notices))


def open_cases(session: Session) -> int:
    """How many cases are being worked on."""
    query = sa.select(sa.func.count()).select_from(Case).where(Case.state.in_(OPEN_STATES))
    return session.scalar(query) or 0


def numbers_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of these cases, newest first."""
    query = sa.select(Case.id, Case.seq).where(Case.id.in_(list(ids))).order_by(Case.seq.desc())
    return {case_id: number_of(seq) for case_id, seq in session.execute(query)}


def last(session: Session) -> DutyHandover | None:
    """The last hand-over."""
    query = sa.select(DutyHandover).where(rows(session, DutyHandover))
    return session.scalars(query.order_by(DutyHandover.seq.desc()).limit(1)).first()


def one(session: Session, seq: int) -> DutyHandover | None:
    """The hand-over of this number."""
    return session.scalar(sa.select(DutyHandover).where(rows(session, DutyHandover), DutyHandover.seq == seq))


def untaken(session: Session, *, below: int, limit: int) -> list[DutyHandover]:
    """Hand-overs below a number that nobody took, the newest first: another one came before anybody did."""
    query = sa.select(DutyHandover).where(
        rows(session, DutyHandover), DutyHandover.taken_at.is_(None), DutyHandover.seq < below
    )
    return list(session.scalars(query.order_by(DutyHandover.seq.desc()).limit(limit)))


def handovers(session: Session, *, before: int | None, limit: int) -> list[DutyHandover]:
    """Hand-overs, the newest first, below the number `before`."""
    query = sa.select(DutyHandover).where(rows(session, DutyHandover))
    if before is not None:
        query = query.where(DutyHandover.seq < before)
    return list(session.scalars(query.order_by(DutyHandover.seq.desc()).limit(limit)))
