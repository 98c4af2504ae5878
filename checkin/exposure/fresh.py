"""A lookup of a case over what is kept for it, as it is now."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.casefacts.windows import rules_of
from checkin.cases import service as keeping
from checkin.cases.models import Case
from checkin.cases.spread import Reach
from checkin.exposure import service
from checkin.exposure.models import CASE, Lookup


def ask(
    session: Session, *, now: datetime, actor: Actor, case: Case, window: Reach, reason: str, kind: str = CASE
) -> Lookup:
    """Put a lookup of a case on record, then bring what is kept for it up to date. Both are committed here: what is
    kept is locked before the log, never after it, and a freeze takes its time. Raises DomainError as
    `service.ask_case`."""
    bound = service.Bound(case=case, signal=None, reason=reason)
    lookup = service.ask_case(session, now=now, actor=actor, bound=bound, start=window.start, end=window.end, kind=kind)
    session.commit()
    keeping.freeze(session, now=now, actor=actor, case=case, rules=rules_of(case))
    session.commit()
    return lookup
