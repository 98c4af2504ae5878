"""What cases need of the store outlives the day: here they hear that it is about to go."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.audit.entry import Actor
from checkin.cases import derived, deriving, queries, service
from checkin.visits.signals import day_expiring
from checkin.visits.stays import longest

ACTOR = Actor.command("visits expire")
# Cases whose rows are read together: some ten thousand at a time.
TOGETHER = 10


def connect() -> None:
    """Listen to the store; once is as good as twice."""
    day_expiring.connect(keep_day)


def keep_day(session: Session, *, start: datetime, end: datetime, now: datetime) -> list[Callable[[], None]]:
    """Refresh every open case for what began in [start, end), before it goes; what logs it, to be called at the end.

    Open ones alone: a case that ends is frozen once more then, and what its person does later is nobody's matter.
    """
    rules = context.rules(clock.to_local(now).date())
    most = longest(rules) + timedelta(minutes=rules.longest_air)
    found = queries.open_with_visits(session, start - most, end + most)
    service.lock_kept(session)
    entries: list[Callable[[], None]] = []
    for first in range(0, len(found), TOGETHER):
        cases = derived.held(session, [case.id for case in found[first : first + TOGETHER]])
        spans = [(case, deriving.part(case, context.rules(case.rules_on), start, end)) for case in cases]
        entries += service.freeze_spans(session, now=now, actor=ACTOR, spans=spans)[1]
    return entries
