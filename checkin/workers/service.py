from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.batch import together
from checkin.db import insert_if_new
from checkin.declarations import service as declarations
from checkin.declarations.told import Identity, Told
from checkin.desk.knowing import known_as, person_of
from checkin.desk.shown import Known, Shown, ShownCard
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.names import mask_middle
from checkin.people import queries as people
from checkin.people.identity import same_person
from checkin.people.service import identify
from checkin.vault import Vault
from checkin.venues.models import ACTIVE, Venue
from checkin.workers import queries
from checkin.workers.asked import New, Post, Refused
from checkin.workers.models import ABSENT, HOURS, PLANNED, ShiftChange, Worker
from checkin.workers.queries import Row
from checkin.workers.shifts import AHEAD_DAYS, BACK_DAYS, DAY, NEVER, Change, begins, hours_on

# So long a name of somebody who left is shown, to be taken back.
SHOWN_AFTER = 7 * DAY
# More than the largest factory of the province has; a list beyond would help nobody.
MOST, MOST_OF_OWNER = 5000, 10_000


def add(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    venue: Venue,
    new: New,
    left: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Put somebody on the list of the actor's venue, from today on; their masked name.

    What is told of them is sealed and comes back to nobody but staff. Raises AccessDenied when the venue is somebody
    else's; DomainError: 'closed' or 'suspended' venue, 'many' people there, 'same' where they are on its list already,
    'revoked' card.
    """
    (done,) = add_all(session, vault, now=now, actor=actor, venue=venue, news=[new], left=left)
    if isinstance(done, Refused):
        raise DomainError(done.reason)
    return done


def add_all(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    venue: Venue,
    news: Sequence[New],
    left: Mapping[str, int] = MappingProxyType({}),
) -> list[str | Refused]:
    """The same for many, with one entry in the log: of each the masked name, or why not.

    `left` says how many more may come, by the reason why no more: whoever calls knows of other bounds.
    """
    _own(actor, venue)
    if venue.state != ACTIVE:
        raise DomainError(venue.state)
    today = clock.to_local(now).date()
    here = MOST - queries.count(session, [venue.id], today).get(venue.id, 0)
    in_all = MOST_OF_OWNER - queries.count_of_owner(session, actor.id or venue.id, today)
    least, reason = min((number, word) for word, number in {"many": min(here, in_all), **left}.items())
    out: list[str | Refused] = []
    # In the order in which they came.
    for new, own_id in zip(news, sorted(new_id(now) for _ in news), strict=True):
        done = _add(session, vault, now=now, venue=venue, new=new, own_id=own_id) if least > 0 else Refused(reason)
        least -= isinstance(done, str)
        out.append(done)
    added = sum(isinstance(done, str) for done in out)
    if added:
        audit.record(session, now=now, actor=actor, action="worker.add", subject=str(venue.id), rows=added)
    return out


def _add(session: Session, vault: Vault, *, now: datetime, venue: Venue, new: New, own_id: UUID) -> str | Refused:
    today = clock.to_local(now).date()
    if isinstance(new.who, ShownCard) and new.who.card.revoked:
        return Refused("revoked")
    who = _known(session, vault, now=now, who=new.who)
    if queries.on_list(session, venue.id, [who.person_id], today):
        return Refused("same")
    values = {
        **who.on_file,
        "id": own_id,
        "venue_id": venue.id,
        "masked_name": who.masked_name,
        "first_day": today,
        "planned_from": today,
        "last_day": None,
        "added_at": now,
        "due_at": now,
        **vars(new.post),
    }
    # Of two who add the same person at once one does.
    done = insert_if_new(session, Worker.__table__, values)  # type: ignore[arg-type]
    return who.masked_name if done else Refused("same")


def _known(session: Session, vault: Vault, *, now: datetime, who: Identity | Shown | ShownCard) -> Known:
    if isinstance(who, ShownCard):
        # Copied as it is sealed: what the card's paper says is all that comes of it.
        return known_as(session, vault, now=now, at=now, shown=who)
    if isinstance(who, Shown):
        told, person_id = person_of(session, vault, now=now, shown=who)
    else:
        told = Told(who=who, answers=None)
        person_id = identify(session, now=now, told=declarations.person_indexes(vault, who), commune_id=who.commune_id)
    on_file = declarations.on_file(vault, told=told, person_id=person_id, at=now)
    return Known(person_id, mask_middle(told.who.full_name), on_file)


def known(session: Session, vault: Vault, *, now: datetime, venue: Venue, whos: Sequence[Identity]) -> list[bool]:
    """Which of these people are on the venue's list already; nobody is made for it."""
    told = [declarations.person_indexes(vault, who) for who in whos]
    answers = together(session, [people.ask_with_name(one.name) for one in told])
    persons = [same_person(one, people.read_with_name(answer)) for one, answer in zip(told, answers, strict=True)]
    there = queries.on_list(session, venue.id, {one for one in persons if one}, clock.to_local(now).date())
    return [person in there for person in persons]


def change(session: Session, *, now: datetime, actor: Actor, venue: Venue, worker_id: UUID, post: Post) -> None:
    """Change where and when somebody works, from today on; days before stay as they were. Raises AccessDenied."""
    _own(actor, venue)
    _update(session, now, venue, worker_id, planned_from=clock.to_local(now).date(), **vars(post))
    audit.record(session, now=now, actor=actor, action="worker.change", subject=str(worker_id))


def leave(session: Session, *, now: datetime, actor: Actor, venue: Venue, worker_id: UUID) -> None:
    """Note that somebody works here no more after today. Raises AccessDenied."""
    _own(actor, venue)
    _update(session, now, venue, worker_id, last_day=clock.to_local(now).date())
    audit.record(session, now=now, actor=actor, action="worker.leave", subject=str(worker_id))


def come_back(session: Session, *, now: datetime, actor: Actor, venue: Venue, worker_id: UUID) -> None:
    """Take back that somebody left, as long as it is shown; they work here again from today on. Raises AccessDenied;
    DomainError('same') where they were put on the list anew meanwhile."""
    _own(actor, venue)
    today = clock.to_local(now).date()
    if queries.is_listed_anew(session, venue.id, worker_id):
        raise DomainError("same")
    _update(session, now, venue, worker_id, last_day=None, planned_from=today, shown_since=today - SHOWN_AFTER)
    audit.record(session, now=now, actor=actor, action="worker.return", subject=str(worker_id))


def remove(session: Session, *, now: datetime, actor: Actor, venue: Venue, worker: Row) -> None:
    """Take somebody off the list who was put there today by mistake; today's shift goes along, the rest at night.

    Raises AccessDenied; DomainError('day') from the day after on: by then it may have been true.
    """
    today = clock.to_local(now).date()
    _own(actor, venue)
    if worker.plan.first_day != today:
        raise DomainError("day")
    # So that the shift goes too where the next round comes after midnight, when the day is over.
    set_day(session, now=now, actor=actor, venue=venue, worker=worker, day=today, change=Change(absent=True))
    _update(session, now, venue, worker.id, last_day=NEVER)
    audit.record(session, now=now, actor=actor, action="worker.remove", subject=str(worker.id))


def set_day(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    venue: Venue,
    worker: Row,
    day: date,
    change: Change | None,
) -> None:
    """Say what is other than planned on a day of somebody at the actor's venue; None takes it back.

    Raises AccessDenied; DomainError: 'day' for one that is too far away or on which they are not here, 'left' for an
    end before the start, later than a day after it, or still to come.
    """
    _own(actor, venue)
    today = clock.to_local(now).date()
    if not today - BACK_DAYS * DAY <= day <= today + AHEAD_DAYS * DAY:
        raise DomainError("day")
    if change is not None and not change.absent:
        if hours_on(worker.plan, day, change) is None:
            raise DomainError("day")
        start = begins(day, change.starts)
        if change.left_at is not None and not start <= change.left_at <= min(now, start + DAY):
            raise DomainError("left")
    other = change is not None and not change.absent
    values = {
        "kind": PLANNED if change is None else ABSENT if change.absent else HOURS,
        "starts": change.starts if change and other else None,
        "ends": change.ends if change and other else None,
        "left_at": change.left_at if change and other else None,
    }
    key = {"worker_id": worker.id, "day": day}
    if not insert_if_new(session, ShiftChange.__table__, {**key, **values}):  # type: ignore[arg-type]
        session.execute(
            sa.update(ShiftChange)
            .where(ShiftChange.worker_id == worker.id, ShiftChange.day == day)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    _update(session, now, venue, worker.id)
    audit.record(
        session,
        now=now,
        actor=actor,
        action="worker.day",
        subject=str(worker.id),
        detail={"kind": values["kind"], "day": day.isoformat()},
    )


def _own(actor: Actor, venue: Venue) -> None:
    if actor.id is None or venue.owner_id != actor.id:
        raise AccessDenied("venue")


def _update(
    session: Session, now: datetime, venue: Venue, worker_id: UUID, shown_since: date = date.min, **values: Any
) -> None:
    done = session.execute(
        sa.update(Worker)
        .where(
            Worker.id == worker_id,
            Worker.venue_id == venue.id,
            sa.or_(Worker.last_day.is_(None), Worker.last_day >= shown_since),
        )
        # The round looks at once at whoever was changed.
        .values(due_at=now, **values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise AccessDenied("worker")


def forget(session: Session, *, before: date) -> int:
    """Let go of whoever left, or whose venue closed, before a day, and of what was other on days before it; how many
    people went. As the owner of the tables: nobody else deletes any."""
    until = clock.day_bounds(before)[0]
    closed = sa.select(Venue.id).where(Venue.closed_at < until)
    gone = sa.select(Worker.id).where(sa.or_(Worker.last_day < before, Worker.venue_id.in_(closed)))
    quietly = {"synchronize_session": False, "preserve_rowcount": True}
    session.execute(
        sa.delete(ShiftChange).where(sa.or_(ShiftChange.day < before, ShiftChange.worker_id.in_(gone))),
        execution_options=quietly,
    )
    done = session.execute(
        sa.delete(Worker).where(sa.or_(Worker.last_day < before, Worker.venue_id.in_(closed))),
        execution_options=quietly,
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
