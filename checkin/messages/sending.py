"""Sending what the outbox holds: each message is claimed, sent outside of any transaction, and ended."""

from collections import Counter

import structlog
from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.db import reading
from checkin.messages import queries, service
from checkin.messages.letter import Letter
from checkin.messages.models import OWNER, REFUSED, STAFF
from checkin.messages.senders import LATER, sender_of
from checkin.vault import VaultError

log = structlog.get_logger()
# What one round sends at most: the other rounds of the server come after it.
MOST = 200
# Each tier sends what it wrote; the public one could not read the staff's.
AUDIENCES = {"public": {OWNER}, "staff": {STAFF}, "all": {OWNER, STAFF}}


def send_round(session: Session) -> Counter[str]:
    """Send what is due; returns how many met which outcome. A channel that fails rests until the next round."""
    outcomes: Counter[str] = Counter()
    audiences = AUDIENCES[context.config().tier]
    scope.enter(session, scope.SYSTEM)
    with reading():  # mostly nothing is due: then SQLite's one writer is not asked for
        due = queries.due(session, audiences, clock.now())
        session.rollback()
    failing: set[str] = set()
    while due and outcomes.total() < MOST:
        message = service.claim(session, now=clock.now(), audiences=audiences, without=failing)
        session.commit()
        if message is None:
            break
        outcome = _send(message)
        if outcome == LATER:
            failing.add(message.channel)
            service.try_later(session, now=clock.now(), message=message)
        else:
            service.finish(session, now=clock.now(), message_id=message.id, state=outcome)
        session.commit()
        outcomes[outcome] += 1
        log.info("message", channel=message.channel, about=message.about, outcome=outcome, tries=message.tries)
    return outcomes


def _send(message: service.Claimed) -> str:
    try:
        letter = Letter(**context.vault().unlock(message.audience, message.sealed))
    except VaultError:
        return REFUSED  # of a key that is gone: nobody can read it any more
    return sender_of(context.config(), message.channel)(letter, message.id)


def purge_round(session: Session) -> None:
    """Forget messages that ended long ago."""
    scope.enter(session, scope.SYSTEM)
    service.purge(session, now=clock.now())
