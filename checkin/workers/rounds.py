"""Shifts that have begun become visits: every few seconds in the server, or by a machine's timer."""

import structlog
from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.db import reading
from checkin.workers import filing, queries
from checkin.workers.shifts import Written

log = structlog.get_logger()
# People in one transaction: some tens of thousands begin at seven, and whoever checks in then waits for none of it.
BATCH = 2000


def write_all(session: Session) -> Written:
    """Write what is due, batch by batch, each committed; what it came to."""
    scope.enter(session, scope.SYSTEM)
    now, done = clock.now(), Written()
    # Asked every few seconds, mostly for nothing: SQLite's one writer is not kept for it.
    with reading():
        waits = queries.waits(session, now)
        session.rollback()
    if not waits:
        return done
    while True:
        step = filing.write_shifts(session, now=now, rules=context.rules, limit=BATCH)
        session.commit()
        done += step
        if not step.looked_at:
            return done


def shifts_round(session: Session) -> None:
    """What is due, in the server's round."""
    done = write_all(session)
    if done.written or done.removed:
        log.info("shifts written", written=done.written, removed=done.removed)
