"""The nightly round: days to come are made, days whose time is over go, each in a transaction of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.audit.entry import Actor
from checkin.calls import service as calls
from checkin.personcards import service as cards
from checkin.store import queries, retention, service
from checkin.store.queries import Stored

log = structlog.get_logger()
ACTOR = Actor.command("visits expire")
TRIES, PAUSE = 40, 0.25
R = TypeVar("R")
REASONS = {
    "clock_back": "the newest visit is of {newest}, which is still to come: the clock of this machine is slow",
    "clock_ahead": "nobody has checked in since {newest}: either the clock of this machine is fast, or nothing came. "
    "If today is {today}, say so: --today {today}",
    "many_days": "{days} days are over their time, more than on any usual night. If all of them may go: --days {days}",
}


@dataclass(frozen=True)
class Plan:
    """What is due: days that go, and of them those that hold anything."""

    days: list[date]
    filled: list[date]


@dataclass
class Done:
    """What went."""

    days: int = 0
    visits: int = 0
    declarations: int = 0
    people: int = 0
    submissions: int = 0
    calls: int = 0
    cards: int = 0


def plan(session: Session, today: date, keep_days: int) -> Plan:
    """The days whose time is over."""
    due = retention.due(queries.days(session), today, keep_days)
    return Plan(due, [day for day in due if queries.holds(session, day)])


def expire(
    session: Session,
    *,
    now: datetime,
    keep_days: int,
    allowed_days: int | None = None,
    confirmed_today: date | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Done:
    """Take out of the store what is over its time, and commit day by day. Raises retention.Refused."""
    today = clock.to_local(now).date()
    planned = plan(session, today, keep_days)
    right = now + retention.AHEAD
    ahead = queries.ahead(session, right, retention.MANY_AHEAD)
    newest = retention.newest(queries.newest(session, right), ahead)
    retention.check(
        planned.filled,
        now=now,
        today=today,
        newest=newest,
        allowed_days=allowed_days,
        confirmed_today=confirmed_today,
    )
    session.rollback()
    done = Done()
    for day in planned.days:
        gone: Stored = _patiently(session, partial(service.drop_day, session, now=now, actor=ACTOR, day=day))
        done.visits += gone.visits
        done.declarations += gone.declarations
        done.days += day in planned.filled
        if day in planned.filled:
            say(f"{day:%d/%m/%Y}: {gone.visits} visits, {gone.declarations} declarations")
    if confirmed_today or retention.clock_is_right(now, newest):
        _forget(session, now, keep_days, done)
    return done


def _forget(session: Session, now: datetime, keep_days: int, done: Done) -> None:
    while count := _patiently(session, partial(service.forget_submissions, session, now=now)):
        done.submissions += count
    rules = context.rules(clock.to_local(now).date())
    first = retention.first_kept(clock.to_local(now).date(), keep_days)
    # Before the people whom nothing refers to any more.
    done.cards = _patiently(session, partial(cards.forget, session, now=now, rules=rules))
    done.calls = _patiently(session, partial(calls.forget, session, before=first))
    if done.days or done.calls:
        before = clock.day_bounds(first)[0]
        last = None
        while True:
            forget = partial(service.forget_people, session, made_before=before, after=last)
            count, last = _patiently(session, forget)
            done.people += count
            if last is None:
                break
    if done.people or done.submissions or done.cards or done.calls:
        gone = {"people": done.people, "submissions": done.submissions, "cards": done.cards, "calls": done.calls}
        service.record_end(session, now=now, actor=ACTOR, **gone)
        session.commit()


def _patiently(session: Session, step: Callable[[], R]) -> R:
    """Do a step and commit it; again, a while later, where somebody holds a lock on what it needs."""
    for tries_left in reversed(range(TRIES)):
        try:
            result = step()
            session.commit()
            return result
        except OperationalError as error:
            session.rollback()
            if getattr(error.orig, "sqlstate", "") != "55P03" or not tries_left:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last try returns or raises")


def tidy(session: Session, today: date) -> list[str]:
    """Vacuum the tables of days that are over, so that their indexes can be read alone; which ones."""
    names = queries.closed_days_to_tidy(session, today)
    session.rollback()
    if names:
        engine = session.get_bind()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
            for name in names:
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {name}")
    return names


def words(refused: retention.Refused) -> str:
    """Why nothing was deleted, and what to say if it is right all the same."""
    facts = {
        name: clock.to_local(value).strftime("%H:%M %d/%m/%Y") if isinstance(value, datetime) else value
        for name, value in refused.facts.items()
    }
    return "nothing was deleted: " + REASONS[refused.reason].format(**facts)


def make_days(session: Session) -> None:
    """The days to come, in the server's hourly round."""
    made = service.open_days_ahead(session, clock.today())
    session.commit()
    if made:
        log.info("days made", days=made)


def expire_round(session: Session) -> None:
    """The days that are over, in the server's hourly round, where this process owns the tables.

    Where it does not, a timer of the machine calls `flask visits expire`.
    """
    config, now = context.config(), clock.now()
    if config.migrate_url != config.database_url:
        return
    today = clock.to_local(now).date()
    keep_days = context.rules(today).retention_days
    try:
        done = expire(session, now=now, keep_days=keep_days)
        if done != Done():
            log.info(
                "expired",
                days=done.days,
                visits=done.visits,
                people=done.people,
                forms=done.submissions,
                cards=done.cards,
            )
    except retention.Refused as refused:
        log.warning("days not expired", why=words(refused))
    tidy(session, today)
