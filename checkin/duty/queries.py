from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import DISCARDED, KEEPING_STATES, OPEN_STATES, Case
from checkin.contacts.judging import F1
from checkin.contacts.models import (
    ASSIGN,
    CALLED,
    HEALTH,
    ILL,
    MOVED,
    POSITIVE,
    REACHED,
    REFUSED,
    TEST,
    TO_CDC,
    Contact,
    ContactCheck,
    ContactStep,
)
from checkin.contacts.queries import TO_CALL
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
    """Contacts of a case (for the CDC alone, else None) and commune (None: those whom the CDC calls), in numbers: to
    call, of these late and refusing; F1s, new ones and calls since a moment; in quarantine today, of these nobody was
    asked about; ill; positive and no case yet."""

    case_id: UUID | None
    commune_id: str | None
    to_call: int
    late: int
    refused: int
    f1: int
    new_f1: int
    calls: int
    watched: int
    unseen: int
    ill: int
    positive: int


COUNTED = tuple(one.name for one in fields(Sums))[2:]


def contact_sums(session: Session, *, now: datetime, since: datetime) -> list[Sums]:
    """All contacts in numbers, without a row of anybody: for the CDC, command and who administers."""
    today = clock.to_local(now).date()
    if is_postgresql(session):
        asked = sa.text("SELECT * FROM contact_sums(:now, :today, :since)")
        found = session.execute(asked, {"now": now, "today": today, "since": since})
    else:
        found = session.execute(_contact_sums(current(session).role, now, today, since), execution_options=SUMS)
    return [Sums(*row) for row in found]


def _contact_sums(role: str, now: datetime, today: date, since: datetime) -> Any:
    whose = Contact.case_id if role == CDC else sa.literal(None, sa.Uuid)
    calls = sa.and_(Contact.result.is_distinct_from(MOVED), Contact.raised.is_distinct_from(TO_CDC))
    home = sa.case((calls, Contact.commune_id))
    open_call, f1 = TO_CALL, Contact.stage == F1
    watched = sa.and_(f1, Contact.quarantine_from <= today, Contact.quarantine_until >= today)
    health = sa.select(ContactCheck.said).where(ContactCheck.contact_id == Contact.id, ContactCheck.kind == HEALTH)
    yesterday = date.fromordinal(today.toordinal() - 1)
    last = (
        health.where(ContactCheck.day.between(yesterday, today))
        .order_by(ContactCheck.day.desc(), ContactCheck.number.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    later = aliased(ContactCheck)
    positive = sa.exists().where(
        ContactCheck.contact_id == Contact.id,
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
    steps = (
        sa.select(sa.func.count())
        .where(ContactStep.contact_id == Contact.id, ContactStep.what == CALLED, ContactStep.at > since)
        .correlate(Contact)
        .scalar_subquery()
    )
    conditions = (
        open_call,
        sa.and_(open_call, Contact.due_at < now),
        sa.and_(open_call, Contact.result == REFUSED),
        f1,
        sa.and_(f1, Contact.stage_at > since),
        None,
        watched,
        sa.and_(watched, ~health.where(ContactCheck.day == today).correlate(Contact).exists()),
        sa.and_(f1, last == ILL),
        sa.and_(positive, ~is_case),
    )
    sums = [
        sa.func.coalesce(sa.func.sum(steps), 0) if rule is None else sa.func.count().filter(rule) for rule in conditions
    ]
    if role not in (CDC, COMMAND, ADMIN):
        return sa.select(whose, home, *sums).where(sa.false()).group_by(whose, home)
    return sa.select(whose.label("whose"), home.label("home"), *sums).group_by(sa.text("whose"), sa.text("home"))


def summed(found: Iterable[Sums]) -> Counter[str]:
    """These sums in one, by their names."""
    whole: Counter[str] = Counter()
    for one in found:
        whole.update({name: getattr(one, name) for name in COUNTED})
    return whole


def speed_by_day(session: Session, aims: Aims, *, now: datetime, since: datetime) -> dict[date, DaySpeed]:
    """How fast the people given to be called since a moment were reached, by the day on which they were given."""
    if is_postgresql(session):
        asked = sa.text("SELECT * FROM contact_speed(:since, :now, :first, :second)")
        given = {"since": since, "now": now, "first": aims.first_hours, "second": aims.reach_hours}
        found = session.execute(asked, given)
        return {row[0]: DaySpeed(row[0], row[1], Share(row[2], row[3]), Share(row[4], row[5])) for row in found}
    reached = aliased(ContactStep)
    first = (
        sa.select(sa.func.min(reached.at))
        .where(reached.contact_id == ContactStep.contact_id, reached.result == REACHED)
        .correlate(ContactStep)
        .scalar_subquery()
    )
    query = sa.select(ContactStep.at, first).where(
        ContactStep.number == 1, ContactStep.what == ASSIGN, ContactStep.at.between(since, now)
    )
    if not _may_count(session):
        return {}
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
        sa.select(Contact.case_id, ContactStep.at)
        .join(ContactStep, sa.and_(ContactStep.contact_id == Contact.id, ContactStep.number == 1))
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
    found = session.scalars(sa.select(Case).where(Case.id.in_(list(ids))).order_by(Case.seq.desc()))
    return {case.id: case.number for case in found}


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
