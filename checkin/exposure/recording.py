"""Putting readings on record: that somebody reads, before the first row; how many rows there were, once they are known.

Two entries, since neither can wait for the other: what is shown without an entry before it would be unlogged where the
second one fails, and how many rows a page or a file has is known only when it is made. The second names the first.
"""

from dataclasses import dataclass
from typing import Any

from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.db import begin_writing, db, let_go, set_read_only
from checkin.exposure import service
from checkin.exposure.models import Lookup


@dataclass(frozen=True)
class Reading:
    """A reading that is on record; apart from the session, which a file that streams outlives."""

    entry: int
    actor: Actor
    number: str
    case_number: str | None
    reason: str


def begin(lookup: Lookup, case: Case | None, action: str, rows: int | None = None) -> Reading:
    """Put it on record; where that fails, nothing is read. `rows`: how many are expected, where that is known."""
    session = _read_so_far()
    actor = current_user.actor
    entry = service.read(session, now=clock.now(), actor=actor, lookup=lookup, case=case, action=action, rows=rows)
    reading = Reading(entry, actor, lookup.number, case.number if case else None, lookup.reason)
    # The page need not read again what was read on the way here, but for the case: the log can make one wait for it.
    let_go(session)
    set_read_only(True)
    if case is not None:
        session.expire(case)
    return reading


def end(reading: Reading, action: str, rows: int, **detail: Any) -> None:
    """Say how many rows it was; where that fails, a page is not shown."""
    session = begin_writing()
    audit.record(
        session,
        now=clock.now(),
        actor=reading.actor,
        action=action,
        subject=reading.number,
        case_number=reading.case_number,
        reason=reading.reason,
        rows=rows,
        detail={"opens": reading.entry, **detail},
    )
    session.commit()
    set_read_only(True)


def _read_so_far() -> Session:
    """The session, to write in: without reading anew what it has read, where that is all it did."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        return begin_writing()
    let_go(session)
    set_read_only(False)
    return session
