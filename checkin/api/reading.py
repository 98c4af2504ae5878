"""Readings of people by other programs: on record before the first row, and how many rows there were after it."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.api import access, queries
from checkin.api.problems import Problem
from checkin.api.shapes import Fault
from checkin.audit import service as audit
from checkin.casefacts.windows import rules_of, windows
from checkin.cases import queries as cases
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.db import begin_writing, db, set_read_only
from checkin.errors import DomainError
from checkin.exposure import linelist, service
from checkin.exposure.contacting import Contacting
from checkin.exposure.models import Lookup
from checkin.exposure.service import Bound

Read = TypeVar("Read")


def case_of(number: str) -> Case:
    """The case with this number, for which people are read from here on."""
    case = cases.by_number(db.session(), number[:20])
    if case is None:
        raise Problem("case")
    scope.bind(db.session(), case.id)
    return case


def contacts(number: str, reason: str, *, lookup: str | None, first: int, limit: int) -> dict[str, Any]:
    """A page of the people whom the case can have met: `case`, `lookup`, `total`, `contacts`."""
    session = begin_writing()
    case = case_of(number)
    found = _begun(session, case, reason) if lookup is None else _known(session, case, reason, lookup)
    actor, now = access.here().actor, clock.now()
    entry = service.read(session, now=now, actor=actor, lookup=found, case=case, action="lookup.read", rows=None)
    called, on, why = found.number, case.number, found.reason
    session.commit()
    set_read_only(True)
    total = Contacting(session, found, case).count(session)
    lines = list(linelist.lines(session, context.vault(), found, case, limit=limit, first=first))
    session = begin_writing()
    audit.record(
        session, now=clock.now(), actor=actor, action="lookup.shown", subject=called, case_number=on, reason=why,
        rows=len(lines), detail={"opens": entry},
    )  # fmt: skip
    session.commit()
    return {"case": on, "lookup": called, "total": total, "contacts": lines}


def _begun(session: Session, case: Case, reason: str) -> Lookup:
    """A new lookup by the case, what is kept for it up to date."""
    now, actor = clock.now(), access.here().actor
    window = windows(session, case, now=now).forward
    bound = Bound(case=case, signal=None, reason=reason)
    try:
        found = service.ask_case(session, now=now, actor=actor, bound=bound, start=window.start, end=window.end)
    except DomainError:
        raise Problem("unlinked") from None
    # What is kept is locked before the log, never after it; and a freeze takes its time.
    session.commit()
    keeping.freeze(session, now=now, actor=actor, case=case, rules=rules_of(case))
    return found


def _known(session: Session, case: Case, reason: str, number: str) -> Lookup:
    found = queries.own_lookup(session, number, case.id, access.here().id)
    if found is None:
        raise Problem("lookup")
    if found.reason != reason:
        raise Problem("reason", faults=[Fault("X-Reason", "is not the one of this lookup")])
    return found


def followed(number: str, reason: str, read: Callable[[Session, Case], list[Read]]) -> tuple[Case, list[Read]]:
    """The case and what `read` finds, once the reading is on record."""
    session = begin_writing()
    case, actor = case_of(number), access.here().actor
    entry = audit.record(
        session, now=clock.now(), actor=actor, action="case.contacts", subject=case.number, case_number=case.number,
        reason=reason,
    )  # fmt: skip
    session.commit()
    found = read(session, case)
    rows = len(found)
    audit.record(
        session, now=clock.now(), actor=actor, action="case.contacts", subject=case.number, case_number=case.number,
        reason=reason, rows=rows, detail={"opens": entry},
    )  # fmt: skip
    session.commit()
    return case, found
